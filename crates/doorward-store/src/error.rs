//! What can go wrong, for the operator ([`StoreError`]) and for a call ([`AppendError`]).

use std::path::PathBuf;
use std::sync::Arc;

use doorward_core::refusal::Code;

/// Why a store could not be opened, read or closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Not an address of a store.
    #[error("cannot read the store address '{text}': write sqlite:///path/to/file or sqlite::memory:")]
    Url {
        /// The address as given.
        text: String,
    },
    /// The directory or file could not be made.
    #[error("cannot create {path} for the record store")]
    Create {
        /// What was to be made.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Nothing there to read.
    #[error("there is no record store at {path}; check [store] url, or start the gateway once to create it")]
    Missing {
        /// Where one was expected.
        path: PathBuf,
    },
    /// A database of somebody else's.
    #[error("{path} is a database, but not a record store of Doorward; choose another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later Doorward.
    #[error(
        "the record store {path} has schema version {found}, this Doorward knows {known}; use the newer Doorward, or another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database refused something.
    #[error("cannot {doing} the record store")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// Closed while the store could not be written.
    #[error("{records} accepted records could not be written before the store closed: {reason}")]
    Unwritten {
        /// How many.
        records: usize,
        /// Why not.
        reason: Arc<str>,
    },
    /// Closed while the disk did not confirm what was written.
    #[error("the disk did not confirm the last records before the store closed: {reason}")]
    Unconfirmed {
        /// Why not.
        reason: Arc<str>,
    },
    /// There is no room for another API key.
    #[error("the store has {most} API keys, which is as many as it takes; remove some from the table api_key")]
    TooManyKeys {
        /// The limit.
        most: u32,
    },
    /// There is no room for another stop.
    #[error("as many stops are in force as the store takes, {most}; stop everything, or resume some first")]
    TooManyStops {
        /// The limit.
        most: u32,
    },
    /// The key that signs the log could not be read or made.
    #[error("cannot use {path}, the key that signs the log of the records")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers, which salts and keys are made of")]
    Random,
    /// The writing task ended before it was told to.
    #[error("the record store's writer ended early")]
    WriterEnded,
}

/// Why a record was not taken. The call it belongs to is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The store cannot be written at present.
    #[error("the record store cannot be written: {reason}")]
    Unavailable {
        /// Why, for the operator.
        reason: Arc<str>,
    },
    /// As many records wait as the queue may hold.
    #[error("the queue of records is full")]
    Full,
}

impl AppendError {
    /// The code of the refusal that follows.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Unavailable { .. } => Code::StoreUnavailable,
            Self::Full => Code::StoreFull,
        }
    }
}
