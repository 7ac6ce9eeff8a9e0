//! What one record costs, for people: `cargo run --release -p doorward-store --example record_cost` (Linux).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement run by hand: it stops when anything is wrong"
)]

use std::time::{Duration, Instant};

use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;
use doorward_store::{Store, StoreConfig, StoreUrl};

const RECORDS: u64 = 200_000;
/// Records per millisecond: ten thousand calls a second.
const PACE: usize = 20;

fn main() {
    let file = std::env::temp_dir().join(format!("cost-{}.db", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(StoreConfig::new(StoreUrl::File(file.clone())))).unwrap();
    // The same pace without a store: what the measurement itself costs.
    let (idle, _) = runtime.block_on(measure(|record| drop(std::hint::black_box(record)), async {}));
    let (busy, wall) = runtime.block_on(measure(
        |record| {
            let _ = store.append(record).unwrap();
        },
        async { store.close().await.unwrap() },
    ));
    println!(
        "{RECORDS} records: {:.2} µs CPU each (besides {:.2} of the measurement); {:.0} records/s; {} bytes each",
        (busy - idle).as_secs_f64() * 1e6 / RECORDS as f64,
        idle.as_secs_f64() * 1e6 / RECORDS as f64,
        RECORDS as f64 / wall.as_secs_f64(),
        std::fs::metadata(&file).unwrap().len() / RECORDS
    );
    let _ = std::fs::remove_file(file);
}

/// Processor and wall time of handing all records to `take` at the pace, and of `end`.
async fn measure(take: impl Fn(Record), end: impl Future<Output = ()>) -> (Duration, Duration) {
    let records: Vec<Record> = (0..RECORDS).map(record).collect();
    let (cpu, begun) = (cpu_time(), Instant::now());
    let mut interval = tokio::time::interval(Duration::from_millis(1));
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        interval.tick().await;
        records.by_ref().take(PACE).for_each(&take);
    }
    end.await;
    (cpu_time() - cpu, begun.elapsed())
}

/// Processor time of all threads, in the kernel's ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn record(number: u64) -> Record {
    let outcome = number % 2 == 1;
    Record {
        at: Timestamp::from_micros(1_785_231_000_000_000 + i64::try_from(number).unwrap()),
        exchange: ExchangeId::from_parts(
            1_785_231_000_000 + number / 40,
            u128::from(number / 2) * 0x9e37_79b9_7f4a_7c15,
        ),
        phase: if outcome { Phase::Outcome } else { Phase::Intent },
        disposition: if outcome { Disposition::Answer } else { Disposition::Allow },
        principal: Principal::new("local", Proof::LocalToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: Some("everything".into()),
        action: "tools/call".into(),
        resource: Some("echo".into()),
        arguments_digest: Some([7; 32]),
        code: None,
        rules: vec!["guarded:ordinary".into()],
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 312,
        answer_bytes: 1100,
        elapsed_micros: 410,
        upstream_micros: 333,
    }
}
