//! Order, group commit, bounds of the queue, several writers on one file.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use doorward_core::refusal::Code;
use doorward_store::{AppendError, Appended, Durability, Health, Reader, Store, StoreConfig, StoreUrl};

use crate::sample::{Scratch, exchange, record};

#[tokio::test]
async fn a_strict_record_is_seen_by_another_connection_once_acknowledged() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let appended = store.append(record(1)).unwrap();
    assert!(matches!(appended, Appended::Pending(_)));
    appended.committed().await.unwrap();
    let reader = Reader::open(&scratch.file()).await.unwrap();
    assert_eq!(reader.tail(0, 9).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

#[tokio::test]
async fn relaxed_records_are_kept_by_close_long_before_their_flush_is_due() {
    let scratch = Scratch::new();
    let config = scratch.relaxed().with_durability(Durability::Relaxed { flush: Duration::from_secs(3600) });
    let store = Store::open(config).await.unwrap();
    for number in 0..100 {
        assert!(matches!(store.append(record(number)).unwrap(), Appended::Queued));
    }
    assert_eq!(store.depth(), 100);
    let begun = Instant::now();
    store.close().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(store.depth(), 0);
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 1000).await.unwrap();
    let order: Vec<_> = read.iter().map(|record| record.exchange_id().unwrap()).collect();
    assert_eq!(order, (0..100).map(exchange).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_relaxed_record_is_flushed_without_anybody_asking() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.relaxed()).await.unwrap();
    let _ = store.append(record(1)).unwrap();
    wait_for_depth_zero(&store).await;
    assert_eq!(store.tail(0, 9).await.unwrap().len(), 1);
    store.close().await.unwrap();
}

#[tokio::test]
async fn many_waiting_records_are_flushed_before_the_interval_is_over() {
    let scratch = Scratch::new();
    let config = scratch.relaxed().with_durability(Durability::Relaxed { flush: Duration::from_secs(3600) });
    let store = Store::open(config).await.unwrap();
    for number in 0..512 {
        // Lets the writer begin its wait in between, so that it must be woken out of it.
        tokio::task::yield_now().await;
        let _ = store.append(record(number)).unwrap();
    }
    wait_for_depth_zero(&store).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn strict_records_of_many_callers_keep_their_order_over_several_commits() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let mut pending = Vec::new();
    for number in 0..3000 {
        pending.push(store.append(record(number)).unwrap());
        if number % 700 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for appended in pending {
        appended.committed().await.unwrap();
    }
    let read = store.tail(0, 10_000).await.unwrap();
    let order: Vec<_> = read.iter().map(|record| record.exchange_id().unwrap()).collect();
    assert_eq!(order, (0..3000).map(exchange).collect::<Vec<_>>());
    store.close().await.unwrap();
}

#[tokio::test]
async fn one_record_more_than_the_queue_holds_is_refused() {
    let config = StoreConfig { queue: 3, ..StoreConfig::new(StoreUrl::Memory) };
    let store = Store::open(config).await.unwrap();
    for number in 0..3 {
        let _ = store.append(record(number)).unwrap();
    }
    let refused = store.append(record(3)).unwrap_err();
    assert_eq!(refused, AppendError::Full);
    assert_eq!(refused.code(), Code::StoreFull);
    assert_eq!(store.health(), Health::Ok);
    wait_for_depth_zero(&store).await;
    assert!(store.append(record(4)).is_ok());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_store_refuses() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(store.append(record(1)).unwrap_err().code(), Code::StoreUnavailable);
    assert!(matches!(store.health(), Health::Dead { .. }));
    store.close().await.unwrap();
}

#[test]
fn a_store_whose_runtime_is_gone_refuses() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(StoreConfig::new(StoreUrl::Memory))).unwrap();
    drop(runtime);
    assert_eq!(store.append(record(1)).unwrap_err().code(), Code::StoreUnavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_handles_write_one_file_without_losing_a_record() {
    let scratch = Scratch::new();
    let mut tasks = Vec::new();
    for writer in 0..4_u64 {
        let config = scratch.strict();
        tasks.push(tokio::spawn(async move {
            let store = Store::open(config).await.unwrap();
            for number in 0..50 {
                store.append(record(writer * 1000 + number)).unwrap().committed().await.unwrap();
            }
            store.close().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 1000).await.unwrap();
    let exchanges: HashSet<_> = read.iter().map(|record| record.exchange.clone()).collect();
    assert_eq!((read.len(), exchanges.len()), (200, 200));
    assert!(read.windows(2).all(|pair| pair[0].seq < pair[1].seq));
}

async fn wait_for_depth_zero(store: &Store) {
    let waiting = async {
        while store.depth() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "records were not flushed");
}
