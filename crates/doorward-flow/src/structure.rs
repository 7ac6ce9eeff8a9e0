//! The fields of a result: records, lists and lines, as far as a strict reading finds them.
//!
//! Responsible for telling which values a server has put into fields of its own, and which stand in text that somebody may
//! have written: only the first can be believed to be what their place says. Strict forms are JSON, literals as Python
//! prints them, and YAML as emitters write it; whatever does not read strictly is lines. It must never guess a structure, and
//! its work is linear in what it reads, whatever that is.

mod lines;
mod literal;
mod paths;
mod shapes;
mod tree;
mod yaml;

use std::borrow::Cow;

use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind, Raw, RawJson};

pub(crate) use paths::{PathId, Paths};
pub use shapes::Shapes;
pub(crate) use shapes::Usual;

use crate::limits::LEAVES_MAX;

/// What a part of a result consists of.
#[derive(Debug, Default)]
pub(crate) struct Reading<'a> {
    pub(crate) leaves: Vec<Leaf<'a>>,
    pub(crate) paths: Paths,
    pub(crate) form: Form,
}

/// One value of a part.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'a> {
    /// Which record it belongs to: an element of the outermost list, or all there is.
    pub(crate) record: u32,
    /// Where it stands, with `*` for places in lists. Of a name: where its object stands.
    pub(crate) path: PathId,
    pub(crate) value: Cow<'a, str>,
    pub(crate) sort: Sort,
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The value of a field, or an element of a list in a record.
    Field,
    /// The name of a field, which stands at this path.
    Name(PathId),
    /// A line, or a value of no field.
    Line,
}

/// How a part was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// JSON, or a literal: what is written in a value cannot end it.
    #[default]
    Quoted,
    /// YAML: where a server does not escape what it writes, a value can pretend to be several fields.
    Indented,
    /// Text.
    Lines,
}

/// Reads one part of a result, and has `take` look at it.
pub(crate) fn read<T>(part: Raw<'_>, take: impl FnOnce(&Reading<'_>) -> T) -> T {
    match part.kind() {
        Kind::String => read_text(&part.as_str().unwrap_or_default(), take),
        Kind::Object | Kind::Array => take(&tree::leaves(&tree::of(part))),
        Kind::Number | Kind::Bool | Kind::Null => take(&scalar(part.text())),
    }
}

fn read_text<T>(text: &str, take: impl FnOnce(&Reading<'_>) -> T) -> T {
    let text = text.trim();
    if text.starts_with(['{', '['])
        && let Ok(json) = RawJson::parse(text.to_owned(), &Limits::for_results())
    {
        return take(&tree::leaves(&tree::of(json.as_raw())));
    }
    if text.starts_with(['{', '[', '('])
        && let Some(literal) = literal::of(text)
    {
        return take(&tree::leaves(&literal));
    }
    if !text.contains('\n') && !text.contains(": ") {
        return take(&scalar(text));
    }
    take(&yaml::of(text).unwrap_or_else(|| lines::of(text)))
}

/// One value alone: nothing says what it is.
fn scalar(text: &str) -> Reading<'_> {
    let mut reading = Reading { form: Form::Lines, ..Reading::default() };
    reading.push(0, Paths::ROOT, Cow::Borrowed(text), Sort::Line);
    reading
}

impl<'a> Reading<'a> {
    /// Adds a leaf; beyond the bound there are none.
    fn push(&mut self, record: u32, path: PathId, value: Cow<'a, str>, sort: Sort) {
        if !self.is_full() && !value.is_empty() {
            self.leaves.push(Leaf { record, path, value, sort });
        }
    }

    fn is_full(&self) -> bool {
        self.leaves.len() >= LEAVES_MAX
    }
}

#[cfg(test)]
mod tests;
