//! Child processes as upstreams: sharing, ending, restarting, and every way a child can misbehave.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::access::{Approach, Direction, Face};
use doorward_core::decision::Decision;
use doorward_core::exchange::{Arrival, Step, begin};
use doorward_core::guard::Inspection;
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::permit::Permit;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Message;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use doorward_server::upstream::stdio::{ChildSpec, Pool, Share, StdioCall, StdioLink};
use doorward_server::upstream::{Event, Housekeeping};
use serde_json::{Value, json};
use tokio::time::timeout;

/// No test waits longer for one event.
const SOON: Duration = Duration::from_secs(15);

fn server() -> ServerId {
    ServerId::parse("peer").unwrap()
}

/// What the core makes of a message that policy allows and the store has recorded.
fn allow(message: &Value) -> Permit {
    allow_bytes(message.to_string().into())
}

fn allow_bytes(bytes: Bytes) -> Permit {
    let now = Timestamp::from_micros(0);
    let arrival = Arrival {
        id: ExchangeId::from_parts(0, 0),
        principal: principal("ann"),
        server: server(),
        direction: Direction::ToServer,
        approach: Approach::new(Face::Stdio),
        revision: Revision::LATEST_LEGACY,
        message: Message::parse(bytes, &Limits::default()).unwrap(),
        at: now,
    };
    let Step::Decide(decide) = begin(arrival) else { panic!("nothing to decide") };
    let allow = |_: &_| Decision::Allow { obligations: Vec::new(), reasons: Vec::new() };
    let decisions = decide.requests().iter().map(allow).collect();
    let Step::Guard(guard) = decide.decided(decisions, now) else { panic!("not guarded") };
    let Step::Record(record) = guard.guarded(Inspection::default(), now) else { panic!("not allowed") };
    let (_, recorded) = record.split();
    let Step::Forward(permit, _) = recorded.recorded(Ok(()), now) else { panic!("not forwarded") };
    permit
}

fn principal(user: &str) -> Principal {
    Principal::new(user, Proof::None)
}

fn spec(program: &str, arguments: &[&str]) -> ChildSpec {
    let program = doorward_testkit::bin(program).into_os_string();
    let arguments = arguments.iter().map(std::ffi::OsString::from);
    ChildSpec {
        server: server(),
        command: std::iter::once(program).chain(arguments).collect(),
        environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        directory: None,
        silence: Duration::from_secs(10),
    }
}

fn candid() -> Arc<ChildSpec> {
    Arc::new(spec("candid-upstream", &[]))
}

fn hostile(mode: &str) -> Arc<ChildSpec> {
    let silence = Duration::from_secs(1);
    Arc::new(ChildSpec { silence, ..spec("hostile-upstream", &["--stdio", mode]) })
}

fn modern(pool: &Pool, spec: &Arc<ChildSpec>) -> StdioLink {
    pool.link(spec.clone(), principal("ann").id(), Era::Modern, Share::ByPrincipal)
}

fn legacy(pool: &Pool, spec: &Arc<ChildSpec>) -> StdioLink {
    pool.link(spec.clone(), principal("ann").id(), Era::Legacy, Share::ByPrincipal)
}

fn request(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "tools/call", "params": params })
}

fn with_token(mut request: Value, token: impl Into<Value>) -> Value {
    request["params"]["_meta"] = json!({ "progressToken": token.into() });
    request
}

fn initialize(id: impl Into<Value>, capabilities: Value) -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "initialize", "params": params })
}

fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

async fn next(call: &mut StdioCall) -> Event {
    timeout(SOON, call.next()).await.expect("an event in time")
}

/// The end of a call: its result or error, or the refusal.
async fn end(call: &mut StdioCall) -> Result<Value, Refusal> {
    loop {
        match next(call).await {
            Event::Response(response) => return Ok(serde_json::from_slice(response.bytes()).unwrap()),
            Event::Failed(refusal) => return Err(refusal),
            Event::Notification(_) | Event::Question(_) => {}
        }
    }
}

async fn ask(link: &StdioLink, message: &Value) -> Result<Value, Refusal> {
    end(&mut link.call(allow(message)).await?).await
}

async fn text(link: &StdioLink, message: &Value) -> String {
    let answer = ask(link, message).await.unwrap();
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {answer}")).to_owned()
}

async fn code(link: &StdioLink, message: &Value) -> Code {
    ask(link, message).await.unwrap_err().code
}

/// Every line the child has read, as JSON.
async fn heard(link: &StdioLink) -> Vec<Value> {
    let lines: Vec<String> = serde_json::from_str(&text(link, &request("heard", "heard", json!({}))).await).unwrap();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn count(heard: &[Value], method: &str) -> usize {
    heard.iter().filter(|message| message["method"] == method).count()
}

async fn open(link: &StdioLink) {
    ask(link, &initialize(0, json!({}))).await.unwrap();
    link.tell(allow(&notification("notifications/initialized", json!({})))).await.unwrap();
}

/// Tries until it holds: what other processes do is not ours to time.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + SOON;
    while !holds().await {
        assert!(Instant::now() < until, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn lives(process: i32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    // A zombie has ended; who reaps it is the system's business.
    !status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// Every living process of a group.
fn group(leader: i32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let group_of = |process: i32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        status.rsplit(')').next()?.split_whitespace().nth(2)?.parse::<i32>().ok()
    };
    numbers.filter(|process| group_of(*process) == Some(leader) && lives(*process)).collect()
}

async fn process_of(link: &StdioLink) -> i32 {
    let said: Value = serde_json::from_str(&text(link, &request(900, "whoami", json!({}))).await).unwrap();
    i32::try_from(said["pid"].as_i64().unwrap()).unwrap()
}

// Sharing

#[tokio::test]
async fn a_call_is_answered_and_a_principal_shares_one_child() {
    let pool = Pool::new();
    let spec = hostile("good");
    let (one, two) = (modern(&pool, &spec), modern(&pool, &spec));
    assert_eq!(text(&one, &request(1, "echo", json!({ "message": "hello" }))).await, "hello");
    assert_eq!(process_of(&one).await, process_of(&two).await);
    let other = pool.link(spec.clone(), principal("bob").id(), Era::Modern, Share::ByPrincipal);
    assert_ne!(process_of(&one).await, process_of(&other).await);
    let alone = pool.link(spec.clone(), principal("ann").id(), Era::Modern, Share::Exclusive);
    assert_ne!(process_of(&one).await, process_of(&alone).await);
    pool.shutdown().await;
}

#[tokio::test]
async fn stateless_requests_may_use_the_same_id_at_once() {
    let pool = Pool::new();
    let link = modern(&pool, &hostile("good"));
    let slow = |text: &str| request(1, "echo", json!({ "message": text, "delayMs": 100 }));
    let (first, second) = (slow("first"), slow("second"));
    let (first, second) = tokio::join!(text(&link, &first), text(&link, &second));
    assert_eq!((first.as_str(), second.as_str()), ("first", "second"));
    pool.shutdown().await;
}

#[tokio::test]
async fn the_second_handshake_of_a_shared_child_is_answered_from_memory() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    let first = ask(&one, &initialize(0, json!({}))).await.unwrap();
    one.tell(allow(&notification("notifications/initialized", json!({})))).await.unwrap();
    let second = ask(&two, &initialize("x", json!({}))).await.unwrap();
    two.tell(allow(&notification("notifications/initialized", json!({})))).await.unwrap();
    assert_eq!(first["result"], second["result"]);
    let heard = heard(&two).await;
    assert_eq!((count(&heard, "initialize"), count(&heard, "notifications/initialized")), (1, 1));
    pool.shutdown().await;
}

#[tokio::test]
async fn clients_with_other_capabilities_get_another_child() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    ask(&one, &initialize(0, json!({}))).await.unwrap();
    ask(&two, &initialize(0, json!({ "roots": {} }))).await.unwrap();
    for link in [&one, &two] {
        assert_eq!(count(&heard(link).await, "initialize"), 1);
    }
    pool.shutdown().await;
}

#[tokio::test]
async fn a_shared_legacy_child_takes_nothing_before_the_handshake() {
    let pool = Pool::new();
    let link = legacy(&pool, &candid());
    assert_eq!(code(&link, &request(1, "heard", json!({}))).await, Code::UnknownSession);
    pool.shutdown().await;
}

#[tokio::test]
async fn an_exclusive_child_takes_both_eras_and_every_handshake_itself() {
    let pool = Pool::new();
    let link = pool.link(candid(), principal("ann").id(), Era::Legacy, Share::Exclusive);
    ask(&link, &json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {} })).await.unwrap();
    open(&link).await;
    ask(&link, &initialize(7, json!({}))).await.unwrap();
    let heard = heard(&link).await;
    assert_eq!((count(&heard, "initialize"), count(&heard, "server/discover")), (2, 1));
    pool.shutdown().await;
}

#[tokio::test]
async fn sessions_on_one_child_never_see_each_others_ids_tokens_or_progress() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    open(&one).await;
    open(&two).await;
    let call = |count: u64| with_token(request("same", "progress", json!({ "count": count })), "same");
    let mut first = one.call(allow(&call(20))).await.unwrap();
    let mut second = two.call(allow(&call(30))).await.unwrap();
    for (call, expected) in [(&mut first, 20), (&mut second, 30)] {
        for number in 0..expected {
            let Event::Notification(progress) = next(call).await else { panic!("no progress") };
            assert_eq!(progress.param("progressToken").unwrap().text(), "\"same\"");
            assert_eq!(progress.param("progress").unwrap().as_u64(), Some(number));
        }
        assert!(matches!(next(call).await, Event::Response(_)));
    }
    let heard = heard(&one).await;
    let calls: Vec<&Value> = heard.iter().filter(|message| message["params"]["name"] == "progress").collect();
    assert_ne!(calls[0]["id"], calls[1]["id"]);
    assert_ne!(calls[0]["params"]["_meta"], calls[1]["params"]["_meta"]);
    assert!(calls.iter().all(|call| call["id"].is_u64()), "{calls:?}");
    pool.shutdown().await;
}

#[tokio::test]
async fn an_id_in_use_is_refused_within_a_conversation() {
    let pool = Pool::new();
    let link = legacy(&pool, &candid());
    open(&link).await;
    let _first = link.call(allow(&request(5, "silent", json!({})))).await.unwrap();
    assert_eq!(code(&link, &request(5, "silent", json!({}))).await, Code::IdInUse);
    pool.shutdown().await;
}

// Cancelling and asking

#[tokio::test]
async fn a_dropped_call_is_cancelled_under_the_connections_id() {
    let pool = Pool::new();
    let link = legacy(&pool, &candid());
    open(&link).await;
    drop(link.call(allow(&request("mine", "silent", json!({})))).await.unwrap());
    eventually("the cancellation", async || count(&heard(&link).await, "notifications/cancelled") == 1).await;
    let heard = heard(&link).await;
    let call = heard.iter().find(|message| message["params"]["name"] == "silent").unwrap();
    let cancelled = heard.iter().find(|message| message["method"] == "notifications/cancelled").unwrap();
    assert_eq!(call["id"], cancelled["params"]["requestId"]);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_client_cancels_its_own_requests_and_nobody_elses() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    open(&one).await;
    open(&two).await;
    let mut mine = one.call(allow(&request(8, "silent", json!({})))).await.unwrap();
    two.tell(allow(&notification("notifications/cancelled", json!({ "requestId": 8 })))).await.unwrap();
    two.tell(allow(&notification("notifications/cancelled", json!({ "requestId": 2 })))).await.unwrap();
    assert_eq!(count(&heard(&two).await, "notifications/cancelled"), 0);
    one.tell(allow(&notification("notifications/cancelled", json!({ "requestId": 8 })))).await.unwrap();
    assert_eq!(end(&mut mine).await.unwrap_err().code, Code::Cancelled);
    let heard = heard(&one).await;
    let call = heard.iter().find(|message| message["params"]["name"] == "silent").unwrap();
    let cancelled = heard.iter().find(|message| message["method"] == "notifications/cancelled").unwrap();
    assert_eq!(call["id"], cancelled["params"]["requestId"]);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_question_reaches_the_caller_and_its_answer_the_child_once() {
    let pool = Pool::new();
    let link = legacy(&pool, &candid());
    open(&link).await;
    let mut call = link.call(allow(&request(1, "ask", json!({ "method": "roots/list" })))).await.unwrap();
    let Event::Question(question) = next(&mut call).await else { panic!("no question") };
    assert_eq!((question.method(), question.id().to_json().as_str()), ("roots/list", "1"));
    let answer =
        |id: u64| Segments::from(Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"n":{id}}}}}"#)));
    link.reply(answer(77)).await.unwrap();
    link.reply(answer(1)).await.unwrap();
    link.reply(answer(1)).await.unwrap();
    let said = end(&mut call).await.unwrap();
    assert!(said["result"]["content"][0]["text"].as_str().unwrap().contains(r#""n":1"#), "{said}");
    let answers = heard(&link).await.iter().filter(|message| message.get("result").is_some()).count();
    assert_eq!(answers, 1);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_question_that_could_be_for_two_is_refused_for_them() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    open(&one).await;
    open(&two).await;
    let _busy = one.call(allow(&request(1, "silent", json!({})))).await.unwrap();
    let said = text(&two, &request(1, "ask", json!({ "method": "sampling/createMessage" }))).await;
    assert!(said.contains(&Code::QuestionRefused.entry().json_rpc.to_string()), "{said}");
    pool.shutdown().await;
}

#[tokio::test]
async fn a_stateless_request_is_asked_nothing() {
    let pool = Pool::new();
    let link = modern(&pool, &candid());
    let said = text(&link, &request(1, "ask", json!({ "method": "elicitation/create" }))).await;
    assert!(said.contains("error"), "{said}");
    pool.shutdown().await;
}

#[tokio::test]
async fn what_belongs_to_no_call_reaches_every_conversation() {
    let pool = Pool::new();
    let spec = candid();
    let (one, two) = (legacy(&pool, &spec), legacy(&pool, &spec));
    open(&one).await;
    open(&two).await;
    let line = notification("notifications/tools/list_changed", json!({})).to_string();
    text(&one, &request(1, "say", json!({ "line": line }))).await;
    for link in [&one, &two] {
        let event = timeout(SOON, link.unsolicited()).await.unwrap();
        assert!(matches!(event, Event::Notification(told) if told.method() == "notifications/tools/list_changed"));
    }
    pool.shutdown().await;
}

// What the gateway asks for itself

#[tokio::test]
async fn the_gateway_asks_in_both_eras() {
    let pool = Pool::new();
    let spec = candid();
    let survey = legacy(&pool, &spec);
    let opened = survey.keep_house(Housekeeping::Initialize).await.unwrap();
    assert!(opened.result_member("serverInfo").is_some());
    let list = Housekeeping::ListTools { cursor: Some("next".to_owned()), era: Era::Legacy };
    assert!(survey.keep_house(list).await.unwrap().result_member("tools").is_some());
    let stateless = modern(&pool, &spec);
    stateless.keep_house(Housekeeping::Discover).await.unwrap();
    let list = Housekeeping::ListTools { cursor: Some("next".to_owned()), era: Era::Modern };
    stateless.keep_house(list).await.unwrap();
    let again = legacy(&pool, &spec);
    again.keep_house(Housekeeping::Initialize).await.unwrap();
    let heard = heard(&again).await;
    assert_eq!((count(&heard, "initialize"), count(&heard, "notifications/initialized")), (1, 1));
    pool.shutdown().await;
}

// What a child is given, and its end

#[tokio::test]
async fn the_environment_is_exactly_what_was_given() {
    let pool = Pool::new();
    let given = vec![("ONLY".to_owned(), "this".to_owned()), ("EMPTY".to_owned(), String::new())];
    let spec = ChildSpec { environment: given, ..spec("hostile-upstream", &["--stdio", "good"]) };
    let link = modern(&pool, &Arc::new(spec));
    let environment: Value = serde_json::from_str(&text(&link, &request(1, "env", json!({}))).await).unwrap();
    assert_eq!(environment, json!({ "ONLY": "this", "EMPTY": "" }));
    pool.shutdown().await;
}

#[tokio::test]
async fn a_missing_program_is_named_and_path_is_not() {
    let pool = Pool::new();
    let environment = vec![("PATH".to_owned(), "/secret-folder".to_owned())];
    let command = vec!["no-such-program".into(), "--token=hidden".into()];
    let spec = ChildSpec { command, environment, ..spec("candid-upstream", &[]) };
    let refusal = ask(&modern(&pool, &Arc::new(spec)), &request(1, "heard", json!({}))).await.unwrap_err();
    assert_eq!(refusal.code, Code::Unreachable);
    assert!(refusal.detail.contains("'no-such-program'"), "{}", refusal.detail);
    assert!(!refusal.detail.contains("secret") && !refusal.detail.contains("hidden"), "{}", refusal.detail);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_message_with_line_breaks_is_one_line_to_the_child() {
    let pool = Pool::new();
    let link = modern(&pool, &candid());
    let smuggled = "\u{2028}{\\\"jsonrpc\\\":\\\"2.0\\\"}\u{2029}";
    let pretty = format!(
        "{{\r\n\"jsonrpc\": \"2.0\",\n\"id\": 1, \"method\": \"tools/call\",\n\"params\": {{ \"name\": \"heard\", \
         \"arguments\": {{ \"a\": \"{smuggled}\" }} }} }}"
    );
    let mut call = link.call(allow_bytes(pretty.into())).await.unwrap();
    let answer = end(&mut call).await.unwrap();
    let lines: Vec<String> = serde_json::from_str(answer["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains(['\u{2028}', '\u{2029}', '\r']), "{}", lines[0]);
    let message: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(message["params"]["arguments"]["a"], "\u{2028}{\"jsonrpc\":\"2.0\"}\u{2029}");
    pool.shutdown().await;
}

#[tokio::test]
async fn closing_an_exclusive_link_ends_its_child_and_fails_its_calls() {
    let pool = Pool::new();
    let link = pool.link(hostile("silent"), principal("ann").id(), Era::Modern, Share::Exclusive);
    let process = process_of(&link).await;
    let mut call = link.call(allow(&request(1, "echo", json!({ "message": "boom" })))).await.unwrap();
    link.close().await;
    assert_eq!(end(&mut call).await.unwrap_err().code, Code::Cancelled);
    assert_eq!(code(&link, &request(2, "echo", json!({}))).await, Code::UnknownSession);
    eventually("the child's end", async || !lives(process)).await;
    pool.shutdown().await;
}

#[tokio::test]
async fn shutdown_ends_children_that_do_not_want_to() {
    for mode in ["good", "ignore-eof", "ignore-term"] {
        let pool = Pool::new();
        let link = modern(&pool, &hostile(mode));
        let process = process_of(&link).await;
        let mut call = link.call(allow(&request(1, "echo", json!({ "delayMs": 60_000 })))).await.unwrap();
        timeout(SOON, pool.shutdown()).await.unwrap();
        assert!(group(process).is_empty(), "{mode}");
        assert_eq!(end(&mut call).await.unwrap_err().code, Code::Stopping, "{mode}");
        assert_eq!(code(&link, &request(2, "echo", json!({}))).await, Code::Stopping, "{mode}");
    }
}

#[tokio::test]
async fn grandchildren_that_hold_the_pipes_end_with_the_group() {
    let pool = Pool::new();
    let link = modern(&pool, &hostile("grandchild"));
    let process = process_of(&link).await;
    assert_eq!(code(&link, &boom()).await, Code::Died);
    eventually("the group's end", async || group(process).is_empty()).await;
    pool.shutdown().await;
}

#[test]
fn a_pool_dropped_without_farewell_leaves_nothing_behind() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let process = runtime.block_on(async {
        let link = modern(&Pool::new(), &hostile("ignore-term"));
        process_of(&link).await
    });
    drop(runtime);
    let until = Instant::now() + SOON;
    while !group(process).is_empty() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
}

// Restarting

#[tokio::test]
async fn a_child_that_died_is_started_again_after_a_doubling_wait() {
    let pool = Pool::new();
    let link = modern(&pool, &hostile("exit"));
    let mut waits = Vec::new();
    for _ in 0..3 {
        let died = ask(&link, &boom()).await.unwrap_err();
        assert_eq!(died.code, Code::Died);
        assert!(died.detail.contains("exit status: 3"), "{}", died.detail);
        let since = Instant::now();
        let at_once = ask(&link, &request(2, "echo", json!({}))).await.unwrap_err();
        assert_eq!(at_once.code, Code::Unreachable);
        assert!(at_once.detail.contains("may be tried again in"), "{}", at_once.detail);
        eventually("the restart", async || ask(&link, &request(3, "echo", json!({}))).await.is_ok()).await;
        waits.push(since.elapsed());
    }
    for (wait, least) in waits.iter().zip([200, 450, 950]) {
        assert!(*wait >= Duration::from_millis(least), "{waits:?}");
    }
    pool.shutdown().await;
}

#[tokio::test]
async fn a_restarted_legacy_child_hears_the_handshake_before_anything_else() {
    let pool = Pool::new();
    let link = legacy(&pool, &Arc::new(spec("candid-upstream", &[])));
    open(&link).await;
    let child = nix::unistd::Pid::from_raw(child_of_this_process());
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
    eventually("the restart", async || ask(&link, &request(3, "heard", json!({}))).await.is_ok()).await;
    let heard = heard(&link).await;
    let methods: Vec<&str> = heard.iter().filter_map(|message| message["method"].as_str()).take(3).collect();
    assert_eq!(methods, ["initialize", "notifications/initialized", "tools/call"]);
    pool.shutdown().await;
}

/// The only child process of this test process.
fn child_of_this_process() -> i32 {
    let this = std::process::id();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let parent_of = |process: i32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        status.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    numbers.into_iter().find(|process| parent_of(*process) == Some(this)).unwrap()
}

// Misbehaving

fn boom() -> Value {
    request(1, "echo", json!({ "message": "boom" }))
}

/// What becomes of the call that makes a child misbehave, and whether another call on the same child goes on.
#[tokio::test]
async fn each_misdeed_gives_one_clear_error_and_others_go_on() {
    let cases: [(&str, Result<&str, Code>, Bystander); 14] = [
        ("silent", Err(Code::TimedOut), Bystander::GoesOn),
        ("redirect", Err(Code::TimedOut), Bystander::GoesOn),
        ("twice", Ok("boom"), Bystander::GoesOn),
        ("unknown-id", Err(Code::TimedOut), Bystander::GoesOn),
        ("not-json", Err(Code::TimedOut), Bystander::GoesOn),
        ("not-utf8", Err(Code::BadAnswer), Bystander::GoesOn),
        ("duplicate-keys", Err(Code::BadAnswer), Bystander::GoesOn),
        ("deep", Err(Code::BadAnswer), Bystander::GoesOn),
        ("noise", Ok("boom"), Bystander::GoesOn),
        ("lingering", Ok("boom"), Bystander::GoesOn),
        ("huge", Err(Code::AnswerTooLarge), Bystander::GoesOn),
        ("exit", Err(Code::Died), Bystander::Fails(Code::Died)),
        ("half", Err(Code::Died), Bystander::Fails(Code::Died)),
        ("flood", Err(Code::BadAnswer), Bystander::Fails(Code::BadAnswer)),
    ];
    for (mode, expected, bystander) in cases {
        let pool = Pool::new();
        // The call beside outlasts the misdeed, whether it survives it or not.
        let (silence, delay) = if mode == "flood" { (SOON, 60_000) } else { (Duration::from_secs(1), 600) };
        let spec = Arc::new(ChildSpec { silence, ..spec("hostile-upstream", &["--stdio", mode]) });
        let link = modern(&pool, &spec);
        let other = pool.link(spec.clone(), principal("bob").id(), Era::Modern, Share::ByPrincipal);
        assert_eq!(text(&other, &request(1, "echo", json!({ "message": "b" }))).await, "b", "{mode}");
        let slow = request(2, "echo", json!({ "message": "still here", "delayMs": delay }));
        let mut beside = link.call(allow(&slow)).await.unwrap();
        let mut call = link.call(allow(&boom())).await.unwrap();
        let outcome = end(&mut call).await;
        match (&outcome, expected) {
            (Ok(answer), Ok(text)) => assert_eq!(answer["result"]["content"][0]["text"], text, "{mode}"),
            (Err(refusal), Err(code)) => assert_eq!(refusal.code, code, "{mode}: {refusal:?}"),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => panic!("{mode}: {outcome:?}"),
        }
        let after = timeout(Duration::from_millis(100), call.next()).await;
        assert!(after.is_err(), "{mode}: something follows the end: {after:?}");
        match (end(&mut beside).await, bystander) {
            (Ok(answer), Bystander::GoesOn) => {
                assert_eq!(answer["result"]["content"][0]["text"], "still here", "{mode}")
            }
            (Err(refusal), Bystander::Fails(code)) => assert_eq!(refusal.code, code, "{mode}"),
            (outcome, _) => panic!("{mode}: the call beside it: {outcome:?}"),
        }
        assert_eq!(text(&other, &request(1, "echo", json!({ "message": "b" }))).await, "b", "{mode}");
        timeout(SOON, pool.shutdown()).await.unwrap();
    }
}

#[derive(Debug, Clone, Copy)]
enum Bystander {
    GoesOn,
    Fails(Code),
}

#[tokio::test]
async fn a_dripping_answer_is_given_up() {
    let pool = Pool::new();
    let link = modern(&pool, &hostile("drip"));
    assert_eq!(code(&link, &boom()).await, Code::TimedOut);
    timeout(SOON, pool.shutdown()).await.unwrap();
}

#[tokio::test]
async fn progress_is_a_sign_of_life() {
    let pool = Pool::new();
    let silence = Duration::from_millis(400);
    let link = modern(&pool, &Arc::new(ChildSpec { silence, ..spec("candid-upstream", &[]) }));
    let mut call = link.call(allow(&with_token(request(1, "silent", json!({})), 5))).await.unwrap();
    let heard = heard(&link).await;
    let token = heard[0]["params"]["_meta"]["progressToken"].clone();
    let line = notification("notifications/progress", json!({ "progressToken": token, "progress": 1 })).to_string();
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        text(&link, &request(2, "say", json!({ "line": line }))).await;
        assert!(matches!(next(&mut call).await, Event::Notification(_)));
    }
    assert_eq!(end(&mut call).await.unwrap_err().code, Code::TimedOut);
    pool.shutdown().await;
}

#[tokio::test]
async fn a_child_that_reads_nothing_holds_up_nobody_else_and_is_ended() {
    let pool = Pool::new();
    let spec = Arc::new(ChildSpec { silence: Duration::from_secs(60), ..spec("candid-upstream", &[]) });
    let link = modern(&pool, &spec);
    let other = pool.link(spec.clone(), principal("bob").id(), Era::Modern, Share::ByPrincipal);
    let mut deaf = link.call(allow(&request(1, "deaf", json!({})))).await.unwrap();
    let large = "x".repeat(3 * 1024 * 1024);
    let mut waiting = Vec::new();
    for number in 2..12 {
        waiting.push(link.call(allow(&request(number, "heard", json!({ "large": large })))).await.unwrap());
    }
    let busy = waiting.last_mut().unwrap();
    assert_eq!(end(busy).await.unwrap_err().code, Code::UpstreamBusy);
    assert!(ask(&other, &request(1, "heard", json!({}))).await.is_ok());
    assert_eq!(end(&mut deaf).await.unwrap_err().code, Code::TimedOut);
    assert_eq!(end(waiting.first_mut().unwrap()).await.unwrap_err().code, Code::TimedOut);
    timeout(SOON, pool.shutdown()).await.unwrap();
}

#[tokio::test]
async fn memory_stays_bounded_under_floods() {
    let flood = Arc::new(spec("hostile-upstream", &["--stdio", "flood"]));
    let cases = [(flood, boom()), (candid(), with_token(request(1, "endless", json!({})), 1))];
    for (spec, call) in cases {
        let pool = Pool::new();
        let link = modern(&pool, &spec);
        let before = resident_bytes();
        let mut call = link.call(allow(&call)).await.unwrap();
        let until = Instant::now() + Duration::from_secs(2);
        let mut most = 0;
        while Instant::now() < until {
            most = most.max(resident_bytes());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(most.saturating_sub(before) < 50_000_000, "grew from {before} to {most}");
        let refusal = end(&mut call).await.unwrap_err();
        assert_eq!(refusal.code, Code::BadAnswer, "{refusal:?}");
        assert!(refusal.detail.contains("floods"), "{}", refusal.detail);
        pool.shutdown().await;
    }
}

#[tokio::test]
async fn memory_stays_bounded_under_a_huge_answer() {
    let pool = Pool::new();
    let link = modern(&pool, &hostile("huge"));
    let before = resident_bytes();
    assert_eq!(code(&link, &boom()).await, Code::AnswerTooLarge);
    assert_eq!(text(&link, &request(2, "echo", json!({ "message": "on" }))).await, "on");
    let after = resident_bytes();
    assert!(after.saturating_sub(before) < 50_000_000, "grew from {before} to {after}");
    pool.shutdown().await;
}

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
