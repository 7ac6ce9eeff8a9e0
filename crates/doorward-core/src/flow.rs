//! The words of data flow: labels, contexts, and what the decision point is told of them.
//!
//! Vocabulary only. What labels a thing gets, which context a call belongs to and whether its values are endorsed is the
//! work of `doorward-flow`; what follows from it is the policy's. The design is in DEFENCES §2.1 to §2.4.

/// Gives an enum without fields its words: `ALL`, `as_str`, `parse`, `rank`, and `Display`.
macro_rules! words {
    ($of:ident: $($variant:ident = $word:literal),+) => {
        impl $of {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that packs, policies and records use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back; `None` for any other.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }

            /// Its place in the order, from 0, as policies compare it.
            #[must_use]
            pub const fn rank(self) -> u8 {
                self as u8
            }
        }

        impl std::fmt::Display for $of {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

mod hints;
mod label;
mod note;
mod seen;
mod unit;

use std::fmt;

pub use hints::{Carried, CarriedBy, Handle, Hints};
pub use label::{Audience, Category, Confidentiality, Integrity, Label};
pub use note::{FlowNote, Source, Why};
pub use seen::{ContextSeen, EndorseSeen, FlowSeen, Ground, LedgerRule, LedgerSeen, Missing, Origin, Role};
pub use unit::{SignedUnit, TaskToken, UnfitUnit};

/// One unit of work of one principal, across calls and servers: what was read in it decides what may be sent in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextId(u128);

impl ContextId {
    /// The id of these 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
