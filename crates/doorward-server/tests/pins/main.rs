//! Servers that turn hostile after they were looked at, from outside: what has changed is caught before a client sees it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

mod approving;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/client.rs"]
mod client;
mod drift;
mod neighbours;
#[expect(dead_code, reason = "shared with the tests of joint endpoints")]
#[path = "../joined/peer.rs"]
mod peer;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/pipe.rs"]
mod pipe;
mod real_client;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/rig.rs"]
mod rig;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/scripted.rs"]
mod scripted;
mod turncoat;
mod words;
