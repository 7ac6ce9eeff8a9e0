//! Escapes of single characters: percent, HTML, and those of JSON and most programming languages.

/// `text` with every escape in it undone; `None` when there is none.
pub(super) fn undone(text: &str) -> Option<String> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'&' | b'\\')) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let escape = match byte {
            b'%' => percent(rest),
            b'&' => reference(rest),
            b'\\' => backslash(rest),
            _ => None,
        };
        match escape {
            Some((decoded, length)) => {
                decoded.push_to(&mut out);
                at += 1 + length;
                changed = true;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    changed.then(|| String::from_utf8(out).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned()))
}

enum Decoded {
    /// A byte of UTF-8 by itself.
    Byte(u8),
    Character(char),
}

impl Decoded {
    fn push_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(byte) => out.push(*byte),
            Self::Character(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn percent(rest: &[u8]) -> Option<(Decoded, usize)> {
    let value = hexadecimal(rest.get(..2)?)?;
    Some((Decoded::Byte(u8::try_from(value).ok()?), 2))
}

/// The few names that stand for what a text is cut at or looked for by, and every numeric one.
fn reference(rest: &[u8]) -> Option<(Decoded, usize)> {
    let end = rest.iter().take(12).position(|&byte| byte == b';')?;
    let name = rest.get(..end)?;
    let character = match name {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"nbsp" => ' ',
        b"commat" => '@',
        b"period" => '.',
        b"colon" => ':',
        b"sol" => '/',
        b"hyphen" | b"dash" => '-',
        b"lowbar" => '_',
        b"equals" => '=',
        _ => char::from_u32(numeric(name.strip_prefix(b"#")?)?)?,
    };
    Some((Decoded::Character(character), end + 1))
}

fn numeric(digits: &[u8]) -> Option<u32> {
    match digits.strip_prefix(b"x").or_else(|| digits.strip_prefix(b"X")) {
        Some(digits) => hexadecimal(digits),
        None => std::str::from_utf8(digits).ok()?.parse().ok(),
    }
}

fn backslash(rest: &[u8]) -> Option<(Decoded, usize)> {
    match rest.first()? {
        b'n' | b'r' | b't' => Some((Decoded::Byte(b' '), 1)),
        b'"' => Some((Decoded::Byte(b'"'), 1)),
        b'/' => Some((Decoded::Byte(b'/'), 1)),
        b'\\' => Some((Decoded::Byte(b'\\'), 1)),
        b'x' => Some((Decoded::Character(char::from_u32(hexadecimal(rest.get(1..3)?)?)?), 3)),
        b'u' => unicode(rest),
        _ => None,
    }
}

fn unicode(rest: &[u8]) -> Option<(Decoded, usize)> {
    let first = hexadecimal(rest.get(1..5)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((Decoded::Character(character), 5));
    }
    let second = rest.get(5..11)?.strip_prefix(b"\\u").and_then(hexadecimal)?;
    let both = 0x1_0000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
    let pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
    pair.then_some(())?;
    Some((Decoded::Character(char::from_u32(both)?), 11))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let fits = (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    fits.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
}
