//! The one strict pass over bytes from outside.
//!
//! Responsible for RFC 8259 grammar, UTF-8, surrogate pairs, depth, and member names that are equal or would be equal
//! to a parser that ignores case. It must never accept anything that two JSON parsers could read differently, and it
//! never builds a value: callers get spans. Numbers keep the text they came with.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::escape;
use crate::limits::Limits;
use crate::rejection::{Rejection, RejectionKind};

/// Where a value lies in its message. `u32` keeps recorded spans small; the scanner refuses larger messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: NonZeroU32,
}

impl Span {
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end.get() as usize
    }

    fn new(start: usize, end: usize) -> Self {
        // INVARIANT: `Scanner::new` refuses messages past u32::MAX bytes, and no value ends at offset 0.
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), end: NonZeroU32::new(end).unwrap_or(NonZeroU32::MIN) }
    }
}

/// A cursor over one message that only moves past what is valid.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_left: u16,
    most_open_members: usize,
    /// The names of all open objects, innermost last: each object owns the tail that it pushed.
    names: Vec<Name>,
}

#[derive(Clone, Copy)]
struct Name {
    folded_hash: u64,
    span: Span,
}

impl<'a> Scanner<'a> {
    /// Checks size and UTF-8 and stands before the first value.
    pub(crate) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, Rejection> {
        if bytes.len() > limits.message_bytes || bytes.len() >= u32::MAX as usize {
            return Err(Rejection::at(RejectionKind::TooLarge, limits.message_bytes, ""));
        }
        if let Err(error) = std::str::from_utf8(bytes) {
            return Err(Rejection::at(RejectionKind::NotUtf8, error.valid_up_to(), ""));
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            return Err(Rejection::at(RejectionKind::ByteOrderMark, 0, ""));
        }
        let mut scanner = Self {
            bytes,
            at: 0,
            depth_left: limits.depth.min(Limits::DEEPEST),
            most_open_members: limits.open_members,
            names: Vec::with_capacity(32),
        };
        scanner.whitespace();
        Ok(scanner)
    }

    /// The first byte of what comes next.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes one value and says where it was.
    pub(crate) fn value(&mut self) -> Result<Span, Rejection> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => return self.string(),
            Some(b'{') => return self.object(|scanner, _| scanner.value().map(drop)),
            Some(b'[') => return self.array(|scanner| scanner.value().map(drop)),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            Some(b'n') => self.literal(b"null")?,
            Some(_) | None => return Err(self.expected("expected a value")),
        }
        Ok(Span::new(start, self.at))
    }

    /// Passes an object; `member` is called with the name's span and must pass the value.
    pub(crate) fn object<F>(&mut self, mut member: F) -> Result<Span, Rejection>
    where
        F: FnMut(&mut Self, Span) -> Result<(), Rejection>,
    {
        let start = self.at;
        self.enter()?;
        if self.peek() == Some(b'}') {
            return Ok(self.leave(start));
        }
        let first_name = self.names.len();
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("expected a member name"));
            }
            let name = self.string()?;
            self.remember(name)?;
            self.whitespace();
            if self.peek() != Some(b':') {
                return Err(self.expected("expected `:`"));
            }
            self.at += 1;
            self.whitespace();
            member(self, name)?;
            self.whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                Some(_) | None => return Err(self.expected("expected `,` or `}`")),
            }
            self.whitespace();
        }
        self.refuse_duplicates(first_name)?;
        self.names.truncate(first_name);
        Ok(self.leave(start))
    }

    /// Passes an array; `element` must pass one value each time it is called.
    pub(crate) fn array<F>(&mut self, mut element: F) -> Result<Span, Rejection>
    where
        F: FnMut(&mut Self) -> Result<(), Rejection>,
    {
        let start = self.at;
        self.enter()?;
        if self.peek() == Some(b']') {
            return Ok(self.leave(start));
        }
        loop {
            element(self)?;
            self.whitespace();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                Some(_) | None => return Err(self.expected("expected `,` or `]`")),
            }
            self.whitespace();
        }
        Ok(self.leave(start))
    }

    /// Checks that nothing but whitespace is left.
    pub(crate) fn end(mut self) -> Result<(), Rejection> {
        self.whitespace();
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(self.reject(RejectionKind::TrailingBytes, ""))
    }

    /// The decoded text of a string that was passed.
    pub(crate) fn text(&self, string: Span) -> std::borrow::Cow<'a, str> {
        escape::decode(self.body(string))
    }

    /// The text between the quotation marks of a string that was passed, escapes as written.
    pub(crate) fn body(&self, string: Span) -> &'a str {
        let range = string.range();
        let body = self.bytes.get(range.start + 1..range.end - 1).unwrap_or_default();
        // The whole message is UTF-8 and a quotation mark is never inside a character.
        std::str::from_utf8(body).unwrap_or_default()
    }

    /// The bytes of anything that was passed.
    pub(crate) fn slice(&self, span: Span) -> &'a [u8] {
        self.bytes.get(span.range()).unwrap_or_default()
    }

    fn enter(&mut self) -> Result<(), Rejection> {
        let Some(left) = self.depth_left.checked_sub(1) else {
            return Err(Rejection::at(RejectionKind::TooDeep, self.at, ""));
        };
        self.depth_left = left;
        self.at += 1;
        self.whitespace();
        Ok(())
    }

    fn leave(&mut self, start: usize) -> Span {
        self.at += 1;
        self.depth_left += 1;
        Span::new(start, self.at)
    }

    fn whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn literal(&mut self, literal: &'static [u8]) -> Result<(), Rejection> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(literal)) {
            return Err(self.expected("expected a value"));
        }
        self.at += literal.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Rejection> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            Some(_) | None => return Err(self.expected("expected a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(())
    }

    fn some_digits(&mut self) -> Result<(), Rejection> {
        let Some(b'0'..=b'9') = self.peek() else {
            return Err(self.expected("expected a digit"));
        };
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<Span, Rejection> {
        let start = self.at;
        self.at += 1;
        loop {
            self.at += plain_run(self.bytes.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Span::new(start, self.at));
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.expected("a control character must be escaped")),
                None => return Err(self.expected("the string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Rejection> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => self.unicode_escape(start)?,
            Some(_) | None => return Err(self.expected("unknown escape")),
        }
        Ok(())
    }

    fn unicode_escape(&mut self, start: usize) -> Result<(), Rejection> {
        match self.hex_unit()? {
            0xd800..=0xdbff => {
                let low_follows = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
                self.at += usize::from(low_follows);
                if low_follows && matches!(self.hex_unit()?, 0xdc00..=0xdfff) {
                    return Ok(());
                }
                Err(Rejection::at(RejectionKind::LoneSurrogate, start, ""))
            }
            0xdc00..=0xdfff => Err(Rejection::at(RejectionKind::LoneSurrogate, start, "")),
            _ => Ok(()),
        }
    }

    /// Passes `uXXXX` and returns the sixteen bits.
    fn hex_unit(&mut self) -> Result<u32, Rejection> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.expected("expected four hexadecimal digits"));
            };
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn remember(&mut self, name: Span) -> Result<(), Rejection> {
        if self.names.len() >= self.most_open_members {
            return Err(Rejection::at(RejectionKind::TooManyMembers, self.at, ""));
        }
        let folded_hash = self.folded_hash(name);
        self.names.push(Name { folded_hash, span: name });
        Ok(())
    }

    /// Equal for names that are equal when folded; unequal names may share it.
    fn folded_hash(&self, name: Span) -> u64 {
        let range = name.range();
        let body = self.bytes.get(range.start + 1..range.end - 1).unwrap_or_default();
        if let Some(hash) = hash_plain_ignoring_case(body) {
            return hash;
        }
        let folded: String = self.text(name).chars().map(escape::fold).collect();
        hash_ignoring_case(folded.as_bytes())
    }

    fn refuse_duplicates(&mut self, first_name: usize) -> Result<(), Rejection> {
        /// Up to here comparing every pair is cheaper than sorting.
        const FEW: usize = 24;
        let Some(names) = self.names.get(first_name..) else {
            return Ok(());
        };
        if names.len() <= FEW {
            for (index, name) in names.iter().enumerate() {
                for earlier in names.iter().take(index) {
                    if earlier.folded_hash == name.folded_hash {
                        self.refuse_if_same(earlier.span, name.span)?;
                    }
                }
            }
            return Ok(());
        }
        self.refuse_duplicates_sorted(first_name)
    }

    /// Sorts by hash, then by the name itself, so that chosen hash collisions cost no more than honest names.
    fn refuse_duplicates_sorted(&mut self, first_name: usize) -> Result<(), Rejection> {
        let mut names = self.names.split_off(first_name);
        names.sort_unstable_by(|left, right| {
            left.folded_hash.cmp(&right.folded_hash).then_with(|| {
                let (left, right) = (self.text(left.span), self.text(right.span));
                left.chars().map(escape::fold).cmp(right.chars().map(escape::fold))
            })
        });
        for (left, right) in names.iter().zip(names.iter().skip(1)) {
            if left.folded_hash == right.folded_hash {
                self.refuse_if_same(left.span, right.span)?;
            }
        }
        Ok(())
    }

    fn refuse_if_same(&self, one: Span, other: Span) -> Result<(), Rejection> {
        let (one_text, other_text) = (self.text(one), self.text(other));
        let kind = if one_text == other_text {
            RejectionKind::DuplicateKey
        } else if escape::same_when_folded(&one_text, &other_text) {
            RejectionKind::DuplicateKeyFolded
        } else {
            return Ok(());
        };
        let later = if one.start < other.start { other } else { one };
        Err(Rejection::at(kind, later.range().start, "").showing(self.body(later).as_bytes()))
    }

    fn expected(&self, detail: &'static str) -> Rejection {
        self.reject(RejectionKind::Grammar, detail)
    }

    fn reject(&self, kind: RejectionKind, detail: &'static str) -> Rejection {
        let end = self.bytes.len().min(self.at + 8);
        Rejection::at(kind, self.at, detail).showing(self.bytes.get(self.at..end).unwrap_or_default())
    }
}

/// How many bytes from the start are neither a quotation mark, a backslash nor a control character.
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    /// Strings of ordinary names end within these words; longer ones are worth whole blocks.
    const WORDS_FIRST: usize = 4;
    let (words, _) = bytes.as_chunks::<8>();
    let mut passed = 0;
    for word in words.iter().take(WORDS_FIRST) {
        match first_special(*word) {
            Some(index) => return passed + index,
            None => passed += 8,
        }
    }
    let (blocks, _) = bytes.get(passed..).unwrap_or_default().as_chunks::<64>();
    passed += 64 * blocks.iter().take_while(|block| is_plain(block)).count();
    let (words, tail) = bytes.get(passed..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        match first_special(*word) {
            Some(index) => return passed + index,
            None => passed += 8,
        }
    }
    passed + tail.iter().take_while(|byte| !is_special(**byte)).count()
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Written without an early exit so that it compiles to vector instructions.
fn is_plain(block: &[u8; 64]) -> bool {
    block.iter().fold(0_u8, |found, byte| found | u8::from(is_special(*byte))) == 0
}

/// The index of the first special byte in eight, by arithmetic on all eight at once.
fn first_special(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    let quote = word ^ (u64::from(b'"') * ONES);
    let backslash = word ^ (u64::from(b'\\') * ONES);
    let marks = below(word, 0x20) | below(quote, 1) | below(backslash, 1);
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of `word` that are below `bound` (at most 128) with their highest bit. A borrow can mark a byte
/// too many, but only above a true mark: whether there is a mark, and which is the lowest, is exact.
fn below(word: u64, bound: u64) -> u64 {
    word.wrapping_sub(bound * ONES) & !word & HIGHS
}

/// [`hash_ignoring_case`], unless the name is written with escapes or has characters outside ASCII.
fn hash_plain_ignoring_case(bytes: &[u8]) -> Option<u64> {
    let mut unusual = 0;
    let hash = hash_words(bytes, |word| {
        let backslash = word ^ (u64::from(b'\\') * ONES);
        unusual |= word & HIGHS | below(backslash, 1);
    });
    (unusual == 0).then_some(hash)
}

/// A quick hash that is blind to ASCII case.
fn hash_ignoring_case(bytes: &[u8]) -> u64 {
    hash_words(bytes, |_| {})
}

/// Setting bit 5 of every byte makes upper and lower case one; that it makes others one too costs a comparison.
fn hash_words(bytes: &[u8], mut see: impl FnMut(u64)) -> u64 {
    const CASE_BITS: u64 = 0x20 * ONES;
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, tail) = bytes.as_chunks::<8>();
    // The last word overlaps the one before it; names shorter than a word are gathered byte by byte.
    let last = match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => tail.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let mut hash = bytes.len() as u64;
    for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain(std::iter::once(last)) {
        see(word);
        hash = (hash ^ (word | CASE_BITS)).wrapping_mul(ODD);
        hash ^= hash >> 32;
    }
    hash
}
