//! Sinks that calls must not run away from.

use std::time::Duration;

use doorward_core::record::{Phase, Record};
use doorward_export::{Behind, Exporters, Pace, SinkConfig};

use crate::receiver::{Act, Receiver};
use crate::sample::{Scratch, append, id, pace, record, until, webhook};

fn refusing(url: &str, records: u64, wait: Duration) -> SinkConfig {
    SinkConfig { behind: Behind::Refuse { records, wait }, ..webhook(url) }
}

#[tokio::test]
async fn calls_are_refused_while_the_sink_is_behind_and_go_on_after() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    receiver.always(Act::Say(503, ""));
    let store = scratch.store().await;
    append(&store, 0..10);
    let forever = Duration::from_secs(1 << 40);
    let sinks = vec![refusing(&receiver.url(), 10, forever)];
    let exporters = Exporters::start(store.clone(), sinks, pace()).await.unwrap();
    until(|| exporters.standings()[0].behind == 10).await;
    assert_eq!(store.held(), None, "as many as may wait");
    append(&store, 10..11);
    until(|| store.held().is_some()).await;
    let intent = || Record { phase: Phase::Intent, ..record(11) };
    let refused = store.append(intent()).unwrap_err().to_string();
    assert!(refused.contains("the sink 'hook' is 11 records"), "{refused}");
    drop(store.append(record(12)).unwrap());
    receiver.always(Act::Take);
    until(|| store.held().is_none()).await;
    drop(store.append(intent()).unwrap());
    until(|| receiver.taken() == 13).await;
    exporters.stop().await;
    assert_eq!(receiver.ids()[..12], (0..11).chain([12]).map(id).collect::<Vec<_>>());
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_has_waited_too_long_is_known_before_the_first_call() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    receiver.always(Act::Say(500, ""));
    let store = scratch.store().await;
    append(&store, 0..1);
    until(|| store.depth() == 0).await;
    let sinks = vec![refusing(&receiver.url(), 1000, Duration::from_secs(60))];
    let exporters = Exporters::start(store.clone(), sinks, pace()).await.unwrap();
    assert!(store.held().is_some(), "the records of the samples are old");
    exporters.change(vec![webhook(&receiver.url())]).await.unwrap();
    assert_eq!(store.held(), None, "a reload that lets records wait");
    exporters.stop().await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_sink_the_store_knows_nothing_of_holds_calls_back_until_it_is_known_again() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    let store = scratch.store().await;
    let pace = Pace { lease: Duration::from_secs(4), ..pace() };
    let sinks = vec![refusing(&receiver.url(), 10, Duration::from_secs(1 << 40))];
    let exporters = Exporters::start(store.clone(), sinks, pace).await.unwrap();
    append(&store, 0..5);
    until(|| receiver.taken() == 5).await;
    std::fs::rename(scratch.path("records.db"), scratch.path("moved.db")).unwrap();
    append(&store, 5..6);
    until(|| store.held().is_some_and(|reason| reason.contains("knows nothing of the sink 'hook'"))).await;
    until(|| receiver.ids().contains(&id(5))).await;
    until(|| store.held().is_none()).await;
    assert_eq!(exporters.standings().len(), 1);
    exporters.stop().await;
    store.close().await.unwrap();
}
