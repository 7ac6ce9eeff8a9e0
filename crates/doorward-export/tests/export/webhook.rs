//! What a receiver of batches sees.

use std::time::Duration;

use doorward_core::record::{Phase, Record};
use doorward_export::{Exporters, Records, SinkConfig, trial};
use doorward_store::SinkTrouble;

use crate::receiver::{Act, Receiver, ids_of};
use crate::sample::{Scratch, append, id, pace, record, until, webhook};

#[tokio::test]
async fn batches_are_signed_bounded_and_named_by_what_is_in_them() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    let store = scratch.store().await;
    append(&store, 0..1200);
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    until(|| receiver.taken() >= 1200).await;
    exporters.stop().await;
    assert_eq!(receiver.ids(), (0..1200).map(id).collect::<Vec<_>>());
    for got in receiver.got() {
        let ids = ids_of(&got.body);
        assert!(ids.len() <= 500, "{}", ids.len());
        assert!(got.body.len() <= 1024 * 1024);
        assert_eq!(got.header("webhook-id").unwrap(), format!("{}-{}", ids[0], ids.len()));
        assert!(got.header("webhook-signature").unwrap().starts_with("v1,"));
        assert!(got.header("webhook-timestamp").unwrap().parse::<u64>().is_ok());
        assert_eq!(got.header("authorization"), Some("Bearer t"));
        assert!(got.head.starts_with("POST /records HTTP/1.1"), "{}", got.head);
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn nothing_is_missing_after_every_kind_of_failure() {
    let acts = [
        Act::Say(500, ""),
        Act::Say(503, "retry-after: 0\r\n"),
        Act::Say(429, ""),
        Act::Say(408, ""),
        Act::Take,
        Act::TakeAndBreak,
        Act::TakeAndHalf,
        Act::Wait(Duration::from_secs(1)),
        Act::Say(400, ""),
        Act::Say(301, "location: /elsewhere\r\n"),
        Act::Say(413, ""),
    ];
    let (scratch, receiver) = (Scratch::new(), Receiver::new(acts).await);
    let store = scratch.store().await;
    append(&store, 0..600);
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    until(|| receiver.got().len() >= 8).await;
    append(&store, 600..900);
    until(|| receiver.ids().last() == Some(&id(899))).await;
    until(|| exporters.standings()[0].behind == 0).await;
    let standing = exporters.standings().remove(0);
    exporters.stop().await;
    assert_eq!(standing.trouble, None);
    assert_eq!((standing.delivered, standing.failures), (900, 10));
    // What came twice came under the same ids, and dropping those leaves everything in its order.
    let mut seen = std::collections::BTreeSet::new();
    let once: Vec<String> = receiver.ids().into_iter().filter(|id| seen.insert(id.clone())).collect();
    assert_eq!(once, (0..900).map(id).collect::<Vec<_>>());
    assert!(receiver.got().iter().all(|got| got.head.starts_with("POST /records ")), "no redirect is followed");
    let halved = receiver.got().windows(2).any(|pair| ids_of(&pair[0].body).len() >= 2 * ids_of(&pair[1].body).len());
    assert!(halved, "what was too large is sent in halves");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_refuses_for_good_is_told_of_and_keeps_its_place() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    receiver.always(Act::Say(401, ""));
    let store = scratch.store().await;
    append(&store, 0..5);
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    until(|| exporters.standings()[0].trouble.is_some()).await;
    let standing = exporters.standings().remove(0);
    let trouble = Some(("it answered 401 Unauthorized".to_owned(), SinkTrouble::Parked));
    assert_eq!((standing.seq, standing.behind, standing.trouble), (0, 5, trouble));
    assert_eq!(store.held(), None, "calls go on");
    receiver.always(Act::Take);
    until(|| receiver.taken() == 5).await;
    exporters.stop().await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_no_end() {
    let scratch = Scratch::new();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let store = scratch.store().await;
    append(&store, 0..3);
    let exporters = Exporters::start(store.clone(), vec![webhook(&url)], pace()).await.unwrap();
    until(|| exporters.standings()[0].failures > 2).await;
    let standing = exporters.standings().remove(0);
    assert!(standing.trouble.is_some_and(|(reason, kind)| reason.contains("reached") && kind == SinkTrouble::Passing));
    exporters.stop().await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn outcomes_alone_are_sent_where_nothing_else_is_wanted() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    let store = scratch.store().await;
    for number in 0..4 {
        drop(store.append(Record { phase: Phase::Intent, ..record(number) }).unwrap());
        drop(store.append(record(number)).unwrap());
    }
    drop(store.append(Record { phase: Phase::Intent, ..record(9) }).unwrap());
    let wanted = SinkConfig { records: Records::Outcomes, ..webhook(&receiver.url()) };
    let exporters = Exporters::start(store.clone(), vec![wanted], pace()).await.unwrap();
    until(|| exporters.standings()[0].seq == 9).await;
    exporters.stop().await;
    assert_eq!(receiver.ids(), (0..4).map(id).collect::<Vec<_>>());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_trial_is_one_marked_record() {
    let receiver = Receiver::new([Act::Take, Act::Say(403, "")]).await;
    let sent = trial(&webhook(&receiver.url())).await.unwrap();
    assert_eq!(receiver.ids(), [sent]);
    assert!(receiver.got()[0].body.contains("a test of the sink 'hook'"));
    let refused = trial(&webhook(&receiver.url())).await.unwrap_err();
    assert_eq!(refused.to_string(), "it answered 403 Forbidden");
}
