//! Events in a file: whole lines, turned over by size, nothing lost to a torn end or a full place.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use doorward_export::{Exporters, OcsfFile, SinkConfig, Target};
use serde_json::Value;

use crate::sample::{Scratch, append, id, open, pace, sink, until};

fn into(path: &Path, bytes: u64, keep: u32) -> SinkConfig {
    sink("file", Target::Ocsf(OcsfFile { path: path.to_owned(), bytes, keep }))
}

/// The ids of the events of a file, every line of which is one.
fn uids(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let uid = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        event.pointer("/metadata/uid").unwrap().as_str().unwrap().to_owned()
    };
    text.lines().map(uid).collect()
}

#[tokio::test]
async fn what_a_crash_left_of_a_line_is_cut_off() {
    let scratch = Scratch::new();
    let (store, path) = (scratch.store().await, scratch.path("events.jsonl"));
    append(&store, 0..10);
    let exporters = Exporters::start(store.clone(), vec![into(&path, 1 << 20, 2)], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.seq == 10)).await;
    exporters.stop().await;
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], br#"{"metadata":{"uid":"to"#].concat()).unwrap();
    append(&store, 10..20);
    let exporters = Exporters::start(store.clone(), vec![into(&path, 1 << 20, 2)], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.seq == 20)).await;
    exporters.stop().await;
    assert_eq!(uids(&path), (0..20).map(id).collect::<Vec<_>>());
    store.close().await.unwrap();
}

#[tokio::test]
async fn files_are_turned_over_and_bounded_in_number() {
    let scratch = Scratch::new();
    let (store, path) = (scratch.store().await, scratch.path("events.jsonl"));
    let exporters = Exporters::start(store.clone(), vec![into(&path, 1, 2)], pace()).await.unwrap();
    for round in 1..=5_u64 {
        append(&store, (round - 1) * 3..round * 3);
        until(|| {
            exporters
                .standings()
                .iter()
                .all(|standing| standing.behind == 0 && standing.seq == i64::try_from(round * 3).unwrap())
        })
        .await;
    }
    exporters.stop().await;
    assert!(!scratch.path("events.jsonl.3").exists());
    let kept: Vec<String> = ["events.jsonl.2", "events.jsonl.1", "events.jsonl"]
        .iter()
        .flat_map(|name| uids(&scratch.path(name)))
        .collect();
    assert_eq!(kept.last(), Some(&id(14)));
    assert!(kept.len() < 15, "the oldest are gone");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_place_that_cannot_be_written_keeps_records_waiting() {
    let scratch = Scratch::new();
    let (store, path) = (scratch.store().await, scratch.path("folder/events.jsonl"));
    append(&store, 0..4);
    let exporters = Exporters::start(store.clone(), vec![into(&path, 1 << 20, 2)], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.trouble.is_some())).await;
    std::fs::create_dir(scratch.path("folder")).unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.seq == 4)).await;
    exporters.stop().await;
    assert_eq!(uids(&path), (0..4).map(id).collect::<Vec<_>>());
    store.close().await.unwrap();
}

#[tokio::test]
async fn nothing_is_written_while_somebody_else_writes() {
    let scratch = Scratch::new();
    let (store, path) = (scratch.store().await, scratch.path("events.jsonl"));
    let theirs = std::fs::OpenOptions::new().create_new(true).append(true).open(&path).unwrap();
    theirs.lock().unwrap();
    // As whoever is in the middle of a line.
    std::fs::write(&path, "{").unwrap();
    append(&store, 0..4);
    let exporters = Exporters::start(store.clone(), vec![into(&path, 1 << 20, 2)], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.trouble.is_some())).await;
    let (reason, _) = exporters.standings()[0].trouble.clone().unwrap();
    assert!(reason.contains("somebody else is writing to it"), "{reason}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
    // They turn it over and are done.
    let turned = scratch.path("events.jsonl.1");
    std::fs::rename(&path, &turned).unwrap();
    drop(theirs);
    until(|| exporters.standings().iter().all(|standing| standing.seq == 4)).await;
    exporters.stop().await;
    assert_eq!(uids(&path), (0..4).map(id).collect::<Vec<_>>());
    assert_eq!(std::fs::read_to_string(&turned).unwrap(), "{", "it is no longer ours to mend");
    store.close().await.unwrap();
}

#[tokio::test]
async fn two_gateways_share_a_file_and_lose_nothing() {
    let scratch = Scratch::new();
    let (one, two) = (open(&scratch.path("one.db")).await, open(&scratch.path("two.db")).await);
    let path = scratch.path("events.jsonl");
    let first = Exporters::start(one.clone(), vec![into(&path, 20_000, 1000)], pace()).await.unwrap();
    let second = Exporters::start(two.clone(), vec![into(&path, 20_000, 1000)], pace()).await.unwrap();
    for number in 0..100 {
        append(&one, number..number + 1);
        append(&two, 1000 + number..1001 + number);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    until(|| [&first, &second].iter().all(|each| each.standings().iter().all(|sink| sink.seq == 100))).await;
    first.stop().await;
    second.stop().await;
    let numbered = (1..1000).map(|number| scratch.path(&format!("events.jsonl.{number}")));
    let there: BTreeSet<String> =
        numbered.chain([path]).filter(|path| path.exists()).flat_map(|path| uids(&path)).collect();
    assert_eq!(there, (0..100).chain(1000..1100).map(id).collect());
    one.close().await.unwrap();
    two.close().await.unwrap();
}
