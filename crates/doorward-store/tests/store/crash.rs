//! A killed process keeps every record it was told is kept.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use doorward_store::{Reader, Store, StoreConfig, StoreUrl};

use crate::sample::{Scratch, exchange, record};

const PLACE: &str = "DOORWARD_STORE_CRASH_FILE";
const ACKNOWLEDGED: &str = "acknowledged ";

/// The child: appends strict records and says which are acknowledged, until it is killed. Does nothing in a normal run.
#[tokio::test]
async fn child_of_the_crash_test() {
    let Some(file) = std::env::var_os(PLACE) else { return };
    let config = StoreConfig::new(StoreUrl::File(file.into())).with_durability(doorward_store::Durability::Strict);
    let store = Store::open(config).await.unwrap();
    for number in 0.. {
        store.append(record(number)).unwrap().committed().await.unwrap();
        println!("\n{ACKNOWLEDGED}{number}");
    }
}

#[tokio::test]
async fn acknowledged_strict_records_survive_kill_9() {
    let scratch = Scratch::new();
    let mut acknowledged = Vec::new();
    for count in [40, 60, 20] {
        acknowledged.push(run_and_kill(&scratch.file(), count));
        let reader = Reader::open(&scratch.file()).await.unwrap();
        for number in 0..=acknowledged.iter().copied().max().unwrap() {
            // Each child begins again at zero.
            let expected = acknowledged.iter().filter(|last| **last >= number).count();
            let found = reader.show(exchange(number)).await.unwrap().len();
            assert!(found >= expected, "record {number}: acknowledged {expected} times, found {found}");
        }
        reader.close().await;
    }
}

/// Kills the child once it has acknowledged `count` records; returns the last one it acknowledged.
fn run_and_kill(file: &Path, count: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_of_the_crash_test", "--nocapture"])
        .env(PLACE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = |line: &String| line.strip_prefix(ACKNOWLEDGED).and_then(|number| number.parse::<u64>().ok());
    let mut last = None;
    for line in lines.by_ref().map_while(Result::ok).filter_map(|line| acknowledged(&line)).take(count) {
        last = Some(line);
    }
    child.kill().unwrap();
    // What it still said before it died counts too.
    let rest = lines.map_while(Result::ok).filter_map(|line| acknowledged(&line)).last();
    child.wait().unwrap();
    rest.or(last).unwrap()
}
