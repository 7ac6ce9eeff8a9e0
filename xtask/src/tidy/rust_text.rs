//! Just enough knowledge of Rust's text to tell code from comments, strings and test items.
//!
//! Works line for line, so that a finding keeps its line number. It must never be used to decide
//! anything but a style rule: it knows rustfmt's layout, not the grammar.

use std::ops::RangeInclusive;

/// Replaces comments and the contents of string and character literals by spaces; line breaks stay.
pub(crate) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let length = literal_length(rest, after_word);
        let (piece, next) = rest.split_at(length.unwrap_or(first.len_utf8()));
        if length.is_some() {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            out.push(first);
        }
        after_word = first.is_alphanumeric() || first == '_';
        rest = next;
    }
    out
}

/// The length of the comment or literal that `rest` starts with, if it starts with one.
fn literal_length(rest: &str, after_word: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment_length(rest));
    }
    if rest.starts_with('"') {
        return Some(quoted_length(rest));
    }
    if rest.starts_with('\'') {
        return char_length(rest);
    }
    if after_word {
        return None;
    }
    ["r", "br", "cr"].iter().find_map(|prefix| raw_string_length(rest, prefix))
}

fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (index, c) in rest.char_indices() {
        match (previous, c) {
            ('/', '*') => {
                depth += 1;
                previous = ' ';
            }
            ('*', '/') => {
                depth -= 1;
                previous = ' ';
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => previous = c,
        }
    }
    rest.len()
}

fn quoted_length(rest: &str) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character literal closes after one character or one escape; a lifetime does not.
fn char_length(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(index, _)| index + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(index, _)| index + 1)
}

fn raw_string_length(rest: &str, prefix: &str) -> Option<usize> {
    let after = rest.strip_prefix(prefix)?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    let body = after.trim_start_matches('#').strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close).map_or(body.len(), |at| at + close.len());
    Some(rest.len() - body.len() + end)
}

/// The lines of items marked `#[cfg(test)]`, found by rustfmt's indentation in blanked `code`.
pub(crate) fn test_items(code: &str) -> Vec<RangeInclusive<usize>> {
    let mut items = Vec::new();
    let mut lines = super::tree::numbered(code);
    while let Some((start, line)) = lines.next() {
        if !line.trim_start().starts_with("#[cfg(test)]") {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let end = lines
            .find(|(_, line)| {
                let at_same_level = line.len() - line.trim_start().len() == indent;
                line.trim_end() == closing || (at_same_level && line.trim_end().ends_with(';'))
            })
            .map_or(usize::MAX, |(number, _)| number);
        items.push(start..=end);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of `text`, with every run of blanks shown as one space.
    fn left(text: &str) -> String {
        let code = code_only(text);
        assert_eq!(code.chars().count(), text.chars().count(), "{text}");
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_blanked_and_code_stays() {
        for (text, code) in [
            ("a // std::fs\nb", "a b"),
            ("a /* x /* y */ z */ b", "a b"),
            ("f(\"std::fs \\\" x\") + 1", "f( ) + 1"),
            ("let r = r#\"a\"b\"#;", "let r = ;"),
            ("'a' 'b x: &'static str", "'b x: &'static str"),
            ("'\\'' '\"' end", "end"),
            ("for\"x\" \"é\" 'ü' end", "for end"),
            ("\"never closed", ""),
        ] {
            assert_eq!(left(text), code, "{text}");
        }
    }

    #[test]
    fn line_breaks_survive_in_strings() {
        assert_eq!(code_only("\"a\nb\"\nc"), "  \n  \nc");
    }

    #[test]
    fn a_test_module_ends_at_its_brace() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n";
        assert_eq!(test_items(code), [2..=6]);
    }

    #[test]
    fn a_test_import_is_one_item() {
        assert_eq!(test_items("#[cfg(test)]\nuse a::b;\nfn c() {}\n"), [1..=2]);
        assert_eq!(test_items("#[cfg(test)]\nmod tests;\n\nfn c() {}\n"), [1..=2]);
    }
}
