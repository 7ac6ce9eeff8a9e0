//! Characters that nothing displays, and whether they do honest work where they stand.

use std::ops::Range;

use doorward_core::guard::Severity;

use super::{Sight, TAGS};
use crate::text::{Invisible, invisible};

/// A run of this many characters of several kinds says something.
const CARRIER_MIN: usize = 8;
/// So many parted letters are no accident of copying.
const SPLIT_MIN: usize = 3;
/// So many selectors on letters, which have no other shapes, say something.
const SELECTED_LETTERS_MIN: usize = 4;

/// Finds invisible characters that do no honest work.
pub(super) fn find(text: &str, sights: &mut Vec<Sight>) {
    let mut found = Dishonest::default();
    for run in runs(text) {
        found.judge(text, &run);
    }
    let letters = found.selected_letters.len();
    if !found.selectors.is_empty() || letters >= SELECTED_LETTERS_MIN {
        found.selectors.append(&mut found.selected_letters);
        found.selectors.sort_unstable_by_key(|range| range.start);
    }
    let split = if found.split.len() >= SPLIT_MIN { Severity::Medium } else { Severity::Low };
    for (rule, severity, confidence, ranges) in [
        (TAGS, Severity::High, 100, found.tags),
        ("selectors", Severity::High, 99, found.selectors),
        ("zero-width-code", Severity::High, 98, found.code),
        ("zero-width-split", split, 92, found.split),
        ("zero-width-padding", Severity::Low, 50, found.padding),
    ] {
        if !ranges.is_empty() {
            sights.push(Sight::vanishing(rule, severity, confidence, ranges));
        }
    }
}

/// What does no honest work, by what it does instead.
#[derive(Default)]
struct Dishonest {
    tags: Vec<Range<usize>>,
    selectors: Vec<Range<usize>>,
    /// Selectors on letters: one is an accident, many are not.
    selected_letters: Vec<Range<usize>>,
    code: Vec<Range<usize>>,
    split: Vec<Range<usize>>,
    padding: Vec<Range<usize>>,
}

/// Invisible characters one after another, and what stands around them.
struct Run {
    range: Range<usize>,
    characters: Vec<char>,
    before: Option<char>,
    after: Option<char>,
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    let mut open = false;
    for (at, character) in text.char_indices() {
        let hidden = !character.is_ascii() && invisible(character).is_some_and(|kind| kind != Invisible::Direction);
        match (hidden, open, runs.last_mut()) {
            (true, true, Some(run)) => {
                run.range.end = at + character.len_utf8();
                run.characters.push(character);
            }
            (true, ..) => {
                let range = at..at + character.len_utf8();
                runs.push(Run { range, characters: vec![character], before, after: None });
            }
            (false, true, Some(run)) => run.after = Some(character),
            (false, ..) => {}
        }
        open = hidden;
        before = Some(character);
    }
    runs
}

impl Dishonest {
    fn judge(&mut self, text: &str, run: &Run) {
        let count = |wanted: Invisible| run.characters.iter().filter(|one| invisible(**one) == Some(wanted)).count();
        let (tags, selectors) = (count(Invisible::Tag), count(Invisible::Selector));
        if tags > 0 {
            self.tags.extend(after_flag(text, run));
            return;
        }
        if selectors > 1 || (selectors == 1 && !selects(run)) {
            let letter = run.before.is_some_and(|before| before.is_ascii_alphabetic());
            let place = if letter && selectors == 1 { &mut self.selected_letters } else { &mut self.selectors };
            place.push(run.range.clone());
            return;
        }
        if selectors == 1 {
            return;
        }
        if run.characters.len() >= CARRIER_MIN {
            let mut kinds = run.characters.clone();
            kinds.sort_unstable();
            kinds.dedup();
            if kinds.len() > 1 { &mut self.code } else { &mut self.padding }.push(run.range.clone());
        } else if splits(run) {
            self.split.push(run.range.clone());
        }
    }
}

/// The part of a run with tags that is no flag of a region (UTS #51: U+1F3F4, two to six tags, U+E007F).
fn after_flag(text: &str, run: &Run) -> Option<Range<usize>> {
    let flag = run.before == Some('\u{1f3f4}');
    let end = run.characters.iter().position(|one| *one == '\u{e007f}').filter(|end| flag && (2..=6).contains(end));
    let plain = |one: &char| matches!(one, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let end = end.filter(|end| run.characters.iter().take(*end).all(plain));
    let skipped = end.map_or(0, |end| run.characters.iter().take(end + 1).map(|one| one.len_utf8()).sum());
    let rest = run.range.start + skipped..run.range.end;
    // A flag may be followed by a joiner: part of another emoji.
    let tags = text.get(rest.clone()).unwrap_or_default().chars().any(|one| invisible(one) == Some(Invisible::Tag));
    tags.then_some(rest)
}

/// Whether the one selector of a run may choose a shape: of a symbol, of a digit (keycaps), of an ideograph, of Mongolian.
fn selects(run: &Run) -> bool {
    let ideographic = run.characters.iter().any(|one| matches!(one, '\u{e0100}'..='\u{e01ef}'));
    match run.before {
        None => false,
        Some(before) if ideographic => {
            matches!(before, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        }
        Some(before) => !before.is_ascii() || matches!(before, '0'..='9' | '#' | '*'),
    }
}

/// Whether a run parts two letters of ASCII, which need nothing between them. A soft hyphen may.
fn splits(run: &Run) -> bool {
    let letter = |neighbour: Option<char>| neighbour.is_some_and(|neighbour| neighbour.is_ascii_alphanumeric());
    letter(run.before) && letter(run.after) && run.characters.iter().any(|one| *one != '\u{ad}')
}
