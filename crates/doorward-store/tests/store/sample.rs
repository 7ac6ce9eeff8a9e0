//! Records and places for the tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;
use doorward_store::{Durability, StoreConfig, StoreUrl};

/// A fresh directory, removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("records.db")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn strict(&self) -> StoreConfig {
        StoreConfig::new(StoreUrl::File(self.file())).with_durability(Durability::Strict)
    }

    pub(crate) fn relaxed(&self) -> StoreConfig {
        StoreConfig::new(StoreUrl::File(self.file()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The intent of exchange number `number`.
pub(crate) fn record(number: u64) -> Record {
    Record {
        at: Timestamp::from_micros(1_785_231_000_000_000 + i64::try_from(number).unwrap()),
        exchange: exchange(number),
        phase: Phase::Intent,
        disposition: Disposition::Allow,
        principal: Principal::new("ada", Proof::LocalToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: Some("git".into()),
        action: "tools/call".into(),
        resource: Some("git_status".into()),
        arguments_digest: Some([7; 32]),
        code: None,
        rules: vec!["observe".into()],
        reasons: vec!["everything is allowed and recorded".into()],
        findings: Vec::new(),
        flow: None,
        request_bytes: 312,
        answer_bytes: 0,
        elapsed_micros: 41,
        upstream_micros: 0,
    }
}

/// How exchange number `number` ended.
pub(crate) fn outcome(number: u64) -> Record {
    Record { phase: Phase::Outcome, disposition: Disposition::Answer, ..record(number) }
}

pub(crate) fn exchange(number: u64) -> ExchangeId {
    ExchangeId::from_parts(1_785_231_000_000 + number, u128::from(number))
}
