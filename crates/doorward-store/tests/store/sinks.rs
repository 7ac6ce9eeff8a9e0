//! Cursors of sinks: they move forward, by one process at a time, and by what was confirmed.

use doorward_core::record::{Phase, Record};
use doorward_core::time::Timestamp;
use doorward_store::{AppendError, Moved, SinkLease, SinkStart, SinkTrouble, Store};

use crate::sample::{Scratch, record};

fn lease(holder: &str, now: i64) -> SinkLease {
    SinkLease { holder: holder.into(), now: Timestamp::from_micros(now), until: Timestamp::from_micros(now + 100) }
}

#[tokio::test]
async fn a_cursor_moves_only_by_its_holder_and_only_forward() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    for number in 0..5 {
        store.append(record(number)).unwrap().committed().await.unwrap();
    }
    let sinks = store.sinks();
    assert_eq!(sinks.claim("siem", &lease("a", 0)).await.unwrap(), None, "nobody declared it");
    sinks.declare("siem", SinkStart::Oldest).await.unwrap();
    assert_eq!(sinks.claim("siem", &lease("a", 0)).await.unwrap(), Some(0));
    assert_eq!(sinks.claim("siem", &lease("b", 99)).await.unwrap(), None);
    assert_eq!(sinks.advance("siem", &lease("b", 99), 0, 2).await.unwrap(), Moved::Lost);
    assert_eq!(sinks.advance("siem", &lease("a", 50), 0, 2).await.unwrap(), Moved::Done);
    assert_eq!(sinks.advance("siem", &lease("a", 50), 0, 3).await.unwrap(), Moved::Lost, "from where it is not");
    assert_eq!(sinks.advance("siem", &lease("a", 50), 2, 1).await.unwrap(), Moved::Lost, "backwards");
    assert_eq!(sinks.claim("siem", &lease("b", 149)).await.unwrap(), None, "moving it renewed the lease");
    assert_eq!(sinks.claim("siem", &lease("b", 150)).await.unwrap(), Some(2), "the lease is over");
    assert_eq!(sinks.advance("siem", &lease("a", 151), 2, 3).await.unwrap(), Moved::Lost);
    sinks.release("siem", "b").await.unwrap();
    assert_eq!(sinks.claim("siem", &lease("a", 152)).await.unwrap(), Some(2));
    sinks.declare("siem", SinkStart::Newest).await.unwrap();
    sinks.declare("later", SinkStart::Newest).await.unwrap();
    let rows = sinks.all().await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.seq, row.behind())).collect();
    assert_eq!(told, [("later", 5, 0), ("siem", 2, 3)]);
    assert_eq!(rows[1].waiting_since, Some(record(2).at));
    assert_eq!(rows[0].waiting_since, None);
    assert_eq!(store.reader().sinks().await.unwrap(), rows);
    store.close().await.unwrap();
}

#[tokio::test]
async fn trouble_is_kept_since_it_began_and_goes_with_what_is_confirmed() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(record(0)).unwrap().committed().await.unwrap();
    let sinks = store.sinks();
    sinks.declare("siem", SinkStart::Oldest).await.unwrap();
    sinks.claim("siem", &lease("a", 0)).await.unwrap();
    sinks.failed("siem", &lease("a", 10), "it answered 503", SinkTrouble::Passing).await.unwrap();
    sinks.failed("siem", &lease("a", 20), &"x".repeat(1000), SinkTrouble::Parked).await.unwrap();
    let (reason, since, trouble) = sinks.all().await.unwrap().remove(0).trouble.unwrap();
    assert_eq!((reason.len(), since, trouble), (300, Timestamp::from_micros(10), SinkTrouble::Parked));
    sinks.advance("siem", &lease("a", 30), 0, 1).await.unwrap();
    assert_eq!(sinks.all().await.unwrap().remove(0).trouble, None);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_held_store_takes_outcomes_and_no_intents() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    store.hold("the sink 'siem' is behind".into());
    let refused = store.append(record(0)).unwrap_err();
    assert_eq!(refused, AppendError::Unavailable { reason: "the sink 'siem' is behind".into() });
    store.append(Record { phase: Phase::Outcome, ..record(0) }).unwrap().committed().await.unwrap();
    store.resume();
    assert_eq!(store.held(), None);
    store.append(record(1)).unwrap().committed().await.unwrap();
    store.close().await.unwrap();
}
