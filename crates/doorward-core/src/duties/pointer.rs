//! Where values stand in an answer.

use std::fmt;
use std::sync::Arc;

/// A JSON pointer (RFC 6901) in which `*` stands for every element or member.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(Arc<[Step]>);

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The member of that name, or the element of that number.
    Named(Box<str>),
    /// All of them.
    All,
}

impl Pointer {
    /// Reads `/users/*/email`; `None` when it does not begin with a slash or has a `~` that is no escape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let steps: Option<Vec<Step>> = text.strip_prefix('/')?.split('/').map(step).collect();
        Some(Self(steps?.into()))
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

fn step(text: &str) -> Option<Step> {
    if text == "*" {
        return Some(Step::All);
    }
    let name = text.replace("~1", "/").replace("~0", "~");
    let escapes = text.matches("~0").count() + text.matches("~1").count();
    (text.matches('~').count() == escapes).then(|| Step::Named(name.into()))
}

impl Step {
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Named(own) => own.as_ref() == name,
            Self::All => true,
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0.iter() {
            match step {
                Step::Named(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?,
                Step::All => f.write_str("/*")?,
            }
        }
        Ok(())
    }
}
