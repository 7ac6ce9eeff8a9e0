//! How personal data is looked for, and what takes its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::access::Resource;
use doorward_core::guard::{Content, Severity};
use doorward_core::ids::ServerId;

use super::kind::Category;
use super::tokens::Tokens;

/// How personal data is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How grave each kind is, which says what is done about it; a kind that is not there is not looked for.
    pub severities: BTreeMap<Category, Severity>,
    /// Domains, one's own above all: e-mail addresses in them and below them are nobody's secret.
    pub own_domains: Vec<String>,
    /// Values that are nobody's secret, as they are written: the number of one's own front desk.
    pub allowed: Vec<String>,
    /// What takes the place of a value.
    pub placeholders: Placeholders,
    /// Which value each token stands for.
    pub tokens: Tokens,
    /// Which values servers get for their tokens.
    pub told: BTreeMap<ServerId, Told>,
}

/// Which kinds of values the tools of a server get for their tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// All of them.
    pub server: BTreeSet<Category>,
    /// Single ones, these too.
    pub tools: BTreeMap<Arc<str>, BTreeSet<Category>>,
}

/// What takes the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placeholders {
    /// The word of its kind, `[email]`: nothing tells two values apart.
    Word,
    /// Its kind and a number, `[email-1]`: the same value of the same principal has the same number while the gateway runs.
    #[default]
    Number,
    /// A token, `[email-3f…]`, that is turned back for tools that may know the value.
    Token,
}

impl Placeholders {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Word, Self::Number, Self::Token];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Number => "number",
            Self::Token => "token",
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            severities: Category::ALL.into_iter().map(|category| (category, usual(category))).collect(),
            own_domains: Vec::new(),
            allowed: Vec::new(),
            placeholders: Placeholders::default(),
            tokens: Tokens::default(),
            told: BTreeMap::new(),
        }
    }
}

/// By harm: what can be paid, borrowed or lived on in another's name is grave.
const fn usual(category: Category) -> Severity {
    match category {
        Category::Card | Category::Account | Category::Identity | Category::Document | Category::Health => {
            Severity::High
        }
        Category::Email
        | Category::Phone
        | Category::Vehicle
        | Category::Business
        | Category::Network
        | Category::Device
        | Category::Wallet
        | Category::Birth
        | Category::Name
        | Category::Address => Severity::Medium,
    }
}

impl Options {
    /// Which kinds of values the tool gets that `content` is about.
    pub(super) fn told_to(&self, content: &Content<'_>) -> BTreeSet<Category> {
        let Some(Resource::Tool(server, tool)) = content.resource else { return BTreeSet::new() };
        let told = self.told.get(server);
        let tool = told.and_then(|told| told.tools.get(tool));
        told.map(|told| &told.server).into_iter().chain(tool).flatten().copied().collect()
    }

    /// Whether `value` is to be passed over.
    pub(super) fn is_allowed(&self, category: Category, value: &str) -> bool {
        let own = || {
            let host = value.rsplit('@').next().unwrap_or_default();
            self.own_domains.iter().any(|domain| is_in(host, domain))
        };
        (category == Category::Email && own()) || self.allowed.iter().any(|allowed| allowed == value)
    }
}

/// Whether `host` is `domain` or lies below it.
fn is_in(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
    host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_domains_and_allowed_values_are_passed_over_and_no_others() {
        let options = Options {
            own_domains: vec!["Firma.de".to_owned()],
            allowed: vec!["+49 30 123456".to_owned()],
            ..Options::default()
        };
        for (category, value, allowed) in [
            (Category::Email, "a@firma.de", true),
            (Category::Email, "a@post.FIRMA.de", true),
            (Category::Email, "a@andere-firma.de", false),
            (Category::Email, "a@firma.de.evil.net", false),
            (Category::Phone, "+49 30 123456", true),
            (Category::Phone, "+49 30 1234567", false),
        ] {
            assert_eq!(options.is_allowed(category, value), allowed, "{value}");
        }
    }
}
