//! Test peers for Doorward: an MCP fixture server, hostile upstreams, a plain proxy and the
//! pieces they share.
//!
//! Responsible for everything a test needs on the far side of a socket or a pipe. It must never be
//! linked into the gateway: its peers are lenient, slow or malicious on purpose.

pub mod bare;
pub mod bins;
pub mod client;
pub mod fixture;
pub mod hostile;
pub mod load;
pub mod net;
mod shared;

pub use bins::bin;
pub use shared::{require_shared, shared_dir};
