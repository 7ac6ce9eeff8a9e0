//! Who acts.
//!
//! A principal is made by the shell's identity step and by nothing else; what a client says of itself in `clientInfo` is
//! a hint for records and never part of it.

use std::fmt;
use std::sync::Arc;

use crate::limits::PRINCIPAL_PART_MAX;

/// How the principal proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proof {
    /// Started us as a child process and holds our standard input: the operating system's user is the proof.
    LocalProcess,
    /// Presented the local bearer token.
    LocalToken,
    /// Nobody asked (`[listen] auth = "none"` on loopback).
    None,
}

impl Proof {
    /// The word records and policies use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalProcess => "local-process",
            Self::LocalToken => "local-token",
            Self::None => "none",
        }
    }
}

/// Who acts: a user, and how that was proven. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    user: Arc<str>,
    proof: Proof,
}

impl Principal {
    /// A principal for `user`; a longer name than the limit is cut, control characters are dropped.
    #[must_use]
    pub fn new(user: &str, proof: Proof) -> Self {
        let clean: String = user.chars().filter(|c| !c.is_control()).take(PRINCIPAL_PART_MAX).collect();
        Self { user: Arc::from(clean), proof }
    }

    /// The user's name, as policies see it: `User::"name"`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// How it was proven.
    #[must_use]
    pub const fn proof(&self) -> Proof {
        self.proof
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user)
    }
}
