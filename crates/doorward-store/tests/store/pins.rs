//! Pins as gateways and the command line see them.

use doorward_core::time::Timestamp;
use doorward_store::{Decided, News, PinKey, PinRow, PinnedText, Pins, Sight, Store, StoreConfig, StoreUrl, Trust};

use crate::sample::Scratch;

fn key(name: &str) -> PinKey {
    PinKey { server: "files".to_owned(), kind: "tool".to_owned(), name: name.to_owned() }
}

fn text(of: u8) -> PinnedText {
    PinnedText { digest: [of; 32], text: format!("{{\"v\":{of}}}") }
}

fn sight(name: &str, of: u8, trust: Trust) -> Sight {
    Sight { key: key(name), seen: text(of), findings: vec![format!("found-{of}")], trust }
}

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// What is approved and seen of the only pin.
#[expect(clippy::unwrap_used, reason = "it is called by tests alone")]
async fn state(pins: &Pins) -> (Option<u8>, u8, Option<u8>) {
    let [PinRow { approved, seen, rejected, .. }] = pins.list().await.unwrap().try_into().unwrap();
    let rejected = rejected.map(|rejected| rejected.digest[0]);
    (approved.map(|approved| approved.version.digest[0]), seen.digest[0], rejected)
}

#[tokio::test]
async fn what_is_seen_is_kept_and_decided_beside_a_running_store() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let outside = Pins::open(&scratch.strict()).await.unwrap();
    let see = async |sight: Sight, moment| store.pins().see(&[sight], at(moment)).await.unwrap();
    see(sight("a", 1, Trust::First), 10).await;
    assert_eq!(state(&outside).await, (Some(1), 1, None));
    see(sight("a", 2, Trust::First), 20).await;
    assert_eq!(state(&outside).await, (Some(1), 2, None), "only the first is trusted for being the first");
    assert_eq!(outside.approve(&key("a"), &[1; 32], "ann", at(30)).await.unwrap(), Decided::Changed);
    assert_eq!(outside.approve(&key("b"), &[1; 32], "ann", at(30)).await.unwrap(), Decided::Unknown);
    assert_eq!(outside.reject(&key("a"), &[2; 32], "ann", at(30)).await.unwrap(), Decided::Done);
    assert_eq!(state(&outside).await, (Some(1), 2, Some(2)));
    assert_eq!(outside.approve(&key("a"), &[2; 32], "ann", at(40)).await.unwrap(), Decided::Done);
    assert_eq!(state(store.pins()).await, (Some(2), 2, None));
    see(sight("a", 3, Trust::Follow), 50).await;
    see(sight("a", 3, Trust::Withdrawn), 60).await;
    assert_eq!(state(&outside).await, (Some(2), 3, None), "what somebody approved only somebody takes back");
    let [row] = outside.list().await.unwrap().try_into().unwrap();
    assert_eq!((row.met, row.seen_at, row.findings), (at(10), at(50), vec!["found-3".to_owned()]));
    assert_eq!(row.approved.map(|approved| (approved.at, approved.by)), Some((at(40), Some("ann".to_owned()))));
    outside.close().await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_nobody_approved_by_name_follows_or_is_withdrawn() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let pins = store.pins();
    pins.see(&[sight("a", 1, Trust::Unchanged)], at(1)).await.unwrap();
    pins.see(&[sight("a", 2, Trust::Follow)], at(2)).await.unwrap();
    assert_eq!(state(pins).await, (None, 2, None), "what was never approved is not followed");
    let other = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    other.pins().see(&[sight("a", 1, Trust::First)], at(1)).await.unwrap();
    other.pins().see(&[sight("a", 2, Trust::Follow)], at(2)).await.unwrap();
    assert_eq!(state(other.pins()).await, (Some(2), 2, None));
    other.pins().see(&[sight("a", 2, Trust::Withdrawn)], at(3)).await.unwrap();
    assert_eq!(state(other.pins()).await, (None, 2, None));
    other.pins().see(&[sight("a", 2, Trust::First)], at(4)).await.unwrap();
    assert_eq!(state(other.pins()).await, (None, 2, None), "it is no longer the first");
    assert_eq!(other.pins().approve(&key("a"), &[2; 32], "ann", at(5)).await.unwrap(), Decided::Done);
    assert_eq!(other.pins().reject(&key("a"), &[2; 32], "ann", at(6)).await.unwrap(), Decided::Done);
    assert_eq!(state(other.pins()).await, (None, 2, Some(2)), "what is rejected is approved no longer");
}

#[tokio::test]
async fn a_reader_is_told_what_is_new_to_it() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let pins = store.pins();
    pins.see(&[sight("a", 1, Trust::First), sight("b", 1, Trust::First)], at(1)).await.unwrap();
    let (news, newest) = pins.since(0).await.unwrap();
    assert_eq!(changed(news), ["a", "b"]);
    assert_eq!(pins.since(newest).await.unwrap(), (News::Changed(Vec::new()), newest));
    pins.see(&[sight("a", 1, Trust::First), sight("b", 1, Trust::First)], at(2)).await.unwrap();
    assert_eq!(changed(pins.since(newest).await.unwrap().0), [""; 0], "the same again is nothing new");
    pins.reject(&key("a"), &[1; 32], "ann", at(3)).await.unwrap();
    assert_eq!(changed(pins.since(newest).await.unwrap().0), ["a"]);
}

#[expect(clippy::panic, reason = "it is called by tests alone")]
fn changed(news: News) -> Vec<String> {
    match news {
        News::Changed(rows) => rows.into_iter().map(|row| row.key.name).collect(),
        News::All(rows) => panic!("everything again: {rows:?}"),
    }
}

#[tokio::test]
async fn what_is_forgotten_is_gone_and_readers_are_told() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let pins = store.pins();
    let names = |rows: Vec<PinRow>| rows.into_iter().map(|row| row.key.name).collect::<Vec<_>>();
    let all = |news| match news {
        News::All(rows) => names(rows),
        News::Changed(rows) => panic!("only what has changed: {rows:?}"),
    };
    pins.see(&[sight("a", 1, Trust::First), sight("b", 1, Trust::First)], at(1)).await.unwrap();
    let (_, newest) = pins.since(0).await.unwrap();
    assert_eq!(pins.forget(&key("b"), &[2; 32], at(2)).await.unwrap(), Decided::Changed);
    assert_eq!(pins.forget(&key("c"), &[1; 32], at(2)).await.unwrap(), Decided::Unknown);
    assert_eq!(pins.since(newest).await.unwrap(), (News::Changed(Vec::new()), newest), "nothing was forgotten");
    // The one with the highest number: the next must not be given it again.
    assert_eq!(pins.forget(&key("b"), &[1; 32], at(2)).await.unwrap(), Decided::Done);
    pins.see(&[sight("c", 1, Trust::First)], at(3)).await.unwrap();
    assert_eq!(names(pins.list().await.unwrap()), ["a", "c"]);
    let (news, newest) = pins.since(newest).await.unwrap();
    assert_eq!(all(news), ["a", "c"]);
    assert_eq!(pins.since(newest).await.unwrap(), (News::Changed(Vec::new()), newest));
    assert_eq!(pins.forget(&key("a"), &[1; 32], at(4)).await.unwrap(), Decided::Done);
    let (news, newest) = pins.since(newest).await.unwrap();
    assert_eq!(all(news), ["c"]);
    // Whoever has not looked since then is told as well.
    assert_eq!(pins.forget(&key("c"), &[1; 32], at(5)).await.unwrap(), Decided::Done);
    assert_eq!(all(pins.since(newest).await.unwrap().0), [""; 0]);
    pins.see(&[sight("c", 2, Trust::First)], at(6)).await.unwrap();
    assert_eq!(state(pins).await, (Some(2), 2, None), "it is met as new");
}
