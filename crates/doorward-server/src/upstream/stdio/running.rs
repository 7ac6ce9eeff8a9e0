//! A running child as its task sees it: pipes, unfinished lines, and the signs that it has ended.
//!
//! It must never read a meaning into a line.

use std::future::pending;
use std::io;
use std::process::ExitStatus;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use doorward_mcp::limits::Limits;
use doorward_mcp::lines::{LineBuffer, LineTooLong};
use doorward_mcp::splice::Segments;
use tokio::io::AsyncReadExt as _;
use tokio::process::{ChildStdin, ChildStdout};

use super::super::flood::Flood;
use super::ChildSpec;
use super::framing::{Full, Outbox};
use super::process::{Pipes, Process};
use crate::limits::{BUFFER_KEPT_BYTES, CHILD_EXIT_WAIT, CHILD_READ_BYTES, COPIED_BYTES, NOISE_SHOWN_BYTES};

/// One running child.
#[derive(Debug)]
pub(super) struct Running {
    process: Process,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    outbox: Outbox,
    lines: LineBuffer,
    line_bytes_max: usize,
    exit: Option<ExitStatus>,
    verdict_at: Option<Instant>,
    pub(super) started: Instant,
    pub(super) flood: Flood,
}

/// What a child did.
#[derive(Debug)]
pub(super) enum Sign {
    /// It wrote something, perhaps whole lines.
    Read,
    /// Something else that needs no answer but a look at [`Running::deadline`].
    Progress,
}

/// One line from a child.
#[derive(Debug)]
pub(super) enum Line {
    /// Within the limit.
    Whole(Bytes),
    /// Over it; this is how it began.
    TooLong(Bytes),
}

impl Running {
    pub(super) fn start(spec: &ChildSpec) -> Result<Self, String> {
        let (process, Pipes { stdin, stdout }) = Process::start(spec)?;
        let line_bytes_max = Limits::for_results().message_bytes;
        let now = Instant::now();
        Ok(Self {
            process,
            stdin: Some(stdin),
            stdout: Some(stdout),
            outbox: Outbox::default(),
            lines: LineBuffer::new(line_bytes_max),
            line_bytes_max,
            exit: None,
            verdict_at: None,
            started: now,
            flood: Flood::new(now),
        })
    }

    /// Queues a message for the child.
    pub(super) fn send(&mut self, message: Segments) -> Result<(), Full> {
        if self.stdin.is_none() {
            return Err(Full);
        }
        self.outbox.push(message, Instant::now())
    }

    /// Waits for the child to do something. Safe to drop and ask again.
    pub(super) async fn sign(&mut self) -> Sign {
        let Self { process, stdin, stdout, outbox, lines, exit, .. } = self;
        tokio::select! {
            read = read_some(stdout, lines) => self.after_read(read),
            wrote = write_some(stdin, outbox) => self.after_write(&wrote),
            status = process.ended(), if exit.is_none() => self.after_exit(status),
        }
    }

    /// The next line, once [`Sign::Read`] was seen.
    pub(super) fn next_line(&mut self) -> Option<Line> {
        let head = self.head_if_too_long();
        let line = self.lines.next_line();
        if line.is_none() {
            self.give_up_large_buffer();
        }
        Some(match line? {
            Ok(line) if line.len() <= COPIED_BYTES => Line::Whole(Bytes::copy_from_slice(&line)),
            Ok(line) => Line::Whole(line),
            Err(LineTooLong { .. }) => Line::TooLong(head),
        })
    }

    /// What an ended child's output ends with, if no newline closed it.
    pub(super) fn last_line(&mut self) -> Option<Bytes> {
        match self.lines.finish() {
            Some(Ok(line)) => Some(line),
            Some(Err(LineTooLong { .. })) | None => None,
        }
    }

    /// When something must be done about the child if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.verdict_at.into_iter().chain(self.outbox.deadline()).min()
    }

    /// Whether the child has taken too long to read.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        self.outbox.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// Whether signs of the child's end have been seen, even if not all.
    pub(super) const fn is_ending(&self) -> bool {
        self.verdict_at.is_some()
    }

    /// Whether nothing more is to be expected of the child.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        let complete = self.exit.is_some() && self.stdout.is_none();
        self.verdict_at.is_some_and(|at| complete || at <= now)
    }

    /// How it ended, as a sentence.
    pub(super) fn obituary(&self) -> String {
        match self.exit {
            Some(status) => format!("It ended with {status}."),
            None => "It closed its output or input.".to_owned(),
        }
    }

    /// Ends the process group. The future outlives this value.
    pub(super) fn end(self) -> impl Future<Output = ()> + Send + 'static {
        self.process.end((self.stdin, self.stdout))
    }

    /// Ends the child at once, whatever it is doing.
    pub(super) fn kill(self) -> impl Future<Output = ()> + Send + 'static {
        self.process.kill(self.stdout)
    }

    fn after_read(&mut self, read: io::Result<usize>) -> Sign {
        match read {
            Ok(0) | Err(_) => {
                self.stdout = None;
                self.expect_end();
                Sign::Read
            }
            Ok(bytes) => {
                self.flood.read(bytes);
                Sign::Read
            }
        }
    }

    fn after_write(&mut self, wrote: &io::Result<()>) -> Sign {
        if wrote.is_err() {
            self.stdin = None;
            self.outbox = Outbox::default();
            self.expect_end();
        }
        Sign::Progress
    }

    fn after_exit(&mut self, status: Option<ExitStatus>) -> Sign {
        self.exit = Some(status.unwrap_or_default());
        self.expect_end();
        Sign::Progress
    }

    /// The other signs of an end follow soon, or never: a grandchild may hold the pipes.
    fn expect_end(&mut self) {
        self.verdict_at.get_or_insert(Instant::now() + CHILD_EXIT_WAIT);
    }

    fn head_if_too_long(&mut self) -> Bytes {
        let limit = self.line_bytes_max;
        let unread = self.lines.read_buffer();
        if unread.len() <= limit {
            return Bytes::new();
        }
        Bytes::copy_from_slice(unread.get(..NOISE_SHOWN_BYTES).unwrap_or_default())
    }

    /// Lines have no use for an empty buffer, so another can take its place.
    fn give_up_large_buffer(&mut self) {
        let unread = self.lines.read_buffer();
        if unread.is_empty() && unread.capacity() > BUFFER_KEPT_BYTES {
            *unread = BytesMut::new();
        }
    }
}

async fn read_some(stdout: &mut Option<ChildStdout>, lines: &mut LineBuffer) -> io::Result<usize> {
    let Some(stdout) = stdout else {
        return pending().await;
    };
    let unread = lines.read_buffer();
    unread.reserve(CHILD_READ_BYTES);
    stdout.read_buf(unread).await
}

async fn write_some(stdin: &mut Option<ChildStdin>, outbox: &mut Outbox) -> io::Result<()> {
    match stdin {
        Some(stdin) if !outbox.is_empty() => outbox.write_some(stdin).await,
        Some(_) | None => pending().await,
    }
}
