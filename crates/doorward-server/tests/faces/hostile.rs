//! Servers that misbehave, all at once: one clear error for whoever called them, nothing for anybody else.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::client::{Ask, Http, Session, call, denial, modern};
use super::rig::{PATIENCE, Plan, Rig, eventually};

/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(2);

/// How long a caller may wait for the end of its call.
const BOUND: Duration = Duration::from_secs(15);

/// How long the well-behaved server's clients may wait meanwhile, on a busy machine.
const UNMOVED: Duration = Duration::from_secs(3);

/// What a call ends in, over pipes and over HTTP; nothing where it is answered. Two codes where the speed of the machine
/// or an earlier call decides: noise below the limit is silence, and a server that has gone cannot be reached.
const MODES: &[(&str, Option<&str>, Option<&str>)] = &[
    ("good", None, None),
    ("exit", Some("DW1402"), Some("DW1402 DW1401")),
    ("silent", Some("DW1403"), Some("DW1403")),
    ("twice", None, None),
    ("unknown-id", Some("DW1403"), Some("DW1404")),
    ("other-id", Some("DW1403"), Some("DW1403")),
    ("flood", Some("DW1402 DW1403"), Some("DW1403 DW1404")),
    ("huge", Some("DW1405"), Some("DW1405")),
    ("not-json", Some("DW1403"), Some("DW1404")),
    ("not-utf8", Some("DW1404"), Some("DW1404")),
    ("duplicate-keys", Some("DW1404"), Some("DW1404")),
    ("deep", Some("DW1404"), Some("DW1404")),
    ("half", Some("DW1402"), Some("DW1402")),
    ("noise", None, None),
    ("grandchild", Some("DW1402"), Some("DW1402 DW1401")),
    ("redirect", Some("DW1403"), Some("DW1408")),
    ("lingering", None, None),
];

/// Programs over HTTP that are ended with the test.
struct Served(Vec<Child>);

async fn serve(mode: &str, served: &mut Served) -> String {
    let mut child = Command::new(doorward_testkit::bin("hostile-upstream"))
        .args(["--http", "0", mode])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    served.0.push(child);
    line.strip_prefix("listening on ").unwrap().to_owned()
}

/// The one message that ends the call, however it comes.
async fn outcome(rig: &Rig, name: &str, ask: Ask) -> Value {
    let began = Instant::now();
    let mut http = Http::open(rig.http).await;
    http.write(&ask.bytes(rig.http)).await;
    let answer = tokio::time::timeout(BOUND, http.answer()).await;
    let answer = answer.unwrap_or_else(|_| panic!("{name}: no end within {BOUND:?}")).expect("a response");
    assert!(began.elapsed() < BOUND);
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    if answer.header("content-type") == Some("application/json") {
        return answer.json();
    }
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:")).filter(|data| !data.trim().is_empty());
    let messages: Vec<Value> = data.map(|data| serde_json::from_str(data.trim()).unwrap()).collect();
    assert_eq!(messages.len(), 1, "{name}: {messages:?}");
    messages[0].clone()
}

async fn boom(rig: Arc<Rig>, name: String, expected: Option<&'static str>) {
    let echo = call(11, "echo", json!({ "message": "boom" }));
    let session = Session::open(&rig, &name).await;
    let legacy = outcome(&rig, &name, session.ask(echo.to_string())).await;
    let stateless = eventually("the server to be there again", || async {
        let message = outcome(&rig, &name, Ask::modern(&name, &modern(echo.clone()))).await;
        (message.pointer("/result").is_some() || expected.is_some()).then_some(message)
    })
    .await;
    for message in [legacy, stateless] {
        assert_eq!(message["id"], 11, "{name}: {message}");
        match expected {
            Some(codes) => {
                assert_eq!(message["result"]["isError"], true, "{name}: {message}");
                assert!(codes.contains(&denial(&message).0), "{name}: {message}");
            }
            None => assert_eq!(message["result"]["content"][0]["text"], "boom", "{name}: {message}"),
        }
    }
}

/// Calls the well-behaved server until told to stop; the longest any call took.
async fn watch(rig: Arc<Rig>, done: Arc<AtomicBool>) -> Duration {
    let mut session = Session::open(&rig, "well").await;
    let mut longest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = session.call(&call(1, "echo", json!({ "message": "calm" }))).await;
        longest = longest.max(began.elapsed());
        assert_eq!(answer["result"]["content"][0]["text"], "calm");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    longest
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

async fn withstand(
    rig: Rig,
    expected: impl Fn(&(&'static str, Option<&'static str>, Option<&'static str>)) -> Option<&'static str>,
    gone: &[&str],
) {
    let rig = Arc::new(rig);
    let done = Arc::new(AtomicBool::new(false));
    let before = resident_megabytes();
    let watching = tokio::spawn(watch(rig.clone(), done.clone()));
    let calls: Vec<_> =
        MODES.iter().map(|mode| (mode.0, tokio::spawn(boom(rig.clone(), mode.0.to_owned(), expected(mode))))).collect();
    let mut failures = Vec::new();
    for (name, task) in calls {
        if let Err(error) = tokio::time::timeout(PATIENCE * 2, task).await.expect(name) {
            failures.push(format!("{name}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    // A server that has ended is started again, and one that misbehaves once is not shut out.
    for (name, _, _) in MODES.iter().filter(|(name, _, _)| !gone.contains(name)) {
        eventually(name, || async {
            let fine = call(12, "echo", json!({ "message": "fine" }));
            let message = outcome(&rig, name, Ask::modern(name, &modern(fine))).await;
            (message["result"]["content"][0]["text"] == "fine").then_some(())
        })
        .await;
    }
    done.store(true, Ordering::Relaxed);
    let longest = watching.await.unwrap();
    assert!(longest < UNMOVED, "a client of another server waited {longest:?}");
    let grown = resident_megabytes().saturating_sub(before);
    assert!(grown < 400, "{grown} MB more");
    rig.outcomes(MODES.len() * 2).await;
    rig.check_outcomes().await;
    Arc::into_inner(rig).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_children() {
    let mut plan = Plan::new();
    for (mode, _, _) in MODES {
        plan = plan.with_child(mode, "hostile-upstream", &["--stdio", mode]);
    }
    let plan = plan.with_silence(SILENCE).with_child("well", "bare-upstream", &["--stdio"]);
    withstand(plan.start().await, |mode| mode.1, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_servers_over_http() {
    let mut served = Served(Vec::new());
    let mut plan = Plan::new();
    for (mode, _, _) in MODES {
        plan = plan.with_url(mode, &serve(mode, &mut served).await);
    }
    let plan = plan.with_silence(SILENCE).with_child("well", "bare-upstream", &["--stdio"]);
    // Nobody starts these again.
    withstand(plan.start().await, |mode| mode.2, &["exit", "grandchild"]).await;
}

#[tokio::test]
async fn a_byte_a_second_is_no_sign_of_life() {
    let mut served = Served(Vec::new());
    let url = serve("drip", &mut served).await;
    let plan = Plan::new().with_child("child", "hostile-upstream", &["--stdio", "drip"]).with_url("http", &url);
    let rig = Arc::new(plan.with_silence(Duration::from_millis(800)).start().await);
    boom(rig.clone(), "child".to_owned(), Some("DW1403")).await;
    boom(rig.clone(), "http".to_owned(), Some("DW1403")).await;
    rig.check_outcomes().await;
    Arc::into_inner(rig).unwrap().stop().await;
}
