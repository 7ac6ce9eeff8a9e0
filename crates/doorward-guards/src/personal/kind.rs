//! Kinds of personal data, and the rules that find those with a fixed form.

use super::label::Labels;

/// A kind of personal data, as it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// Numbers of payment cards.
    Card,
    /// Bank accounts.
    Account,
    /// Numbers by which states know people: identity, tax, social insurance.
    Identity,
    /// Passports, identity cards, driving licences, voters' cards.
    Document,
    /// Numbers of patients, insured persons, doctors.
    Health,
    /// Number plates.
    Vehicle,
    /// Numbers of businesses, which often are one person.
    Business,
    /// IP addresses.
    Network,
    /// Hardware addresses.
    Device,
    /// Addresses of crypto wallets.
    Wallet,
    /// Dates of birth.
    Birth,
    /// Names of people.
    Name,
    /// Postal addresses.
    Address,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Account,
        Self::Identity,
        Self::Document,
        Self::Health,
        Self::Vehicle,
        Self::Business,
        Self::Network,
        Self::Device,
        Self::Wallet,
        Self::Birth,
        Self::Name,
        Self::Address,
    ];

    /// Its name in configuration and placeholders.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Account => "account",
            Self::Identity => "identity",
            Self::Document => "document",
            Self::Health => "health",
            Self::Vehicle => "vehicle",
            Self::Business => "business",
            Self::Network => "network",
            Self::Device => "device",
            Self::Wallet => "wallet",
            Self::Birth => "birth",
            Self::Name => "name",
            Self::Address => "address",
        }
    }

    /// The category of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// What must stand around a code of the right form, so that it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// Nothing: fewer than one in a thousand such codes are something else.
    Form,
    /// A label, or nothing at all: the text is the code.
    Alone,
    /// A label.
    Label,
}

/// One form of code.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) category: Category,
    /// `9` a digit, `A` a letter, `X` either, a blank perhaps one blank or hyphen, `~` one of these, anything else itself.
    pub(super) pattern: &'static str,
    /// What a label may say.
    pub(super) labels: Labels,
    pub(super) evidence: Evidence,
    /// Whether a code, letters and digits alone, is possible.
    pub(super) check: fn(&[u8]) -> bool,
}

/// A form with something in it that a slip or a chance would break.
pub(super) const fn rule(
    name: &'static str,
    category: Category,
    pattern: &'static str,
    labels: Labels,
    evidence: Evidence,
    check: fn(&[u8]) -> bool,
) -> Rule {
    Rule { name, category, pattern, labels, evidence, check }
}
