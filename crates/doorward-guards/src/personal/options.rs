//! How personal data is looked for, and what takes its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::guard::Severity;

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
}

/// What takes the place of a value.
#[derive(Debug, Clone, Default)]
pub enum Placeholders {
    /// The word of its kind, `[email]`: nothing tells two values apart.
    Word,
    /// Its kind and a number, `[email-1]`: the same value of the same principal has the same number while the gateway runs.
    #[default]
    Number,
    /// A token that whoever holds these can turn back, `[email-3f…]`.
    Token(Arc<Tokens>),
}

impl PartialEq for Placeholders {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word, Self::Word) | (Self::Number, Self::Number) => true,
            (Self::Token(one), Self::Token(other)) => Arc::ptr_eq(one, other),
            (Self::Word | Self::Number | Self::Token(_), _) => false,
        }
    }
}

impl Eq for Placeholders {}

impl Default for Options {
    fn default() -> Self {
        Self {
            severities: Category::ALL.into_iter().map(|category| (category, usual(category))).collect(),
            own_domains: Vec::new(),
            allowed: Vec::new(),
            placeholders: Placeholders::default(),
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
