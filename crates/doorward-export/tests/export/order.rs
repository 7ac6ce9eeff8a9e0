//! One at a time: restarts, kills, and two gateways over one store.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use doorward_export::{Exporters, Pace};
use doorward_store::Filter;

use crate::receiver::{Act, Receiver};
use crate::sample::{PATIENCE, Scratch, append, id, open, pace, until, webhook};

const PLACE: &str = "DOORWARD_EXPORT_KILL_FILE";
const URL: &str = "DOORWARD_EXPORT_KILL_URL";

#[tokio::test]
async fn two_gateways_over_one_store_deliver_once() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    let (one, two) = (scratch.store().await, scratch.store().await);
    let first = Exporters::start(one.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    let second = Exporters::start(two.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    for number in 0..200 {
        let store = if number % 2 == 0 { &one } else { &two };
        append(store, number..number + 1);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    until(|| receiver.taken() >= 200).await;
    first.stop().await;
    append(&two, 200..300);
    until(|| receiver.taken() >= 300).await;
    second.stop().await;
    let mut ids = receiver.ids();
    ids.sort();
    assert_eq!(ids, (0..300).map(id).collect::<Vec<_>>());
    one.close().await.unwrap();
    two.close().await.unwrap();
}

#[tokio::test]
async fn a_sink_goes_on_where_it_was_after_a_restart_and_a_change() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    for round in 0..3_u64 {
        let store = scratch.store().await;
        let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
        append(&store, round * 40..round * 40 + 20);
        until(|| store.depth() == 0).await;
        let url = format!("{}?changed", receiver.url());
        exporters.change(vec![webhook(&url)]).await.unwrap();
        append(&store, round * 40 + 20..round * 40 + 40);
        until(|| store.depth() == 0).await;
        exporters.stop().await;
        store.close().await.unwrap();
    }
    assert_eq!(receiver.ids(), (0..120).map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn memory_holds_one_batch_however_much_waits() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    receiver.always(Act::Wait(Duration::from_millis(20)));
    let store = scratch.store().await;
    for part in 0..20 {
        append(&store, part * 300..part * 300 + 300);
        until(|| store.depth() == 0).await;
    }
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    until(|| receiver.taken() >= 6000).await;
    exporters.stop().await;
    // No message is made before the one before it is confirmed, and each is a batch at most.
    assert_eq!(receiver.got().len(), 12);
    assert_eq!(receiver.ids(), (0..6000).map(id).collect::<Vec<_>>());
    store.close().await.unwrap();
}

/// The child: appends records and delivers them, until it is killed. Does nothing in a normal run.
#[tokio::test]
async fn child_of_the_kill_test() {
    let (Some(file), Ok(url)) = (std::env::var_os(PLACE), std::env::var(URL)) else { return };
    let store = open(Path::new(&file)).await;
    let from = u64::try_from(
        store.query(&Filter { limit: 1, ..Filter::default() }).await.unwrap().first().map_or(0, |last| last.seq),
    )
    .unwrap();
    let _exporters = Exporters::start(store.clone(), vec![webhook(&url)], pace()).await.unwrap();
    for number in from.. {
        append(&store, number..number + 1);
        tokio::time::sleep(Duration::from_micros(300)).await;
    }
}

#[tokio::test]
async fn after_kills_nothing_is_missing_and_what_is_double_has_the_same_id() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    let file = scratch.path("records.db");
    for round in 1..=4_usize {
        let mut child = start(&file, &receiver.url());
        let before = receiver.taken();
        until(|| receiver.taken() > before + 40 * round).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let store = open(&file).await;
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace()).await.unwrap();
    tokio::time::timeout(PATIENCE, async {
        while exporters.standings()[0].behind > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    exporters.stop().await;
    let (mut kept, mut after) = (BTreeSet::new(), 0);
    loop {
        let page = store.tail(after, 1000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        kept.extend(page.iter().map(|record| format!("{}-{}", record.exchange, record.phase)));
    }
    let sent: BTreeSet<String> = receiver.ids().into_iter().collect();
    assert_eq!(kept.difference(&sent).count(), 0, "missing");
    store.close().await.unwrap();
}

fn start(file: &Path, url: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "order::child_of_the_kill_test", "--nocapture"])
        .env(PLACE, file)
        .env(URL, url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn what_has_failed_is_nobody_elses_to_try_during_the_pause() {
    let (scratch, receiver) = (Scratch::new(), Receiver::new([]).await);
    receiver.always(Act::Say(400, ""));
    let store = scratch.store().await;
    append(&store, 0..1);
    let pace = Pace { most: Duration::from_secs(60), ..pace() };
    let exporters = Exporters::start(store.clone(), vec![webhook(&receiver.url())], pace).await.unwrap();
    until(|| exporters.standings()[0].trouble.is_some()).await;
    let rows = store.sinks().all().await.unwrap();
    let (_, ends) = rows[0].lease.clone().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let left = Duration::from_micros(u64::try_from(ends.as_micros()).unwrap()).saturating_sub(now);
    assert!(left > Duration::from_secs(50) && left < Duration::from_secs(62), "{left:?}");
    exporters.stop().await;
    assert_eq!(store.sinks().all().await.unwrap()[0].lease, None, "whoever ends in good order gives it back");
    store.close().await.unwrap();
}
