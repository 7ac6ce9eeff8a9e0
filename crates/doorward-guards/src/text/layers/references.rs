//! Character references of HTML: `&#65;`, `&#x41;`, `&lt;`.

use super::Layer;
use super::window::Escape;
use crate::limits::REFERENCE_BYTES_MAX;

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

/// The character that the `&` at `at` begins to stand for.
pub(super) fn reference(text: &str, at: usize) -> Option<Escape> {
    let end = text.floor_char_boundary(at + 1 + REFERENCE_BYTES_MAX);
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
    Some(Escape { range: at..at + 1 + length + closed, said, layer: Layer::Entities })
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
}
