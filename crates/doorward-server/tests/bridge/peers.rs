//! The fixture in the shapes of another era, as processes.

use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};

use super::rig::{Plan, Rig};

/// A fixture that listens, ended with the test.
pub(crate) struct Peer {
    child: Child,
    pub(crate) url: String,
}

impl Peer {
    /// Starts it and waits until it listens.
    pub(crate) fn start(transport: &str, era: &str) -> Self {
        let program = doorward_testkit::bin("conformance-fixture");
        let mut child = Command::new(program)
            .args(["--transport", transport, "--era", era])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    /// Ends it now.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A gateway before the fixture from before 2026-07-28 in each of its shapes.
pub(crate) async fn legacy() -> (Rig, [Peer; 2]) {
    let peers = [Peer::start("http", "legacy"), Peer::start("sse", "legacy")];
    (before(Plan::new(), &peers).start().await, peers)
}

/// The servers of [`legacy`] in a plan.
pub(crate) fn before(plan: Plan, peers: &[Peer; 2]) -> Plan {
    let [http, sse] = peers;
    let plan = plan.with_child("stdio", "conformance-fixture", &["--stdio", "--era", "legacy"]);
    plan.with_url("http", &http.url).with_url("sse", &sse.url)
}

/// The servers of [`legacy`].
pub(crate) const LEGACY: [&str; 3] = ["stdio", "http", "sse"];
