//! What it costs to take a record to a sink of each kind, for people:
//! `cargo run --release -p doorward-export --example throughput` (Linux). The receivers run in a process of their own.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement run by hand: it stops when anything is wrong"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::time::Timestamp;
use doorward_export::{
    Behind, Exporters, Form, HttpTarget, OcsfFile, Otlp, Pace, Records, Signal, SinkConfig, Syslog, Target, Trust,
    Webhook,
};
use doorward_store::{SinkStart, Store, StoreConfig, StoreUrl};

const RECORDS: u64 = 50_000;

fn main() {
    if let Some(kind) = std::env::args().nth(1) {
        return receive(kind == "syslog");
    }
    let folder = std::env::temp_dir().join(format!("throughput-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(StoreConfig::new(StoreUrl::File(folder.join("records.db")))).await.unwrap();
        for number in 0..RECORDS {
            while store.append(record(number)).is_err() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        while store.depth() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for (name, target) in targets(&folder) {
            let (child, port) = match &target {
                Wants::Http | Wants::Otlp(_) => receiver("http"),
                Wants::Syslog => receiver("syslog"),
                Wants::File(_) => receiver("http"),
            };
            measure(&store, name, of(target, port)).await;
            stop(child);
        }
        store.close().await.unwrap();
    });
    std::fs::remove_dir_all(folder).unwrap();
}

enum Wants {
    Http,
    Otlp(Vec<Signal>),
    File(std::path::PathBuf),
    Syslog,
}

fn targets(folder: &Path) -> [(&'static str, Wants); 5] {
    [
        ("webhook", Wants::Http),
        ("otlp traces, logs", Wants::Otlp(vec![Signal::Traces, Signal::Logs])),
        ("otlp metrics", Wants::Otlp(vec![Signal::Metrics])),
        ("ocsf file", Wants::File(folder.join("events.jsonl"))),
        ("syslog", Wants::Syslog),
    ]
}

fn of(wants: Wants, port: u16) -> Target {
    let target =
        || HttpTarget::new(&format!("http://127.0.0.1:{port}/in"), std::iter::empty(), Trust::default()).unwrap();
    match wants {
        Wants::Http => Target::Webhook(Webhook { target: target(), key: None, form: Form::Records }),
        Wants::Otlp(signals) => Target::Otlp(Otlp { target: target(), signals }),
        Wants::File(path) => Target::Ocsf(OcsfFile { path, bytes: 1 << 40, keep: 1 }),
        Wants::Syslog => Target::Syslog(Syslog { host: "127.0.0.1".to_owned(), port, trust: None, hostname: None }),
    }
}

async fn measure(store: &Store, name: &str, target: Target) {
    let sink = SinkConfig {
        name: name.replace([' ', ','], "-"),
        target,
        start: SinkStart::Oldest,
        records: Records::All,
        behind: Behind::Spool,
    };
    let pace = Pace { watch: Duration::from_millis(20), ..Pace::default() };
    let (cpu, begun) = (cpu_time(), Instant::now());
    let exporters = Exporters::start(store.clone(), vec![sink], pace).await.unwrap();
    while exporters.standings()[0].behind > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (wall, cpu) = (begun.elapsed(), cpu_time() - cpu);
    assert_eq!(exporters.standings()[0].failures, 0);
    exporters.stop().await;
    println!(
        "{name:<20} {:>8.0} records/s {:>6.1} µs CPU each",
        RECORDS as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / RECORDS as f64
    );
}

fn receiver(kind: &str) -> (std::process::Child, u16) {
    let mut child = Command::new(std::env::current_exe().unwrap()).arg(kind).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

fn stop(mut child: std::process::Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Takes everything.
fn receive(until_the_end: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        std::thread::spawn(move || {
            if until_the_end {
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
                return;
            }
            let mut reader = BufReader::with_capacity(1 << 20, stream.try_clone().unwrap());
            loop {
                let (mut line, mut length) = (String::new(), 0_usize);
                while reader.read_line(&mut line).is_ok_and(|count| count > 0) && line != "\r\n" {
                    if let Some(text) = line.strip_prefix("content-length: ") {
                        length = text.trim().parse().unwrap();
                    }
                    line.clear();
                }
                if length == 0 || reader.read_exact(&mut vec![0; length]).is_err() {
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
            }
        });
    }
}

/// Processor time of all threads, in the kernel's ticks of 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn record(number: u64) -> Record {
    Record {
        at: Timestamp::from_micros(1_785_231_000_000_000 + i64::try_from(number).unwrap()),
        exchange: ExchangeId::from_parts(1_785_231_000_000, u128::from(number)),
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal: Principal::new("corp/ada", Proof::LocalToken),
        revision: Some("2026-07-28"),
        face: "http",
        origin: None,
        client: None,
        direction: "to-server",
        server: Some("git".into()),
        action: "tools/call".into(),
        resource: Some("git_log".into()),
        arguments_digest: Some([7; 32]),
        code: None,
        rules: vec!["own/git-read".into()],
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 120,
        answer_bytes: 4096,
        elapsed_micros: 1500,
        upstream_micros: 1200,
    }
}
