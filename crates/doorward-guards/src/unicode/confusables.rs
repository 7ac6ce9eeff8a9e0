//! Words made to look Latin with letters that are not.

use std::ops::Range;

use doorward_core::guard::Severity;
use unicode_script::{Script, UnicodeScript};

use super::Sight;
use crate::text::{Text, invisible, latin_lookalike};

/// A shorter word of two scripts is a unit or a formula: `µm`, `Δt`, `kΩ`.
const WORD_MIN: usize = 4;
/// So many such letters are no accident of typing.
const LETTERS_MIN: usize = 3;
/// So many drawn letters are a text.
const DRAWN_MIN: u32 = 12;

/// Finds Latin words with letters of other scripts, and texts in drawn letters.
pub(super) fn find(text: &Text<'_>, sights: &mut Vec<Sight>) {
    let signs = text.normal().signs;
    if signs.confusables > 0 {
        mixed(&text.text, sights);
    }
    let drawn = text.text.char_indices().filter(|(_, one)| is_drawn(*one));
    if signs.compatibility >= DRAWN_MIN {
        let parts: Vec<_> = drawn.map(|(at, one)| part(at, one, text)).collect();
        if parts.len() >= DRAWN_MIN as usize {
            sights.push(Sight::new("drawn-letters", Severity::Low, 60, parts));
        }
    }
}

fn mixed(text: &str, sights: &mut Vec<Sight>) {
    let mut parts = Vec::new();
    let mut words = 0;
    let mut word: Vec<(usize, char)> = Vec::new();
    let ended = text.char_indices().map(Some).chain([None]);
    for next in ended {
        match next {
            Some((at, letter)) if letter.is_alphabetic() => word.push((at, letter)),
            Some((_, between)) if invisible(between).is_some() => {}
            Some(_) | None => {
                let lookalikes = lookalikes(&word);
                words += usize::from(!lookalikes.is_empty());
                parts.extend(lookalikes);
                word.clear();
            }
        }
    }
    if parts.is_empty() {
        return;
    }
    let latin = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let other = text.chars().filter(|one| !one.is_ascii() && one.is_alphabetic()).count();
    let meant = latin >= other && (words > 1 || parts.len() >= LETTERS_MIN);
    let severity = if meant { Severity::Medium } else { Severity::Low };
    sights.push(Sight::new("mixed-script", severity, if meant { 93 } else { 60 }, parts));
}

/// The letters of another script in a word that otherwise is, and wholly looks, Latin; each with what it looks like.
fn lookalikes(word: &[(usize, char)]) -> Vec<(Range<usize>, String)> {
    let ascii = word.iter().filter(|(_, letter)| letter.is_ascii()).count();
    if word.len() < WORD_MIN || ascii == 0 || ascii == word.len() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, letter) in word.iter().filter(|(_, letter)| !letter.is_ascii() && letter.script() != Script::Latin) {
        let Some(meant) = latin_lookalike(*letter) else { return Vec::new() };
        let meant = if letter.is_uppercase() { meant.to_ascii_uppercase() } else { meant };
        found.push((*at..at + letter.len_utf8(), meant.to_string()));
    }
    found
}

/// Mathematical letters and circled or squared ones, which prose has no use for. Full-width letters are honest Japanese.
const fn is_drawn(character: char) -> bool {
    matches!(character, '\u{1d400}'..='\u{1d7ff}' | '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}')
}

fn part(at: usize, letter: char, text: &Text<'_>) -> (Range<usize>, String) {
    let range = at..at + letter.len_utf8();
    let normal = text.text.get(range.clone()).map(crate::text::Normal::of);
    (range, normal.map(|normal| normal.text).unwrap_or_default())
}
