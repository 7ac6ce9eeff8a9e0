//! What goes to a child: one message, one line, and a bounded queue of them.
//!
//! Responsible for that no byte of a message can end its line early, whatever the child takes for a line's end. It must
//! never change what a message says.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::Instant;

use bytes::{Buf as _, Bytes, BytesMut};
use doorward_mcp::splice::Segments;
use memchr::{memchr2, memmem};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::limits::{CHILD_INPUT_BYTES_MAX, CHILD_WRITE_WAIT, PIECES_MAX};

const NEWLINE: Bytes = Bytes::from_static(b"\n");

/// Messages on their way to a child.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// Since when the first piece is the first.
    first_since: Option<Instant>,
}

/// Too much waits already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Outbox {
    /// Queues a message, as one line.
    pub(super) fn push(&mut self, message: Segments, now: Instant) -> Result<(), Full> {
        if self.bytes.saturating_add(message.len()) > CHILD_INPUT_BYTES_MAX {
            return Err(Full);
        }
        for piece in message.into_parts().into_iter().map(one_line).chain([NEWLINE]) {
            self.bytes = self.bytes.saturating_add(piece.len());
            self.pieces.push_back(piece);
        }
        self.first_since.get_or_insert(now);
        Ok(())
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// When the child has been too slow to read; `None` while nothing waits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.first_since.map(|since| since + CHILD_WRITE_WAIT)
    }

    /// Writes some of what waits. Safe to drop: what was written is known.
    pub(super) async fn write_some(&mut self, into: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let slices: Vec<IoSlice<'_>> = self.pieces.iter().take(PIECES_MAX).map(|piece| IoSlice::new(piece)).collect();
        let written = into.write_vectored(&slices).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.wrote(written);
        Ok(())
    }

    fn wrote(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        while let Some(first) = self.pieces.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.pieces.pop_front();
            self.first_since = if self.pieces.is_empty() { None } else { Some(Instant::now()) };
        }
    }
}

/// A piece of JSON without anything a line reader could take for the end of a line.
///
/// Line feeds and carriage returns can only stand between JSON tokens, where a space says the same. The separators
/// U+0085, U+2028 and U+2029 can only stand in strings, where an escape says the same; Node's `readline` ends lines at
/// the latter two, and would read what follows as a message nobody decided about.
pub(crate) fn one_line(piece: Bytes) -> Bytes {
    let separators: [(&[u8], &[u8]); 3] =
        [("\u{85}".as_bytes(), b"\\u0085"), ("\u{2028}".as_bytes(), b"\\u2028"), ("\u{2029}".as_bytes(), b"\\u2029")];
    let mut piece = piece;
    if memchr2(b'\n', b'\r', &piece).is_some() {
        let spaced = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
        piece = piece.iter().map(spaced).collect::<Vec<u8>>().into();
    }
    for (separator, escape) in separators {
        if memmem::find(&piece, separator).is_some() {
            piece = replaced(&piece, separator, escape);
        }
    }
    piece
}

fn replaced(piece: &[u8], wanted: &[u8], by: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(piece.len() + 64);
    let mut from = 0;
    for at in memmem::find_iter(piece, wanted) {
        out.extend_from_slice(piece.get(from..at).unwrap_or_default());
        out.extend_from_slice(by);
        from = at + wanted.len();
    }
    out.extend_from_slice(piece.get(from..).unwrap_or_default());
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(message: &str) -> String {
        let mut outbox = Outbox::default();
        outbox.push(Segments::from(Bytes::copy_from_slice(message.as_bytes())), Instant::now()).unwrap();
        outbox.pieces.iter().map(|piece| String::from_utf8(piece.to_vec()).unwrap()).collect()
    }

    #[test]
    fn no_message_can_end_its_line() {
        let cases = [
            ("{}", "{}\n"),
            ("{\"a\":\r\n1}", "{\"a\":  1}\n"),
            ("{\"a\":\"x\u{2028}y\u{2028}\"}", "{\"a\":\"x\\u2028y\\u2028\"}\n"),
            ("{\"a\":\"\u{2029}\u{85}\"}", "{\"a\":\"\\u2029\\u0085\"}\n"),
            ("{\"a\":\"\u{2027}\u{202a}\u{84}é\"}", "{\"a\":\"\u{2027}\u{202a}\u{84}é\"}\n"),
        ];
        for (message, expected) in cases {
            assert_eq!(lines(message), expected);
        }
    }

    #[tokio::test]
    async fn partial_writes_go_on_where_they_stopped() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        for text in ["{\"first\":1}", "{\"second\":2}"] {
            outbox.push(Segments::from(Bytes::from(text)), now).unwrap();
        }
        let (mut near, mut far) = tokio::io::duplex(5);
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut far, &mut all).await.unwrap();
            all
        });
        while !outbox.is_empty() {
            outbox.write_some(&mut near).await.unwrap();
        }
        assert_eq!((outbox.bytes, outbox.deadline()), (0, None));
        drop(near);
        assert_eq!(reader.await.unwrap(), b"{\"first\":1}\n{\"second\":2}\n");
    }

    #[test]
    fn the_queue_is_bounded_in_bytes() {
        let mut outbox = Outbox::default();
        let now = Instant::now();
        let fits = Bytes::from(vec![b' '; CHILD_INPUT_BYTES_MAX - 1]);
        assert_eq!(outbox.push(Segments::from(fits), now), Ok(()));
        assert_eq!(outbox.push(Segments::from(Bytes::from_static(b"{}")), now), Err(Full));
        outbox.wrote(CHILD_INPUT_BYTES_MAX);
        assert_eq!(outbox.push(Segments::from(Bytes::from_static(b"{}")), now), Ok(()));
    }
}
