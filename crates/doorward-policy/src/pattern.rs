//! Named regular expressions of the operator's.

use regex::{Regex, RegexBuilder};

use crate::limits::PATTERN_SIZE_MAX;

/// A regular expression that takes time in proportion to the text, whatever the text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn new(written: &str) -> Result<Self, String> {
        RegexBuilder::new(written)
            .size_limit(PATTERN_SIZE_MAX)
            .dfa_size_limit(PATTERN_SIZE_MAX)
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Whether it matches somewhere in `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}
