//! Records, stores and sinks for the tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;
use doorward_export::{Behind, Form, HttpTarget, Pace, Records, SigningKey, SinkConfig, Target, Trust, Webhook};
use doorward_store::{Durability, SinkStart, Store, StoreConfig, StoreUrl};

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A fresh directory, removed at the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("export-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) async fn store(&self) -> Store {
        open(&self.path("records.db")).await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn open(file: &Path) -> Store {
    let durability = Durability::Relaxed { flush: Duration::from_millis(1) };
    Store::open(StoreConfig::new(StoreUrl::File(file.to_owned())).with_durability(durability)).await.unwrap()
}

/// Quick enough for tests.
pub(crate) fn pace() -> Pace {
    Pace {
        idle: Duration::from_millis(5),
        delivery: Duration::from_millis(400),
        lease: Duration::from_millis(1200),
        most: Duration::from_millis(20),
        watch: Duration::from_millis(10),
    }
}

/// The outcome of exchange number `number`.
pub(crate) fn record(number: u64) -> Record {
    Record {
        at: Timestamp::from_micros(1_785_231_000_000_000 + i64::try_from(number).unwrap()),
        exchange: exchange(number),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("ada", Proof::LocalToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: Some("git".into()),
        action: "tools/call".into(),
        resource: Some("git_log".into()),
        arguments_digest: Some([7; 32]),
        code: None,
        rules: vec!["preset/observe".into()],
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 120,
        answer_bytes: 4096,
        elapsed_micros: 1500,
        upstream_micros: 1200,
    }
}

pub(crate) fn exchange(number: u64) -> ExchangeId {
    ExchangeId::from_parts(1_785_231_000_000, u128::from(number))
}

/// The id outside of that record.
pub(crate) fn id(number: u64) -> String {
    format!("{}-outcome", exchange(number))
}

pub(crate) fn append(store: &Store, numbers: std::ops::Range<u64>) {
    for number in numbers {
        drop(store.append(record(number)).unwrap());
    }
}

pub(crate) fn sink(name: &str, target: Target) -> SinkConfig {
    let (start, records, behind) = (SinkStart::Oldest, Records::All, Behind::Spool);
    SinkConfig { name: name.to_owned(), target, start, records, behind }
}

pub(crate) const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) fn webhook(url: &str) -> SinkConfig {
    let target = HttpTarget::new(url, std::iter::once(("authorization", "Bearer t")), Trust::default()).unwrap();
    let key = Some(SigningKey::parse(KEY).unwrap());
    sink("hook", Target::Webhook(Webhook { target, key, form: Form::Records }))
}

/// Waits until `done` says so.
pub(crate) async fn until(mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "it never came");
}
