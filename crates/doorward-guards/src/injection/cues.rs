//! Where in a text it is worth looking.
//!
//! Responsible for the words without which no rule is met: only their surroundings are read. It must never decide anything.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::words::{Meaning, WORDS};
use crate::text::{Classes, Text};
use crate::words::Hit;

/// What the words waited for say of one text.
#[derive(Debug, Default)]
pub(super) struct Cues {
    /// Which parts of the normal form are to be read.
    pub(super) windows: Vec<Range<usize>>,
    /// Whether words stand in it that are words again in ROT13 or backwards.
    pub(super) is_shifted: bool,
}

impl Cues {
    /// From the hits in a text.
    pub(super) fn of(text: &Text<'_>, hits: &[Hit]) -> Self {
        let is_shifted = hits.iter().any(|hit| hit.word < SHIFTED.len());
        let normal = || text.normal().text.as_str();
        if text.classes.has(Classes::OUTSIDE_ASCII) || text.classes.has(Classes::CONTROL) {
            let found = ANCHORS.find_iter(normal()).map(|found| found.range());
            return Self { windows: windows(normal(), found), is_shifted };
        }
        let found = hits.iter().filter(|hit| hit.word >= SHIFTED.len()).map(|hit| hit.range.clone());
        let windows = if hits.is_empty() { Vec::new() } else { windows(normal(), found) };
        Self { windows, is_shifted }
    }
}

/// The surroundings of what was found, where they meet as one.
fn windows(text: &str, found: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    for range in found {
        let start = text.floor_char_boundary(range.start.saturating_sub(MARGIN));
        let end = text.ceil_char_boundary((range.end + MARGIN).min(text.len()));
        match windows.last_mut() {
            Some(last) if last.end >= start => last.end = last.end.max(end),
            Some(_) | None => windows.push(start..end),
        }
    }
    windows
}

/// How far from such a word a rule may reach.
const MARGIN: usize = 320;

/// The words to wait for in any text: first those of [`SHIFTED`], then the others.
pub(super) fn words() -> Vec<String> {
    let anchors = anchors().into_iter().filter(|word| word.is_ascii() && word.len() >= 3);
    SHIFTED.iter().map(|word| (*word).to_owned()).chain(anchors).collect()
}

/// What may be a whole rule's only sign that it is worth looking.
fn anchors() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (meaning, words) in WORDS {
        let least = match ANCHORING.iter().find(|(anchor, _)| anchor == meaning) {
            Some((_, least)) => *least,
            None => continue,
        };
        let words = words.split('|').map(|word| word.trim().trim_end_matches('*').replace('¦', "|"));
        all.extend(words.filter(|word| word.len() >= least));
    }
    all.extend(SENDING.iter().chain(["](http", "](//", "<img"].iter()).map(|word| (*word).to_owned()));
    let unaccented: Vec<String> =
        all.iter().filter(|word| !word.is_ascii()).map(|word| super::scan::unaccented(word)).collect();
    all.extend(unaccented);
    all.sort_unstable();
    all.dedup();
    all
}

/// Meanings without one of which no rule is met, and the least bytes of a word that is worth waiting for.
const ANCHORING: &[(Meaning, usize)] = &[
    (Meaning::Override, 4),
    (Meaning::Instructions, 4),
    (Meaning::Prompt, 4),
    (Meaning::Unbound, 4),
    (Meaning::Pretend, 4),
    (Meaning::Conceal, 4),
    (Meaning::Silent, 4),
    (Meaning::NewTask, 4),
    (Meaning::Consent, 4),
    (Meaning::Vault, 4),
    (Meaning::Markup, 4),
    (Meaning::Salute, 4),
    (Meaning::Decode, 4),
    (Meaning::Best, 4),
    (Meaning::Attack, 4),
    (Meaning::Body, 4),
    (Meaning::Anyway, 4),
    (Meaning::Secret, 6),
];

/// The words for sending that ordinary data does not teem with.
const SENDING: &[&str] = &[
    "send ",
    "sending",
    "forward ",
    "transmit",
    "exfiltrat",
    "upload ",
    "dispatch",
    "email ",
    "e-mail ",
    "mail ",
    "bcc",
    "envía",
    "envíe",
    "enviar",
    "envie",
    "envoie",
    "envoy",
    "schick",
    "sende",
    "invia",
    "inoltra",
    "stuur",
    "отправ",
    "перешл",
    "发送",
    "转发",
    "发给",
    "送信",
    "送って",
    "転送",
    "보내",
    "전송",
    "wyślij",
    "gönder",
];

/// Words that show ROT13 or backward writing: "instruction", "system", "prompt", "ignore", "reveal", "your" and the like.
const SHIFTED: &[&str] = &[
    "rot13",
    "rot-13",
    "vafgehpgvba",
    "flfgrz",
    "cebzcg",
    "vtaber",
    "erirny",
    "thvqryvar",
    "erfgevpgvba",
    "olcnff",
    "qvfertneq",
    "cerivbhf",
    "lbhe ",
    "nffvfgnag",
    "cnffjbeq",
    "frperg",
    "sbetrg",
    "cergraq",
    "vzcbegnag",
    "fraq ",
    "snoitcurtsni",
    "noitcurtsni",
    "tpmorp",
    "metsys",
    "erongi",
    "laever",
    "senilediug",
    "snoitcirtser",
    "ssapyb",
    "dragersid",
    "suoiverp",
    "ruoy",
    "tnatsissa",
    "drowssap",
    "terces",
    "tegrof",
    "dneterp",
    "tnatropmi",
    " dnes",
];

#[expect(clippy::expect_used, reason = "the vocabulary is a constant; a test builds it")]
static ANCHORS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(anchors())
        .expect("a vocabulary within limits")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_meet_are_one() {
        let text = "é".repeat(2_000);
        let found = [0..2, 500..502, 3_001..3_003];
        assert_eq!(windows(&text, found.into_iter()), [0..822, 2_680..3_324]);
    }

    #[test]
    fn every_word_can_be_waited_for() {
        assert!(words().len() > 100 && ANCHORS.patterns_len() > 100);
    }
}
