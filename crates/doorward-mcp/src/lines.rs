//! Newline framing for the stdio transport: bytes in, one message's bytes out.
//!
//! Lines are handed out without copying. A line longer than the limit is reported once and thrown away up to its
//! newline, so that one flooding peer costs bounded memory and the stream stays usable. This module must never look
//! inside a line, and never hold more than the limit of an unfinished line plus the bytes pushed since lines were last
//! taken.

use bytes::{Bytes, BytesMut};
use memchr::memchr;

/// Bytes of a newline-delimited stream that are not yet taken as lines.
///
/// Push what was read, then take lines until [`LineBuffer::next_line`] returns `None`, then read again.
#[derive(Debug)]
pub struct LineBuffer {
    max_bytes: usize,
    unread: BytesMut,
    /// How many bytes at the front of `unread` are known to hold no newline.
    searched: usize,
    position: Position,
}

/// A line was longer than the limit; it has been, or is being, discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than the limit of {limit} bytes and was discarded")]
pub struct LineTooLong {
    /// The most bytes a line may have, line ending excluded.
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    InLine,
    InDiscardedLine,
}

impl LineBuffer {
    /// An empty buffer for lines of at most `max_bytes`, line ending excluded.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, unread: BytesMut::new(), searched: 0, position: Position::InLine }
    }

    /// Appends bytes that were read from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The buffer itself, so that a reader can append to it without a copy.
    ///
    /// Only append to it: bytes removed here are lost to the lines.
    pub fn read_buffer(&mut self) -> &mut BytesMut {
        &mut self.unread
    }

    /// The next complete line that is not empty, without its `\n` or `\r\n`; `None` when more bytes are needed.
    ///
    /// # Errors
    ///
    /// [`LineTooLong`], once per line beyond the limit and as soon as that is known. The rest of that line is
    /// discarded, and the line after it comes next.
    pub fn next_line(&mut self) -> Option<Result<Bytes, LineTooLong>> {
        loop {
            let Some(end) = self.find_newline() else {
                return self.refuse_overlong_start().map(Err);
            };
            let mut line = self.unread.split_to(end);
            // The newline itself was found at the front of what is left.
            drop(self.unread.split_to(1));
            if self.position == Position::InDiscardedLine {
                self.position = Position::InLine;
                continue;
            }
            strip_carriage_return(&mut line);
            if line.len() > self.max_bytes {
                return Some(Err(self.too_long()));
            }
            if !line.is_empty() {
                return Some(Ok(line.freeze()));
            }
        }
    }

    /// What is left after the stream has ended: a last line that no newline closed, if any.
    ///
    /// # Errors
    ///
    /// [`LineTooLong`] when that rest is beyond the limit and was not reported before.
    pub fn finish(&mut self) -> Option<Result<Bytes, LineTooLong>> {
        if let Some(line) = self.next_line() {
            return Some(line);
        }
        let mut rest = self.unread.split();
        self.searched = 0;
        strip_carriage_return(&mut rest);
        (!rest.is_empty()).then(|| Ok(rest.freeze()))
    }

    /// Where the first newline is; remembers how far it looked, so that no byte is searched twice.
    fn find_newline(&mut self) -> Option<usize> {
        let known = self.searched.min(self.unread.len());
        let found = self.unread.get(known..).and_then(|fresh| memchr(b'\n', fresh));
        match found {
            Some(offset) => {
                self.searched = 0;
                Some(known + offset)
            }
            None => {
                self.searched = self.unread.len();
                None
            }
        }
    }

    /// Drops an unfinished line that is already beyond the limit, and reports it the first time.
    fn refuse_overlong_start(&mut self) -> Option<LineTooLong> {
        if self.position == Position::InDiscardedLine {
            self.discard_unread();
            return None;
        }
        // A carriage return at the end may belong to the line ending.
        let ending = usize::from(self.unread.last() == Some(&b'\r'));
        if self.unread.len() - ending <= self.max_bytes {
            return None;
        }
        self.discard_unread();
        self.position = Position::InDiscardedLine;
        Some(self.too_long())
    }

    fn discard_unread(&mut self) {
        self.unread.clear();
        self.searched = 0;
    }

    fn too_long(&self) -> LineTooLong {
        LineTooLong { limit: self.max_bytes }
    }
}

fn strip_carriage_return(line: &mut BytesMut) {
    if line.last() == Some(&b'\r') {
        line.truncate(line.len() - 1);
    }
}

#[cfg(test)]
mod tests;
