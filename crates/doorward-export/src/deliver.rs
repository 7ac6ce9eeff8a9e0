//! One sink, whichever it is, and messages that stay within their bounds.

use bytes::Bytes;
use doorward_store::RecordView;

use crate::config::{SinkConfig, Target};
use crate::failure::Failure;
use crate::file::FileSink;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::otlp::OtlpSink;
use crate::syslog::SyslogSink;
use crate::webhook::WebhookSink;

/// A sink that can be delivered to.
#[derive(Debug)]
pub(crate) enum Outlet {
    Webhook(Box<WebhookSink>),
    File(FileSink),
    Syslog(Box<SyslogSink>),
    Otlp(Box<OtlpSink>),
}

impl Outlet {
    /// # Errors
    /// In words, why it cannot be used.
    pub(crate) fn open(config: &SinkConfig) -> Result<Self, String> {
        match &config.target {
            Target::Webhook(webhook) => WebhookSink::new(webhook).map(Box::new).map(Self::Webhook),
            Target::Ocsf(file) => Ok(Self::File(FileSink::new(file))),
            Target::Syslog(syslog) => SyslogSink::new(syslog).map(Box::new).map(Self::Syslog),
            Target::Otlp(otlp) => OtlpSink::new(otlp).map(Box::new).map(Self::Otlp),
        }
    }

    /// Delivers the first of `records`, at least one; how many were confirmed.
    pub(crate) async fn deliver(&mut self, records: &[RecordView]) -> Result<usize, Failure> {
        match self {
            Self::Webhook(sink) => sink.deliver(records).await,
            Self::File(sink) => sink.deliver(records).await,
            Self::Syslog(sink) => sink.deliver(records).await,
            Self::Otlp(sink) => sink.deliver(records).await,
        }
    }
}

/// A message made of parts, up to [`MESSAGE_BYTES_MAX`]. One part that is larger makes a message alone.
#[derive(Debug)]
pub(crate) struct Packed {
    text: String,
    separator: &'static str,
    end: &'static str,
    parts: usize,
}

impl Packed {
    /// Parts with commas between them.
    pub(crate) fn array(begin: &str, end: &'static str) -> Self {
        Self { text: begin.to_owned(), separator: ",", end, parts: 0 }
    }

    /// Parts that each end a line.
    pub(crate) fn lines() -> Self {
        Self { text: String::new(), separator: "\n", end: "\n", parts: 0 }
    }

    /// Parts one after the other.
    pub(crate) fn frames() -> Self {
        Self { text: String::new(), separator: "", end: "", parts: 0 }
    }

    /// Adds a part, if there is room; whether there was.
    pub(crate) fn add(&mut self, part: &str) -> bool {
        let length = self.text.len() + self.separator.len() + part.len() + self.end.len();
        if self.parts > 0 && length > MESSAGE_BYTES_MAX {
            return false;
        }
        if self.parts > 0 {
            self.text.push_str(self.separator);
        }
        self.text.push_str(part);
        self.parts += 1;
        true
    }

    /// How many parts there are, and the message.
    pub(crate) fn finish(mut self) -> (usize, Bytes) {
        self.text.push_str(self.end);
        (self.parts, Bytes::from(self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_bounded_and_take_one_part_of_any_size() {
        let part = "x".repeat(MESSAGE_BYTES_MAX / 4);
        let mut packed = Packed::array("[", "]");
        assert_eq!((0..9).filter(|_| packed.add(&part)).count(), 3);
        let (parts, message) = packed.finish();
        assert_eq!(parts, 3);
        assert!(message.len() <= MESSAGE_BYTES_MAX);
        let mut packed = Packed::array("[", "]");
        assert!(packed.add(&"x".repeat(MESSAGE_BYTES_MAX - 2)) && !packed.add("y"));
        let mut packed = Packed::array("[", "]");
        assert!(packed.add(&"x".repeat(MESSAGE_BYTES_MAX * 2)) && !packed.add("y"));
    }
}
