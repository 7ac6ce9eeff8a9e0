//! Labels: what is known of data, as a lattice. Joining two labels only ever makes more of a claim, never less.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ServerId;
use crate::limits::CATEGORY_MAX;

/// How far data may go. The later, the less far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidentiality {
    /// Anybody may know it.
    #[default]
    Public,
    /// Ordinary data of the people who use the server.
    Internal,
    /// Data that harms somebody when it gets out.
    Confidential,
    /// Credentials and the like: nobody else may ever have it.
    Secret,
}

/// Who can have written data. The later, the less it is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// The operator or the user.
    #[default]
    Authoritative,
    /// People of the same organisation.
    Internal,
    /// A known outside party.
    ThirdParty,
    /// Anybody.
    AdversaryWritable,
}

words!(Confidentiality: Public = "public", Internal = "internal", Confidential = "confidential", Secret = "secret");
words!(Integrity: Authoritative = "authoritative", Internal = "internal", ThirdParty = "third-party",
    AdversaryWritable = "adversary-writable");

/// A kind of data: `pii`, `health`, `hr`, `money`, `credential`, … or a word of the operator's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Box<str>", into = "Box<str>")]
pub struct Category(Arc<str>);

impl Category {
    /// Checks `text`: 1 to [`CATEGORY_MAX`] characters of `[a-z0-9-]`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=CATEGORY_MAX).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(Arc::from(text)))
    }

    /// The word itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<Box<str>> for Category {
    type Error = String;

    fn try_from(text: Box<str>) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("a category has 1 to {CATEGORY_MAX} characters of a-z, 0-9 and '-'"))
    }
}

impl From<Category> for Box<str> {
    fn from(category: Category) -> Self {
        Self::from(category.as_str())
    }
}

/// Who may have data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Whoever its confidentiality admits.
    #[default]
    Any,
    /// These alone: principals, domains, groups or servers.
    Only(BTreeSet<Box<str>>),
}

impl Audience {
    /// Who may have data made of both: who may have each.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, rest) | (rest, Self::Any) => rest.clone(),
            (Self::Only(left), Self::Only(right)) => Self::Only(left.intersection(right).cloned().collect()),
        }
    }

    /// Whether whoever this admits is admitted by `other` as well.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Any, Self::Only(_)) => false,
            (Self::Only(these), Self::Only(those)) => these.is_subset(those),
        }
    }
}

/// What is known of data. The default is the least that can be said: public, by the operator, of no kind, from nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Label {
    /// How far it may go.
    pub confidentiality: Confidentiality,
    /// Who can have written it.
    pub integrity: Integrity,
    /// Of what kinds it is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<Category>,
    /// Who may have it.
    #[serde(default)]
    pub audience: Audience,
    /// Which servers it came from.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub origins: BTreeSet<ServerId>,
}

impl Label {
    /// What is assumed of what a server says of which nobody has said more (DEFENCES §2.2).
    #[must_use]
    pub fn unknown() -> Self {
        Self { confidentiality: Confidentiality::Internal, integrity: Integrity::AdversaryWritable, ..Self::default() }
    }

    /// The label of data made of both: the least that is at least as much as either.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self {
            confidentiality: self.confidentiality.max(other.confidentiality),
            integrity: self.integrity.max(other.integrity),
            categories: self.categories.union(&other.categories).cloned().collect(),
            audience: self.audience.join(&other.audience),
            origins: self.origins.union(&other.origins).cloned().collect(),
        }
    }

    /// Whether data of this label may be where only data up to `clearance` may be.
    #[must_use]
    pub fn flows_to(&self, clearance: &Self) -> bool {
        self.confidentiality <= clearance.confidentiality
            && self.integrity <= clearance.integrity
            && self.categories.is_subset(&clearance.categories)
            && clearance.audience.is_within(&self.audience)
            && self.origins.is_subset(&clearance.origins)
    }

    /// Whether anybody but the organisation's own people can have written it.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        self.integrity >= Integrity::ThirdParty
    }
}
