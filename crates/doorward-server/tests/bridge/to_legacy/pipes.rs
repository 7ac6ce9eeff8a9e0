//! A client on pipes, and a server that nobody else has, as `doorward run` has them.

use std::ffi::OsString;

use doorward_server::server::Outside;
use serde_json::json;

use super::super::client::{call, request};
use super::super::lone::lone;
use super::super::pipe::Pipe;
use super::super::rig::{Plan, heard};
use super::{able, everything};

/// The conversation, what reaches the outside, and where the child writes down what it hears.
async fn alone(plan: &Plan, arguments: &str) -> (Pipe, Outside, std::path::PathBuf) {
    let log = plan.scratch().path("heard");
    let program = doorward_testkit::bin("old-upstream");
    let script = match arguments {
        "" => format!("/usr/bin/tee -a '{}' | '{}'", log.display(), program.display()),
        // What it hears does not matter, but that its end shows at once.
        arguments => format!("exec '{}' {arguments}", program.display()),
    };
    let (pipe, outside) = lone(plan, "old", ["/bin/sh", "-c", &script].map(OsString::from).to_vec()).await;
    (pipe, outside, log)
}

#[tokio::test]
async fn one_child_serves_the_probe_the_handshake_and_the_calls() {
    let plan = Plan::new();
    let (mut pipe, outside, log) = alone(&plan, "").await;
    let found = pipe.ask(able(request(1, "server/discover", json!({})), &everything()).to_string()).await;
    let info = &found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(info["name"], "old-upstream", "{found}");
    let listed = pipe.ask(able(request(2, "tools/list", json!({})), &everything()).to_string()).await;
    assert_eq!(listed["result"]["resultType"], "complete", "{listed}");
    let said = pipe.ask(able(call(3, "study", json!({})), &everything()).to_string()).await;
    assert_eq!(said["result"]["content"][0]["text"], "studied at once", "{said}");
    let text = heard(&log, |text| text.contains("study")).await;
    for once in ["server/discover", "\"initialize\"", "notifications/initialized"] {
        assert_eq!(text.matches(once).count(), 1, "{once}: {text}");
    }
    pipe.close().await;
    outside.pool.shutdown().await;
}

#[tokio::test]
async fn a_request_is_cancelled_by_its_id() {
    let plan = Plan::new();
    let (mut pipe, outside, log) = alone(&plan, "").await;
    pipe.say(able(call("slow", "silent", json!({})), &everything()).to_string()).await;
    heard(&log, |text| text.contains("\"silent\"")).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "slow" } });
    pipe.say(able(cancel, &everything()).to_string()).await;
    heard(&log, |text| text.contains("notifications/cancelled")).await;
    // Its answer never comes; the next one's does.
    let said = pipe.ask(able(call(2, "study", json!({})), &everything()).to_string()).await;
    assert_eq!(said["id"], 2, "{said}");
    pipe.close().await;
    outside.pool.shutdown().await;
}

#[tokio::test]
async fn a_child_that_ends_over_the_probe_is_started_again() {
    let plan = Plan::new();
    let (mut pipe, outside, _) = alone(&plan, "--discover exit").await;
    let said = pipe.ask(able(call(1, "study", json!({})), &everything()).to_string()).await;
    assert_eq!(said["result"]["content"][0]["text"], "studied at once", "{said}");
    pipe.close().await;
    outside.pool.shutdown().await;
}
