//! Comments of HTML, which are there in full and not displayed.

use super::{Decoded, Layer};
use crate::text::SpanMap;

/// Finds comments; one that never ends goes on to the end.
pub(super) fn find(text: &str, found: &mut Vec<Decoded>) {
    const OPEN: &str = "<!--";
    let mut at = 0;
    for start in memchr::memmem::find_iter(text.as_bytes(), OPEN) {
        if start < at {
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
    fn comments_are_read_to_their_end() {
        check("<p>x</p><!-- one --><!----><!-- two", Layer::Comment, &[" one ", " two"]);
        check("a <!- b -> c", Layer::Comment, &[]);
    }
}
