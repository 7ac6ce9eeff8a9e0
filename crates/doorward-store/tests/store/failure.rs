//! A store that cannot be written refuses, keeps what it promised, and comes back.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use doorward_core::refusal::Code;
use doorward_store::{Durability, Health, Reader, Store, StoreConfig, StoreError};
use sqlx::{Connection, SqliteConnection};

use crate::sample::{Scratch, exchange, outcome, record};

/// Few enough pages that some hundred records fill them, and enough for what waits when they are full.
const PAGES: u32 = 200;

#[tokio::test]
async fn a_full_disk_refuses_strict_records_until_there_is_room() {
    let scratch = Scratch::new();
    let store = Store::open(StoreConfig { max_pages: Some(PAGES), ..scratch.strict() }).await.unwrap();
    let kept = fill(&store).await;
    let refused = store.append(record(999_999)).unwrap_err();
    assert_eq!(refused.code(), Code::StoreUnavailable);
    assert!(refused.to_string().contains("full"), "{refused}");

    free_space(&scratch).await;
    wait_until_ok(&store).await;
    store.append(record(1_000_000)).unwrap().committed().await.unwrap();
    assert!(store.show(exchange(kept)).await.unwrap().is_empty(), "a refused intent was written after all");
    assert!(store.show(exchange(999_999)).await.unwrap().is_empty());
    assert_eq!(store.show(exchange(1_000_000)).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_outcome_whose_commit_failed_is_written_once_there_is_room() {
    let scratch = Scratch::new();
    let store = Store::open(StoreConfig { max_pages: Some(PAGES), ..scratch.strict() }).await.unwrap();
    let mut number = 0;
    while store.append(outcome(number)).unwrap().committed().await.is_ok() {
        number += 1;
    }
    free_space(&scratch).await;
    wait_until_ok(&store).await;
    assert_eq!(store.show(exchange(number)).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_after_the_first_failed_flush_and_keeps_what_was_promised() {
    let scratch = Scratch::new();
    let flush = Durability::Relaxed { flush: Duration::from_millis(1) };
    let store =
        Store::open(StoreConfig { max_pages: Some(PAGES), ..scratch.relaxed().with_durability(flush) }).await.unwrap();
    let mut accepted = 0;
    while store.append(record(accepted)).is_ok() {
        accepted += 1;
        // No more waits than what there will be room for.
        while accepted % 50 == 0 && store.depth() > 100 && store.health() == Health::Ok {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    assert!(matches!(store.health(), Health::Dead { .. }));
    assert!(store.depth() > 0);

    // Rows already there make room: what was promised and is missing must follow.
    let freed = free_space(&scratch).await;
    wait_until_ok(&store).await;
    store.close().await.unwrap();
    let left = Reader::open(&scratch.file()).await.unwrap().tail(0, 10_000).await.unwrap();
    assert_eq!(freed + left.len() as u64, accepted);
    let order: Vec<_> = left.iter().map(|record| record.exchange_id().unwrap()).collect();
    assert_eq!(order, (freed..accepted).map(exchange).collect::<Vec<_>>());
}

#[tokio::test]
async fn closing_a_full_store_says_how_many_records_are_lost() {
    let scratch = Scratch::new();
    let flush = Durability::Relaxed { flush: Duration::from_millis(1) };
    let store =
        Store::open(StoreConfig { max_pages: Some(56), ..scratch.relaxed().with_durability(flush) }).await.unwrap();
    let mut accepted = 0;
    while store.append(record(accepted)).is_ok() {
        accepted += 1;
        if accepted % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let outcome = store.close().await;
    let Err(StoreError::Unwritten { records, .. }) = outcome else { panic!("{outcome:?}") };
    let lost = records as u64;
    let left = Reader::open(&scratch.file()).await.unwrap().tail(0, 10_000).await.unwrap();
    assert_eq!(lost + left.len() as u64, accepted);
}

#[tokio::test]
async fn a_deleted_file_is_noticed_before_anything_is_acknowledged() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(record(1)).unwrap().committed().await.unwrap();
    std::fs::remove_file(scratch.file()).unwrap();
    assert_eq!(store.append(record(2)).unwrap().committed().await.unwrap_err().code(), Code::StoreUnavailable);
    assert!(matches!(store.health(), Health::Dead { .. }));
    wait_until_ok(&store).await;
    store.append(record(3)).unwrap().committed().await.unwrap();
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 9).await.unwrap();
    assert_eq!(read.iter().filter_map(|record| record.exchange_id()).collect::<Vec<_>>(), [exchange(3)]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_file_replaced_by_a_directory_stays_refused_until_it_is_gone() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.relaxed()).await.unwrap();
    std::fs::remove_file(scratch.file()).unwrap();
    std::fs::create_dir(scratch.file()).unwrap();
    let _ = store.append(record(1)).unwrap();
    let dead = async {
        while store.health() == Health::Ok {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), dead).await.unwrap();
    assert_eq!(store.append(record(2)).unwrap_err().code(), Code::StoreUnavailable);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(matches!(store.health(), Health::Dead { .. }), "came back without a file");
    std::fs::remove_dir(scratch.file()).unwrap();
    wait_until_ok(&store).await;
    store.close().await.unwrap();
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 9).await.unwrap();
    assert_eq!(read.iter().filter_map(|record| record.exchange_id()).collect::<Vec<_>>(), [exchange(1)]);
}

/// SQLite saves what went into the lost log when the connection closes: the batch counted as failed, yet is there.
#[tokio::test]
async fn a_batch_that_was_kept_after_all_is_not_written_twice() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.relaxed()).await.unwrap();
    std::fs::remove_file(scratch.file().with_extension("db-wal")).unwrap();
    for number in 0..3 {
        let _ = store.append(record(number)).unwrap();
    }
    let dead = async {
        while store.health() == Health::Ok {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), dead).await.unwrap();
    wait_until_ok(&store).await;
    store.close().await.unwrap();
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 9).await.unwrap();
    let exchanges: Vec<_> = read.iter().filter_map(|record| record.exchange_id()).collect();
    assert_eq!(exchanges, (0..3).map(exchange).collect::<Vec<_>>());
}

/// Appends until the store refuses and returns the number of the first intent that was not kept.
async fn fill(store: &Store) -> u64 {
    let mut number = 0;
    while store.append(record(number)).unwrap().committed().await.is_ok() {
        number += 1;
        assert!(number < 100_000, "the store never filled");
    }
    number
}

/// Deletes every record, as an operator would to make room; says how many there were.
async fn free_space(scratch: &Scratch) -> u64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let deleted = sqlx::query("DELETE FROM record").execute(&mut connection).await.unwrap().rows_affected();
    connection.close().await.unwrap();
    deleted
}

async fn wait_until_ok(store: &Store) {
    let waiting = async {
        while store.health() != Health::Ok {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "the store stayed dead");
}
