//! Whole gateways on real sockets and pipes: every refusal at the edge, what may pass, hostile servers, streams.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod approvals;
mod boundaries;
mod bypasses;
mod callers;
mod client;
mod flows;
mod gate;
mod guards;
mod headers;
mod hidden;
mod hostile;
mod identity;
mod keys;
mod lasting;
mod learned;
mod messages;
mod missions;
mod neighbours;
mod observability;
mod pipe;
mod projected;
mod questions;
mod records;
mod restless;
mod rig;
mod scripted;
mod sessions;
mod shapes;
mod sinks;
mod sse;
mod stopped;
mod stopping;
mod streams;
mod tasks;
mod tls;
mod trace;
