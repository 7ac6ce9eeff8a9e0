//! Texts, sentence by sentence.

use std::collections::BTreeSet;

use super::{Changes, Class, tell};

/// Words by which a text gives orders rather than describes.
const ORDERS: &[&str] = &[
    "always",
    "never",
    "must",
    "ignore",
    "instead",
    "before",
    "first",
    "do not",
    "don't",
    "secret",
    "important",
    "required",
    "without telling",
    "not mention",
    "call",
    "send",
    "include",
    "forward",
    "read",
    "use",
];

/// How a text differs from what stood there.
pub(super) fn compare(pointer: &str, before: &str, after: &str, changes: &mut Changes) {
    if before == after {
        return;
    }
    let (old, new) = (sentences(before), sentences(after));
    let (known, kept) = (words_of(&old), words_of(&new));
    let added: Vec<&str> = new.iter().filter(|said| !known.contains(&plain(said))).copied().collect();
    let gone: Vec<&str> = old.iter().filter(|said| !kept.contains(&plain(said))).copied().collect();
    let told = |said: &[&str]| (!said.is_empty()).then(|| tell::excerpt(&said.join("\n")));
    let (class, what) = match (added.is_empty(), gone.is_empty()) {
        (true, true) => (Class::Cosmetic, "the same words in another order or writing".to_owned()),
        (true, false) => (Class::Narrowing, "it says less".to_owned()),
        (false, _) => (Class::Instructing, news(&added)),
    };
    changes.told(pointer, class, what, told(&gone), told(&added));
}

/// What is new in a text.
fn news(added: &[&str]) -> String {
    let said = plain(&added.join(" "));
    let orders: Vec<&str> = ORDERS.iter().filter(|order| contains_word(&said, order)).copied().collect();
    if orders.is_empty() {
        "it says something new".to_owned()
    } else {
        format!("it says something new, in words of command ({})", orders.join(", "))
    }
}

/// A text that was not there at all.
pub(super) fn appeared(pointer: &str, text: &str, changes: &mut Changes) {
    let what = news(&[text]);
    changes.told(pointer, Class::Instructing, what, None, Some(tell::excerpt(text)));
}

/// A text as its sentences and lines.
fn sentences(text: &str) -> Vec<&str> {
    let ends = |character: char| matches!(character, '.' | '!' | '?' | '\n' | ';' | '>');
    text.split_inclusive(ends).map(str::trim).filter(|sentence| !sentence.is_empty()).collect()
}

fn words_of(sentences: &[&str]) -> BTreeSet<String> {
    sentences.iter().map(|sentence| plain(sentence)).collect()
}

/// The words alone. Only ASCII spaces, signs and cases are passed over: any other character says something.
fn plain(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_ascii_whitespace() || c.is_ascii_punctuation()).filter(|w| !w.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&word.to_ascii_lowercase());
    }
    words
}

fn contains_word(plain_text: &str, order: &str) -> bool {
    let order = plain(order);
    format!(" {plain_text} ").contains(&format!(" {order} "))
}
