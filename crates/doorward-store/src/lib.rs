//! The record store: SQLite, group commit, two durabilities.
//!
//! Responsible for keeping every accepted audit record and for reading them back, and for the API keys,
//! pins, approvals and stops beside them. It is the only crate that knows SQL.
//! It never drops an accepted record silently, never lets the file, the queue or a wait grow without bound, and never
//! accepts a record while it does not know that it can write.
//!
//! ```no_run
//! # async fn example(record: doorward_core::record::Record) -> Result<(), Box<dyn std::error::Error>> {
//! use doorward_store::{Store, StoreConfig, StoreUrl};
//!
//! let store = Store::open(StoreConfig::new(StoreUrl::parse("sqlite:///var/lib/doorward/records.db")?)).await?;
//! store.append(record)?.committed().await?;
//! store.close().await?;
//! # Ok(())
//! # }
//! ```

mod approvals;
mod civil;
mod config;
mod contexts;
mod details;
mod error;
mod filter;
mod findings;
mod flow;
mod insert;
mod keys;
mod lessons;
pub mod limits;
mod log;
mod pins;
mod place;
mod pool;
mod queue;
mod reader;
mod schema;
mod sinks;
mod stops;
mod store;
mod view;
mod writer;

pub use approvals::{
    AboutApproval, Answered, ApprovalAnswer, ApprovalBounds, ApprovalQuestion, ApprovalRow, ApprovalState,
    ApprovalSubject, Approvals, Asked, AskedOf, Consulted, Datum, EndorsedThing, NotAsked, Who,
};
pub use civil::rfc3339;
pub use config::{Durability, StoreConfig, StoreUrl};
pub use contexts::{Beginning, ContextView};
pub use details::{Client, Details};
pub use error::{AppendError, StoreError};
pub use filter::{Filter, Page};
pub use findings::FindingView;
pub use flow::{FlowView, MissingView};
pub use keys::{ApiKey, Grants, Holder, Keys, Revoked};
pub use lessons::{Forget, LearnedRow, Lesson, Lessons, Taught};
pub use log::key::log_key_beside;
pub use log::reading::{LogEntry, LogHead, SignedHead};
pub use pins::{Approved, Decided, News, PinKey, PinRow, PinnedText, Pins, Rejected, Sight, Trust};
pub use queue::{Appended, Commit, Health};
pub use reader::Reader;
pub use sinks::{Declared, Moved, SinkLease, SinkRow, SinkStart, SinkTrouble, Sinks};
pub use stops::{NewStop, StopChange, StopRow, StopTarget, Stops};
pub use store::Store;
pub use view::RecordView;
