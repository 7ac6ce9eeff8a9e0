//! Whole gateways between clients of one era and servers of the other.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[expect(dead_code, reason = "shared with the tests of the faces, which need more of it")]
#[path = "../faces/client.rs"]
mod client;
#[expect(dead_code, reason = "shared with the tests of the faces, which need more of it")]
#[path = "../faces/rig.rs"]
mod rig;
#[expect(dead_code, reason = "shared with the tests of the faces, which need more of it")]
#[path = "../faces/scripted.rs"]
mod scripted;

#[expect(dead_code, reason = "shared with the tests of the faces, which need more of it")]
#[path = "../faces/pipe.rs"]
mod pipe;

mod lone;
mod peers;
mod to_legacy;
mod to_modern;
