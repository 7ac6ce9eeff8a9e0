//! Fingerprints of text that was read, to find it again in what is sent.
//!
//! Responsible for saying which source stretches of a text were taken from (DEFENCES §2.3, tier 3), by winnowing over
//! letters and digits, and for finding known secrets of any length. It is evidence: it explains, and it may spare a question;
//! what it does not find may still be there, in other words or encrypted. So it must never turn what a label forbids into
//! an allow. It must never keep text, only keyed hashes.

pub mod limits;

use doorward_core::flow::Confidentiality;

use crate::canonical::Key;

/// What fingerprints are made with: derived once from the key of a tenant.
#[derive(Clone)]
pub struct PrintKey {}

/// The fingerprints of what one context has read.
#[derive(Debug, Clone, Default)]
pub struct Prints {}

/// A source that text was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The source, by the number it was indexed under.
    pub source: u32,
    /// How many different fingerprints it shares; for a secret, 1 for each place where it stands.
    pub hits: u32,
    /// About how many bytes of the text are the source's.
    pub bytes: u32,
}

impl PrintKey {
    /// What fingerprints are made with under `key`.
    #[must_use]
    pub fn new(_key: &Key) -> Self {
        Self {}
    }
}

impl Prints {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a text of the source with this number.
    pub fn index(&mut self, _key: &PrintKey, _source: u32, _confidentiality: Confidentiality, _text: &str) {}

    /// Takes in a value that is to be found wherever it stands, however short.
    pub fn secret(&mut self, _key: &PrintKey, _source: u32, _value: &str) {}

    /// The sources from which `text` was taken, decoded where it is encoded; in the order of their numbers.
    #[must_use]
    pub fn matches(&self, _key: &PrintKey, _text: &str) -> Vec<Match> {
        Vec::new()
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}
