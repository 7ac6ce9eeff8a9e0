//! JSON values that stay as they came: borrowed (`Raw`) or kept with their bytes (`RawJson`).
//!
//! Responsible for finding things in bytes that the scanner has accepted. It must never judge bytes (a `Raw` exists
//! only for accepted ones) and never write them: what passes untouched is forwarded as it came.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use crate::escape;
use crate::limits::Limits;
use crate::rejection::Rejection;
use crate::scan::{Scanner, Span, plain_run};

/// A JSON value inside an accepted message.
#[derive(Clone, Copy)]
pub struct Raw<'a> {
    message: &'a [u8],
    start: usize,
    end: usize,
}

/// What sort of value a [`Raw`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, as it was written.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One step of [`Raw::tokens`].
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// An object or array starts.
    Open(Kind),
    /// The innermost open object or array ends.
    Close,
    /// The name of the member whose value follows.
    Name(Raw<'a>),
    /// A value that is neither object nor array.
    Scalar(Raw<'a>),
}

impl<'a> Raw<'a> {
    /// INVARIANT: `message` was accepted by the scanner and `range` is that of one of its values.
    pub(crate) fn new(message: &'a [u8], range: Range<usize>) -> Self {
        Self { message, start: range.start, end: range.end }
    }

    /// Without the white space around it.
    pub(crate) fn trimmed(self) -> Self {
        let bytes = self.bytes();
        let before = bytes.len() - bytes.trim_ascii_start().len();
        let after = bytes.len() - bytes.trim_ascii_end().len();
        Self { start: self.start + before, end: self.end - after, ..self }
    }

    /// The value as it was written.
    #[must_use]
    pub fn text(&self) -> &'a str {
        // The message is UTF-8 and no value starts or ends inside a character.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The value's bytes as they were written.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.message.get(self.range()).unwrap_or_default()
    }

    /// Where the value lies in its message.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// What sort of value it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(_) | None => Kind::Null,
        }
    }

    /// The string, escapes resolved; `None` for any other kind.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        let body = self.bytes().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        Some(escape::decode(std::str::from_utf8(body).unwrap_or_default()))
    }

    /// The truth value; `None` for any other kind.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.bytes() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// The number, when it is written as an integer and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// The number, when it is written as an integer without a sign and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.number_text()?.parse().ok()
    }

    /// The nearest double, when there is a finite one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.number_text()?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The member of that exact name, escapes resolved; `None` when absent or not an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Raw<'a>> {
        self.named_values().find(|(candidate, _)| has_text(*candidate, name)).map(|(_, value)| value)
    }

    /// Follows member names downwards.
    #[must_use]
    pub fn path(&self, names: &[&str]) -> Option<Raw<'a>> {
        names.iter().try_fold(*self, |value, name| value.member(name))
    }

    /// The members of an object in their order; none for any other kind.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'a, str>, Raw<'a>)> + use<'a> {
        self.named_values().map(|(name, value)| (name.as_str().unwrap_or_default(), value))
    }

    /// The members of an object with each name as a value, so that a name can be replaced.
    pub fn named_values(&self) -> impl Iterator<Item = (Raw<'a>, Raw<'a>)> + use<'a> {
        let mut values = self.children(Kind::Object);
        std::iter::from_fn(move || Some((values.next()?, values.next()?)))
    }

    /// The elements of an array in their order; none for any other kind.
    pub fn elements(&self) -> impl Iterator<Item = Raw<'a>> + use<'a> {
        self.children(Kind::Array)
    }

    /// The first member whose name is, to a parser that ignores case, one of `names`, but is not written so.
    ///
    /// A server or client that ignores case would read such a member where a decision did not.
    #[must_use]
    pub fn miscased_member(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        self.members().map(|(name, _)| name).find(|name| {
            !names.contains(&name.as_ref()) && names.iter().any(|known| escape::same_when_folded(known, name))
        })
    }

    /// Everything in the value, outside to inside, in one pass: for looking at every string of a large value.
    pub fn tokens(&self) -> impl Iterator<Item = Token<'a>> + use<'a> {
        Tokens { message: self.message, at: self.start, end: self.end, open: Vec::new() }
    }

    fn children(&self, kind: Kind) -> Children<'a> {
        let at = if self.kind() == kind { self.start + 1 } else { self.end };
        Children { message: self.message, at, end: self.end }
    }

    fn number_text(&self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.text())
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads stay out of logs: the kind and the place say enough.
        write!(f, "Raw({:?} at {}..{})", self.kind(), self.start, self.end)
    }
}

/// A JSON value that keeps its bytes: a cheap clone, sharing the message it was cut from.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Bytes);

impl RawJson {
    /// Accepts one JSON value, whitespace around it allowed.
    ///
    /// # Errors
    /// Any [`Rejection`] of the strict pass.
    pub fn parse(bytes: impl Into<Bytes>, limits: &Limits) -> Result<Self, Rejection> {
        let bytes = bytes.into();
        let mut scanner = Scanner::new(&bytes, limits)?;
        let span = scanner.value()?;
        scanner.end()?;
        Ok(Self(bytes.slice(span.range())))
    }

    /// The value, for reading.
    #[must_use]
    pub fn as_raw(&self) -> Raw<'_> {
        Raw::new(&self.0, 0..self.0.len())
    }

    /// The value's bytes as they came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Keeps a value found inside this one, without copying it.
    #[must_use]
    pub fn part(&self, value: Raw<'_>) -> Self {
        Self::keep(&self.0, value)
    }

    /// The same value in bytes of its own, for keeping a small part of a large message.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }

    /// Keeps `value`: without copying it when it is part of `message`.
    pub(crate) fn keep(message: &Bytes, value: Raw<'_>) -> Self {
        if std::ptr::eq(message.as_ptr(), value.message.as_ptr()) && value.end <= message.len() {
            return Self(message.slice(value.range()));
        }
        Self(Bytes::copy_from_slice(value.bytes()))
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({:?}, {} bytes)", self.as_raw().kind(), self.0.len())
    }
}

pub(crate) fn raw_at(message: &Bytes, span: Option<Span>) -> Option<Raw<'_>> {
    span.map(|span| Raw::new(message, span.range()))
}

/// The values directly inside a container, names of members included.
struct Children<'a> {
    message: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Raw<'a>> {
        self.at = next_value(self.message, self.at);
        if self.at + 1 >= self.end {
            return None;
        }
        let start = self.at;
        self.at = value_end(self.message, start);
        Some(Raw::new(self.message, start..self.at))
    }
}

/// Walks accepted bytes without going back.
struct Tokens<'a> {
    message: &'a [u8],
    at: usize,
    end: usize,
    /// What is open, outermost first. As deep as the limit under which the value was accepted.
    open: Vec<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    ObjectBeforeName,
    ObjectBeforeValue,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.at = next_value(self.message, self.at);
        if self.at >= self.end {
            return None;
        }
        match self.message.get(self.at)? {
            b'{' => Some(self.open(Open::ObjectBeforeName, Kind::Object)),
            b'[' => Some(self.open(Open::Array, Kind::Array)),
            b'}' | b']' => {
                self.at += 1;
                self.open.pop();
                self.value_passed();
                Some(Token::Close)
            }
            _ => Some(self.string_or_scalar()),
        }
    }
}

impl<'a> Tokens<'a> {
    fn open(&mut self, open: Open, kind: Kind) -> Token<'a> {
        self.at += 1;
        self.open.push(open);
        Token::Open(kind)
    }

    fn string_or_scalar(&mut self) -> Token<'a> {
        let start = self.at;
        self.at = value_end(self.message, start);
        let raw = Raw::new(self.message, start..self.at);
        if let Some(innermost @ Open::ObjectBeforeName) = self.open.last_mut() {
            *innermost = Open::ObjectBeforeValue;
            return Token::Name(raw);
        }
        self.value_passed();
        Token::Scalar(raw)
    }

    fn value_passed(&mut self) {
        if let Some(innermost @ Open::ObjectBeforeValue) = self.open.last_mut() {
            *innermost = Open::ObjectBeforeName;
        }
    }
}

/// Passes what stands between two values.
fn next_value(message: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | b':') = message.get(at) {
        at += 1;
    }
    at
}

fn has_text(string: Raw<'_>, text: &str) -> bool {
    let written = string.bytes();
    if written.len() == text.len() + 2 && written.get(1..=text.len()) == Some(text.as_bytes()) {
        return true;
    }
    memchr::memchr(b'\\', written).is_some() && string.as_str().is_some_and(|decoded| decoded == text)
}

/// One past the end of the accepted value that starts at `start`.
fn value_end(message: &[u8], start: usize) -> usize {
    match message.get(start) {
        Some(b'"') => string_end(message, start),
        Some(b'{' | b'[') => container_end(message, start),
        Some(_) | None => {
            let scalar = message.get(start..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            start + scalar.iter().position(ends).unwrap_or(scalar.len())
        }
    }
}

fn string_end(message: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at += plain_run(message.get(at..).unwrap_or_default());
        match message.get(at) {
            Some(b'\\') => at += 2,
            Some(_) | None => return (at + 1).min(message.len()),
        }
    }
}

fn container_end(message: &[u8], start: usize) -> usize {
    let mut open = 0_usize;
    let mut at = start;
    while let Some(byte) = message.get(at) {
        match byte {
            b'"' => {
                at = string_end(message, at);
                continue;
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' if open == 1 => return at + 1,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    message.len()
}
