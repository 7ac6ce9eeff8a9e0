//! What fingerprints promise: what was taken is found, what has nothing to do with it is not, and memory is bounded.
#![expect(clippy::string_slice, reason = "the text is ASCII")]

use doorward_core::flow::Confidentiality::{Confidential, Internal, Public, Secret};
use proptest::prelude::*;

use super::limits::INDEX_BYTES;
use super::*;
use crate::canonical::Key;

fn key() -> PrintKey {
    PrintKey::new(&Key::from_bytes([3; 16]))
}

/// Prose of words that nobody else uses, the same for every seed.
fn prose(seed: u64, bytes: usize) -> String {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut text = String::new();
    while text.len() < bytes {
        for _ in 0..next() % 4 + 1 {
            text.push(char::from(b"bcdfghklmnprstvz"[next() % 16]));
            text.push(char::from(b"aeiou"[next() % 5]));
        }
        text.push_str([" ", " ", " ", ", ", ".\n"][next() % 5]);
    }
    text
}

fn of(seed: u64) -> (PrintKey, Prints, String) {
    let (key, mut prints, text) = (key(), Prints::new(), prose(seed, 20_000));
    prints.index(&key, 7, Confidential, &text);
    (key, prints, text)
}

fn sources(matches: &[Match]) -> Vec<u32> {
    matches.iter().map(|one| one.source).collect()
}

#[test]
fn an_excerpt_is_found_however_it_is_set() {
    let (key, prints, text) = of(1);
    let excerpt = &text[4_000..4_200];
    let shouted = excerpt.to_uppercase().replace(' ', "\u{a0}--\n");
    let (hexadecimal, percent): (String, String) =
        excerpt.bytes().map(|byte| (format!("{byte:02x}"), format!("%{byte:02X}"))).unzip();
    let spelled: String = excerpt.chars().map(|c| format!("&#{};", c as u32)).collect();
    for sent in [format!("Dear all, {excerpt} Regards"), shouted, hexadecimal, percent, spelled] {
        let matches = prints.matches(&key, &sent);
        assert_eq!(sources(&matches), [7], "{sent}");
        assert!(matches[0].bytes >= 120 && matches[0].bytes <= 260 * 4, "{matches:?}");
        assert!(matches[0].hits >= 8, "{matches:?}");
    }
}

#[test]
fn what_is_encoded_twice_is_found() {
    let (key, prints, text) = of(2);
    let twice = text[..300].bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let twice: String = twice.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_eq!(sources(&prints.matches(&key, &twice)), [7]);
}

#[test]
fn other_text_and_other_keys_find_nothing() {
    let (key, prints, text) = of(3);
    for seed in 100..200 {
        assert_eq!(prints.matches(&key, &prose(seed, 600)), []);
    }
    assert_eq!(prints.matches(&PrintKey::new(&Key::from_bytes([4; 16])), &text), []);
    assert_eq!(prints.matches(&key, "short"), []);
    assert_eq!(prints.matches(&key, ""), []);
}

#[test]
fn what_stands_in_many_sources_is_a_stock_phrase() {
    let (key, phrase) = (key(), prose(4, 400));
    let mut prints = Prints::new();
    for source in 0..3 {
        prints.index(&key, source, Confidential, &format!("{}{phrase}", prose(1_000 + u64::from(source), 4_000)));
    }
    assert_eq!(sources(&prints.matches(&key, &phrase)), [0, 1, 2]);
    prints.index(&key, 3, Confidential, &format!("{}{phrase}", prose(1_003, 4_000)));
    assert_eq!(prints.matches(&key, &phrase), []);
    assert_eq!(sources(&prints.matches(&key, &prose(1_003, 4_000))), [3], "the rest is still found");
}

#[test]
fn what_is_read_again_and_again_is_still_found() {
    let (key, mut prints, text) = of(5);
    let before = prints.bytes();
    for source in 20..40 {
        prints.index(&key, source, Confidential, &text[..text.len() - 100]);
    }
    assert_eq!(sources(&prints.matches(&key, &text[5_000..5_400])), [7]);
    assert_eq!(prints.bytes(), before);
    prints.index(&key, 50, Secret, &text);
    assert_eq!(
        sources(&prints.matches(&key, &text[5_000..5_400])),
        [7, 50],
        "what is more confidential stands for itself"
    );
}

#[test]
fn the_least_confidential_and_then_the_oldest_goes() {
    let (key, mut prints) = (key(), Prints::new());
    let text = |source: u32| prose(u64::from(source), 700_000);
    for (source, confidentiality) in [(1, Confidential), (2, Internal), (3, Internal), (4, Secret), (5, Internal)] {
        prints.index(&key, source, confidentiality, &text(source));
    }
    prints.index(&key, 6, Public, &text(6));
    assert_eq!(prints.matches(&key, &text(6)[..1_000]), [], "less than all others");
    prints.index(&key, 7, Confidential, &text(7));
    let found = |prints: &Prints| {
        (1..8).filter(|source| !prints.matches(&key, &text(*source)[..1_000]).is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(found(&prints), [1, 3, 4, 5, 7]);
    assert!(prints.bytes() <= INDEX_BYTES, "{}", prints.bytes());
}

#[test]
fn no_amount_of_sources_takes_more_memory() {
    let (key, mut prints) = (key(), Prints::new());
    for source in 0..6_000 {
        prints.index(&key, source, Internal, &prose(u64::from(source), 900));
    }
    assert!(prints.sources.len() <= SOURCES_MAX && prints.bytes() <= INDEX_BYTES, "{}", prints.bytes());
    assert_eq!(sources(&prints.matches(&key, &prose(5_999, 900))), [5_999]);
    let letters: String = prose(77, 9_000_000).chars().filter(|c| c.is_alphanumeric()).collect();
    prints.index(&key, 9_999, Confidential, &letters);
    prints.index(&key, 9_998, Confidential, &letters[4_500_000..]);
    assert!(prints.bytes() <= INDEX_BYTES, "{}", prints.bytes());
}

#[test]
fn secrets_are_found_at_any_length() {
    let (key, mut prints) = (key(), Prints::new());
    let values = ["x7", "hunter2", "hunter22", "sk-live-4f3b", "sk-live-4f3b9911ccdd", "päßwörd"];
    for (source, value) in (0..).zip(values) {
        prints.secret(&key, source, value);
    }
    prints.secret(&key, 90, "");
    assert_eq!(sources(&prints.matches(&key, "the code is x7.")), [0]);
    assert_eq!(sources(&prints.matches(&key, "hunter22")), [1, 2]);
    assert_eq!(sources(&prints.matches(&key, "?k=sk%2Dlive%2D4f3b9911ccdd")), [3, 4]);
    assert!(prints.matches(&key, "sk-live-4f3c9911ccdd").is_empty());
    assert_eq!(prints.matches(&key, "päßwörd päßwörd"), [Match { source: 5, hits: 2, bytes: 20 }]);
}

#[test]
fn many_secrets_that_begin_alike_take_bounded_work() {
    let (key, mut prints) = (key(), Prints::new());
    for length in 0..2_000_u32 {
        prints.secret(&key, length, &"a".repeat(20 + length as usize));
    }
    assert_eq!(prints.secrets.bytes() / 48, SECRETS_BYTES / 48);
    assert!(!prints.matches(&key, &"a".repeat(3_000)).is_empty());
}

const SECRETS_BYTES: usize = limits::SECRETS_MAX * 40;

proptest! {
    #[test]
    fn every_stretch_of_45_letters_is_found(seed in 1_u64..1_000, from in 0_usize..2_000) {
        let (key, mut prints, text) = (key(), Prints::new(), prose(seed, 4_000));
        prints.index(&key, 1, Confidential, &text);
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).skip(from).take(45).collect();
        prop_assert_eq!(sources(&prints.matches(&key, &letters)), vec![1]);
    }

    #[test]
    fn nothing_panics(texts in proptest::collection::vec((0_u32..4, ".{0,80}"), 0..12), sent in ".{0,120}") {
        let (key, mut prints) = (key(), Prints::new());
        for (source, text) in &texts {
            prints.index(&key, *source, Internal, text);
            prints.secret(&key, *source, text);
            prop_assert!(text.is_empty() || prints.matches(&key, text).iter().any(|one| one.source == *source));
        }
        let _ = prints.matches(&key, &sent);
    }
}
