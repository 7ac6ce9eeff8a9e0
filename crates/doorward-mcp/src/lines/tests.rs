use proptest::prelude::*;

use super::{LineBuffer, LineTooLong};

type Chunks<'a> = &'a [&'a [u8]];

/// `Ok` lines as text, refused ones as `!`.
fn lines_of(limit: usize, chunks: Chunks<'_>) -> Vec<String> {
    let mut buffer = LineBuffer::new(limit);
    let mut lines = Vec::new();
    for chunk in chunks {
        buffer.push(chunk);
        while let Some(line) = buffer.next_line() {
            lines.push(show(line));
        }
    }
    while let Some(line) = buffer.finish() {
        lines.push(format!("{}$", show(line)));
    }
    lines
}

fn show(line: Result<bytes::Bytes, LineTooLong>) -> String {
    match line {
        Ok(line) => String::from_utf8_lossy(&line).into_owned(),
        Err(LineTooLong { limit: _ }) => "!".to_owned(),
    }
}

#[test]
fn frames_lines() {
    let cases: &[(&str, usize, Chunks<'_>, &[&str])] = &[
        ("one line", 9, &[b"abc\n"], &["abc"]),
        ("two in a chunk", 9, &[b"abc\nde\n"], &["abc", "de"]),
        ("split in the middle", 9, &[b"ab", b"c", b"\nde\n"], &["abc", "de"]),
        ("carriage return", 9, &[b"abc\r\nde\r", b"\n"], &["abc", "de"]),
        ("only one carriage return is stripped", 9, &[b"abc\r\r\n"], &["abc\r"]),
        ("empty lines", 9, &[b"\n\r\n\nabc\n\n"], &["abc"]),
        ("spaces are not empty", 9, &[b"  \n"], &["  "]),
        ("nothing", 9, &[b""], &[]),
        ("unfinished at the end", 9, &[b"abc\nde"], &["abc", "de$"]),
        ("unfinished carriage return", 9, &[b"\r"], &[]),
        ("at the limit", 3, &[b"abc\n"], &["abc"]),
        ("at the limit with carriage return", 3, &[b"abc\r", b"\n"], &["abc"]),
        ("one above", 3, &[b"abcd\nef\n"], &["!", "ef"]),
        ("one above, carriage return inside", 3, &[b"abc\rd\nef\n"], &["!", "ef"]),
        ("above before its newline", 3, &[b"abcd", b"efgh", b"i\nj\n"], &["!", "j"]),
        ("above and never closed", 3, &[b"abcd", b"efgh"], &["!"]),
        ("two above in a row", 3, &[b"abcd\nefgh\ni\n"], &["!", "!", "i"]),
        ("no room at all", 0, &[b"\na\n\n"], &["!"]),
    ];
    for (name, limit, chunks, expected) in cases {
        assert_eq!(lines_of(*limit, chunks), *expected, "{name}");
    }
}

#[test]
fn an_overlong_line_is_reported_before_it_ends_and_holds_no_memory() {
    let mut buffer = LineBuffer::new(4);
    buffer.push(b"abcde");
    assert_eq!(buffer.next_line(), Some(Err(LineTooLong { limit: 4 })));
    for _ in 0..100 {
        buffer.push(b"fghij");
        assert_eq!(buffer.next_line(), None);
        assert_eq!(buffer.unread.len(), 0);
    }
}

#[test]
fn a_line_is_not_copied() {
    let mut buffer = LineBuffer::new(64);
    buffer.push(b"first\nsecond\n");
    let start = buffer.unread.as_ptr();
    let first = buffer.next_line().unwrap().unwrap();
    let second = buffer.next_line().unwrap().unwrap();
    assert_eq!(first.as_ptr(), start);
    assert_eq!(second.as_ptr(), start.wrapping_add(6));
}

proptest! {
    /// However the stream is cut, the lines are those of an obvious splitter.
    #[test]
    fn chunking_does_not_matter(
        text in prop::collection::vec(prop::sample::select(b"ab\r\n".to_vec()), 0..60),
        cuts in prop::collection::vec(0usize..60, 0..8),
        limit in 0usize..6,
    ) {
        let chunks = cut(&text, cuts);
        prop_assert_eq!(lines_of(limit, &chunks), expected_lines(limit, &text));
    }
}

fn expected_lines(limit: usize, text: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pieces = text.split(|byte| *byte == b'\n').peekable();
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        let line = piece.strip_suffix(b"\r").unwrap_or(piece);
        if line.len() > limit {
            lines.push("!".to_owned());
        } else if !line.is_empty() {
            lines.push(format!("{}{}", String::from_utf8_lossy(line), if last { "$" } else { "" }));
        }
    }
    lines
}

fn cut(text: &[u8], mut cuts: Vec<usize>) -> Vec<&[u8]> {
    cuts.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for end in cuts.into_iter().map(|end| end.min(text.len())).chain([text.len()]) {
        chunks.push(&text[start..end]);
        start = end;
    }
    chunks
}
