//! A killed process keeps every record it was told is kept.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use doorward_store::{Reader, Store, StoreConfig, StoreUrl};

use crate::log::verified;
use crate::sample::{Scratch, exchange, record};

const PLACE: &str = "DOORWARD_STORE_CRASH_FILE";
const ACKNOWLEDGED: &str = "acknowledged ";

/// The number of the first record of the child that is killed in the middle of anything.
const LOADED: &str = "DOORWARD_STORE_CRASH_FIRST";

/// Records that its callers have under way at a time.
const CALLERS: u64 = 8;

/// The child: appends strict records and says which are acknowledged, until it is killed. Does nothing in a normal run.
#[tokio::test]
async fn child_of_the_crash_test() {
    let Some(file) = std::env::var_os(PLACE).filter(|_| std::env::var_os(LOADED).is_none()) else { return };
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

/// The child: several callers append strict records and say which are acknowledged, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loaded_child_of_the_crash_test() {
    let (Some(file), Ok(first)) = (std::env::var_os(PLACE), std::env::var(LOADED)) else { return };
    let config = StoreConfig::new(StoreUrl::File(file.into())).with_durability(doorward_store::Durability::Strict);
    let (store, first) = (Store::open(config).await.unwrap(), first.parse::<u64>().unwrap());
    let callers = (0..CALLERS).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in (first + caller..).step_by(usize::try_from(CALLERS).unwrap()) {
                store.append(record(number)).unwrap().committed().await.unwrap();
                println!("\n{ACKNOWLEDGED}{number}");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

/// How often a process is killed at any moment.
const KILLS: u64 = 200;

#[tokio::test]
async fn killed_at_any_moment_the_log_holds_every_record_that_was_acknowledged_and_never_forks() {
    let scratch = Scratch::new();
    let (mut acknowledged, mut heads, mut chance) = (Vec::new(), Vec::new(), 0x9e37_79b9_7f4a_7c15_u64);
    for kill in 0..KILLS {
        // Anything from the opening of the store to some dozens of commits.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after = std::time::Duration::from_micros(chance >> 33 & 0x3_ffff);
        acknowledged.extend(load_and_kill(&scratch.file(), kill * 1_000_000, after));
        let Ok(reader) = Reader::open(&scratch.file()).await else { continue };
        heads.extend(reader.log_checkpoint().await.unwrap());
        reader.close().await;
    }
    assert!(acknowledged.len() as u64 > KILLS, "there was load: {}", acknowledged.len());
    let (head, signed) = verified(&scratch).await;
    let reader = Reader::open(&scratch.file()).await.unwrap();
    let mut kept = std::collections::HashSet::new();
    while (kept.len() as u64) < head.size {
        let more = reader.tail(i64::try_from(kept.len()).unwrap(), 10_000).await.unwrap();
        assert!(!more.is_empty());
        kept.extend(more.into_iter().map(|record| record.exchange));
    }
    for number in &acknowledged {
        assert!(kept.contains(&exchange(*number).to_string()), "record {number} was acknowledged");
    }
    // What was ever signed is still what the log holds: each head that was seen is among those just verified.
    let now = reader.log_checkpoints(0, 10_000).await.unwrap();
    assert_eq!(now.len(), signed.len());
    for seen in heads {
        assert!(now.contains(&seen), "the head of {} was taken back", seen.size);
    }
}

/// Kills the child that long after it was started, and returns what it had acknowledged.
fn load_and_kill(file: &Path, first: u64, after: std::time::Duration) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::loaded_child_of_the_crash_test", "--nocapture"])
        .env(PLACE, file)
        .env(LOADED, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = said.filter_map(|line| line.strip_prefix(ACKNOWLEDGED).and_then(|number| number.parse().ok())).collect();
    child.wait().unwrap();
    said
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
