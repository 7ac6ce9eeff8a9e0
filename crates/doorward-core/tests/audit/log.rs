//! A log made for a test, and its export.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::access::ClientName;
use doorward_core::audit::checkpoint::{Checkpoint, Trusted, log_key, witness_key};
use doorward_core::audit::entry::{Entry, Openings, RecordSalt};
use doorward_core::audit::export;
use doorward_core::audit::merkle::{Frontier, Hash, leaf_hash};
use doorward_core::audit::note::{Note, SignerKey};
use doorward_core::audit::tiles::{Kind, all, bundle};
use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;

pub(crate) const ORIGIN: &str = "gateway.example/audit";
pub(crate) const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

pub(crate) type Export = BTreeMap<String, Vec<u8>>;

/// The keys of a log and its witness.
pub(crate) struct Keys {
    pub(crate) log: SignerKey,
    pub(crate) witness: SignerKey,
}

impl Keys {
    pub(crate) fn new(origin: &str, seed: u8) -> Self {
        let witness = witness_key("witness.example/w", &[200; 32]).unwrap();
        Self { log: log_key(origin, &[seed; 32]).unwrap(), witness }
    }

    pub(crate) fn trusted(&self) -> Trusted {
        Trusted { logs: vec![self.log.verifier().clone()], witnesses: vec![self.witness.verifier().clone()], quorum: 1 }
    }

    pub(crate) fn sign(&self, origin: &str, size: u64, root: Hash) -> Note {
        let mut note = Checkpoint::new(origin, size, root).unwrap().sign(&self.log, AT).unwrap();
        note.push(self.witness.sign(note.text(), AT).unwrap()).unwrap();
        note
    }
}

/// A record unlike any other.
pub(crate) fn record(number: u64, history: u64) -> Record {
    Record {
        at: Timestamp::from_micros(AT.as_micros() + i64::try_from(number).unwrap() * 1000),
        exchange: ExchangeId::from_parts(1_700_000_000_000 + number, u128::from(history)),
        phase: if number.is_multiple_of(2) { Phase::Intent } else { Phase::Outcome },
        disposition: Disposition::Allow,
        principal: Principal::new("alice", Proof::LocalToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: Some(Arc::new(ClientName::new("editor", "1.0"))),
        direction: "to-server",
        server: Some(Arc::from("git")),
        action: Arc::from("tools/call"),
        resource: Some(Arc::from("commit")),
        arguments_digest: Some([7; 32]),
        code: None,
        rules: vec![Arc::from("allow-git")],
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 100 + number,
        answer_bytes: 0,
        elapsed_micros: 50,
        upstream_micros: 0,
    }
}

pub(crate) fn entry(number: u64, history: u64) -> (Vec<u8>, Openings) {
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&number.to_be_bytes());
    salt[8..16].copy_from_slice(&history.to_be_bytes());
    let (bytes, openings) = Entry::of(&record(number, history), &RecordSalt::from_bytes(salt));
    (bytes.into_bytes(), openings)
}

pub(crate) fn entries(count: u64, history: u64) -> Vec<Vec<u8>> {
    (0..count).map(|number| entry(number, history).0).collect()
}

/// The hashes of every level of tiles.
pub(crate) fn levels(leaves: &[Hash]) -> Vec<Vec<Hash>> {
    let mut levels: Vec<Vec<Hash>> = vec![Vec::new(); 8];
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.push_telling(*leaf, |height, _, hash| {
            if height % 8 == 0 {
                levels[usize::from(height / 8)].push(hash);
            }
        });
    }
    levels
}

pub(crate) fn root_at(leaves: &[Hash], size: u64) -> Hash {
    let mut frontier = Frontier::new();
    for leaf in &leaves[..usize::try_from(size).unwrap()] {
        frontier.push(*leaf);
    }
    frontier.root()
}

pub(crate) fn hashes(list: &[Vec<u8>]) -> Vec<Hash> {
    list.iter().map(|entry| leaf_hash(entry)).collect()
}

/// The bundles of these entries.
pub(crate) fn bundles(list: &[Vec<u8>]) -> Export {
    let mut files = Export::new();
    for tile in all(list.len() as u64).filter(|tile| tile.kind() == Kind::Entries) {
        let first = usize::try_from(tile.index()).unwrap() * 256;
        let part = &list[first..first + usize::from(tile.width())];
        files.insert(tile.to_string(), bundle(part.iter().map(Vec::as_slice)).unwrap());
    }
    files
}

/// The tiles of hashes over these leaves.
pub(crate) fn tiles(leaves: &[Hash]) -> Export {
    let levels = levels(leaves);
    let mut files = Export::new();
    for tile in all(leaves.len() as u64) {
        if let Kind::Hashes(level) = tile.kind() {
            let first = usize::try_from(tile.index()).unwrap() * 256;
            let part = &levels[usize::from(level)][first..first + usize::from(tile.width())];
            files.insert(tile.to_string(), part.iter().flat_map(|hash| *hash.as_bytes()).collect());
        }
    }
    files
}

pub(crate) fn export(list: &[Vec<u8>], sizes: &[u64], keys: &Keys) -> Export {
    let leaves = hashes(list);
    let notes: Vec<Note> = sizes.iter().map(|size| keys.sign(ORIGIN, *size, root_at(&leaves, *size))).collect();
    let mut files = bundles(list);
    files.extend(tiles(&leaves));
    files.insert(export::KEY.to_owned(), export::key_file(keys.log.verifier()).into_bytes());
    files.insert(export::CHECKPOINTS.to_owned(), export::checkpoints_file(&notes).into_bytes());
    files.insert(export::CHECKPOINT.to_owned(), notes.last().unwrap().to_string().into_bytes());
    files
}
