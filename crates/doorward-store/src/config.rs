//! What a store is told: where it is, how durable, how large.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::StoreError;
use crate::limits::{FLUSH_DEFAULT, QUEUE_DEFAULT, SYNC_INTERVAL};

/// Everything [`crate::Store::open`] needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Where the records are kept.
    pub url: StoreUrl,
    /// When an accepted record counts as kept.
    pub durability: Durability,
    /// Most records accepted and not yet committed; one more is refused as full.
    pub queue: usize,
    /// Most pages of 4 KiB the file may have; `None` leaves the disk as the limit.
    pub max_pages: Option<u32>,
}

impl StoreConfig {
    /// The defaults for a store at `url`: relaxed, [`QUEUE_DEFAULT`] records, no size limit of its own.
    #[must_use]
    pub fn new(url: StoreUrl) -> Self {
        Self { url, durability: Durability::default(), queue: QUEUE_DEFAULT, max_pages: None }
    }

    /// The same with another durability.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }
}

/// When an accepted record counts as kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once the disk has confirmed it (`synchronous=FULL`): an acknowledged record survives a killed process and a power cut.
    Strict,
    /// Once it is queued.
    ///
    /// A killed process loses the records accepted since its last flush began, and those of a flush still under way:
    /// normally what `flush` and one write take, and never more than the queue holds. A power cut or a crashed kernel
    /// loses what the disk had not confirmed: the disk is asked every [`SYNC_INTERVAL`], so these are the records of
    /// that long and one flush, and of a confirmation still under way. Either way the file stays consistent, and what is
    /// lost is the end of the log, never its middle. A process that calls [`crate::Store::close`] loses nothing.
    Relaxed {
        /// The longest a record waits before its flush begins.
        flush: Duration,
    },
}

impl Durability {
    /// How long before a crash of the process a record may have been accepted and be lost, apart from a write under way;
    /// `None` when nothing acknowledged can be lost.
    #[must_use]
    pub const fn loss_window(self) -> Option<Duration> {
        match self {
            Self::Strict => None,
            Self::Relaxed { flush } => Some(flush),
        }
    }

    /// The same for a power cut or a crash of the kernel.
    #[must_use]
    pub const fn power_loss_window(self) -> Option<Duration> {
        match self {
            Self::Strict => None,
            Self::Relaxed { flush } => Some(flush.saturating_add(SYNC_INTERVAL)),
        }
    }

    /// The promise in one sentence, for the line a gateway prints when it starts.
    #[must_use]
    pub fn promise(self) -> String {
        match (self.loss_window(), self.power_loss_window()) {
            (Some(crash), Some(power)) => format!(
                "relaxed: a crash loses at most the records of the last {} ms, a power cut those of the last {} ms, \
                 each with a write under way",
                crash.as_millis(),
                power.as_millis()
            ),
            (_, _) => "strict: a call goes on only after the disk has confirmed its record".to_owned(),
        }
    }
}

impl Default for Durability {
    fn default() -> Self {
        Self::Relaxed { flush: FLUSH_DEFAULT }
    }
}

/// Where the records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file.
    File(PathBuf),
    /// The memory of this process, for tests and trials; the records end with the store.
    Memory,
    /// Nowhere: records are taken and thrown away. No text means it, so that no configuration of a gateway can; it is for
    /// a bridge to a gateway that keeps the records.
    Nowhere,
}

impl StoreUrl {
    /// Reads `sqlite:///absolute/path`, `sqlite://relative/path` or `sqlite::memory:`.
    ///
    /// # Errors
    /// [`StoreError::Url`] for any other scheme, an empty path or parameters after a `?`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text == "sqlite::memory:" {
            return Ok(Self::Memory);
        }
        match text.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() && !path.contains(['?', '#']) => Ok(Self::File(PathBuf::from(path))),
            Some(_) | None => Err(StoreError::Url { text: text.to_owned() }),
        }
    }

    /// The file, where there is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Memory | Self::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_or_refused() {
        let cases = [
            ("sqlite:///a/b.db", Some(StoreUrl::File("/a/b.db".into()))),
            ("sqlite://b.db", Some(StoreUrl::File("b.db".into()))),
            ("sqlite::memory:", Some(StoreUrl::Memory)),
            ("sqlite://", None),
            ("sqlite:///a?mode=ro", None),
            ("sqlite:///a#b", None),
            ("postgres://a/b", None),
            ("/a/b.db", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(StoreUrl::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn each_durability_says_what_it_may_lose() {
        assert_eq!(Durability::Strict.loss_window(), None);
        assert_eq!(Durability::default().loss_window(), Some(Duration::from_millis(50)));
        assert_eq!(Durability::default().power_loss_window(), Some(Duration::from_millis(1050)));
        let promise = Durability::default().promise();
        assert!(promise.contains("last 50 ms") && promise.contains("last 1050 ms"), "{promise}");
        assert!(Durability::Strict.promise().contains("strict"));
    }
}
