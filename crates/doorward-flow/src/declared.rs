//! What the words of a task name.
//!
//! Responsible for saying whether a text that somebody may say endorses a value: it names it, as an address, a number, an id
//! or in words. The text is taken apart once and kept as hashes. It must never endorse an address by parts of one.

mod marks;

use crate::atoms;
use crate::canonical::{Keyed, Kind, Sort, Value, address, normal, number};
use crate::limits::{DECLARED_BYTES_MAX, TITLE_WORDS_MAX};
use crate::nature::stems;

/// A text that was declared, as far as it can endorse.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declared {
    /// Addresses, accounts, telephone numbers.
    atoms: Vec<u64>,
    /// Numbers that are not part of a date, a time, a price or a quantity.
    numbers: Vec<u64>,
    /// Amounts with two decimals.
    amounts: Vec<u64>,
    /// Whatever looks like a name of something: with dots, slashes, hyphens.
    ids: Vec<u64>,
    /// Its words, in order.
    words: Vec<u64>,
    /// Where each word stands, by word.
    places: Vec<(u64, u32)>,
    /// The stems of its words.
    stems: Vec<u64>,
}

impl Declared {
    /// Takes `text` apart; what is longer than the bound endorses nothing.
    pub(crate) fn of(keyed: &Keyed, text: &str) -> Self {
        let text = text.get(..text.floor_char_boundary(DECLARED_BYTES_MAX)).unwrap_or_default();
        let plain = normal::plain(text);
        let folded = normal::folded(&plain);
        let words: Vec<u64> = words(&folded).map(|word| keyed.hash(Kind::Word, word)).collect();
        let mut places: Vec<(u64, u32)> = words.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let (numbers, amounts) = marks::numbers(&folded);
        let number_hash = |text: &String| number(text).map(|number| keyed.hash(Kind::Number, &number));
        let text_hash = |text: &String| keyed.hash(Kind::Text, text);
        let stem_hashes = |word: &str| -> Vec<u64> {
            let word = word.strip_suffix("'s").unwrap_or(word);
            stems(word).iter().map(|stem| keyed.hash(Kind::Stem, stem)).collect()
        };
        Self {
            atoms: sorted(atoms::of(keyed, &plain).into_iter().filter_map(|atom| atom.form)),
            numbers: sorted(numbers.iter().flat_map(|text| number_hash(text).into_iter().chain([text_hash(text)]))),
            amounts: sorted(amounts.iter().filter_map(number_hash)),
            ids: sorted(marks::ids(&folded).flat_map(|id| {
                let id = [id, normal::bare(id)].map(str::to_owned);
                id.into_iter().filter(|id| !id.is_empty()).map(|id| text_hash(&id)).collect::<Vec<_>>()
            })),
            stems: sorted(raw_words(&folded).flat_map(stem_hashes)),
            words,
            places,
        }
    }

    /// Whether the text names `value`.
    pub(crate) fn names(&self, keyed: &Keyed, value: &Value<'_>) -> bool {
        let has = |list: &[u64]| value.forms.iter().any(|form| list.binary_search(&form).is_ok());
        if has(&self.atoms) {
            return true;
        }
        let folded = value.folded.as_ref();
        let digits = folded.strip_prefix('#').unwrap_or(folded);
        if number(digits).is_some() || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())) {
            return has(&self.numbers);
        }
        if value.sort == Sort::Blank || value.equals_nothing() || folded.len() < 2 || is_whole(folded) {
            return false;
        }
        has(&self.ids) || self.says(keyed, words(folded)) || self.has_word(keyed, folded)
    }

    /// Whether the text names an atom of another text.
    pub(crate) fn names_atom(&self, form: u64) -> bool {
        self.atoms.binary_search(&form).is_ok()
    }

    /// Whether the text speaks of a title or the name of a file: its words stand there in order, or two thirds of the
    /// long ones do, two at least.
    pub(crate) fn speaks_of(&self, keyed: &Keyed, folded: &str) -> bool {
        let stem = folded.rsplit_once('.').filter(|(_, ending)| is_ending(ending)).map_or(folded, |(stem, _)| stem);
        let words: Vec<&str> = stem
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(TITLE_WORDS_MAX)
            .collect();
        if folded.len() < 4 || words.is_empty() {
            return false;
        }
        if words.len() >= 2 && self.says(keyed, words.iter().copied()) {
            return true;
        }
        let long: Vec<&&str> = words.iter().filter(|word| word.len() >= 4).collect();
        let said = long.iter().filter(|word| self.has_stem(keyed, word)).count();
        said >= 2 && said * 3 >= long.len() * 2
    }

    /// Whether the text gives this amount, with two decimals as amounts of money have them.
    pub(crate) fn gives_amount(&self, keyed: &Keyed, folded: &str) -> bool {
        number(folded).is_some_and(|number| self.amounts.binary_search(&keyed.hash(Kind::Number, &number)).is_ok())
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let hashes = [&self.atoms, &self.numbers, &self.amounts, &self.ids, &self.words, &self.stems];
        hashes.iter().map(|list| list.len() * size_of::<u64>()).sum::<usize>()
            + self.places.len() * size_of::<(u64, u32)>()
    }

    /// Whether these words stand in the text, one after the other.
    fn says<'w>(&self, keyed: &Keyed, words: impl Iterator<Item = &'w str>) -> bool {
        let wanted: Vec<u64> = words.take(TITLE_WORDS_MAX).map(|word| keyed.hash(Kind::Word, word)).collect();
        let Some(first) = wanted.first().filter(|_| wanted.len() < TITLE_WORDS_MAX) else { return false };
        let from = self.places.partition_point(|(word, _)| word < first);
        let starts = self.places.iter().skip(from).take_while(|(word, _)| word == first);
        starts.map(|(_, at)| *at as usize).any(|at| self.words.get(at..at + wanted.len()) == Some(wanted.as_slice()))
    }

    /// Whether the one word stands in the text in any of its forms.
    fn has_word(&self, keyed: &Keyed, folded: &str) -> bool {
        let mut words = raw_words(folded);
        match (words.next(), words.next()) {
            (Some(word), None) => folded.len() >= 3 && self.has_stem(keyed, word),
            (Some(_), Some(_)) | (None, _) => false,
        }
    }

    fn has_stem(&self, keyed: &Keyed, word: &str) -> bool {
        stems(word).iter().any(|stem| self.stems.binary_search(&keyed.hash(Kind::Stem, stem)).is_ok())
    }
}

/// Whether a value is only named as a whole: parts of an address are none.
fn is_whole(folded: &str) -> bool {
    let bare = normal::bare(folded);
    address::holds_email(folded)
        || folded.contains("//")
        || folded.starts_with("www.")
        || address::is_named_host(bare)
        || address::is_ipv4(bare)
}

/// Words as they are written: letters, digits, `_`, and `'` inside.
fn raw_words(folded: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    folded.split(move |c| !is_part(c)).map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty())
}

/// Words in which `_` stands for a blank.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    raw_words(folded).flat_map(|word| word.split('_')).filter(|word| !word.is_empty())
}

fn is_ending(text: &str) -> bool {
    (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn sorted(hashes: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut hashes: Vec<u64> = hashes.collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canonical::Key;

    fn names(text: &str, value: &str) -> bool {
        let keyed = Keyed::new(&Key::from_bytes([5; 16]));
        Declared::of(&keyed, text).names(&keyed, &keyed.value(value))
    }

    fn speaks(text: &str, title: &str) -> bool {
        let keyed = Keyed::new(&Key::from_bytes([5; 16]));
        Declared::of(&keyed, text).speaks_of(&keyed, title)
    }

    #[test]
    fn what_a_task_says_is_named() {
        for (text, value) in [
            ("Write to Ann.Lee@Example.org.", "ann.lee@example.org"),
            ("Open https://www.example.com/a now", "example.com/a"),
            ("Invite Dora to the general channel", "Dora"),
            ("Post in the private channels", "private"),
            ("Post in the private channels", "channel"),
            ("book the Riverside View Hotel today", "riverside view hotel"),
            ("Delete file 13", "13"),
            ("Delete file #13", "#13"),
            ("read bill-december-2023.txt please", "bill-december-2023.txt"),
            ("send it to US133000000121212121212", "US13 3000 0001 2121 2121 212"),
            ("the team building notes", "team_building"),
            ("ask O'Hara's office", "o'hara"),
        ] {
            assert!(names(text, value), "{value} in {text}");
        }
    }

    #[test]
    fn what_a_task_does_not_say_is_not_named() {
        for (text, value) in [
            ("Write to ann@example.org", "example.org"),
            ("Write to ann@example.org", "bob@example.org"),
            ("Write to ann@example.org about evil com", "evil.com"),
            ("Write to ann@example.org", "ann@example.org, bob@evil.com"),
            ("Open https://example.com/a", "https://example.com"),
            ("Open https://example.com/a", "https://example.com/a?leak=1"),
            ("A meeting on May 13 at 10:15", "13"),
            ("A meeting on 13 May, 2024-05-14", "13"),
            ("Pay $50 for 3 hours", "50"),
            ("Pay $50 for 3 hours", "3"),
            ("the general idea", "ideal"),
            ("", ""),
            ("a b", "a"),
        ] {
            assert!(!names(text, value), "{value} in {text}");
        }
    }

    #[test]
    fn titles_are_spoken_of() {
        let text = "Mail everybody in the team meeting minutes about the deadline";
        assert!(speaks(text, "team-meeting-minutes.docx"));
        assert!(speaks(text, "minutes of the last meeting"));
        assert!(!speaks(text, "meeting with the clients about finances"));
        assert!(!speaks(text, "team.txt"));
    }

    #[test]
    fn what_is_longer_than_the_bound_endorses_nothing() {
        let text = format!("{} name@late.org", "word ".repeat(DECLARED_BYTES_MAX / 5));
        assert!(names(&text, "word") && !names(&text, "name@late.org"));
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in any::<String>(), value in any::<String>()) {
            names(&text, &value);
            speaks(&text, &value);
        }
    }
}
