//! Joint lists: complete and in time, whatever single servers do.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use doorward_server::config::Unavailable;
use serde_json::{Value, json};

use super::client::{Http, Session, ask_modern, call, denial, request};
use super::peer::{Act, Peer, page, tool};
use super::rig::{Plan, Rig, eventually, soon};
use super::scripted::{answer, body};

/// How long lists wait for a server in these tests.
const WAIT: Duration = Duration::from_millis(4000);

/// What the machine may take beyond what the servers take, on top of it.
const TOLERANCE: Duration = Duration::from_millis(900);

pub(crate) fn names(answer: &Value) -> BTreeSet<String> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let names: BTreeSet<String> = tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), tools.len(), "a name twice: {answer}");
    names
}

fn expected(servers: usize, pages: usize) -> BTreeSet<String> {
    let names =
        |server| (0..pages).flat_map(move |page| ["a", "b"].map(|end| format!("good-{server:02}__t{page}{end}")));
    (0..servers).flat_map(names).collect()
}

fn plan() -> Plan {
    let mut plan = Plan::new();
    plan.config.aggregate.wait = WAIT;
    plan
}

fn list() -> Value {
    request(1, "tools/list", json!({}))
}

/// A tool list of the lying kind, another lie each time it is asked.
fn lie(message: &Value, turn: usize, many: &str) -> Act {
    match turn % 5 {
        0 => Act::Result(json!({ "tools": [tool("x"), tool("x")], "nextCursor": "again" })),
        1 => Act::Result(json!({ "tools": "none" })),
        2 => Act::Raw(answer("200 OK", "content-type: application/json\r\n", b"{\"tools\":")),
        3 => {
            let id = &message["id"];
            Act::Raw(body(&format!(
                r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","tools":{many}}}}}"#
            )))
        }
        _ => Act::Result(page(message, usize::MAX)),
    }
}

/// Seventeen good servers of five pages, and three bad ones.
async fn twenty() -> (Rig, Vec<Peer>) {
    let mut peers = Vec::new();
    let mut plan = plan();
    for number in 0..17 {
        let peer = Peer::paged(5, Duration::from_millis(2 * number)).await;
        plan = plan.with_url(&format!("good-{number:02}"), &peer.url);
        peers.push(peer);
    }
    let mut dead = Peer::paged(5, Duration::ZERO).await;
    dead.stop().await;
    let slow = Peer::start(|_| Some(Act::Hang)).await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let many: Vec<String> = (0..100_000).map(|number| format!(r#"{{"name":"{number}"}}"#)).collect();
    let many = format!("[{}]", many.join(","));
    let lying = Peer::start(move |message| {
        let turn = || turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (message["method"] == "tools/list").then(|| lie(message, turn(), &many))
    })
    .await;
    plan = plan.with_url("bad-dead", &dead.url).with_url("bad-slow", &slow.url).with_url("bad-lying", &lying.url);
    peers.extend([dead, slow, lying]);
    (plan.start().await, peers)
}

fn good(answer: &Value) -> BTreeSet<String> {
    names(answer).into_iter().filter(|name| name.starts_with("good-")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_bad_servers_of_twenty_hold_up_no_session() {
    let (rig, _peers) = twenty().await;
    let mut session = Session::open(&rig, "/").await;
    let cold = Instant::now();
    assert_eq!(good(&session.call(&list()).await), expected(17, 5));
    assert!(cold.elapsed() < WAIT + TOLERANCE * 2, "{:?}", cold.elapsed());
    // The slowest of the good ones takes five times 32 ms; this machine may be busy, but nobody waits for the bad ones.
    for _ in 0..6 {
        let warm = Instant::now();
        assert_eq!(good(&session.call(&list()).await), expected(17, 5));
        assert!(warm.elapsed() < WAIT / 2, "{:?}", warm.elapsed());
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_bad_servers_of_twenty_hold_up_no_stateless_request() {
    let (rig, _peers) = twenty().await;
    let cold = Instant::now();
    assert_eq!(good(&ask_modern(&rig, "/", list()).await.json()), expected(17, 5));
    assert!(cold.elapsed() < WAIT + TOLERANCE * 2, "{:?}", cold.elapsed());
    for _ in 0..6 {
        let warm = Instant::now();
        assert_eq!(good(&ask_modern(&rig, "/", list()).await.json()), expected(17, 5));
        assert!(warm.elapsed() < WAIT / 2, "{:?}", warm.elapsed());
    }
    rig.stop().await;
}

/// Whether each tool of `server` in a list is marked as unavailable; `None` when it has none there.
fn marks(answer: &Value, server: &str) -> Option<bool> {
    let tools = answer["result"]["tools"].as_array().unwrap();
    let own = |tool: &&Value| tool["name"].as_str().unwrap().starts_with(&format!("{server}__"));
    let marks: Vec<bool> =
        tools.iter().filter(own).map(|tool| tool["_meta"]["dev.doorward/unavailable"] == json!(true)).collect();
    (!marks.is_empty()).then(|| marks.iter().all(|marked| *marked))
}

async fn gone_and_back(unavailable: Unavailable, meanwhile: Option<bool>) {
    let (here, mut away) = (Peer::paged(1, Duration::ZERO).await, Peer::paged(2, Duration::ZERO).await);
    let mut plan = plan().with_url("here", &here.url).with_url("away", &away.url);
    plan.config.aggregate.unavailable = unavailable;
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "/").await;
    let mut listener = session.listen(&rig).await;
    let mut stateless = Vec::new();
    for era in ["legacy", "modern"] {
        let listed =
            if era == "legacy" { session.call(&list()).await } else { ask_modern(&rig, "/", list()).await.json() };
        assert_eq!((marks(&listed, "here"), marks(&listed, "away")), (Some(false), Some(false)), "{era}");
    }
    away.stop().await;
    let refused = session.call(&call(2, "away__t0a", json!({}))).await;
    assert_eq!(denial(&refused).0, "DW1401", "{refused}");
    for era in ["legacy", "modern"] {
        let listed =
            if era == "legacy" { session.call(&list()).await } else { ask_modern(&rig, "/", list()).await.json() };
        assert_eq!((marks(&listed, "here"), marks(&listed, "away")), (Some(false), meanwhile), "{era}: {listed}");
        stateless.push(listed);
    }
    let health = Http::open(rig.admin).await.ask(&super::client::Ask::get("/healthz")).await;
    assert_eq!((health.status, &health.json()["servers"]["away"]["seen"]), (200, &json!("unreachable")));
    assert_eq!(health.json()["servers"]["here"]["seen"], "reachable");
    let metrics = rig.metrics().await;
    assert!(metrics.contains("doorward_server_up{server=\"away\"} 0"), "{metrics}");
    assert!(metrics.contains("doorward_server_up{server=\"here\"} 1"), "{metrics}");
    away.come_back().await;
    eventually("the server's tools", || async {
        let listed = ask_modern(&rig, "/", list()).await.json();
        (marks(&listed, "away") == Some(false)).then_some(())
    })
    .await;
    // The session finds it as well, and its client is told.
    loop {
        let event = soon(listener.event()).await.expect("an announcement");
        if event.data["method"] == "notifications/tools/list_changed"
            && marks(&session.call(&list()).await, "away") == Some(false)
        {
            break;
        }
    }
    let answered = session.call(&call(3, "away__t0a", json!({}))).await;
    assert_eq!(answered["result"].get("isError"), None, "{answered}");
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn the_tools_of_a_server_that_is_away_stay_and_say_so() {
    gone_and_back(Unavailable::Keep, Some(true)).await;
}

#[tokio::test]
async fn the_tools_of_a_server_that_is_away_leave() {
    gone_and_back(Unavailable::Leave, None).await;
}

#[tokio::test]
async fn a_late_server_is_announced_once_it_has_shown_its_list() {
    let quick = Peer::paged(1, Duration::ZERO).await;
    let late = Peer::paged(1, WAIT + Duration::from_millis(500)).await;
    let rig = plan().with_url("quick", &quick.url).with_url("late", &late.url).start().await;
    let mut session = Session::open(&rig, "/").await;
    let mut listener = session.listen(&rig).await;
    let listed = session.call(&list()).await;
    assert_eq!((marks(&listed, "quick"), marks(&listed, "late")), (Some(false), None));
    while soon(listener.event()).await.expect("an announcement").data["method"] != "notifications/tools/list_changed" {}
    // It is still slow, and what it showed is what the client gets meanwhile, at once.
    let again = Instant::now();
    let listed = session.call(&list()).await;
    assert_eq!((marks(&listed, "quick"), marks(&listed, "late")), (Some(false), Some(false)));
    assert!(again.elapsed() < TOLERANCE, "{:?}", again.elapsed());
    rig.stop().await;
}

#[tokio::test]
async fn many_clients_at_once_fetch_a_list_once() {
    let peer = Peer::paged(2, Duration::from_millis(300)).await;
    let rig = plan().with_url("one", &peer.url).start().await;
    ask_modern(&rig, "/", list()).await;
    let before = peer.asked("tools/list").len();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let address = rig.http;
        clients.spawn(async move {
            let ask = super::client::Ask::modern("/", &super::client::modern(list()));
            names(&Http::open(address).await.ask(&ask).await.json()).len()
        });
    }
    while let Some(listed) = clients.join_next().await {
        assert_eq!(listed.unwrap(), 4);
    }
    let asked = peer.asked("tools/list").len() - before;
    assert!(asked <= 8, "{asked} pages for thirty clients");
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_ends_what_was_begun_for_it() {
    let slow = Peer::start(|message| (message["method"] == "tools/list").then_some(Act::Hang)).await;
    let rig = plan().with_url("slow", &slow.url).start().await;
    let mut http = Http::open(rig.http).await;
    let ask = super::client::Ask::modern("/", &super::client::modern(list()));
    http.write(&ask.bytes(rig.http)).await;
    eventually("the server is asked", || async { (!slow.asked("tools/list").is_empty()).then_some(()) }).await;
    drop(http);
    rig.check_outcomes().await;
    rig.stop().await;
}
