//! What the operator says of a server's tools, and what that makes of them.
//!
//! A word about a tool wins over everything else. Without one, the annotations of a trusted server count as given, and those
//! of any other can only make things worse.

use crate::effect::{Assessment, Effect, Evidence, Reach};

/// Whether a server's annotations count as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// They can only make a tool count as worse.
    #[default]
    Untrusted,
    /// They count as given.
    Trusted,
}

impl Trust {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Untrusted, Self::Trusted];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Trusted => "trusted",
        }
    }
}

/// The operator's word about one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ToolWord {
    /// What it does.
    pub effect: Option<Effect>,
    /// Whether it sends data elsewhere.
    pub reach: Option<Reach>,
}

impl ToolWord {
    /// The assessment, where this says nothing else.
    pub(crate) fn over(self, inferred: Assessment) -> Assessment {
        let (effect, evidence) =
            self.effect.map_or((inferred.effect, inferred.evidence), |effect| (effect, Evidence::Operator));
        Assessment { effect, evidence, reach: self.reach.unwrap_or(inferred.reach) }
    }
}
