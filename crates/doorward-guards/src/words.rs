//! The words that guards wait for, all looked for in one pass over each text.
//!
//! Responsible for telling each guard where its words stand. A word here is a hint where to look, never a finding: guards
//! read its surroundings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, PatternID, StartKind};
use doorward_core::guard::GuardName;
use doorward_mcp::raw::Raw;

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
    /// Of each beginning that the automaton knows: the words that begin so.
    beginnings: Vec<Beginning>,
    /// How long the longest word is.
    longest: usize,
}

/// The words that begin alike.
#[derive(Debug)]
struct Beginning {
    words: Vec<Word>,
    /// A bit for each byte that goes on with one of them: most places where words begin are told apart by the next byte.
    next: [u64; 4],
}

impl Beginning {
    fn of(words: Vec<Word>) -> Self {
        let mut next = [0; 4];
        for word in &words {
            match word.word.as_bytes().get(BEGINNING) {
                Some(byte) => {
                    set(&mut next, byte.to_ascii_lowercase());
                    set(&mut next, byte.to_ascii_uppercase());
                }
                // It ends here: anything may follow.
                None => next = [u64::MAX; 4],
            }
        }
        Self { words, next }
    }

    /// Whether one of the words may go on with this byte.
    fn may_go_on(&self, byte: u8) -> bool {
        self.next.get(usize::from(byte >> 6)).is_some_and(|bits| bits & (1 << (byte & 63)) != 0)
    }
}

fn set(bits: &mut [u64; 4], byte: u8) {
    bits.iter_mut().skip(usize::from(byte >> 6)).take(1).for_each(|bits| *bits |= 1 << (byte & 63));
}

/// A word, and who waits for it as which of its words.
#[derive(Debug)]
struct Word {
    word: String,
    meanings: Vec<(GuardName, usize)>,
}

/// There are more words than an automaton takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyWords;

impl Words {
    /// The words of all `guards`.
    pub(crate) fn new(guards: &[Box<dyn Guard>]) -> Result<Self, TooManyWords> {
        let mut words: BTreeMap<String, Vec<(GuardName, usize)>> = BTreeMap::new();
        for guard in guards {
            for (place, word) in guard.words().into_iter().enumerate() {
                words.entry(word).or_default().push((guard.name(), place));
            }
        }
        let longest = words.keys().map(String::len).max().unwrap_or_default();
        let mut known: BTreeMap<Vec<u8>, Vec<Word>> = BTreeMap::new();
        for (word, meanings) in words {
            let beginning = word.as_bytes().iter().take(BEGINNING).map(u8::to_ascii_lowercase).collect();
            known.entry(beginning).or_default().push(Word { word, meanings });
        }
        let automaton = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(known.keys())
            .map_err(|_| TooManyWords)?;
        let start = automaton.start_state(Anchored::No).map_err(|_| TooManyWords)?;
        Ok(Self { automaton, start, beginnings: known.into_values().map(Beginning::of).collect(), longest })
    }

    /// Looks for all words in the strings of a message. Those that stand there as they read are gone through together with
    /// what stands between them: most strings are too short to be gone through one by one.
    ///
    /// # Errors
    /// Says in a sentence why not all of them can be inspected.
    pub(crate) fn find_all(&self, parts: &[Raw<'_>], texts: &[Text<'_>], hits: &mut Hits) -> Result<(), &'static str> {
        let mut lanes = Lanes::default();
        let mut place = 0;
        while let Some(text) = texts.get(place) {
            let row = row(texts.get(place..).unwrap_or_default());
            if row > 1 {
                let row = place..place + row;
                self.find_in_row(parts, texts, row.clone(), &mut lanes, hits);
                place = row.end;
            } else {
                self.find_in(place, text, &mut lanes, hits);
                place += 1;
            }
            within(hits)?;
        }
        Ok(())
    }

    /// Looks for all words in the text at `place`.
    ///
    /// # Errors
    /// Says in a sentence why not all of it can be inspected.
    pub(crate) fn find(&self, place: usize, text: &Text<'_>, hits: &mut Hits) -> Result<(), &'static str> {
        self.find_in(place, text, &mut Lanes::default(), hits);
        within(hits)
    }

    /// Those of neighbouring strings, in one pass over the bytes from the first to the last.
    fn find_in_row(
        &self,
        parts: &[Raw<'_>],
        texts: &[Text<'_>],
        row: Range<usize>,
        lanes: &mut Lanes,
        hits: &mut Hits,
    ) {
        let of_row = texts.get(row.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (of_row.first(), of_row.last()) else { return };
        let Some(part) = parts.get(first.part) else { return };
        let offset = first.raw.range().start;
        let start = part.range().start;
        let bytes = part.bytes().get(offset - start..last.raw.range().end - start).unwrap_or_default();
        let mut row = row.zip(of_row).peekable();
        self.scan(bytes, 0..bytes.len(), lanes, |word, range| {
            let inside = |text: &Text<'_>| {
                let from = text.raw.range().start + 1 - offset;
                from..from + text.text.len()
            };
            while row.next_if(|(_, text)| inside(text).end <= range.start).is_some() {}
            let Some((place, text)) = row.peek() else { return };
            let inside = inside(text);
            if inside.start <= range.start && range.end <= inside.end {
                tell(*place, word, Form::Written, &(range.start - inside.start..range.end - inside.start), hits);
            }
        });
    }

    fn find_in(&self, place: usize, text: &Text<'_>, lanes: &mut Lanes, hits: &mut Hits) {
        let bytes = text.text.as_bytes();
        if !(text.classes.has(Classes::OUTSIDE_ASCII) || text.classes.has(Classes::CONTROL)) {
            self.scan(bytes, 0..bytes.len(), lanes, |word, range| tell(place, word, Form::Written, &range, hits));
            return;
        }
        let mut seen = Vec::new();
        self.scan(bytes, 0..bytes.len(), lanes, |word, range| {
            seen.push((range.start, range.end, word.word.as_str()));
            tell(place, word, Form::Written, &range, hits);
        });
        seen.sort_unstable();
        let normal = text.normal();
        // What reads as it is written has the same words.
        let mut changed = normal.changed(self.longest).peekable();
        while let Some(mut block) = changed.next() {
            while let Some(next) = changed.next_if(|next| next.start <= block.end) {
                block.end = next.end;
            }
            self.scan(normal.text.as_bytes(), block, lanes, |word, range| {
                let original = normal.original(&range);
                if seen.binary_search(&(original.start, original.end, word.word.as_str())).is_err() {
                    tell(place, word, Form::Normal, &range, hits);
                }
            });
        }
    }

    /// Tells the words whose beginnings end behind the start of `block`, up to its end, in the order in which those end.
    fn scan<'w>(
        &'w self,
        bytes: &[u8],
        block: Range<usize>,
        lanes: &mut Lanes,
        mut tell: impl FnMut(&'w Word, Range<usize>),
    ) {
        let mut start = block.start;
        while start < block.end {
            let end = block.end.min(start + BLOCK);
            self.scan_block(bytes, start..end, lanes);
            for Found { beginning, end } in lanes.found.iter_mut().flat_map(|found| found.drain(..)) {
                let start = end - self.automaton.pattern_len(beginning);
                let next = bytes.get(end).copied();
                let known = self.beginnings.get(beginning.as_usize());
                let known = known.filter(|known| next.is_none_or(|next| known.may_go_on(next)));
                for word in known.into_iter().flat_map(|known| &known.words) {
                    let range = start..start + word.word.len();
                    let said = bytes.get(range.clone());
                    if said.is_some_and(|said| said.eq_ignore_ascii_case(word.word.as_bytes())) {
                        tell(word, range);
                    }
                }
            }
            start = end;
        }
    }

    /// Goes through a block at several places at once: at one alone, every byte would wait for the memory of the one before.
    fn scan_block(&self, bytes: &[u8], block: Range<usize>, lanes: &mut Lanes) {
        let length = if block.len() < SHARED_MIN { block.len() } else { block.len().div_ceil(LANES) };
        let lane = |number: usize| {
            let after = (block.start + number * length).min(block.end);
            let from = after.saturating_sub(BEGINNING - 1);
            let bytes = bytes.get(from..(after + length).min(block.end)).unwrap_or_default();
            Lane { bytes, from, after, state: self.start }
        };
        let mut all = std::array::from_fn(lane);
        self.together(&mut all, lanes);
        for (lane, found) in all.iter_mut().zip(&mut lanes.found) {
            self.alone(lane, found);
        }
    }

    /// Goes through all lanes in step, up to the end of the shortest.
    fn together(&self, all: &mut [Lane<'_>; LANES], lanes: &mut Lanes) {
        let [a, b, c, d] = &mut *all;
        let mut passed = 0;
        for (((one, two), three), four) in a.bytes.iter().zip(b.bytes).zip(c.bytes).zip(d.bytes) {
            a.state = self.automaton.next_state(Anchored::No, a.state, *one);
            b.state = self.automaton.next_state(Anchored::No, b.state, *two);
            c.state = self.automaton.next_state(Anchored::No, c.state, *three);
            d.state = self.automaton.next_state(Anchored::No, d.state, *four);
            passed += 1;
            // The states that stand for a word come first.
            let first = a.state.min(b.state).min(c.state.min(d.state));
            if self.automaton.is_special(first) {
                for (lane, found) in [&*a, b, c, d].into_iter().zip(&mut lanes.found) {
                    self.note(lane, passed, found);
                }
            }
        }
        for lane in all {
            lane.from += passed;
            lane.bytes = lane.bytes.get(passed..).unwrap_or_default();
        }
    }

    /// Goes through what is left of a lane.
    fn alone(&self, lane: &mut Lane<'_>, found: &mut Vec<Found>) {
        for (at, byte) in lane.bytes.iter().enumerate() {
            lane.state = self.automaton.next_state(Anchored::No, lane.state, *byte);
            if self.automaton.is_special(lane.state) {
                self.note(lane, at + 1, found);
            }
        }
    }

    /// Notes the beginnings of words that a lane has come to the end of, which is so many bytes further.
    fn note(&self, lane: &Lane<'_>, passed: usize, found: &mut Vec<Found>) {
        let end = lane.from + passed;
        if end > lane.after && self.automaton.is_match(lane.state) {
            let beginnings =
                (0..self.automaton.match_len(lane.state)).map(|index| self.automaton.match_pattern(lane.state, index));
            found.extend(beginnings.map(|beginning| Found { beginning, end }));
        }
    }
}

/// How much of a word the automaton knows: the rest is compared where its beginning stands. More would be more states than
/// stay in fast memory, and take longer to build.
const BEGINNING: usize = 5;

/// How many places of a block are gone through at once.
const LANES: usize = 4;

/// Shorter blocks are not worth it.
const SHARED_MIN: usize = 512;

/// How much is gone through before what was found is told.
const BLOCK: usize = 64 * 1024;

/// The part of a block that one lane goes through.
#[derive(Debug)]
struct Lane<'t> {
    bytes: &'t [u8],
    /// Where those begin.
    from: usize,
    /// What ends up to here is another lane's.
    after: usize,
    state: StateID,
}

/// The beginning of a word, and where that ends.
#[derive(Debug)]
struct Found {
    beginning: PatternID,
    end: usize,
}

/// What each lane has found.
#[derive(Debug, Default)]
struct Lanes {
    found: [Vec<Found>; LANES],
}

fn tell(text: usize, word: &Word, form: Form, range: &Range<usize>, hits: &mut Hits) {
    for (guard, word) in &word.meanings {
        let Some(of_guard) = hits.by_guard.get_mut(*guard as usize) else { continue };
        if hits.count < HITS_MAX {
            of_guard.push(Hit { text, word: *word, form, range: range.clone() });
        }
        hits.count += 1;
    }
}

fn within(hits: &Hits) -> Result<(), &'static str> {
    if hits.count > HITS_MAX { Err("Too much in it must be looked at.") } else { Ok(()) }
}

/// How many of these texts, from the first on, can be gone through in one pass where they stand.
fn row(texts: &[Text<'_>]) -> usize {
    let mut last: Option<(usize, usize)> = None;
    let mut length = 0;
    for (count, text) in texts.iter().enumerate() {
        let as_written = matches!(text.text, Cow::Borrowed(_)) && text.origin.is_none();
        let plain = !(text.classes.has(Classes::OUTSIDE_ASCII) || text.classes.has(Classes::CONTROL));
        let range = text.raw.range();
        let near = last.is_none_or(|(part, end)| part == text.part && (end..end + GAP).contains(&range.start));
        length += range.len();
        if !(as_written && plain && near && length <= BLOCK) {
            return count;
        }
        last = Some((text.part, range.end));
    }
    texts.len()
}

/// How far strings may stand apart to be gone through together.
const GAP: usize = 48;

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
