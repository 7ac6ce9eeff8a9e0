//! What a text quotes.
//!
//! Responsible for telling words that a text puts forward from words it only speaks about.

use std::ops::Range;

/// The quotation that `range` lies in, within one line and with words of the text's own around it.
pub(super) fn quotation(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let line_start = text.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
    let line_end = text.get(range.end..)?.find('\n').map_or(text.len(), |at| range.end + at);
    let before = text.get(line_start..range.start)?;
    let after = text.get(range.end..line_end)?;
    let marks = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('„', '“'), ('「', '」')];
    marks.into_iter().find_map(|(opening, closing)| {
        let from = opening_mark(before, opening, closing)?;
        let to = closing_mark(after, closing)?;
        Some(line_start + from..range.end + to)
    })
}

/// The last mark in `before` that opens a quotation which is still open at its end.
fn opening_mark(before: &str, opening: char, closing: char) -> Option<usize> {
    let at = before.rfind(opening)?;
    let stands_before_word = before.get(..at)?.chars().next_back().is_none_or(|letter| !letter.is_alphanumeric());
    let inner = before.get(at + opening.len_utf8()..)?;
    (stands_before_word && (opening == closing || !inner.contains(closing))).then_some(at)
}

/// The first mark in `after` that closes a quotation; an apostrophe within a word does not.
fn closing_mark(after: &str, closing: char) -> Option<usize> {
    after.match_indices(closing).map(|(at, mark)| at + mark.len()).find(|end| {
        let next = after.get(*end..).and_then(|rest| rest.chars().next());
        next.is_none_or(|letter| !letter.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &str, expected: Option<&str>) {
        let at = text.find(words).unwrap();
        assert_eq!(quotation(text, &(at..at + words.len())).and_then(|range| text.get(range)), expected, "{text}");
    }

    #[test]
    fn quotations_are_told_from_apostrophes() {
        check("It says 'send it on' there.", "send it", Some("'send it on'"));
        check("It says “send it on” there.", "send it", Some("“send it on”"));
        check("don't send it, we don't want it", "send it", None);
        check("'a' send it 'b'", "send it", None);
        check("send it", "send it", None);
    }
}
