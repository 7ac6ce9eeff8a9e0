//! Nothing goes round the guards of a running gateway: a marked string in every slot of every message that the published
//! schemas define is seen on its way, whoever says it, and means the same wherever it stands.
//!
//! The guard that sees the mark blocks, and the others are off. What arrives with the mark in it has gone round it. In the
//! two scenes where client and server are of one era and speak HTTP every slot is tried, in the others a part of each sample.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/client.rs"]
mod client;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/pipe.rs"]
mod pipe;
#[path = "../../../doorward-guards/tests/slots/plant.rs"]
mod plant;
mod play;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/rig.rs"]
mod rig;
#[path = "../../../doorward-guards/tests/slots/samples.rs"]
mod samples;
#[expect(dead_code, reason = "shared with the tests of the faces")]
#[path = "../faces/scripted.rs"]
mod scripted;
mod server;
mod visitor;

use doorward_core::guard::Action;
use doorward_mcp::revision::Era;

use play::{Carrier, Scene, drive};

const LEGACY: Scene = Scene {
    client: Era::Legacy,
    server: Era::Legacy,
    carrier: Carrier::Http,
    path: "up",
    most: 8,
    action: Some(Action::Block),
};
const MODERN: Scene = Scene { client: Era::Modern, server: Era::Modern, ..LEGACY };
const EVERY_SLOT: usize = usize::MAX;

/// Nothing arrives; at least so many slots were blocked, where the schemas are there.
async fn check(scene: Scene, least: usize) {
    let sums = drive(scene).await;
    assert!(sums.arrived.is_empty(), "{scene:?}: {sums:#?}");
    if samples::schemas().is_some() {
        assert!(sums.blocked >= least, "{scene:?}: {sums:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_older_era_over_http() {
    check(Scene { most: EVERY_SLOT, ..LEGACY }, 2300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_newer_era_over_http() {
    check(Scene { most: EVERY_SLOT, ..MODERN }, 4100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_older_era_on_pipes() {
    check(Scene { carrier: Carrier::Pipes, most: 4, ..LEGACY }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_newer_era_on_pipes() {
    check(Scene { carrier: Carrier::Pipes, most: 4, ..MODERN }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_newer_client_and_an_older_server() {
    check(Scene { client: Era::Modern, ..LEGACY }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_older_client_and_a_newer_server() {
    check(Scene { client: Era::Legacy, ..MODERN }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_older_era_at_a_joint_endpoint() {
    check(Scene { path: "/", ..LEGACY }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_newer_era_at_a_joint_endpoint() {
    check(Scene { path: "/", ..MODERN }, 150).await;
}

/// Or the other tests would hold of a gateway that passes nothing on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_guard_looks_the_mark_arrives() {
    for scene in [LEGACY, MODERN] {
        let sums = drive(Scene { most: 3, action: None, ..scene }).await;
        assert!(sums.blocked == 0 && sums.arrived.len() > sums.lost, "{scene:?}: {sums:?}");
    }
}
