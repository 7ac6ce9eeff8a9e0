//! What a text says once everything that disguises it is gone.
//!
//! NFKC, lower case, without what is invisible, and with letters of other scripts that stand for Latin ones folded.
//! Responsible for one reading of a text and the way back; it never judges: [`Signs`] counts, guards judge.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use unicode_script::{Script, UnicodeScript};

use super::escape_codes::length as escape_code;
use super::invisible::{Invisible, invisible};
use super::lookalike::latin_lookalike;
use super::span_map::SpanMap;

/// A text without disguise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normal {
    /// What it says, in lower case.
    pub text: String,
    /// What had to be removed or folded for it.
    pub signs: Signs,
    map: SpanMap,
}

/// How often a text was disguised in which way. What is honest where it stands (an emoji's joiner) is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// Letters of the tag block.
    pub tags: u32,
    /// Characters of no width between letters that need none.
    pub zero_width: u32,
    /// Overrides, embeddings and isolates of direction.
    pub directions: u32,
    /// Variation selectors that select nothing.
    pub selectors: u32,
    /// Letters that NFKC writes otherwise: full-width, mathematical, circled.
    pub compatibility: u32,
    /// Letters of another script in a word that is otherwise Latin, and drawn letters.
    pub confusables: u32,
    /// Marks stacked on Latin letters beyond what any language writes.
    pub marks: u32,
    /// Escape codes of terminals.
    pub escape_codes: u32,
}

impl Signs {
    /// Whether there is any.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

impl Normal {
    /// Reads `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.is_ascii() && !text.contains('\u{1b}') {
            return Self { text: text.to_ascii_lowercase(), signs: Signs::default(), map: SpanMap::default() };
        }
        let mut writer = Writer::new(text);
        writer.read();
        let Writer { written, signs, map, .. } = writer;
        Self { text: written, signs, map }
    }

    /// Where words of up to `reach` bytes may stand that the text does not show as it is written: capitals aside, it reads
    /// alike everywhere else.
    pub(crate) fn changed(&self, reach: usize) -> impl Iterator<Item = Range<usize>> {
        let end = self.text.len();
        self.map.changed(reach).map(move |block| block.start.min(end)..block.end.min(end))
    }

    /// Which bytes of the text these bytes of the normal form come from.
    #[must_use]
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        self.map.original(range)
    }
}

/// Writes the normal form, a word at a time.
struct Writer<'a> {
    source: &'a str,
    written: String,
    signs: Signs,
    map: SpanMap,
    /// The letters of the word being read, each with its bytes in the source.
    word: Vec<(char, Range<usize>)>,
    /// Whether most letters of the text are Latin: a word of look-alikes alone then stands for a Latin one.
    latin: bool,
}

impl<'a> Writer<'a> {
    fn new(source: &'a str) -> Self {
        let latin = source.bytes().filter(u8::is_ascii_alphabetic).count();
        let other = source.bytes().filter(|byte| *byte >= 0xc0).count();
        Self {
            source,
            written: String::with_capacity(source.len()),
            signs: Signs::default(),
            map: SpanMap::default(),
            word: Vec::new(),
            latin: latin * 2 >= other,
        }
    }

    fn read(&mut self) {
        let mut at = 0;
        while at < self.source.len() {
            let plain = self.plain(at);
            if plain > 0 {
                self.copy(at..at + plain);
                at += plain;
                continue;
            }
            let bytes = self.source.as_bytes();
            let next = bytes.get(at + 1).copied().unwrap_or_default();
            at += match bytes.get(at) {
                Some(byte @ 0..0x80) if *byte != 0x1b && !may_be_mark(next) => {
                    self.push(char::from(byte.to_ascii_lowercase()), at..at + 1);
                    1
                }
                Some(_) => match self.foreign_word(at) {
                    0 => self.read_outside_ascii(at),
                    length => length,
                },
                None => 1,
            };
        }
        self.flush();
    }

    /// How many bytes from `at` on say the same without disguise, whatever stands around them: ASCII up to the word that goes
    /// on in other letters, and signs of scripts that have no look-alikes of Latin. Not within a word.
    fn plain(&self, at: usize) -> usize {
        let text = self.source.get(at..).unwrap_or_default();
        let bytes = text.as_bytes();
        if !self.word.is_empty() && bytes.first().is_some_and(|byte| is_of_word(*byte)) {
            return 0;
        }
        let ascii = bytes.iter().position(|byte| !byte.is_ascii() || *byte == 0x1b).unwrap_or(bytes.len());
        if let Some((last, before)) = bytes.get(..ascii).and_then(<[u8]>::split_last) {
            // The last character may be marked, and is part of a word that goes on.
            let word = before.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
            return match last {
                _ if ascii == bytes.len() => ascii,
                last if last.is_ascii_alphabetic() => before.len() - word,
                _ => before.len(),
            };
        }
        let mut signs = (0, 0);
        for sign in text.chars().take_while(|sign| matches!(usual(*sign), Some(Usual::Other))) {
            signs = (signs.1, signs.1 + sign.len_utf8());
        }
        let is_marked = bytes.get(signs.1).is_some_and(|byte| may_be_mark(*byte));
        if is_marked { signs.0 } else { signs.1 }
    }

    /// Writes a word of a script other than Latin, in a text that is not Latin, and says how long it is; 0 when anything is
    /// unusual about it.
    fn foreign_word(&mut self, at: usize) -> usize {
        if self.latin || !self.word.is_empty() {
            return 0;
        }
        let text = self.source.get(at..).unwrap_or_default();
        let before = self.written.len();
        let mut length = 0;
        for character in text.chars() {
            match usual(character) {
                Some(Usual::Letter(lower)) if is_foreign(lower) && lower.len_utf8() == character.len_utf8() => {
                    self.written.push(lower);
                    length += character.len_utf8();
                }
                Some(_) | None => break,
            }
        }
        let after = text.as_bytes().get(length);
        if length == 0 || after.is_some_and(|byte| is_of_word(*byte) || *byte == 0x1b) {
            self.written.truncate(before);
            return 0;
        }
        self.map.push_verbatim(before, at..at + length);
        length
    }

    /// Writes what says the same without disguise.
    fn copy(&mut self, source: Range<usize>) {
        self.flush();
        let at = self.written.len();
        self.written.push_str(self.source.get(source.clone()).unwrap_or_default());
        if let Some(copied) = self.written.get_mut(at..) {
            copied.make_ascii_lowercase();
        }
        self.map.push_verbatim(at, source);
    }

    /// Reads what stands at `at` and says how long it is.
    fn read_outside_ascii(&mut self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or_default();
        if let Some(length) = escape_code(rest) {
            self.signs.escape_codes += 1;
            return length;
        }
        let Some(character) = rest.chars().next() else { return 1 };
        let length = character.len_utf8();
        let marked = rest.as_bytes().get(length).is_some_and(|byte| may_be_mark(*byte));
        if let Some(plain) = usual(character).filter(|_| !marked) {
            match plain {
                Usual::Letter(lower) => self.word.push((lower, at..at + length)),
                Usual::Other => {
                    self.flush();
                    self.write(character, at..at + length);
                }
            }
            return length;
        }
        if let Some(kind) = invisible(character) {
            self.count_invisible(kind, at, length);
            return length;
        }
        let whole = length + rest.get(length..).map_or(0, marks);
        self.letter(character, at..at + whole);
        whole
    }

    /// Reads one character with the marks on it.
    fn letter(&mut self, character: char, source: Range<usize>) {
        let cluster = self.source.get(source.clone()).unwrap_or_default();
        let marked = source.len() > character.len_utf8();
        let latin = marked && (character.is_ascii_alphabetic() || character.script() == Script::Latin);
        let mut marks = 0;
        for composed in cluster.nfkc() {
            if latin && canonical_combining_class(composed) != 0 {
                marks += 1;
                continue;
            }
            if composed != character && composed.is_ascii_alphanumeric() {
                self.signs.compatibility += 1;
            }
            for lower in composed.to_lowercase() {
                self.push(lower, source.clone());
            }
        }
        if marks > 1 {
            self.signs.marks += marks;
        }
    }

    fn push(&mut self, character: char, source: Range<usize>) {
        if character.is_alphabetic() || latin_symbol(character) {
            self.word.push((character, source));
        } else {
            self.flush();
            self.write(character, source);
        }
    }

    /// Ends a word: folds it when it is made to look Latin.
    fn flush(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let fold = word.iter().any(|(letter, _)| !letter.is_ascii()) && self.stands_for_latin(&word);
        for (letter, source) in &word {
            let folded = if fold { latin_lookalike(*letter) } else { None };
            let flag = matches!(letter, '\u{1f1e6}'..='\u{1f1ff}');
            if folded.is_some() && !flag && letter.script() != Script::Latin {
                self.signs.confusables += 1;
            }
            self.write(folded.unwrap_or(*letter), source.clone());
        }
        self.word = word;
        self.word.clear();
    }

    fn stands_for_latin(&self, word: &[(char, Range<usize>)]) -> bool {
        let mixed = word.iter().any(|(letter, _)| letter.is_ascii());
        mixed
            || word.iter().all(|(letter, _)| !is_foreign(*letter))
            || (self.latin && word.iter().all(|(letter, _)| latin_lookalike(*letter).is_some()))
    }

    fn write(&mut self, character: char, source: Range<usize>) {
        let at = self.written.len();
        if character.len_utf8() == source.len() {
            self.map.push_verbatim(at, source);
        } else {
            self.map.push_whole(at, source);
        }
        self.written.push(character);
    }

    fn count_invisible(&mut self, kind: Invisible, at: usize, length: usize) {
        let before = self.source.get(..at).and_then(|before| before.chars().next_back());
        let after = self.source.get(at + length..).and_then(|after| after.chars().next());
        match kind {
            Invisible::Tag => self.signs.tags += 1,
            Invisible::ZeroWidth => {
                self.signs.zero_width += u32::from(before.is_some_and(plain) && after.is_some_and(plain));
            }
            Invisible::Direction => self.signs.directions += 1,
            Invisible::DirectionMark => {}
            Invisible::Selector => {
                let selects = before.is_some_and(|before| !before.is_ascii_alphabetic() && invisible(before).is_none());
                self.signs.selectors += u32::from(!selects);
            }
        }
    }
}

/// A character that NFKC leaves alone.
enum Usual {
    /// A letter, in lower case.
    Letter(char),
    /// A letter of a script without look-alikes of Latin, or punctuation.
    Other,
}

/// What most text outside ASCII consists of, told without tables; `None` for what takes a closer look.
fn usual(character: char) -> Option<Usual> {
    match character {
        'а'..='џ' | 'ß'..='ö' | 'ø'..='ÿ' | 'ά'..='ώ' | 'א'..='ת' | 'ء'..='غ' | 'ف'..='ي' => {
            Some(Usual::Letter(character))
        }
        'А'..='Я' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ϋ' => {
            char::from_u32(u32::from(character) + 0x20).map(Usual::Letter)
        }
        'Ā'..='į' | 'ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž' => {
            character.to_lowercase().next().map(Usual::Letter)
        }
        '–'..='—' | '‘'..='’' | '“'..='”' | '•' | '、'..='〃' | '「'..='』' => Some(Usual::Other),
        'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '㐀'..='䶿' | '一'..='鿿' | '가'..='힣' => Some(Usual::Other),
        _ => None,
    }
}

/// Whether a character that starts with this byte may be part of a word.
const fn is_of_word(lead: u8) -> bool {
    lead.is_ascii_alphabetic() || !lead.is_ascii()
}

/// Whether a character that starts with this byte may be a combining mark.
const fn may_be_mark(lead: u8) -> bool {
    lead >= 0xcc && !matches!(lead, 0xd0 | 0xd1 | 0xe4..=0xe9 | 0xeb | 0xec)
}

/// Whether a letter belongs to a script other than Latin.
fn is_foreign(letter: char) -> bool {
    match letter {
        'a'..='z' => false,
        'Ѐ'..='ӿ' | 'א'..='ת' | 'ء'..='ي' => true,
        _ => !matches!(letter.script(), Script::Latin | Script::Common | Script::Inherited),
    }
}

/// Whether a neighbour gives a character of no width nothing to do.
fn plain(neighbour: char) -> bool {
    neighbour.is_ascii() || invisible(neighbour).is_some()
}

/// Symbols that are drawn letters.
fn latin_symbol(character: char) -> bool {
    matches!(character, '\u{1f150}'..='\u{1f189}' | '\u{1f1e6}'..='\u{1f1ff}')
}

/// How many bytes of combining marks `text` starts with.
fn marks(text: &str) -> usize {
    let end = text.char_indices().find(|(_, character)| canonical_combining_class(*character) == 0);
    end.map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) -> Signs {
        let normal = Normal::of(text);
        assert_eq!(normal.text, expected, "{}", text.escape_unicode());
        assert!(text.get(normal.original(&(0..normal.text.len()))).is_some());
        normal.signs
    }

    #[test]
    fn plain_text_is_only_lower_cased() {
        assert!(!check("Read the File", "read the file").any());
        assert!(!check("Überraschung für Zoë", "überraschung für zoë").any());
        assert!(!check("Привет, мир", "привет, мир").any());
        assert!(!check("日本語のテキスト", "日本語のテキスト").any());
    }

    #[test]
    fn disguises_are_seen_through_and_counted() {
        assert_eq!(check("Ig\u{200b}no\u{2060}re", "ignore").zero_width, 2);
        assert_eq!(check("Ｉｇｎｏｒｅ", "ignore").compatibility, 6);
        assert_eq!(check("𝐈𝐠𝐧𝐨𝐫𝐞", "ignore").compatibility, 6);
        assert_eq!(check("іgnоrе", "ignore").confusables, 3);
        assert_eq!(check("ignore\u{e0041}", "ignore").tags, 1);
        assert_eq!(check("i\u{334}\u{335}g\u{336}\u{337}nore", "ignore").marks, 4);
        assert_eq!(check("\u{1b}[8mignore\u{1b}[0m", "ignore").escape_codes, 2);
        assert_eq!(check("ɪɢɴᴏʀᴇ this", "ignore this").confusables, 0);
        assert_eq!(check("🅸🅶🅽🅾🆁🅴", "ignore").confusables, 6);
    }

    #[test]
    fn what_is_usual_reads_as_the_tables_say() {
        for character in ('\u{80}'..='\u{d7ff}').filter(|character| invisible(*character).is_none()) {
            let expected: String = character.to_string().nfkc().flat_map(char::to_lowercase).collect();
            match usual(character) {
                Some(Usual::Letter(lower)) => assert_eq!(lower.to_string(), expected, "{character}"),
                Some(Usual::Other) => assert_eq!(character.to_string(), expected, "{character}"),
                None => {}
            }
            if canonical_combining_class(character) != 0 {
                assert!(may_be_mark(character.to_string().as_bytes()[0]), "{character}");
            }
        }
    }

    #[test]
    fn the_way_back_covers_what_was_removed() {
        let text = "Ｘ ig\u{200b}nore";
        let normal = Normal::of(text);
        let at = normal.text.find("ignore").unwrap();
        assert_eq!(text.get(normal.original(&(at..at + 6))), Some("ig\u{200b}nore"));
        assert_eq!(text.get(normal.original(&(0..1))), Some("Ｘ"));
    }
}
