//! The words, numbers, strings and signs of a plain statement.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lexeme<'a> {
    /// A word, or words joined by dots.
    Words(&'a str),
    /// Digits, perhaps with a point between.
    Number,
    /// `'…'`
    Text,
    /// A bracket, a comma, a semicolon or all the operator characters that stand together.
    Sign(&'a str),
}

/// All of them; `None` when anything else is in the text, or two stand so close that dialects might part them elsewhere.
pub(super) fn lexemes(text: &str) -> Option<Vec<Lexeme<'_>>> {
    let mut lexemes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let (lexeme, after) = match first {
            b' ' | b'\n' | b'\r' | b'\t' => {
                rest = rest.get(1..)?;
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' => words(rest)?,
            b'0'..=b'9' => number(rest)?,
            b'\'' => string(rest)?,
            b'(' | b')' | b',' | b';' => {
                let (sign, after) = rest.split_at_checked(1)?;
                (Lexeme::Sign(sign), after)
            }
            b'*' | b'=' | b'<' | b'>' | b'!' => {
                let (sign, after) = while_bytes(rest, |byte| matches!(byte, b'*' | b'=' | b'<' | b'>' | b'!'))?;
                (Lexeme::Sign(sign), after)
            }
            _ => return None,
        };
        lexemes.push(lexeme);
        rest = after;
    }
    Some(lexemes)
}

fn words(text: &str) -> Option<(Lexeme<'_>, &str)> {
    let (words, after) = while_bytes(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))?;
    let begins = words.split('.').all(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    // `N'…'` and the like are strings of other kinds.
    (begins && !after.starts_with('\'')).then_some((Lexeme::Words(words), after))
}

fn number(text: &str) -> Option<(Lexeme<'_>, &str)> {
    let (number, after) = while_bytes(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = match number.split_once('.') {
        None => digits(number),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    };
    (plain && !after.starts_with('\'')).then_some((Lexeme::Number, after))
}

fn string(text: &str) -> Option<(Lexeme<'_>, &str)> {
    let (inside, after) = text.strip_prefix('\'')?.split_once('\'')?;
    let plain = inside.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\');
    let parted = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '\'' | '_' | '.'));
    (plain && parted).then_some((Lexeme::Text, after))
}

fn while_bytes(text: &str, belongs: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    text.split_at_checked(text.bytes().take_while(|byte| belongs(*byte)).count())
}
