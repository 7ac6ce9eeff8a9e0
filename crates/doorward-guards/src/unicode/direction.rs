//! Text that is shown in another order than it is read (Unicode Standard Annex #9).

use std::ops::Range;

use doorward_core::guard::Severity;
use unicode_script::{Script, UnicodeScript};

use super::Sight;

/// Fewer Latin letters in another order say nothing.
const LATIN_MIN: usize = 3;

/// Finds overrides that turn Latin text round, and embeddings that do not end.
pub(super) fn find(text: &str, sights: &mut Vec<Sight>) {
    if !text.contains(is_direction) {
        return;
    }
    let mut overrides = Vec::new();
    let mut unclosed = Vec::new();
    for line in text.split_inclusive('\n') {
        let offset = line.as_ptr() as usize - text.as_ptr() as usize;
        let mut open: Vec<Range<usize>> = Vec::new();
        let mut turns = false;
        for (at, character) in line.char_indices().filter(|(_, character)| is_direction(*character)) {
            let here = offset + at..offset + at + character.len_utf8();
            match character {
                '\u{202c}' | '\u{2069}' => {
                    let inner = line.get(..at).unwrap_or_default();
                    turns = false;
                    if open.pop().is_none() && !inner.is_empty() {
                        unclosed.push(here.clone());
                    }
                }
                '\u{202d}' | '\u{202e}' => {
                    turns = latin_follows(line.get(at..).unwrap_or_default());
                    open.push(here.clone());
                }
                _ => open.push(here.clone()),
            }
            if turns {
                overrides.push(here);
            }
        }
        unclosed.extend(open.into_iter().filter(|range| !overrides.contains(range)));
    }
    if !overrides.is_empty() {
        sights.push(Sight::vanishing("bidi-override", Severity::Medium, 95, overrides));
    }
    if !unclosed.is_empty() {
        sights.push(Sight::vanishing("bidi-unclosed", Severity::Low, 60, unclosed));
    }
}

const fn is_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether what follows an override, up to its end, is more Latin than of a script that runs from right to left.
fn latin_follows(line: &str) -> bool {
    let body = line.split(['\u{202c}', '\u{2069}', '\n']).next().unwrap_or_default();
    let latin = body.chars().filter(char::is_ascii_alphabetic).count();
    let leftward = body.chars().filter(|one| !one.is_ascii() && runs_left(*one)).count();
    latin >= LATIN_MIN && latin > leftward
}

fn runs_left(character: char) -> bool {
    matches!(character.script(), Script::Hebrew | Script::Arabic | Script::Syriac | Script::Thaana | Script::Nko)
}
