//! Identifiers of persons: what counts as one, how it is written to be compared, and where it stands in text.
//!
//! Responsible for e-mail addresses, telephone and account numbers and whatever a field calls the number of somebody. It
//! must never keep one: [`Identifier::hash`] is all that leaves.

use std::cmp::Ordering;

use super::limits::IDENTIFIER_BYTES_MAX;
use crate::canonical::{Keyed, Kind};

/// The bits of an identifier's hash that tell its sort; the others tell how it is written.
const SORT_BITS: u64 = 0xffff;

/// What sort of identifier it is; the first is the surest to be of one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Email,
    /// A number that a state gave.
    National,
    /// What a field of this name holds, `customerid`.
    Named(Box<str>),
    Account,
    Phone,
    /// What a field of this name holds, which means nothing outside its server.
    Local(Box<str>),
}

/// One identifier, written as all of its sort are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identifier {
    pub(super) sort: Sort,
    value: String,
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identifier {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.sort, &self.value).cmp(&(&other.sort, &other.value))
    }
}

impl Identifier {
    /// The identifier that `text` is as one of this sort; `None` if it cannot be one.
    pub(super) fn new(sort: Sort, text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > IDENTIFIER_BYTES_MAX {
            return None;
        }
        let value: String = match sort {
            Sort::Email => text.to_lowercase(),
            Sort::Named(_) | Sort::Local(_) => text.to_lowercase(),
            Sort::National | Sort::Account => {
                text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
            }
            Sort::Phone => {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                digits.strip_prefix("00").map(str::to_owned).unwrap_or(digits)
            }
        };
        let fewest = match sort {
            Sort::Email => usize::from(!value.contains('@')) * (IDENTIFIER_BYTES_MAX + 1),
            Sort::National => 4,
            Sort::Account | Sort::Phone => 5,
            Sort::Named(_) | Sort::Local(_) => 1,
        };
        (value.len() >= fewest).then_some(Self { sort, value })
    }

    /// How long its value is, in bytes.
    pub(super) fn length(&self) -> usize {
        self.value.len()
    }

    pub(super) fn hash(&self, keyed: &Keyed) -> u64 {
        let sort = match &self.sort {
            Sort::Email => "sort:email",
            Sort::National => "sort:national",
            Sort::Account => "sort:account",
            Sort::Phone => "sort:phone",
            Sort::Named(name) | Sort::Local(name) => name,
        };
        (keyed.hash(Kind::Entity, &self.value) & !SORT_BITS) | (keyed.hash(Kind::Entity, sort) & SORT_BITS)
    }
}

/// What `hash` says of how the identifier is written, whatever its sort.
pub(super) fn without_sort(hash: u64) -> u64 {
    hash & !SORT_BITS
}

/// The hash of everything written like `text`, in lower case.
pub(super) fn written_as(keyed: &Keyed, text: &str) -> u64 {
    without_sort(keyed.hash(Kind::Entity, text))
}

/// Gives every e-mail address, account and telephone number of `text` to `take`.
pub(super) fn each(text: &str, take: &mut impl FnMut(Identifier)) {
    each_email(text, take);
    each_number(text, take);
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_account(word)) {
        Identifier::new(Sort::Account, word).map(&mut *take);
    }
    if text.as_bytes().windows(5).any(|five| matches!(five, [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9', b' ']))
    {
        each_spaced_account(text, take);
    }
}

fn each_email(text: &str, take: &mut impl FnMut(Identifier)) {
    let local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
    let host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    for (at, _) in text.match_indices('@') {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let start = before.len() - trailing(before, local);
        let end = at + 1 + after.find(|c| !host(c)).unwrap_or(after.len());
        let Some(whole) = text.get(start..end) else { continue };
        let whole = whole.trim_matches(|c: char| !c.is_alphanumeric());
        let is_address = whole.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
        if is_address {
            Identifier::new(Sort::Email, whole).map(&mut *take);
        }
    }
}

/// How many bytes at the end of `text` are characters of this sort.
fn trailing(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.chars().rev().take(64).take_while(|c| of(*c)).map(char::len_utf8).sum()
}

/// Telephone numbers (with `+`, 7 to 15 digits) and other numbers of 10 to 19 digits, which are compared as one sort.
fn each_number(text: &str, take: &mut impl FnMut(Identifier)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let is_start = byte == b'+' || byte.is_ascii_digit();
        let glued = at > 0 && bytes.get(at - 1).is_some_and(|before| before.is_ascii_alphanumeric());
        if !is_start || glued {
            at += 1;
            continue;
        }
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let length = 1 + rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
        let run = text.get(at..at + length).unwrap_or_default();
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let fits = if byte == b'+' { (7..=15).contains(&digits) } else { is_long_number(run, digits) };
        if fits {
            Identifier::new(Sort::Phone, run).map(&mut *take);
        }
        at += length;
    }
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'(' | b')' | b'.' | b'/')
}

/// Without `+`, separated digits are as likely a date or several numbers.
fn is_long_number(run: &str, digits: usize) -> bool {
    (10..=19).contains(&digits) && !run.contains(['.', '/', '(']) && run.trim_end().split([' ', '-']).count() <= 5
}

/// Whether it is written as an IBAN is.
fn is_account(word: &str) -> bool {
    (15..=34).contains(&word.len())
        && matches!(word.as_bytes(), [b'A'..=b'Z', b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9', ..])
        && word.bytes().filter(u8::is_ascii_digit).count() >= 8
}

/// IBANs in groups of four.
fn each_spaced_account(text: &str, take: &mut impl FnMut(Identifier)) {
    let words: Vec<&str> = text.split(' ').collect();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| word.len() == 4) {
        let mut joined = String::new();
        for word in words.iter().skip(at).take(9) {
            let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            if word.is_empty() || word.len() > 4 || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                break;
            }
            joined.push_str(word);
            if word.len() < 4 {
                break;
            }
        }
        if is_account(&joined) {
            Identifier::new(Sort::Account, &joined).map(&mut *take);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        each(text, &mut |one| all.push(one.value));
        all
    }

    #[test]
    fn what_identifies_somebody_is_found_in_text() {
        for (text, value) in [
            ("write to <Ann.Lee+x@Mail.Example>.", "ann.lee+x@mail.example"),
            ("call +1 (555) 010-0200, please", "15550100200"),
            ("pay DE89370400440532013000 now", "de89370400440532013000"),
            ("pay DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
            ("no. 123456789012", "123456789012"),
        ] {
            assert!(found(text).contains(&value.to_owned()), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn what_looks_like_it_is_left() {
        for text in ["@here", "a@b", "2024-05-13", "1.234.567,00", "room 12", "v1.2.3", "AB12", "12:30"] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
