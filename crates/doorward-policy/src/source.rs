//! Policy texts: what the operator wrote, and the presets that ship as plain Cedar.

use std::fmt;
use std::str::FromStr;

/// One policy text and the name to show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file's name, as the operator knows it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// What every policy begins with: the protocol's own handshake and housekeeping.
    pub(crate) fn base() -> Self {
        Self { name: "base.cedar".to_owned(), text: include_str!("../presets/base.cedar").to_owned() }
    }
}

/// A ready-made policy. The operator's own files add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Everything passes and is recorded.
    Observe,
    /// Reading and ordinary writing pass; what destroys is refused until named.
    Guarded,
    /// Only what changes nothing.
    ReadOnly,
    /// Nothing but what the operator names.
    Locked,
}

impl Preset {
    /// All of them, most open first.
    pub const ALL: [Self; 4] = [Self::Observe, Self::Guarded, Self::ReadOnly, Self::Locked];

    /// Its name in the configuration and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Guarded => "guarded",
            Self::ReadOnly => "read-only",
            Self::Locked => "locked",
        }
    }

    /// Its Cedar text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Observe => include_str!("../presets/observe.cedar"),
            Self::Guarded => include_str!("../presets/guarded.cedar"),
            Self::ReadOnly => include_str!("../presets/read-only.cedar"),
            Self::Locked => include_str!("../presets/locked.cedar"),
        }
    }

    /// The preset as a source to load.
    #[must_use]
    pub fn source(self) -> Source {
        Source { name: format!("{}.cedar", self.name()), text: self.text().to_owned() }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no preset's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no preset of that name; the presets are observe, guarded, read-only and locked")]
pub struct UnknownPreset;

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|preset| preset.name() == text).ok_or(UnknownPreset)
    }
}

/// A ready-made policy on the flow of data. They forbid, beside whatever permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowPolicy {
    /// What is confidential is not carried to where nothing vouches for.
    Trifecta,
    /// A secret goes nowhere but to where the task or a person said.
    NoSecretsOut,
    /// Records are not collected.
    Harvest,
    /// Two sides of a conflict stay apart.
    ChineseWall,
    /// Nothing is changed, sent or run but by values that something vouches for.
    Endorsement,
}

impl FlowPolicy {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Trifecta, Self::NoSecretsOut, Self::Harvest, Self::ChineseWall, Self::Endorsement];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trifecta => "trifecta",
            Self::NoSecretsOut => "no-secrets-out",
            Self::Harvest => "harvest",
            Self::ChineseWall => "chinese-wall",
            Self::Endorsement => "endorsement",
        }
    }

    /// Its Cedar text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Trifecta => include_str!("../presets/flow/trifecta.cedar"),
            Self::NoSecretsOut => include_str!("../presets/flow/no-secrets-out.cedar"),
            Self::Harvest => include_str!("../presets/flow/harvest.cedar"),
            Self::ChineseWall => include_str!("../presets/flow/chinese-wall.cedar"),
            Self::Endorsement => include_str!("../presets/flow/endorsement.cedar"),
        }
    }

    /// The policy as a source to load.
    #[must_use]
    pub fn source(self) -> Source {
        Source { name: format!("{}.cedar", self.name()), text: self.text().to_owned() }
    }
}
