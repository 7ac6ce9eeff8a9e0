//! YAML as emitters write it: block mappings and lists, quoted and folded scalars. Every line must fit.
//!
//! A name twice in one mapping, a tab as indentation, an anchor, a comment: no emitter writes these, so such text is lines.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Form, PathId, Paths, Reading, Sort};
use crate::limits::{CUT_LEAVES_MIN, NESTING_MAX};

/// Reads `text`; `None` when a line does not fit, unless the text says that it was cut short: then what stood before.
pub(super) fn of(text: &str) -> Option<Reading<'_>> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut reader = Reader {
        lines: &lines,
        at: 0,
        open: Vec::new(),
        seen: BTreeSet::new(),
        mappings: 0,
        record: 0,
        names: 0,
        reading: Reading { form: Form::Indented, ..Reading::default() },
    };
    while reader.at < lines.len() && !reader.reading.is_full() {
        if reader.line().is_none() {
            let cut = reader.reading.leaves.len() >= CUT_LEAVES_MIN && says_it_was_cut(text);
            return cut.then_some(reader.reading);
        }
    }
    let mut reading = reader.reading;
    if reader.names == 0 {
        reading.leaves.iter_mut().for_each(|leaf| leaf.sort = Sort::Line);
        reading.form = Form::Lines;
    }
    Some(reading)
}

struct Reader<'a, 'l> {
    lines: &'l [&'a str],
    at: usize,
    /// The mappings that are open, outermost first.
    open: Vec<Mapping>,
    /// The names that were seen in each mapping.
    seen: BTreeSet<(u32, PathId)>,
    mappings: u32,
    record: u32,
    names: usize,
    reading: Reading<'a>,
}

#[derive(Clone, Copy)]
struct Mapping {
    number: u32,
    /// How far its names are indented.
    indent: usize,
    /// Where the value of its last name stands.
    path: PathId,
}

/// A line taken apart.
struct Line<'a> {
    indent: usize,
    dashes: usize,
    name: Option<&'a str>,
    value: &'a str,
}

impl<'a> Reader<'a, '_> {
    /// Reads one line and what continues it; `None` when it does not fit.
    fn line(&mut self) -> Option<()> {
        let text = *self.lines.get(self.at)?;
        if text.trim().is_empty() {
            self.at += 1;
            return Some(());
        }
        let line = take_apart(text);
        if line.name.is_none() && line.dashes == 0 {
            return None;
        }
        if line.dashes > 0 && line.indent == 0 {
            self.record = self.record.saturating_add(1);
        }
        let (path, hang) = match line.name {
            Some(name) => (self.name(name, &line)?, line.indent + 2 * line.dashes),
            None => (self.item(&line), line.indent),
        };
        self.value(line.value, path, hang)
    }

    fn name(&mut self, name: &'a str, line: &Line<'a>) -> Option<PathId> {
        let indent = line.indent + 2 * line.dashes;
        // A name as far in as the one before is of the same mapping, unless a new element of a list begins with it.
        let sibling = self.close(indent).filter(|_| line.dashes == 0);
        let number = sibling.map_or(self.mappings + 1, |sibling| sibling.number);
        self.mappings = self.mappings.max(number);
        let parent = self.place();
        let name = name.trim_matches(['\'', '"']);
        let path = self.reading.paths.member(parent, name);
        let is_new = path == Paths::LOST || self.seen.insert((number, path));
        if !is_new || self.open.len() >= NESTING_MAX {
            return None;
        }
        self.open.push(Mapping { number, indent, path });
        self.names += 1;
        self.reading.push(self.record, parent, Cow::Borrowed(name), Sort::Name(path));
        Some(path)
    }

    fn item(&mut self, line: &Line<'a>) -> PathId {
        self.close(line.indent + 2 * line.dashes + 1);
        self.place()
    }

    /// Closes the mappings whose names are indented as far or further; gives that which is indented just as far.
    fn close(&mut self, indent: usize) -> Option<Mapping> {
        let mut last = None;
        while self.open.last().is_some_and(|mapping| mapping.indent >= indent) {
            last = self.open.pop();
        }
        last.filter(|mapping| mapping.indent == indent)
    }

    fn place(&self) -> PathId {
        self.open.last().map_or(Paths::ROOT, |mapping| mapping.path)
    }

    fn value(&mut self, value: &'a str, path: PathId, hang: usize) -> Option<()> {
        if value.starts_with(['\'', '"']) {
            return self.quoted(value, path);
        }
        if is_block(value) {
            self.block(path, hang);
            return Some(());
        }
        self.at += 1;
        if matches!(value, "" | "{}" | "[]" | "null" | "true" | "false") {
            return Some(());
        }
        let mut whole = Cow::Borrowed(value);
        while let Some(next) = self.lines.get(self.at).filter(|next| indent(next) > hang && !next.trim().is_empty()) {
            let whole = whole.to_mut();
            whole.push(' ');
            whole.push_str(next.trim());
            self.at += 1;
        }
        self.reading.push(self.record, path, whole, Sort::Field);
        Some(())
    }

    /// A scalar in quotation marks, over as many lines as it takes; what follows the closing mark does not fit.
    fn quoted(&mut self, first: &'a str, path: PathId) -> Option<()> {
        let quote = first.chars().next()?;
        let mut line = first.get(1..)?;
        let mut value = String::new();
        let mut lines = 1;
        loop {
            self.at += 1;
            if read_quoted(line, quote, &mut value)? == Ended::Yes {
                break;
            }
            value.push(' ');
            line = self.lines.get(self.at)?.trim_start_matches(' ');
            lines += 1;
        }
        let sort = if lines > 1 { Sort::Line } else { Sort::Field };
        self.reading.push(self.record, path, Cow::Owned(value), sort);
        Some(())
    }

    /// A scalar of lines that are indented further.
    fn block(&mut self, path: PathId, hang: usize) {
        self.at += 1;
        let mut value = String::new();
        while let Some(next) = self.lines.get(self.at).filter(|next| indent(next) > hang || next.trim().is_empty()) {
            value.push_str(next.trim());
            value.push('\n');
            self.at += 1;
        }
        self.reading.push(self.record, path, Cow::Owned(value), Sort::Line);
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

/// Reads a line of a quoted scalar into `value`; `None` when something follows its end.
fn read_quoted(line: &str, quote: char, value: &mut String) -> Option<Ended> {
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quote == '"' => match characters.next() {
                // An escaped line break: the line goes on without one.
                None => return Some(Ended::No),
                Some(escaped) => value.push(unescape(escaped, &mut characters)?),
            },
            c if c == quote => match characters.next() {
                None => return Some(Ended::Yes),
                Some('\'') if quote == '\'' => value.push('\''),
                Some(_) => return None,
            },
            c => value.push(c),
        }
    }
    Some(Ended::No)
}

fn unescape(escaped: char, rest: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = match escaped {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let mut code = 0_u32;
    for _ in 0..digits {
        code = (code << 4) | rest.next()?.to_digit(16)?;
    }
    char::from_u32(code)
}

fn take_apart(text: &str) -> Line<'_> {
    let indent = indent(text);
    let mut rest = text.get(indent..).unwrap_or_default();
    let mut dashes = 0;
    while let Some(after) = rest.strip_prefix("- ") {
        rest = after;
        dashes += 1;
    }
    let rest = rest.trim_end_matches('\r');
    let (name, value) = named(rest).map_or((None, rest.trim()), |(name, value)| (Some(name), value.trim()));
    Line { indent, dashes, name, value }
}

/// `name: value` or `name:`; the name plain or in quotation marks.
fn named(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    let end = match first {
        '\'' | '"' => 1 + quoted_end(text.get(1..)?, first)?,
        c if c.is_whitespace() || ":#[]{}&*!|>%@`,-".contains(c) => return None,
        _ => text.find([':', '#'])?,
    };
    let name = text.get(..end)?;
    let value = text.get(end..)?.strip_prefix(':')?;
    (value.is_empty() || value.starts_with(' ')).then_some((name, value))
}

/// One past the closing mark, from the first character after the opening one.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote == '"' => {
                characters.next();
            }
            c if c == quote => match characters.peek() {
                Some((_, '\'')) if quote == '\'' => {
                    characters.next();
                }
                Some(_) | None => return Some(at + 1),
            },
            _ => {}
        }
    }
    None
}

/// `|` or `>`, with what may stand behind it.
fn is_block(value: &str) -> bool {
    let Some(rest) = value.strip_prefix(['|', '>']) else { return false };
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    rest.is_empty() || (rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn says_it_was_cut(text: &str) -> bool {
    let from = text.char_indices().rev().nth(39).map_or(0, |(at, _)| at);
    let end = text.get(from..).unwrap_or_default();
    ["cut", "truncat", "...", "…"].iter().any(|word| end.contains(word))
}
