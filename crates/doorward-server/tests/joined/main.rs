//! The endpoints that join several servers, from outside: over HTTP and pipes, in both eras, with real servers behind.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod basics;
mod changes;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/client.rs"]
mod client;
mod duties;
mod fixtures;
mod hostile;
mod limits;
mod lists;
mod messages;
mod peer;
#[path = "../faces/pipe.rs"]
mod pipe;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/rig.rs"]
mod rig;
mod rules;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/scripted.rs"]
mod scripted;
mod stopped;
