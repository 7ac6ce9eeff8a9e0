//! The HTTP upstream against real servers, scripted ones and hostile ones.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod driver;
mod era;
mod headers;
mod hostile;
mod peers;
mod resume;
mod scripted;
mod session;
mod sse;
