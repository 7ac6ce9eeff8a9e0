//! Numbers for values, so that a reader can tell two of them apart and recognise one again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::kind::Category;
use super::limits::NUMBERED_MAX;

/// Which number a value has. Values themselves are not kept, and each principal counts for himself: the number of one tells
/// nothing of what another has seen.
#[derive(Debug, Default)]
pub(super) struct Numbers(Mutex<Given>);

#[derive(Debug, Default)]
struct Given {
    numbers: BTreeMap<[u8; 32], u32>,
    last: BTreeMap<([u8; 32], Category), u32>,
}

impl Numbers {
    /// `[email-1]`; `[email]` when too many values have numbers already.
    pub(super) fn placeholder(&self, whose: &[u8], category: Category, value: &str) -> String {
        let kind = category.name();
        match self.number(whose, category, value) {
            Some(number) => format!("[{kind}-{number}]"),
            None => format!("[{kind}]"),
        }
    }

    fn number(&self, whose: &[u8], category: Category, value: &str) -> Option<u32> {
        let whose: [u8; 32] = Sha256::digest(whose).into();
        let value = bare(category, value);
        let digest = Sha256::new_with_prefix(whose).chain_update(category.name()).chain_update([0]).chain_update(value);
        let digest: [u8; 32] = digest.finalize().into();
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = given.numbers.get(&digest) {
            return Some(*number);
        }
        if given.numbers.len() >= NUMBERED_MAX {
            return None;
        }
        let last = given.last.entry((whose, category)).or_default();
        *last += 1;
        let number = *last;
        given.numbers.insert(digest, number);
        Some(number)
    }
}

/// A value without what people put between its digits: the same number is the same however it is written.
fn bare(category: Category, value: &str) -> String {
    let counts = |letter: &char| match category {
        Category::Email | Category::Name | Category::Address | Category::Network | Category::Birth => true,
        Category::Phone
        | Category::Card
        | Category::Account
        | Category::Identity
        | Category::Document
        | Category::Health
        | Category::Vehicle
        | Category::Business
        | Category::Device
        | Category::Wallet => letter.is_alphanumeric(),
    };
    value.chars().filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_number_and_each_principal_counts_alone() {
        let numbers = Numbers::default();
        let of = |whose, category, value| numbers.placeholder(str::as_bytes(whose), category, value);
        assert_eq!(of("eve", Category::Email, "a"), "[email-1]");
        assert_eq!(of("eve", Category::Email, "b"), "[email-2]");
        assert_eq!(of("eve", Category::Email, "a"), "[email-1]");
        assert_eq!(of("eve", Category::Phone, "a"), "[phone-1]");
        assert_eq!(of("ann", Category::Email, "b"), "[email-1]");
        assert_eq!(of("eve", Category::Card, "4539 1488"), of("eve", Category::Card, "4539-1488"));
    }

    #[test]
    fn beyond_the_limit_a_value_has_the_word_of_its_kind() {
        let numbers = Numbers::default();
        for value in 0..NUMBERED_MAX {
            numbers.placeholder(b"eve", Category::Email, &value.to_string());
        }
        assert_eq!(numbers.placeholder(b"eve", Category::Email, "one more"), "[email]");
        assert_eq!(numbers.placeholder(b"eve", Category::Email, "0"), "[email-1]");
    }
}
