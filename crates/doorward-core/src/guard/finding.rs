//! What a guard says of a message.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::Severity;

/// The guards there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardName {
    /// Arguments and structured content against the schemas a tool declares.
    Schema,
    /// Keys, tokens, passwords, and values that are known to be secret.
    Secrets,
    /// Personal data.
    Personal,
    /// Instructions to the model, and definitions that are made to mislead it.
    Injection,
    /// Text that a person does not see as the model does.
    Unicode,
    /// Paths, URLs, SQL and commands in arguments.
    Arguments,
    /// Size and shape.
    Size,
    /// HTML of MCP Apps.
    Apps,
    /// Definitions that are not, or no longer, what was approved.
    Pins,
}

impl GuardName {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Schema,
        Self::Secrets,
        Self::Personal,
        Self::Injection,
        Self::Unicode,
        Self::Arguments,
        Self::Size,
        Self::Apps,
        Self::Pins,
    ];

    /// Its name in configuration, policy and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Secrets => "secrets",
            Self::Personal => "personal",
            Self::Injection => "injection",
            Self::Unicode => "unicode",
            Self::Arguments => "arguments",
            Self::Size => "size",
            Self::Apps => "apps",
            Self::Pins => "pins",
        }
    }

    /// The guard of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.name() == name)
    }
}

/// How sure a guard is, in percent of such findings that are what they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Confidence(u8);

impl Confidence {
    /// There is a checksum, an exact value or a fixed form behind it.
    pub const CERTAIN: Self = Self(100);

    /// At most 100.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        if percent > 100 { Self::CERTAIN } else { Self(percent) }
    }

    /// From 0 to 100.
    #[must_use]
    pub const fn as_percent(self) -> u8 {
        self.0
    }
}

/// One thing a guard has found. It says where and what kind, never what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Who found it.
    pub guard: GuardName,
    /// The rule, unique within the guard: `aws-access-key`, `payment-card`, `bidi-override`.
    pub rule: Cow<'static, str>,
    /// How grave it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The string it stands in, as a JSON pointer (RFC 6901) below the inspected part; a name of a member is meant by the
    /// pointer of its value.
    pub pointer: Arc<str>,
    /// Which bytes of that string, escapes resolved.
    pub range: Range<usize>,
}

impl Finding {
    /// `guard/rule`, as records and configuration name it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.guard.name(), self.rule)
    }
}
