//! What is done about a finding, and how grave it is.

/// How grave a finding is, if it is what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Likely harmful.
    Medium,
    /// Harmful.
    High,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Its name in configuration and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is done about a finding; a later one is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is recorded, and the message goes on as it is.
    Observe,
    /// What was found is replaced by a placeholder.
    Redact,
    /// The text it stands in is marked as data from an untrusted source.
    Spotlight,
    /// A person must say yes first.
    Hold,
    /// The message goes no further.
    Block,
}

impl Action {
    /// All of them, the mildest first.
    pub const ALL: [Self; 5] = [Self::Observe, Self::Redact, Self::Spotlight, Self::Hold, Self::Block];

    /// Its name in configuration, policy and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Redact => "redact",
            Self::Spotlight => "spotlight",
            Self::Hold => "hold",
            Self::Block => "block",
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}
