//! What stands in several texts, read as one: for what is split over fields and content blocks.
//!
//! Responsible for putting texts one after another and for the way back. What is decoded out of texts is not joined.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Role, Text};

/// Values of a message one after another, without anything between them.
///
/// First all values in their order; then, after a line break, the values of each name that several have (the `text` of
/// every content block), each such row after a line break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// What the values say together.
    pub text: String,
    /// In their order.
    pieces: Vec<Piece>,
}

/// A value among the joined ones.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    start: usize,
    length: usize,
    text: usize,
}

impl Joined {
    /// Joins the values among `texts`; empty where there is nothing to join.
    pub(crate) fn of(texts: &[Text<'_>]) -> Self {
        let mut joined = Self::default();
        let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut values = Vec::new();
        let mut name = "";
        for (place, text) in texts.iter().enumerate().take_while(|(_, text)| text.origin.is_none()) {
            match text.role {
                Role::Name => name = &text.text,
                Role::Value if is_structure(name, &text.text) => {}
                Role::Value => {
                    values.push(place);
                    rows.entry(name).or_default().push(place);
                }
            }
        }
        if values.len() < 2 {
            return joined;
        }
        joined.add_row(texts, &values);
        // A single row is the row of all.
        if rows.len() > 1 {
            rows.into_values().filter(|row| row.len() > 1).for_each(|row| joined.add_row(texts, &row));
        }
        joined
    }

    /// The texts and their bytes that these bytes come from, in order; several when it is split.
    #[must_use]
    pub fn pieces(&self, range: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let first = self.pieces.partition_point(|piece| piece.start + piece.length <= range.start);
        let touched = self.pieces.iter().skip(first).take_while(|piece| piece.start < range.end);
        let part = |piece: &Piece| {
            let from = range.start.max(piece.start) - piece.start;
            let to = range.end.min(piece.start + piece.length) - piece.start;
            (from < to).then_some((piece.text, from..to))
        };
        touched.filter_map(part).collect()
    }

    fn add_row(&mut self, texts: &[Text<'_>], row: &[usize]) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for place in row {
            let Some(text) = texts.get(*place) else { continue };
            self.pieces.push(Piece { start: self.text.len(), length: text.text.len(), text: *place });
            self.text.push_str(&text.text);
        }
    }
}

/// Whether a value only says what kind of block it stands in (MCP content blocks), so that it parts nothing.
fn is_structure(name: &str, value: &str) -> bool {
    match name {
        "type" => {
            matches!(value, "text" | "image" | "audio" | "resource" | "resource_link" | "tool_use" | "tool_result")
        }
        "mimeType" => value.len() < 64,
        "role" => matches!(value, "user" | "assistant"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn what_is_split_over_blocks_reads_as_one_and_leads_back() {
        check(r#"[{"type":"text","text":"AKIA1234"},{"type":"text","text":"5678"}]"#, |texts| {
            let joined = Joined::of(texts);
            let at = joined.text.find("12345678").unwrap();
            let pieces = joined.pieces(&(at..at + 8));
            let said: Vec<_> =
                pieces.iter().map(|(text, range)| texts[*text].text.get(range.clone()).unwrap()).collect();
            assert_eq!(said, ["1234", "5678"]);
        });
    }

    #[test]
    fn values_of_one_name_are_joined_over_what_stands_between() {
        check(r#"[{"a":"AKIA","note":"x"},{"a":"1234","note":"y"}]"#, |texts| {
            let joined = Joined::of(texts);
            let at = joined.text.find("AKIA1234").unwrap();
            assert_eq!(joined.pieces(&(at..at + 8)).len(), 2);
            assert!(joined.text.starts_with("AKIAx1234y\n"));
            assert!(joined.pieces(&(9..11)).iter().all(|(_, range)| range.len() == 1));
        });
    }

    #[test]
    fn a_single_value_is_not_joined() {
        check(r#"{"type":"text","text":"alone"}"#, |texts| assert_eq!(Joined::of(texts), Joined::default()));
    }
}
