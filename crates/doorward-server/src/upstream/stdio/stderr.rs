//! A child's standard error, line by line into the gateway's log.
//!
//! Responsible for bounds and for that no control character reaches a terminal. It must never read a meaning into a
//! line.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use doorward_core::ids::ServerId;
use doorward_mcp::lines::{LineBuffer, LineTooLong};
use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStderr;

use crate::limits::{CHILD_READ_BYTES, STDERR_LINE_BYTES_MAX, STDERR_LINES_PER_SECOND_MAX};

/// Logs until the pipe is closed.
pub(super) async fn log(server: ServerId, mut output: ChildStderr) {
    let mut lines = LineBuffer::new(STDERR_LINE_BYTES_MAX);
    let mut rate = Rate::new(Instant::now());
    loop {
        lines.read_buffer().reserve(CHILD_READ_BYTES);
        match output.read_buf(lines.read_buffer()).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        while let Some(line) = lines.next_line() {
            log_line(&server, line, &mut rate);
        }
    }
    if let Some(line) = lines.finish() {
        log_line(&server, line, &mut rate);
    }
}

fn log_line(server: &ServerId, line: Result<bytes::Bytes, LineTooLong>, rate: &mut Rate) {
    let Verdict::Log { suppressed } = rate.judge(Instant::now()) else {
        return;
    };
    if suppressed > 0 {
        tracing::info!(target: "server.stderr", server = %server, suppressed, "lines were left out");
    }
    match line {
        Ok(line) => tracing::info!(target: "server.stderr", server = %server, "{}", shown(&line)),
        Err(LineTooLong { limit }) => {
            tracing::info!(target: "server.stderr", server = %server, limit, "a line over the limit was left out");
        }
    }
}

/// Text for a log: characters that are not printable are escaped, bytes that are not text replaced.
pub(super) fn shown(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    for character in String::from_utf8_lossy(line).chars() {
        match character {
            '"' | '\'' | '\\' => text.push(character),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(text, "{}", character.escape_debug());
            }
        }
    }
    text
}

/// How many lines this second.
#[derive(Debug)]
struct Rate {
    since: Instant,
    lines: u32,
    suppressed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Log { suppressed: u64 },
    Suppress,
}

impl Rate {
    const fn new(now: Instant) -> Self {
        Self { since: now, lines: 0, suppressed: 0 }
    }

    fn judge(&mut self, now: Instant) -> Verdict {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.lines) = (now, 0);
        }
        if self.lines >= STDERR_LINES_PER_SECOND_MAX {
            self.suppressed = self.suppressed.saturating_add(1);
            return Verdict::Suppress;
        }
        self.lines += 1;
        Verdict::Log { suppressed: std::mem::take(&mut self.suppressed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_is_shown_as_it_is() {
        let cases: [(&[u8], &str); 4] = [
            (b"plain \"text\" C:\\x", "plain \"text\" C:\\x"),
            (b"\x1b[2J\x07\r", "\\u{1b}[2J\\u{7}\\r"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
            (b"\xff", "\u{fffd}"),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn a_flood_is_cut_and_counted() {
        let now = Instant::now();
        let mut rate = Rate::new(now);
        for _ in 0..STDERR_LINES_PER_SECOND_MAX {
            assert_eq!(rate.judge(now), Verdict::Log { suppressed: 0 });
        }
        assert_eq!(rate.judge(now), Verdict::Suppress);
        assert_eq!(rate.judge(now + Duration::from_secs(1)), Verdict::Log { suppressed: 1 });
    }
}
