//! What HTML writes otherwise, or does not show.

use super::escapes::positions;
use super::window::{Escape, read};
use super::{Decoded, Layer};
use crate::text::SpanMap;

/// The longest reference that is read: `&#x10ffff;` and the names below are shorter.
const REFERENCE_MAX: usize = 12;

/// Named references of ASCII characters, and of spaces.
const NAMES: &[(&str, char)] = &[
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dollar", '$'),
    ("equals", '='),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("hyphen", '-'),
    ("lbrace", '{'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lt", '<'),
    ("nbsp", ' '),
    ("NewLine", '\n'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
    ("sol", '/'),
    ("Tab", '\t'),
    ("vert", '|'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];

/// Finds what character references stand for.
pub(super) fn find_entities(text: &str, found: &mut Vec<Decoded>) {
    read(text, Layer::Entities, positions(text, b'&').filter_map(|at| reference(text, at)), found);
}

fn reference(text: &str, at: usize) -> Option<Escape> {
    let end = text.floor_char_boundary(at + 1 + REFERENCE_MAX);
    let body = text.get(at + 1..end)?;
    let (length, said) = match body.strip_prefix('#') {
        Some(number) => {
            let (mark, radix) = if number.starts_with(['x', 'X']) { (1, 16) } else { (0, 10) };
            let digits = number.get(mark..)?;
            let count = digits.bytes().take_while(|digit| char::from(*digit).is_digit(radix)).count();
            let said = char::from_u32(u32::from_str_radix(digits.get(..count)?, radix).ok()?)?;
            (1 + mark + count, said)
        }
        None => {
            let count = body.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let name = body.get(..count)?;
            let (_, said) = NAMES.iter().find(|(known, _)| *known == name)?;
            (count, *said)
        }
    };
    // Browsers read a number without its semicolon; a name without one is mostly a parameter of a URL.
    let closed = usize::from(body.as_bytes().get(length) == Some(&b';'));
    if closed == 0 && !body.starts_with('#') {
        return None;
    }
    Some(Escape { range: at..at + 1 + length + closed, said })
}

/// Finds comments; one that never ends goes on to the end.
pub(super) fn find_comments(text: &str, found: &mut Vec<Decoded>) {
    const OPEN: &str = "<!--";
    let mut at = 0;
    for start in positions(text, b'<') {
        if start < at || !text.get(start..).is_some_and(|rest| rest.starts_with(OPEN)) {
            continue;
        }
        let from = start + OPEN.len();
        let body = text.get(from..).unwrap_or_default();
        let length = memchr::memmem::find(body.as_bytes(), b"-->").unwrap_or(body.len());
        at = from + length;
        let comment = body.get(..length).unwrap_or_default();
        if comment.trim().is_empty() {
            continue;
        }
        let (range, map) = (from..at, SpanMap::verbatim(from));
        found.push(Decoded { layer: Layer::Comment, range, text: comment.to_owned(), map });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn references_are_resolved() {
        check("&#105;&#x67;n&#111re &lt;b&gt;", Layer::Entities, &["ignore <b>"]);
        check("a&b &copy=1 &amp &#; &#xffffffff;", Layer::Entities, &[]);
    }

    #[test]
    fn comments_are_read_to_their_end() {
        check("<p>x</p><!-- one --><!----><!-- two", Layer::Comment, &[" one ", " two"]);
        check("a <!- b -> c", Layer::Comment, &[]);
    }
}
