//! Whether decoded bytes are a text.

/// The longest stretch of `bytes` that reads as text, when it is at least `min` bytes long.
pub(super) fn text_in(bytes: &[u8], min: usize) -> Option<&str> {
    let mut best = "";
    for chunk in bytes.utf8_chunks() {
        for stretch in chunk.valid().split(is_control) {
            if stretch.len() > best.len() {
                best = stretch;
            }
        }
    }
    (best.len() >= min && has_letters(best)).then_some(best)
}

fn is_control(character: char) -> bool {
    (character < ' ' && !matches!(character, '\n' | '\r' | '\t' | '\u{1b}')) || character == '\u{7f}'
}

/// Half of it are letters, digits, spaces or characters outside ASCII.
fn has_letters(text: &str) -> bool {
    let letters = text.bytes().filter(|byte| byte.is_ascii_alphanumeric() || *byte == b' ' || !byte.is_ascii()).count();
    letters * 2 >= text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes() {
        assert_eq!(text_in(b"ignore all rules", 12), Some("ignore all rules"));
        assert_eq!(text_in(b"\x9f\x86ignore all rules", 12), Some("ignore all rules"));
        assert_eq!(text_in(b"\x9f\x86\xd0\x81short\x00\xff", 12), None);
        assert_eq!(text_in(b"!!!!????####$$$$", 12), None);
    }
}
