//! What a provider's rule is: the form its documentation gives its tokens.

use doorward_core::guard::Severity;

use super::check::Check;

/// One kind of secret with a form of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Its name, unique among the rules.
    pub(super) id: &'static str,
    /// What it looks like.
    pub(super) form: Form,
    /// How it is checked beyond its form.
    pub(super) check: Check,
    /// How grave it is.
    pub(super) severity: Severity,
    /// How many of a hundred such findings are secrets.
    pub(super) percent: u8,
}

/// What a secret looks like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A fixed beginning, and so many characters of an alphabet after it.
    Token { prefix: &'static str, body: Alphabet, least: usize, most: usize },
    /// A pattern that holds one of the words. The group `s`, where there is one, is the secret.
    Pattern { words: &'static [&'static str], before: usize, pattern: &'static str },
}

/// Characters a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Hexadecimal digits of one or the other case.
    Hex,
    /// Letters.
    Letters,
    /// Letters and digits.
    Alphanumeric,
    /// Capital letters and digits.
    Capitals,
    /// Small letters and digits.
    Smalls,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Those and dots.
    Dotted,
    /// Those of base64, `=` included, of either alphabet.
    Base64,
}

impl Alphabet {
    /// Whether a byte belongs to it.
    pub(super) const fn holds(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Letters => byte.is_ascii_alphabetic(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Smalls => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'='),
        }
    }
}

/// A token: its beginning and what follows it.
pub(super) const fn token(id: &'static str, prefix: &'static str, body: Alphabet, least: usize, most: usize) -> Rule {
    let form = Form::Token { prefix, body, least, most };
    Rule { id, form, check: Check::None, severity: Severity::High, percent: 95 }
}

/// A pattern that begins at one of `words`.
pub(super) const fn pattern(id: &'static str, words: &'static [&'static str], pattern: &'static str) -> Rule {
    let form = Form::Pattern { words, before: 0, pattern };
    Rule { id, form, check: Check::None, severity: Severity::High, percent: 95 }
}

impl Rule {
    /// The same with a check.
    pub(super) const fn checked(self, check: Check) -> Self {
        Self { check, ..self }
    }

    /// The same where the pattern may begin so many bytes before the word.
    pub(super) const fn reaching_back(self, bytes: usize) -> Self {
        match self.form {
            Form::Pattern { words, pattern, before: _ } => {
                Self { form: Form::Pattern { words, before: bytes, pattern }, ..self }
            }
            Form::Token { .. } => self,
        }
    }

    /// The same, less grave and less sure: the form is not the provider's alone.
    pub(super) const fn likely(self, percent: u8) -> Self {
        Self { severity: Severity::Medium, percent, ..self }
    }
}
