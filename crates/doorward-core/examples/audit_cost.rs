//! What a record costs the log: `cargo run --release -p doorward-core --example audit_cost`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example for people at a terminal")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use doorward_core::access::ClientName;
use doorward_core::audit::checkpoint::{Checkpoint, Trusted, log_key};
use doorward_core::audit::entry::{Entry, RecordSalt};
use doorward_core::audit::merkle::{Frontier, Hash, Hashes, leaf_hash, node_hash, root};
use doorward_core::audit::proof::Proof;
use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof as Credential};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;

const ROUNDS: u32 = 50_000;
const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// A tree whose leaves are all the same, of any size.
struct Same(Vec<Hash>);

impl Hashes for Same {
    fn hash(&self, height: u8, _index: u64) -> Option<Hash> {
        self.0.get(usize::from(height)).copied()
    }
}

fn main() {
    let (record, salt) = (record(), RecordSalt::from_bytes([7; 32]));
    let (entry, openings) = Entry::of(&record, &salt);
    println!("entry: {} bytes; what opens it: {} bytes", entry.as_bytes().len(), openings.to_json().len());
    time("Entry::of", || black_box(Entry::of(black_box(&record), &salt)));
    time("Entry::of and leaf hash", || black_box(Entry::of(black_box(&record), &salt).0.leaf_hash()));
    time("leaf hash", || black_box(entry.leaf_hash()));
    let mut frontier = Frontier::new();
    time("push", || frontier.push(black_box(entry.leaf_hash())));
    let key = log_key("gateway.example/audit", &[1; 32]).unwrap();
    let levels = (0..62).scan(leaf_hash(b"same"), |hash, _| Some(std::mem::replace(hash, node_hash(hash, hash))));
    let tree = Same(levels.collect());
    let checkpoint =
        Checkpoint::new("gateway.example/audit", 1_000_000_000, root(&tree, 1_000_000_000).unwrap()).unwrap();
    time("sign a checkpoint", || black_box(checkpoint.sign(&key, AT)));
    let trusted = Trusted { logs: vec![key.verifier().clone()], ..Trusted::default() };
    let proof = Proof::make(&tree, 123_456_789, checkpoint.sign(&key, AT).unwrap()).unwrap();
    println!("proof at 10^9 records: {} bytes", proof.to_string().len());
    time("verify a proof", || proof.verify(black_box(&leaf_hash(b"same")), &trusted).unwrap());
}

fn time<T>(what: &str, mut run: impl FnMut() -> T) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(run());
    }
    println!("{what}: {} ns", (start.elapsed() / ROUNDS).as_nanos());
}

fn record() -> Record {
    Record {
        at: AT,
        exchange: ExchangeId::from_parts(1_700_000_000_000, 42),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("alice@example.com", Credential::AccessToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: Some(Arc::new(ClientName::new("some-editor", "1.2.3"))),
        direction: "to-server",
        server: Some(Arc::from("git")),
        action: Arc::from("tools/call"),
        resource: Some(Arc::from("git_commit")),
        arguments_digest: Some([0xab; 32]),
        code: None,
        rules: vec![Arc::from("developers-may-commit")],
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 512,
        answer_bytes: 2048,
        elapsed_micros: 1234,
        upstream_micros: 1000,
    }
}
