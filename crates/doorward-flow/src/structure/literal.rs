//! Literals as Python prints them: `[{'name': 'Ann', 'age': 3}, None]`. Nothing is evaluated.

use std::borrow::Cow;

use super::tree::Node;
use crate::limits::{LEAVES_MAX, NESTING_MAX};

/// Reads the whole of `text`; `None` when it is anything else.
pub(super) fn of(text: &str) -> Option<Node<'_>> {
    let mut reader = Reader { text, at: 0, left: LEAVES_MAX };
    let node = reader.value(NESTING_MAX)?;
    reader.skip_space();
    (reader.at == text.len()).then_some(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How many values may still be read.
    left: usize,
}

impl<'a> Reader<'a> {
    /// As deep as `depth`, and no deeper.
    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        self.left = self.left.checked_sub(1)?;
        self.skip_space();
        match self.peek()? {
            b'[' => self.list(depth.checked_sub(1)?, b']'),
            b'(' => self.list(depth.checked_sub(1)?, b')'),
            b'{' => self.object(depth.checked_sub(1)?),
            b'\'' | b'"' => self.string().map(Node::Scalar),
            _ => self.word(),
        }
    }

    fn list(&mut self, depth: usize, end: u8) -> Option<Node<'a>> {
        self.at += 1;
        let mut elements = Vec::new();
        while !self.takes(end) {
            elements.push(self.value(depth)?);
            self.comma(end)?;
        }
        Some(Node::List(elements))
    }

    /// A dictionary, or a set: that is a list.
    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.at += 1;
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut elements = Vec::new();
        while !self.takes(b'}') {
            let first = self.value(depth)?;
            if self.takes(b':') {
                let Node::Scalar(name) = first else { return None };
                members.push((name, self.value(depth)?));
            } else {
                elements.push(first);
            }
            self.comma(b'}')?;
        }
        match (members.is_empty(), elements.is_empty()) {
            (_, true) => has_each_name_once(&members).then_some(Node::Object(members)),
            (true, false) => Some(Node::List(elements)),
            (false, false) => None,
        }
    }

    /// A comma, or the end, which stays.
    fn comma(&mut self, end: u8) -> Option<()> {
        if self.takes(b',') {
            return Some(());
        }
        (self.peek()? == end).then_some(())
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let quote = char::from(self.peek()?);
        self.at += 1;
        let body = self.text.get(self.at..)?;
        let plain = body.find([quote, '\\', '\n'])?;
        if body.get(plain..)?.starts_with(quote) {
            self.at += plain + 1;
            return body.get(..plain).map(Cow::Borrowed);
        }
        let mut out = String::new();
        let mut characters = body.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '\n' => return None,
                '\\' => out.push(escape(&mut characters)?),
                c if c == quote => {
                    self.at += at + 1;
                    return Some(Cow::Owned(out));
                }
                c => out.push(c),
            }
        }
        None
    }

    /// A number, `True`, `False` or `None`.
    fn word(&mut self) -> Option<Node<'a>> {
        let rest = self.text.get(self.at..)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
        let word = rest.get(..rest.find(|c| !is_part(c)).unwrap_or(rest.len()))?;
        self.at += word.len();
        match word {
            "True" | "False" | "None" => Some(Node::Void),
            number => number
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|_| Node::Scalar(Cow::Borrowed(word))),
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

fn escape(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    let digits = match characters.next()?.1 {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        c @ ('\\' | '\'' | '"') => return Some(c),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let mut code = 0_u32;
    for _ in 0..digits {
        code = (code << 4) | characters.next()?.1.to_digit(16)?;
    }
    char::from_u32(code)
}

/// A name twice: nothing prints that, and readers differ in which one they take.
fn has_each_name_once(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair.first() != pair.last())
}
