//! The words that guards wait for, all looked for in one pass over each text.
//!
//! Responsible for telling each guard where its words stand. A word here is a hint where to look, never a finding: guards
//! read its surroundings.

use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, StartKind};
use doorward_core::guard::GuardName;

use crate::guard::Guard;
use crate::limits::HITS_MAX;
use crate::text::{Classes, Text};

/// A word of a guard in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which text, by its place in [`Scene::texts`](crate::Scene::texts).
    pub text: usize,
    /// Which of the words of the guard, by its place in [`Guard::words`].
    pub word: usize,
    /// In which form of the text.
    pub form: Form,
    /// Which bytes of that form.
    pub range: Range<usize>,
}

/// The forms in which a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is written: [`Text::text`].
    Written,
    /// Without disguise: [`Text::normal`]. Only what is not in the written form as well.
    Normal,
}

/// Where words of guards stand, by guard, in the order of texts and of places in them.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    by_guard: [Vec<Hit>; GuardName::ALL.len()],
    count: usize,
}

impl Hits {
    pub(crate) fn of(&self, guard: GuardName) -> &[Hit] {
        self.by_guard.get(guard as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

/// All words, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Words {
    automaton: DFA,
    start: StateID,
    /// Of each word: who waits for it, and as which of its words.
    meanings: Vec<Vec<(GuardName, usize)>>,
}

/// The words of guards are too many for one automaton: a fault of the catalogue, seen by its tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyWords;

impl Words {
    /// The words of all `guards`.
    pub(crate) fn new(guards: &[Box<dyn Guard>]) -> Result<Self, TooManyWords> {
        let mut words: Vec<String> = Vec::new();
        let mut meanings: Vec<Vec<(GuardName, usize)>> = Vec::new();
        for guard in guards {
            for (place, word) in guard.words().into_iter().enumerate().filter(|(_, word)| !word.is_empty()) {
                let word = word.to_ascii_lowercase();
                let known = words.iter().position(|known| *known == word).unwrap_or_else(|| {
                    words.push(word);
                    meanings.push(Vec::new());
                    words.len() - 1
                });
                if let Some(meaning) = meanings.get_mut(known) {
                    meaning.push((guard.name(), place));
                }
            }
        }
        let automaton = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(&words)
            .map_err(|_| TooManyWords)?;
        let start = automaton.start_state(Anchored::No).map_err(|_| TooManyWords)?;
        Ok(Self { automaton, start, meanings })
    }

    /// Looks for all words in the text at `place` and says which classes of bytes it has.
    ///
    /// # Errors
    /// Says in a sentence why not all of it can be inspected.
    pub(crate) fn find(&self, place: usize, text: &Text<'_>, hits: &mut Hits) -> Result<Classes, &'static str> {
        let mut found = Vec::new();
        let classes = self.scan(text.text.as_bytes(), |word, range| found.push((word, range)));
        let written = found.len();
        if classes.has(Classes::OUTSIDE_ASCII) || classes.has(Classes::CONTROL) {
            let normal = text.normal();
            self.scan(normal.text.as_bytes(), |word, range| found.push((word, range)));
            let more = found.split_off(written);
            let mut seen: Vec<_> = found.iter().map(|(word, range)| (*word, range.start, range.end)).collect();
            seen.sort_unstable();
            let is_new = |(word, range): &(usize, Range<usize>)| {
                let original = normal.original(range);
                seen.binary_search(&(*word, original.start, original.end)).is_err()
            };
            found.extend(more.into_iter().filter(is_new));
        }
        for (index, (word, range)) in found.into_iter().enumerate() {
            let form = if index < written { Form::Written } else { Form::Normal };
            for (guard, word) in self.meanings.get(word).into_iter().flatten() {
                let Some(of_guard) = hits.by_guard.get_mut(*guard as usize) else { continue };
                of_guard.push(Hit { text: place, word: *word, form, range: range.clone() });
                hits.count += 1;
            }
        }
        if hits.count > HITS_MAX { Err("Too much in it must be looked at.") } else { Ok(classes) }
    }

    /// One pass. The automaton waits for memory at every byte, so that the classes cost nothing beside it.
    fn scan(&self, text: &[u8], mut found: impl FnMut(usize, Range<usize>)) -> Classes {
        let mut classes = Classes::default();
        let mut state = self.start;
        for (at, byte) in text.iter().enumerate() {
            state = self.automaton.next_state(Anchored::No, state, *byte);
            classes.add(*byte);
            if self.automaton.is_special(state) && self.automaton.is_match(state) {
                for index in 0..self.automaton.match_len(state) {
                    let word = self.automaton.match_pattern(state, index);
                    let end = at + 1;
                    found(word.as_usize(), end - self.automaton.pattern_len(word)..end);
                }
            }
        }
        classes
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;
    use crate::guard::Report;
    use crate::scene::Scene;
    use crate::text::read;

    #[derive(Debug)]
    struct Waits(GuardName, &'static [&'static str]);

    impl Guard for Waits {
        fn name(&self) -> GuardName {
            self.0
        }

        fn words(&self) -> Vec<String> {
            self.1.iter().map(|word| (*word).to_owned()).collect()
        }

        fn inspect(&self, _: &Scene<'_>, _: &mut Report) {}
    }

    fn check(json: &str, guard: GuardName, expected: &[(usize, usize, Form, Range<usize>)]) {
        let guards: [Box<dyn Guard>; 2] = [
            Box::new(Waits(GuardName::Secrets, &["token", "secret"])),
            Box::new(Waits(GuardName::Injection, &["secret", "ignore"])),
        ];
        let json = RawJson::parse(json.as_bytes().to_vec(), &Limits::default()).unwrap();
        let reading = read(&[json.as_raw()], &Words::new(&guards).unwrap()).unwrap();
        let hits = reading.hits.of(guard).iter();
        let hits: Vec<_> = hits.map(|hit| (hit.text, hit.word, hit.form, hit.range.clone())).collect();
        assert_eq!(hits, expected, "{json:?}");
    }

    #[test]
    fn each_guard_hears_of_its_own_words() {
        let json = r#"{"Token":"a SECRET"}"#;
        check(json, GuardName::Secrets, &[(0, 0, Form::Written, 0..5), (1, 1, Form::Written, 2..8)]);
        check(json, GuardName::Injection, &[(1, 0, Form::Written, 2..8)]);
        check(json, GuardName::Personal, &[]);
    }

    #[test]
    fn a_disguised_word_is_heard_once_and_in_the_normal_form() {
        check(r#""ｉgnore""#, GuardName::Injection, &[(0, 1, Form::Normal, 0..6)]);
        check(r#""é ignore""#, GuardName::Injection, &[(0, 1, Form::Written, 3..9)]);
        check(
            r#""i\u200bgnore ignore""#,
            GuardName::Injection,
            &[(0, 1, Form::Written, 10..16), (0, 1, Form::Normal, 0..6)],
        );
    }

    #[test]
    fn what_is_encoded_is_heard_too() {
        check(r#""&#105;gnore""#, GuardName::Injection, &[(1, 1, Form::Written, 0..6)]);
    }
}
