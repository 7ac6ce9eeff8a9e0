//! HTTP+SSE: a real server, and servers that lie about where messages go or what they answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Response;
use doorward_mcp::revision::Era;
use doorward_server::limits::NOISE_LINES_MAX;
use doorward_server::upstream::http::{
    EitherLink, Endpoint, EraVerdict, HttpClient, SseLink, Transport, TransportMemory, probe,
};
use doorward_server::upstream::{Call, Event, Housekeeping, Link, ParamHeaders};
use doorward_testkit::{fixture, net};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::driver::{PATIENCE, allow, endpoint, initialize, notification, parsed, server_id, tool_call};
use super::scripted::{Reply, Scripted, Seen, accepted, answer, events, result};

/// A server of HTTP+SSE whose every event a test writes.
struct Peer {
    server: Scripted,
}

/// Writes on the newest event stream.
#[derive(Clone, Default)]
struct Speaker(Arc<Mutex<Option<mpsc::UnboundedSender<Vec<u8>>>>>);

impl Speaker {
    fn say(&self, text: &str) {
        // A stream that the client has closed hears nothing.
        let _ = self.0.lock().unwrap().as_ref().unwrap().send(text.as_bytes().to_vec());
    }

    fn message(&self, message: &Value) {
        self.say(&format!("event: message\ndata: {message}\n\n"));
    }

    fn hang_up(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn stream(&self, opening: &str) -> Reply {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.0.lock().unwrap() = Some(sender);
        Reply::Feed(events(opening), receiver)
    }
}

impl Peer {
    /// Begins every stream with `opening`, answers `initialize`, and takes every other message as `script` says.
    async fn start(opening: &str, script: impl Fn(&Seen, &Speaker) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let (opening, speaker) = (opening.to_owned(), Speaker::default());
        let server = Scripted::start(move |_, seen| match (seen.method.as_str(), seen.rpc_method().as_str()) {
            ("GET", _) => speaker.stream(&opening),
            ("POST", "initialize") => {
                let result = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
                    "serverInfo": { "name": "scripted", "version": "1" } });
                speaker.message(&json!({ "jsonrpc": "2.0", "id": id_of(seen), "result": result }));
                Reply::Send(accepted())
            }
            ("POST", _) => Reply::Send(script(seen, &speaker)),
            _ => Reply::Send(answer("405 Method Not Allowed", "", b"")),
        })
        .await;
        Self { server }
    }

    /// The same, announcing where messages go.
    async fn usual(script: impl Fn(&Seen, &Speaker) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start(ENDPOINT, script).await
    }

    fn posts(&self) -> Vec<Seen> {
        self.server.seen().into_iter().filter(|seen| seen.method == "POST").collect()
    }
}

const ENDPOINT: &str = "event: endpoint\ndata: /messages?session=7\n\n";

fn id_of(seen: &Seen) -> u64 {
    parsed(&seen.body)["id"].as_u64().unwrap()
}

/// Answers every call with its own arguments' `say`.
fn echo(seen: &Seen, speaker: &Speaker) -> Vec<u8> {
    if seen.rpc_method() == "tools/call" {
        let said = parsed(&seen.body)["params"]["arguments"]["say"].as_str().unwrap_or("ok").to_owned();
        speaker.message(&result(id_of(seen), &said));
    }
    accepted()
}

fn sse(url: &str) -> Link {
    sse_to(endpoint(url, PATIENCE))
}

fn sse_to(endpoint: Arc<Endpoint>) -> Link {
    Link::Sse(SseLink::new(HttpClient::new(), endpoint, Arc::default()))
}

fn either(url: &str, memory: &Arc<TransportMemory>) -> Link {
    Link::Either(Box::new(EitherLink::new(&HttpClient::new(), &endpoint(url, PATIENCE), memory.clone())))
}

async fn begin(link: &Link, message: &Value) -> Result<Call, Refusal> {
    link.call(allow(message), &ParamHeaders::new()).await
}

async fn next(call: &mut Call) -> Event {
    tokio::time::timeout(PATIENCE, call.next()).await.expect("an event in time")
}

async fn run(link: &Link, message: &Value) -> (Vec<Value>, Result<Response, Refusal>) {
    let mut call = match begin(link, message).await {
        Ok(call) => call,
        Err(refusal) => return (Vec::new(), Err(refusal)),
    };
    let mut before = Vec::new();
    loop {
        match next(&mut call).await {
            Event::Notification(notification) => before.push(parsed(notification.bytes())),
            Event::Question(question) => before.push(parsed(question.bytes())),
            Event::Response(response) => return (before, Ok(response)),
            Event::Failed(refusal) => return (before, Err(refusal)),
        }
    }
}

async fn answered(link: &Link, message: &Value) -> Result<Value, Refusal> {
    run(link, message).await.1.map(|response| parsed(response.bytes()))
}

async fn refused(link: &Link, message: &Value) -> (Code, String) {
    let refusal = answered(link, message).await.expect_err("no answer");
    (refusal.code, refusal.detail)
}

async fn handshake(link: &Link) {
    answered(link, &initialize(1)).await.unwrap();
    link.tell(allow(&notification("notifications/initialized"))).await.unwrap();
}

fn call(id: u64, say: &str) -> Value {
    tool_call(Era::Legacy, id, "echo", json!({ "say": say }))
}

fn text_of(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

async fn serve_fixture() -> String {
    let listener = net::listen(0).await.unwrap();
    let url = format!("http://{}{}", listener.local_addr().unwrap(), fixture::SSE_PATH);
    tokio::spawn(fixture::serve_sse(listener));
    url
}

#[tokio::test]
async fn the_trace_of_a_request_goes_out_in_headers_too() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let peer = Peer::usual(echo).await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    let mut message = call(2, "hello");
    message["params"]["_meta"] = json!({ "traceparent": parent, "tracestate": "a=1", "baggage": "k=v" });
    answered(&link, &message).await.unwrap();
    answered(&link, &call(3, "hello")).await.unwrap();
    let calls: Vec<_> = peer.posts().into_iter().filter(|seen| seen.rpc_method() == "tools/call").collect();
    let parts = |seen: &Seen| ["traceparent", "tracestate", "baggage"].map(|name| seen.header(name).map(str::to_owned));
    assert_eq!(parts(&calls[0]), [parent, "a=1", "k=v"].map(|part| Some(part.to_owned())));
    assert_eq!(parts(&calls[1]), [None, None, None]);
}

#[tokio::test]
async fn a_real_server_is_spoken_to_from_handshake_to_end() {
    let memory = Arc::<TransportMemory>::default();
    let url = serve_fixture().await;
    for link in [sse(&url), either(&url, &memory)] {
        let mut hello = initialize(1);
        hello["params"]["capabilities"] = json!({ "sampling": {} });
        answered(&link, &hello).await.unwrap();
        link.tell(allow(&notification("notifications/initialized"))).await.unwrap();
        let answer = answered(&link, &tool_call(Era::Legacy, 7, "test_simple_text", json!({}))).await.unwrap();
        assert_eq!(answer["result"]["content"][0]["type"], "text");
        let mut progress = tool_call(Era::Legacy, 8, "test_tool_with_progress", json!({}));
        progress["params"]["_meta"]["progressToken"] = json!("mine");
        let (before, answer) = run(&link, &progress).await;
        assert!(answer.is_ok(), "{answer:?}");
        assert!(
            !before.is_empty() && before.iter().all(|said| said["params"]["progressToken"] == "mine"),
            "{before:?}"
        );
        let question = json!({ "prompt": "hello" });
        let mut asking = begin(&link, &tool_call(Era::Legacy, 9, "test_sampling", question)).await.unwrap();
        let Event::Question(question) = next(&mut asking).await else { panic!("no question") };
        let content = json!({ "type": "text", "text": "from the client" });
        let said = json!({ "role": "assistant", "content": content, "model": "m" });
        let answer = json!({ "jsonrpc": "2.0", "id": parsed(question.bytes())["id"], "result": said });
        link.reply(bytes::Bytes::from(answer.to_string()).into()).await.unwrap();
        let Event::Response(response) = next(&mut asking).await else { panic!("no answer") };
        assert!(String::from_utf8_lossy(response.bytes()).contains("from the client"));
        let list = Housekeeping::ListTools { cursor: None, era: Era::Legacy };
        assert!(link.keep_house(list).await.unwrap().result().is_some());
        link.close().await;
        assert_eq!(refused(&link, &call(10, "x")).await.0, Code::UnknownSession);
    }
    assert!(memory.is_sse());
}

#[tokio::test]
async fn the_gateway_opens_a_session_of_its_own() {
    let url = serve_fixture().await;
    let memory = Arc::<TransportMemory>::default();
    for link in [sse(&url), either(&url, &memory)] {
        link.keep_house(Housekeeping::Initialize).await.unwrap();
        let list = Housekeeping::ListTools { cursor: None, era: Era::Legacy };
        let list = link.keep_house(list).await.unwrap();
        assert!(!parsed(list.bytes())["result"]["tools"].as_array().unwrap().is_empty());
        link.close().await;
    }
    assert!(memory.is_sse());
}

#[tokio::test]
async fn a_post_tells_of_a_server_of_the_older_era() {
    let verdict = probe(&HttpClient::new(), &endpoint(&serve_fixture().await, PATIENCE)).await;
    assert_eq!(verdict, EraVerdict::LegacyOnly);
}

#[tokio::test]
async fn messages_go_where_the_server_says_with_what_is_configured() {
    let peer = Peer::usual(echo).await;
    let secret = HeaderValue::from_static("Bearer configured");
    let headers = vec![(HeaderName::from_static("authorization"), secret)];
    let url = peer.server.url.parse().unwrap();
    let endpoint = Endpoint::new(server_id(), url, headers, PATIENCE).unwrap().with_transport(Transport::Sse);
    let link = sse_to(Arc::new(endpoint));
    handshake(&link).await;
    assert_eq!(text_of(&answered(&link, &call(2, "hello")).await.unwrap()), "hello");
    let seen = peer.server.seen();
    let targets: Vec<_> = seen.iter().map(|seen| (seen.method.as_str(), seen.target.as_str())).collect();
    let message = ("POST", "/messages?session=7");
    assert_eq!(targets, [("GET", "/mcp"), message, message, message]);
    for seen in &seen {
        assert_eq!(seen.header("authorization"), Some("Bearer configured"), "{}", seen.target);
    }
    assert_eq!(seen[0].header("accept"), Some("text/event-stream"));
    // The revision that was settled on, once it was.
    let versions: Vec<_> = seen.iter().map(|seen| seen.header("mcp-protocol-version")).collect();
    assert_eq!(versions, [None, None, Some("2025-06-18"), Some("2025-06-18")]);
}

#[tokio::test]
async fn an_endpoint_on_another_origin_gets_nothing() {
    let evil = Scripted::start(|_, _| Reply::Send(accepted())).await;
    let evil_host = evil.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let own = |peer: &str| peer.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    for form in ["http://EVIL/m", "//EVIL/m", "http://OWN@EVIL/m", "//OWN@EVIL/m", "https://OWN/m", "http://u@OWN/m"] {
        let place = Arc::new(Mutex::new(String::new()));
        let (announced, speaker) = (place.clone(), Speaker::default());
        let peer = Scripted::start(move |_, seen| match seen.method.as_str() {
            "GET" => speaker.stream(&format!("event: endpoint\ndata: {}\n\n", announced.lock().unwrap())),
            _ => Reply::Send(accepted()),
        })
        .await;
        *place.lock().unwrap() = form.replace("EVIL", &evil_host).replace("OWN", &own(&peer.url));
        let (code, detail) = refused(&sse(&peer.url), &initialize(1)).await;
        assert_eq!(
            (code, detail.as_str()),
            (Code::BadAnswer, "It wants messages sent to another origin than its own.")
        );
        assert_eq!(peer.seen().len(), 1, "{form}: only the stream was asked for");
    }
    assert_eq!(evil.connections(), 0);
}

#[tokio::test]
async fn absolute_and_relative_endpoints_on_the_same_origin_are_followed() {
    for form in ["http://OWN/m?s=1", "//OWN/m?s=1", "/m?s=1", "m?s=1", "./x/../m?s=1"] {
        let place = Arc::new(Mutex::new(String::new()));
        let (announced, speaker) = (place.clone(), Speaker::default());
        let peer = Scripted::start(move |_, seen| match seen.method.as_str() {
            "GET" => speaker.stream(&format!("event: endpoint\ndata: {}\n\n", announced.lock().unwrap())),
            _ => {
                speaker.message(&result(id_of(seen), "ok"));
                Reply::Send(accepted())
            }
        })
        .await;
        let own = peer.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
        *place.lock().unwrap() = form.replace("OWN", &own);
        answered(&sse(&peer.url), &initialize(1)).await.unwrap();
        assert_eq!(peer.seen()[1].target, "/m?s=1", "{form}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let evil = Scripted::start(|_, _| Reply::Send(accepted())).await;
    let headers = format!("location: {}\r\n", evil.url);
    let moved = answer("307 Temporary Redirect", &headers, b"");
    let (get, post) = (moved.clone(), moved);
    let stream = Scripted::start(move |_, _| Reply::Send(get.clone())).await;
    let (code, detail) = refused(&sse(&stream.url), &initialize(1)).await;
    assert_eq!((code, detail.as_str()), (Code::UpstreamHttp, "HTTP 307. Redirects are not followed."));
    let message = Peer::usual(move |_, _| post.clone()).await;
    let link = sse(&message.server.url);
    answered(&link, &initialize(1)).await.unwrap();
    let (code, detail) = refused(&link, &call(2, "x")).await;
    assert_eq!((code, detail.as_str()), (Code::UpstreamHttp, "HTTP 307. Redirects are not followed."));
    assert_eq!(evil.connections(), 0);
}

#[tokio::test]
async fn a_stream_that_announces_nothing_is_given_up() {
    let silence = Duration::from_millis(200);
    let message = format!("data: {}\n\n", result(1, "early"));
    for opening in [String::new(), ": quiet\n\n".to_owned(), message] {
        let peer = Peer::start(&opening, echo).await;
        let link = sse_to(endpoint(&peer.server.url, silence));
        assert_eq!(refused(&link, &initialize(1)).await.0, Code::TimedOut, "{opening}");
        assert!(peer.posts().is_empty());
        peer.server.wait_for_abandon().await;
    }
    let endless = Scripted::start(|_, _| Reply::Flood(events(""), b": more and more\n\n".to_vec())).await;
    let link = sse_to(endpoint(&endless.url, silence));
    assert_eq!(refused(&link, &initialize(1)).await.0, Code::TimedOut);
    endless.wait_for_abandon().await;
}

#[tokio::test]
async fn what_is_announced_a_second_time_is_not_followed() {
    let evil = Scripted::start(|_, _| Reply::Send(accepted())).await;
    let again = format!("{ENDPOINT}event: endpoint\ndata: {}\n\nevent: endpoint\ndata: /elsewhere\n\n", evil.url);
    let peer = Peer::start(&again, echo).await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    assert_eq!(text_of(&answered(&link, &call(2, "still here")).await.unwrap()), "still here");
    assert!(peer.posts().iter().all(|seen| seen.target == "/messages?session=7"));
    assert_eq!(evil.connections(), 0);
}

#[tokio::test]
async fn a_flood_of_what_nobody_asked_for_ends_the_stream() {
    let peer = Peer::usual(|seen, speaker| {
        if seen.rpc_method() == "tools/call" {
            let stray = format!("data: {}\n\n", result(999, "stray"));
            for _ in 0..=NOISE_LINES_MAX / 1000 {
                speaker.say(&stray.repeat(1000));
            }
        }
        accepted()
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    let (code, detail) = refused(&link, &call(2, "x")).await;
    assert_eq!((code, detail.as_str()), (Code::BadAnswer, "It floods its output with what belongs to nobody."));
    assert_eq!(refused(&link, &call(3, "x")).await.0, Code::UnknownSession);
}

#[tokio::test]
async fn an_event_over_the_limit_fails_what_waits_and_nothing_else() {
    let peer = Peer::usual(|seen, speaker| {
        if parsed(&seen.body)["params"]["arguments"]["say"] == "huge" {
            speaker.say(&format!("data: {}\n\n", "x".repeat(17 * 1024 * 1024)));
            return accepted();
        }
        echo(seen, speaker)
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    assert_eq!(refused(&link, &call(2, "huge")).await.0, Code::AnswerTooLarge);
    assert_eq!(text_of(&answered(&link, &call(3, "small")).await.unwrap()), "small");
}

#[tokio::test]
async fn answers_find_their_own_calls_alone() {
    let peer = Peer::usual(|seen, speaker| {
        if seen.rpc_method() == "tools/call" {
            let own = id_of(seen);
            for stray in [1, 0, own + 1, u64::MAX] {
                speaker.message(&result(stray, "stray"));
            }
            speaker.say("data: not json\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}\n\n");
            speaker.message(&json!({ "jsonrpc": "2.0", "error": { "code": 1, "message": "whose?" } }));
            speaker.message(&result(own, "own"));
            speaker.message(&result(own, "twice"));
        }
        accepted()
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    // The client's own ids are no ids of the stream.
    for id in [900, 2, 901] {
        let answer = answered(&link, &call(id, "x")).await.unwrap();
        assert_eq!(text_of(&answer), "own");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_a_rule_fails_its_call() {
    let peer = Peer::usual(|seen, speaker| {
        speaker
            .say(&format!("data: {{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{\"a\":1,\"a\":2}}}}\n\n", id_of(seen)));
        accepted()
    })
    .await;
    let link = sse(&peer.server.url);
    answered(&link, &initialize(1)).await.unwrap();
    assert_eq!(refused(&link, &call(2, "x")).await.0, Code::BadAnswer);
}

#[tokio::test]
async fn a_stream_cut_during_a_call_fails_it_and_a_new_handshake_opens_another() {
    let peer = Peer::usual(|seen, speaker| {
        if parsed(&seen.body)["params"]["arguments"]["say"] == "cut" {
            speaker.hang_up();
            return accepted();
        }
        echo(seen, speaker)
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    assert_eq!(refused(&link, &call(2, "cut")).await.0, Code::Died);
    let before = peer.posts().len();
    assert_eq!(refused(&link, &call(3, "x")).await.0, Code::UnknownSession);
    assert_eq!(peer.posts().len(), before, "nothing is sent into a session that is over");
    handshake(&link).await;
    assert_eq!(text_of(&answered(&link, &call(4, "again")).await.unwrap()), "again");
}

#[tokio::test]
async fn a_session_the_server_has_forgotten_is_over() {
    let peer = Peer::usual(|seen, _| match seen.rpc_method().as_str() {
        "tools/call" => answer("404 Not Found", "", b"Could not find session"),
        _ => accepted(),
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    assert_eq!(refused(&link, &call(2, "x")).await.0, Code::UnknownSession);
    let before = peer.posts().len();
    assert_eq!(refused(&link, &call(3, "x")).await.0, Code::UnknownSession);
    assert_eq!(peer.posts().len(), before);
}

#[tokio::test]
async fn a_message_the_server_does_not_take_fails() {
    let peer = Peer::usual(|_, _| answer("413 Payload Too Large", "", b"")).await;
    let link = sse(&peer.server.url);
    answered(&link, &initialize(1)).await.unwrap();
    assert_eq!(refused(&link, &call(2, "x")).await, (Code::UpstreamHttp, "HTTP 413.".to_owned()));
    let told = link.tell(allow(&notification("notifications/initialized"))).await;
    assert_eq!(told.unwrap_err().code, Code::UpstreamHttp);
}

#[tokio::test]
async fn whoever_stops_waiting_tells_the_server_by_the_id_it_knows() {
    let peer = Peer::usual(|_, _| accepted()).await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    let mut dropped = begin(&link, &call(500, "x")).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), dropped.next()).await.is_err());
    drop(dropped);
    peer.server.wait_for(5).await;
    let mut cancelled = begin(&link, &call(501, "x")).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), cancelled.next()).await.is_err());
    let words = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 501 } });
    link.tell(allow(&words)).await.unwrap();
    let Event::Failed(refusal) = next(&mut cancelled).await else { panic!("an answer") };
    assert_eq!(refusal.code, Code::Cancelled);
    // What is not in flight cancels nothing, and above all no other client's id.
    let before = peer.posts().len();
    link.tell(allow(&words)).await.unwrap();
    assert_eq!(peer.posts().len(), before);
    let posts: Vec<Value> = peer.posts().iter().map(|seen| parsed(&seen.body)).collect();
    for (call, word) in [(2, 3), (4, 5)] {
        assert_eq!(posts[word]["method"], "notifications/cancelled");
        assert_eq!(posts[word]["params"]["requestId"], posts[call]["id"]);
        assert!(posts[call]["id"].as_u64().unwrap() < 500);
    }
}

#[tokio::test]
async fn silence_ends_a_call_and_the_server_is_told() {
    let peer = Peer::usual(|_, _| accepted()).await;
    let link = sse_to(endpoint(&peer.server.url, Duration::from_millis(300)));
    handshake(&link).await;
    assert_eq!(refused(&link, &call(2, "x")).await.0, Code::TimedOut);
    peer.server.wait_for(5).await;
    assert_eq!(peer.posts().last().unwrap().rpc_method(), "notifications/cancelled");
}

#[tokio::test]
async fn closing_cancels_what_is_under_way_and_closes_the_stream() {
    let peer = Peer::usual(|_, _| accepted()).await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    let mut call = begin(&link, &call(2, "x")).await.unwrap();
    let waiting = tokio::spawn(async move { next(&mut call).await });
    peer.server.wait_for(4).await;
    link.close().await;
    let Event::Failed(refusal) = waiting.await.unwrap() else { panic!("an answer") };
    assert_eq!(refusal.code, Code::Cancelled);
    peer.server.wait_for_abandon().await;
    assert_eq!(refused(&link, &initialize(1)).await.0, Code::UnknownSession);
}

#[tokio::test]
async fn questions_are_put_once_and_answered_once() {
    let peer = Peer::usual(|seen, speaker| {
        if seen.rpc_method() == "notifications/initialized" {
            let roots = json!({ "jsonrpc": "2.0", "id": "q", "method": "roots/list" });
            speaker.message(&roots);
            speaker.message(&roots);
            speaker.message(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
        }
        accepted()
    })
    .await;
    let link = sse(&peer.server.url);
    handshake(&link).await;
    let unsolicited = || async { tokio::time::timeout(PATIENCE, link.unsolicited()).await.unwrap() };
    let Event::Question(question) = unsolicited().await else { panic!("no question") };
    assert_eq!(question.method(), "roots/list");
    let Event::Notification(changed) = unsolicited().await else { panic!("the question was put twice") };
    assert_eq!(changed.method(), "notifications/tools/list_changed");
    // The stream, the handshake, and the refusal of the second question.
    peer.server.wait_for(4).await;
    let refusal = parsed(&peer.posts().last().unwrap().body);
    assert_eq!((&refusal["id"], refusal["error"].is_object()), (&json!("q"), true), "{refusal}");
    let answer = json!({ "jsonrpc": "2.0", "id": "q", "result": { "roots": [] } }).to_string();
    for _ in 0..2 {
        link.reply(bytes::Bytes::from(answer.clone()).into()).await.unwrap();
    }
    assert_eq!(peer.posts().len(), 4, "the second answer goes nowhere");
}

#[tokio::test]
async fn the_older_transport_is_tried_when_the_newer_is_refused_as_unknown() {
    for status in ["400 Bad Request", "404 Not Found", "405 Method Not Allowed"] {
        let speaker = Speaker::default();
        let server = Scripted::start(move |_, seen| match (seen.method.as_str(), seen.target.as_str()) {
            ("GET", _) => speaker.stream(ENDPOINT),
            ("POST", "/mcp") => Reply::Send(answer(status, "content-type: text/plain\r\n", b"no")),
            _ => {
                let told = parsed(&seen.body);
                if let Some(id) = told["id"].as_u64() {
                    speaker.message(&result(id, "ok"));
                }
                Reply::Send(accepted())
            }
        })
        .await;
        let memory = Arc::<TransportMemory>::default();
        let link = either(&server.url, &memory);
        handshake(&link).await;
        answered(&link, &call(2, "x")).await.unwrap();
        let targets: Vec<_> = server.seen().iter().map(|seen| seen.target.clone()).collect();
        let message = "/messages?session=7";
        assert_eq!(targets, ["/mcp", "/mcp", message, message, message], "{status}");
        assert!(memory.is_sse());
    }
}

#[tokio::test]
async fn what_says_nothing_about_the_transport_is_no_reason_to_try_the_older() {
    let modern = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32022, "message": "x", "data": {} } });
    let json_type = "content-type: application/json\r\n";
    for (reply, status) in [
        (answer("400 Bad Request", json_type, modern.to_string().as_bytes()), "an error of 2026-07-28"),
        (answer("401 Unauthorized", "", b""), "401"),
        (answer("403 Forbidden", "", b""), "403"),
        (answer("500 Internal Server Error", "", b""), "500"),
        (answer("302 Found", "location: /sse\r\n", b""), "302"),
    ] {
        let server = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
        let memory = Arc::<TransportMemory>::default();
        let _ = run(&either(&server.url, &memory), &initialize(1)).await;
        assert_eq!(server.seen().len(), 1, "{status}");
        assert!(!memory.is_sse());
    }
}

#[tokio::test]
async fn without_an_event_stream_the_first_refusal_counts() {
    let server = Scripted::start(|_, seen| match seen.method.as_str() {
        "GET" => Reply::Send(answer("403 Forbidden", "", b"")),
        _ => Reply::Send(answer("404 Not Found", "", b"")),
    })
    .await;
    let memory = Arc::<TransportMemory>::default();
    let link = either(&server.url, &memory);
    assert_eq!(refused(&link, &initialize(1)).await, (Code::UpstreamHttp, "HTTP 404.".to_owned()));
    assert_eq!(link.keep_house(Housekeeping::Initialize).await.unwrap_err().detail, "HTTP 404.");
    assert_eq!(server.seen().len(), 4);
    assert!(!memory.is_sse());
}

#[tokio::test]
async fn a_server_that_gave_up_its_event_stream_is_not_remembered_for_one() {
    let memory = Arc::<TransportMemory>::default();
    let url = serve_fixture().await;
    handshake(&either(&url, &memory)).await;
    assert!(memory.is_sse());
    let upgraded = Scripted::start(|_, _| Reply::Send(answer("405 Method Not Allowed", "", b""))).await;
    let link = Link::Sse(SseLink::new(HttpClient::new(), endpoint(&upgraded.url, PATIENCE), memory.clone()));
    assert_eq!(refused(&link, &initialize(1)).await.0, Code::UpstreamHttp);
    assert!(!memory.is_sse());
}

#[tokio::test]
async fn a_permit_for_another_server_sends_nothing() {
    let peer = Peer::usual(echo).await;
    let other = doorward_core::ids::ServerId::parse("other").unwrap();
    let permit = super::driver::allow_for(other, doorward_core::access::Direction::ToServer, &initialize(1));
    let refusal = sse(&peer.server.url).call(permit, &ParamHeaders::new()).await.unwrap_err();
    assert_eq!(refusal.code, Code::UnknownServer);
    assert!(peer.server.seen().is_empty());
}
