//! What an operator stops: refused everywhere within a second, ended where it is under way, and resumed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use doorward_core::time::Timestamp;
use doorward_server::config::Config;
use doorward_server::lifecycle;
use doorward_store::{NewStop, StopTarget};
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, SseClient, ask_modern, call, denial, modern, request};
use super::keys::{key, with};
use super::rig::{Plan, Rig, Scratch, eventually, heard, soon};

/// Within this a stop is in force.
const SOON: Duration = Duration::from_secs(1);

const STOPPED: &str = "DW1212";

fn server(id: &str) -> StopTarget {
    StopTarget::Server(id.to_owned())
}

fn tool(server: &str, tool: &str) -> StopTarget {
    StopTarget::Tool { server: server.to_owned(), tool: tool.to_owned() }
}

fn principal(name: &str) -> StopTarget {
    StopTarget::Principal(name.to_owned())
}

fn now(later: Duration) -> Timestamp {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap() + later;
    Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap())
}

/// Writes a stop into the store, as the command line does, and says when.
async fn stop_for(rig: &Rig, target: &StopTarget, lasting: Option<Duration>) -> Instant {
    let expires = lasting.map(now);
    let new = NewStop { target: target.clone(), reason: None, by: "ann".to_owned(), expires };
    rig.gateway.store().stops().put(&new, now(Duration::ZERO)).await.unwrap();
    Instant::now()
}

async fn stop(rig: &Rig, target: &StopTarget) -> Instant {
    stop_for(rig, target, None).await
}

async fn resume(rig: &Rig, target: &StopTarget) {
    assert!(rig.gateway.store().stops().lift(target, now(Duration::ZERO)).await.unwrap().is_some());
}

fn echo(tool: &str) -> Value {
    call(7, tool, json!({ "message": "hello" }))
}

fn is_answer(answer: &Value) -> bool {
    answer["result"]["content"][0]["text"] == "hello"
}

fn is_stopped(answer: &Value) -> bool {
    !is_answer(answer) && denial(answer).0 == STOPPED
}

/// A client of every kind at one server's own endpoint and at that of all.
struct Clients {
    own: Session,
    joint: Session,
    /// Its stream is its session, and ends when everything is stopped.
    sse: Option<SseClient>,
    server: &'static str,
}

impl Clients {
    async fn open(rig: &Rig, server: &'static str) -> Self {
        let (own, joint) = (Session::open(rig, server).await, Session::open(rig, "/").await);
        let sse = Some(SseClient::session(rig, server, "2024-11-05").await);
        Self { own, joint, sse, server }
    }

    /// What each is answered.
    async fn answers(&mut self, rig: &Rig) -> Vec<Value> {
        let (own, joint) = (echo("echo"), echo(&format!("{}__echo", self.server)));
        let mut answers = vec![
            self.own.call(&own).await,
            ask_modern(rig, self.server, own.clone()).await.json(),
            self.joint.call(&joint).await,
            ask_modern(rig, "/", joint).await.json(),
        ];
        if let Some(sse) = &mut self.sse {
            answers.push(sse.ask(&own).await);
        }
        answers
    }

    /// Waits until all are answered so.
    async fn until(&mut self, rig: &Rig, what: &str, fits: fn(&Value) -> bool) {
        let began = Instant::now();
        loop {
            let answers = self.answers(rig).await;
            if answers.iter().all(fits) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{what}: {answers:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn each_scope_is_refused_within_a_second_in_both_eras_and_resumed() {
    let plan = Plan::new().with_child("one", "bare-upstream", &["--stdio"]);
    let rig = plan.with_child("two", "bare-upstream", &["--stdio"]).start().await;
    let mut two = Session::open(&rig, "two").await;
    // Whether the other server is stopped with it.
    for (target, other) in [(tool("one", "echo"), false), (server("one"), false), (StopTarget::All, true)] {
        let mut clients = Clients::open(&rig, "one").await;
        clients.until(&rig, "before", is_answer).await;
        if target == StopTarget::All {
            clients.sse = None;
        }
        let written = stop(&rig, &target).await;
        clients.until(&rig, "stopped", is_stopped).await;
        assert!(written.elapsed() < SOON, "{target:?}: {:?}", written.elapsed());
        let answer = two.call(&echo("echo")).await;
        assert_eq!(is_stopped(&answer), other, "{target:?}: {answer}");
        resume(&rig, &target).await;
        clients.until(&rig, "resumed", is_answer).await;
    }
    let refused = rig.records().await.into_iter().filter(|record| record.code.as_deref() == Some(STOPPED));
    let refused: Vec<_> = refused.filter(|record| record.action == "tools/call").collect();
    assert!(refused.len() >= 15, "{}", refused.len());
    // One that was under way at the moment of the stop has failed instead.
    for record in refused.into_iter().filter(|record| record.disposition != "fail") {
        assert_eq!((record.phase.as_str(), record.disposition.as_str()), ("outcome", "refuse"), "{record:?}");
        // An endpoint of many refuses a caller before it finds out where the call would go.
        assert_eq!(record.resource.as_deref(), record.server.as_ref().map(|_| "echo"), "{record:?}");
        assert!(record.reasons[0].starts_with("It is stop "), "{record:?}");
    }
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_stopped_principal_is_refused_and_another_is_not() {
    let plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.start().await;
    let (ann, bob) = (key(&rig, "ann", &[]).await, key(&rig, "bob", &[]).await);
    let ask = async |key, place| {
        let tool = if place == "/" { "bare__echo" } else { "echo" };
        Http::open(rig.http).await.ask(&with(Ask::modern(place, &modern(echo(tool))), key)).await
    };
    assert!(is_answer(&ask(&ann, "bare").await.json()));
    let written = stop(&rig, &principal("ann")).await;
    for place in ["bare", "/"] {
        eventually("the refusal", || async { is_stopped(&ask(&ann, place).await.json()).then_some(()) }).await;
    }
    assert!(written.elapsed() < SOON, "{:?}", written.elapsed());
    for place in ["bare", "/"] {
        assert!(is_answer(&ask(&bob, place).await.json()), "{place}");
    }
    // What the gateway answers itself at an endpoint of many goes on; lists and all else do not.
    let asked = async |method: &str| {
        let message = modern(request(1, method, json!({})));
        Http::open(rig.http).await.ask(&with(Ask::modern("/", &message), &ann)).await.json()
    };
    assert!(asked("server/discover").await["result"].is_object());
    for method in ["tools/list", "prompts/list", "subscriptions/listen"] {
        assert_eq!(denial(&asked(method).await).0, STOPPED, "{method}");
    }
    resume(&rig, &principal("ann")).await;
    eventually("the answer", || async { is_answer(&ask(&ann, "bare").await.json()).then_some(()) }).await;
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn streams_of_a_stopped_principal_are_closed_and_no_others() {
    let plan = Plan::new().with_token().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.start().await;
    let (ann, bob) = (key(&rig, "ann", &[]).await, key(&rig, "bob", &[]).await);
    let open = async |key| {
        let hello = with(Ask::post("bare", super::client::initialize(LEGACY).to_string()), key);
        let session = Http::open(rig.http).await.ask(&hello).await.header("mcp-session-id").unwrap().to_owned();
        let wish = json!({ "notifications": { "toolsListChanged": true } });
        let listen = modern(request(1, "subscriptions/listen", wish));
        let asks = [
            Ask::get("/s/bare/mcp").with("mcp-session-id", &session),
            Ask::get("/s/bare/sse"),
            Ask::modern("/", &listen),
            Ask::modern("bare", &listen),
        ];
        let mut streams = Vec::new();
        for ask in asks {
            let (mut http, ask) = (Http::open(rig.http).await, with(ask, key));
            let head = http.begin(&ask).await;
            streams.push((http, ask, head.status));
        }
        streams
    };
    let (mut closing, mut staying) = (open(&ann).await, open(&bob).await);
    // The bare server takes no subscriptions; the others are streams.
    assert_eq!(closing.iter().take(3).map(|(.., status)| *status).collect::<Vec<_>>(), [200; 3]);
    let written = stop(&rig, &principal("ann")).await;
    for (stream, ask, _) in closing.iter_mut().take(3) {
        soon(stream.events()).await;
        assert!(written.elapsed() < SOON, "{}: {:?}", ask.path, written.elapsed());
    }
    for (_, ask, _) in closing.iter().take(2) {
        let again = Http::open(rig.http).await.ask(ask).await;
        assert_eq!((again.status, denial(&again.json()).0.as_str()), (403, STOPPED), "{}", ask.path);
    }
    for (stream, ask, _) in staying.iter_mut().take(3) {
        let open = tokio::time::timeout(Duration::from_millis(300), stream.events()).await;
        assert!(open.is_err(), "{} ends as well", ask.path);
    }
    resume(&rig, &principal("ann")).await;
    for (_, ask, _) in closing.iter().take(2) {
        eventually("the stream", || async {
            let head = Http::open(rig.http).await.begin(ask).await;
            // The session over HTTP+SSE went with its stream, and this opens another.
            (head.status == 200).then_some(())
        })
        .await;
    }
    drop(staying);
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_call_under_way_is_ended_and_its_server_told() {
    let scratch = Scratch::new();
    let log = scratch.path("heard");
    let program = doorward_testkit::bin("hostile-upstream");
    let script = format!("/usr/bin/tee -a '{}' | '{}' --stdio good", log.display(), program.display());
    let command = ["/bin/sh", "-c", &script].map(OsString::from).to_vec();
    let rig = Plan::new().with_command("slow", command).start().await;
    let mut cancelled = 0;
    for target in [tool("slow", "echo"), principal("local"), server("slow")] {
        let slow = |tool: &str| call(3, tool, json!({ "message": "hello", "delayMs": 8000 }));
        let session = Session::open(&rig, "slow").await;
        let joint = Session::open(&rig, "/").await;
        let asks = [
            session.ask(slow("echo").to_string()),
            Ask::modern("slow", &modern(slow("echo"))),
            joint.ask(slow("slow__echo").to_string()),
            Ask::modern("/", &modern(slow("slow__echo"))),
        ];
        let mut waiting = Vec::new();
        for ask in &asks {
            let mut http = Http::open(rig.http).await;
            http.write(&ask.bytes(rig.http)).await;
            waiting.push(http);
        }
        eventually("all calls", || async { (under_way(&rig).await == asks.len()).then_some(()) }).await;
        let written = stop(&rig, &target).await;
        for http in &mut waiting {
            let answer = soon(http.answer()).await.unwrap();
            let text = answer.text();
            assert!(text.contains(STOPPED) && !text.contains("\"hello\""), "{target:?}: {text}");
            assert!(written.elapsed() < SOON, "{target:?}: {:?}", written.elapsed());
        }
        if target != server("slow") {
            cancelled += asks.len();
            heard(&log, |text| text.matches("notifications/cancelled").count() >= cancelled).await;
        }
        resume(&rig, &target).await;
        let mut session = session;
        eventually("the answer", || async { (!rig_is_stopped(&rig).await).then_some(()) }).await;
        assert!(is_answer(&session.call(&echo("echo")).await), "{target:?}: the session goes on");
    }
    let ended = rig.records().await.into_iter().filter(|record| record.disposition == "fail");
    let ended: Vec<_> = ended.filter(|record| record.action == "tools/call").collect();
    assert_eq!(ended.len(), 12, "{ended:?}");
    assert!(ended.iter().all(|record| record.code.as_deref() == Some(STOPPED)), "{ended:?}");
    rig.check_outcomes().await;
    rig.stop().await;
}

/// How many calls have an intent and no outcome.
async fn under_way(rig: &Rig) -> usize {
    let records = rig.records().await;
    let of = |phase: &str| {
        let these = records.iter().filter(|record| record.action == "tools/call" && record.phase == phase);
        these.map(|record| record.exchange.clone()).collect::<BTreeSet<_>>()
    };
    of("intent").difference(&of("outcome")).count()
}

/// Whether a call of the only server's tool is refused.
async fn rig_is_stopped(rig: &Rig) -> bool {
    is_stopped(&ask_modern(rig, "slow", echo("echo")).await.json())
}

/// A server that writes down each of its processes.
fn counted(plan: Plan, id: &str, log: &Path) -> Plan {
    let program = doorward_testkit::bin("bare-upstream");
    let script = format!("echo $$ >> '{}'; exec '{}' --stdio", log.display(), program.display());
    plan.with_command(id, ["/bin/sh", "-c", &script].map(OsString::from).to_vec())
}

fn processes(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn lives(process: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    !state.is_empty() && !state.contains(") Z ")
}

#[tokio::test]
async fn children_of_a_stopped_server_are_ended_and_not_started_until_it_is_resumed() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.path("one"), scratch.path("two"));
    let rig = counted(counted(Plan::new(), "one", &one), "two", &two).start().await;
    let mut session = Session::open(&rig, "one").await;
    let mut other = Session::open(&rig, "two").await;
    for session in [&mut session, &mut other] {
        assert!(is_answer(&session.call(&echo("echo")).await));
    }
    assert!(is_answer(&ask_modern(&rig, "one", echo("echo")).await.json()));
    let (before, others) = (processes(&one), processes(&two));
    assert!(before.iter().chain(&others).any(|process| lives(process)));
    let written = stop(&rig, &server("one")).await;
    eventually("the end of the children", || async { (!before.iter().any(|process| lives(process))).then_some(()) })
        .await;
    assert!(written.elapsed() < SOON, "{:?}", written.elapsed());
    assert!(others.iter().any(|process| lives(process)), "the other server goes on");
    for _ in 0..3 {
        assert!(is_stopped(&session.call(&echo("echo")).await));
        for method in ["initialize", "tools/list", "ping"] {
            let message =
                if method == "initialize" { super::client::initialize(LEGACY) } else { request(2, method, json!({})) };
            let answer = Http::open(rig.http).await.ask(&Ask::post("one", message.to_string())).await;
            let asked = if method == "initialize" { answer.json() } else { session.call(&message).await };
            assert_eq!(denial(&asked).0, STOPPED, "{method}");
        }
        for method in ["server/discover", "tools/list"] {
            assert_eq!(denial(&ask_modern(&rig, "one", request(3, method, json!({}))).await.json()).0, STOPPED);
        }
    }
    assert_eq!(processes(&one), before, "nothing was started");
    resume(&rig, &server("one")).await;
    eventually("the answer", || async { is_answer(&ask_modern(&rig, "one", echo("echo")).await.json()).then_some(()) })
        .await;
    assert!(is_answer(&session.call(&echo("echo")).await), "the session goes on with a new child");
    assert!(processes(&one).len() > before.len());
    rig.check_outcomes().await;
    rig.stop().await;
}

#[tokio::test]
async fn a_stop_ends_by_itself_and_outlives_a_restart() {
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let config = plan.config.clone();
    let rig = plan.start().await;
    let stopped = async |rig: &Rig| is_stopped(&ask_modern(rig, "bare", echo("echo")).await.json());
    assert!(!stopped(&rig).await);
    stop(&rig, &server("bare")).await;
    let rig = rig.again(config).await;
    assert!(stopped(&rig).await, "it is in force before the first message");
    resume(&rig, &server("bare")).await;
    let written = stop_for(&rig, &StopTarget::All, Some(Duration::from_secs(3))).await;
    eventually("the refusal", || async { stopped(&rig).await.then_some(()) }).await;
    eventually("the end of the stop", || async { (!stopped(&rig).await).then_some(()) }).await;
    assert!(written.elapsed() >= Duration::from_secs(3), "{:?}", written.elapsed());
    rig.stop().await;
}

#[tokio::test]
async fn every_gateway_over_the_store_obeys() {
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let same: Config = plan.config.clone();
    let rig = plan.start().await;
    let again = same.clone();
    let second = lifecycle::start(same, Box::new(move || Ok(again.clone()))).await.unwrap();
    let stopped = async |address| {
        let ask = Ask::modern("bare", &modern(echo("echo")));
        is_stopped(&Http::open(address).await.ask(&ask).await.json())
    };
    let both = [rig.http, second.http_addr()];
    for address in both {
        assert!(!stopped(address).await);
    }
    let written = stop(&rig, &server("bare")).await;
    for address in both {
        eventually("the refusal", || async { stopped(address).await.then_some(()) }).await;
    }
    assert!(written.elapsed() < SOON, "{:?}", written.elapsed());
    resume(&rig, &server("bare")).await;
    for address in both {
        eventually("the answer", || async { (!stopped(address).await).then_some(()) }).await;
    }
    second.stop().await;
    rig.stop().await;
}

#[tokio::test]
async fn what_was_stopped_stays_so_while_the_store_cannot_be_read() {
    let rig = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]).start().await;
    let stopped = async || is_stopped(&ask_modern(&rig, "bare", echo("echo")).await.json());
    stop_for(&rig, &server("bare"), Some(Duration::from_millis(1500))).await;
    eventually("the refusal", || async { stopped().await.then_some(()) }).await;
    rig.gateway.store().stops().close().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(stopped().await, "nobody knows whether it was made longer");
    rig.stop().await;
}
