//! Escape codes of terminals.

/// How many bytes the escape code at the start of `text` has (ECMA-48: CSI and OSC sequences); `None` when there is none.
pub(crate) fn length(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\u{1b}')?;
    let inner = match body.as_bytes().first() {
        Some(b'[') => {
            let parameters = body.bytes().skip(1).take_while(|byte| matches!(byte, b' '..=b'?')).count();
            // The final byte, unless the text ends or goes on otherwise.
            let last = body.as_bytes().get(1 + parameters).is_some_and(|byte| matches!(byte, b'@'..=b'~'));
            1 + parameters + usize::from(last)
        }
        Some(b']') => {
            let end = body.find(['\u{7}', '\u{1b}']);
            end.map_or(body.len(), |end| end + usize::from(body.as_bytes().get(end) == Some(&7)))
        }
        Some(_) | None => 0,
    };
    Some(1 + inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_end_where_terminals_end_them() {
        for (text, expected) in [
            ("\u{1b}[31mred", Some(5)),
            ("\u{1b}[0m", Some(4)),
            ("\u{1b}[38;5;1mx", Some(9)),
            ("\u{1b}[é", Some(2)),
            ("\u{1b}]8;;http://x\u{7}link", Some(14)),
            ("\u{1b}]8;;x\u{1b}\\", Some(6)),
            ("\u{1b}", Some(1)),
            ("plain", None),
        ] {
            assert_eq!(length(text), expected, "{}", text.escape_debug());
        }
    }
}
