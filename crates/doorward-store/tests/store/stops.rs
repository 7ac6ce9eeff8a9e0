//! Stops as gateways and the command line see them.

use doorward_core::time::Timestamp;
use doorward_store::limits::STOPS_MAX;
use doorward_store::{NewStop, StopTarget, Stops, Store, StoreConfig, StoreError, StoreUrl};

use crate::sample::Scratch;

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn server(name: &str) -> StopTarget {
    StopTarget::Server(name.to_owned())
}

fn tool(server: &str, tool: &str) -> StopTarget {
    StopTarget::Tool { server: server.to_owned(), tool: tool.to_owned() }
}

fn stop(target: StopTarget, reason: Option<&str>, expires: Option<i64>) -> NewStop {
    NewStop { target, reason: reason.map(ToOwned::to_owned), by: "ann".to_owned(), expires: expires.map(at) }
}

#[expect(clippy::unwrap_used, reason = "it is called by tests alone")]
async fn stopped(stops: &Stops, now: i64) -> Vec<StopTarget> {
    stops.list(at(now)).await.unwrap().into_iter().map(|row| row.target).collect()
}

#[tokio::test]
async fn each_scope_is_stopped_and_resumed_beside_a_running_store() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let outside = Stops::open(&scratch.strict()).await.unwrap();
    let all = [StopTarget::All, server("a"), tool("a", "read"), StopTarget::Principal("read".to_owned())];
    for (number, target) in all.iter().enumerate() {
        let new = stop(target.clone(), Some("because"), None);
        let row = outside.put(&new, at(10)).await.unwrap();
        assert_eq!((row.id, &row.target), (i64::try_from(number).unwrap() + 1, target));
        assert_eq!((row.at, row.by.as_str(), row.reason.as_deref()), (at(10), "ann", Some("because")));
    }
    assert_eq!(stopped(store.stops(), 11).await, all);
    let lifted = store.stops().lift(&tool("a", "read"), at(12)).await.unwrap().unwrap();
    assert_eq!((lifted.id, lifted.target), (3, tool("a", "read")));
    assert_eq!(store.stops().lift(&tool("a", "read"), at(12)).await.unwrap(), None);
    assert_eq!(store.stops().lift(&tool("a", ""), at(12)).await.unwrap(), None);
    assert_eq!(outside.lift_numbered(1, at(12)).await.unwrap().unwrap().target, StopTarget::All);
    assert_eq!(outside.lift_numbered(1, at(12)).await.unwrap(), None);
    assert_eq!(stopped(&outside, 13).await, [server("a"), StopTarget::Principal("read".to_owned())]);
    let again = outside.put(&stop(StopTarget::All, None, None), at(20)).await.unwrap();
    assert_eq!(again.id, 5, "no number is given twice");
    outside.close().await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_reader_learns_of_every_change_and_of_nothing_else() {
    let scratch = Scratch::new();
    let stops = Stops::open(&scratch.strict()).await.unwrap();
    let reader = Stops::open(&scratch.strict()).await.unwrap();
    let (rows, first) = reader.since(None).await.unwrap().unwrap();
    assert!(rows.is_empty());
    assert_eq!(reader.since(Some(first)).await.unwrap(), None);
    stops.put(&stop(server("a"), None, None), at(1)).await.unwrap();
    let (rows, second) = reader.since(Some(first)).await.unwrap().unwrap();
    assert_eq!((rows.len(), second != first), (1, true));
    assert_eq!(reader.since(Some(second)).await.unwrap(), None);
    stops.lift(&server("b"), at(2)).await.unwrap();
    assert_eq!(reader.since(Some(second)).await.unwrap(), None, "nothing was lifted");
    stops.lift(&server("a"), at(2)).await.unwrap();
    let (rows, third) = reader.since(Some(second)).await.unwrap().unwrap();
    assert_eq!((rows.len(), third != second), (0, true));
}

#[tokio::test]
async fn what_is_stopped_already_is_never_stopped_for_less_long() {
    let stops = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let stops = stops.stops();
    let put = async |reason, expires, moment| {
        let row = stops.put(&stop(server("a"), reason, expires), at(moment)).await.unwrap();
        (row.id, row.expires, row.reason)
    };
    assert_eq!(put(Some("one"), Some(100), 10).await, (1, Some(at(100)), Some("one".to_owned())));
    assert_eq!(put(None, Some(50), 20).await, (1, Some(at(100)), Some("one".to_owned())));
    assert_eq!(put(Some("two"), Some(200), 20).await, (1, Some(at(200)), Some("two".to_owned())));
    assert_eq!(put(None, None, 30).await, (1, None, Some("two".to_owned())));
    assert_eq!(put(None, Some(300), 40).await, (1, None, Some("two".to_owned())));
}

#[tokio::test]
async fn a_stop_whose_time_is_over_is_none() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let stops = store.stops();
    stops.put(&stop(server("a"), Some("old"), Some(100)), at(10)).await.unwrap();
    assert_eq!(stopped(stops, 99).await, [server("a")]);
    assert_eq!(stopped(stops, 100).await, []);
    assert_eq!(stops.lift(&server("a"), at(100)).await.unwrap(), None);
    let anew = stops.put(&stop(server("a"), None, Some(150)), at(101)).await.unwrap();
    assert_eq!((anew.id, anew.reason, anew.expires), (2, None, Some(at(150))));
}

#[tokio::test]
async fn there_are_so_many_stops_and_always_room_for_everything() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    let stops = store.stops();
    stops.put(&stop(server("short"), None, Some(50)), at(1)).await.unwrap();
    for number in 1..STOPS_MAX {
        stops.put(&stop(server(&format!("s{number}")), None, None), at(1)).await.unwrap();
    }
    let more = stops.put(&stop(server("more"), None, None), at(2)).await;
    assert!(matches!(more, Err(StoreError::TooManyStops { most: STOPS_MAX })), "{more:?}");
    stops.put(&stop(server("s1"), Some("again"), None), at(2)).await.unwrap();
    stops.put(&stop(StopTarget::All, None, None), at(2)).await.unwrap();
    stops.put(&stop(server("more"), None, None), at(50)).await.unwrap();
    assert_eq!(stopped(stops, 51).await.len(), STOPS_MAX as usize + 1, "what is over leaves room");
}

#[tokio::test]
async fn stops_of_a_file_put_in_place_of_the_store_are_read() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let stops = store.stops();
    stops.put(&stop(server("a"), None, None), at(1)).await.unwrap();
    let (_, first) = stops.since(None).await.unwrap().unwrap();
    let old = scratch.file().with_extension("old");
    std::fs::rename(scratch.file(), &old).unwrap();
    assert!(stops.since(Some(first)).await.is_err(), "there is no file, and nobody is to take that for nothing new");
    let outside = Stops::open(&scratch.strict()).await.unwrap();
    outside.put(&stop(StopTarget::All, None, None), at(2)).await.unwrap();
    outside.close().await;
    let (rows, second) = stops.since(Some(first)).await.unwrap().unwrap();
    let targets: Vec<_> = rows.into_iter().map(|row| row.target).collect();
    assert_eq!(targets, [StopTarget::All], "as many changes, but of another file");
    assert_eq!(stops.since(Some(second)).await.unwrap(), None);
    let lifted = stops.lift(&StopTarget::All, at(3)).await.unwrap();
    assert!(lifted.is_some(), "what is written goes into the file that is there");
    assert!(stopped(stops, 4).await.is_empty());
}
