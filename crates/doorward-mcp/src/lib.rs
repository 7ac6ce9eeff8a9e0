//! Bytes from outside to JSON-RPC and MCP messages, and back.
//!
//! Responsible for reading messages once, strictly and within [`limits::Limits`], and for keeping what came byte for
//! byte. It must never decide what a message may do, and it never touches a socket, a clock or a runtime.

mod envelope;
mod escape;
mod extras;
mod known;
mod scan;

pub mod bridge;
pub mod compose;
#[doc(hidden)]
pub mod fuzzing;
pub mod headers;
pub mod id;
pub mod limits;
pub mod lines;
pub mod message;
pub mod raw;
pub mod rejection;
pub mod revision;
pub mod splice;
pub mod sse;
pub mod views;

pub use id::{Id, Integer, ProgressToken};
pub use limits::Limits;
pub use message::{Batches, Frame, Message, Notification, Outcome, Request, Response};
pub use raw::{Kind, Raw, RawJson, Token};
pub use rejection::{Rejection, RejectionKind};
pub use splice::{Segments, Splice, SpliceError};
