//! The peers as processes: each behaves, and misbehaves, as it says it does.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

const FIXTURE: &str = env!("CARGO_BIN_EXE_conformance-fixture");
const BARE: &str = env!("CARGO_BIN_EXE_bare-upstream");
const HOSTILE: &str = env!("CARGO_BIN_EXE_hostile-upstream");
const PROXY: &str = env!("CARGO_BIN_EXE_plain-proxy");
const MODERN: &str = "io.modelcontextprotocol/protocolVersion";

/// A peer on pipes, killed at the end.
struct Piped {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Piped {
    fn start(program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .env("MARKER", "seen")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn hostile(mode: &str) -> Self {
        Self::start(HOSTILE, &["--stdio", mode])
    }

    fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{message}").unwrap();
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.output.read_until(b'\n', &mut line).unwrap();
        line
    }

    fn message(&mut self) -> Value {
        serde_json::from_slice(&self.line()).unwrap()
    }

    fn ask(&mut self, message: &Value) -> Value {
        self.send(message);
        self.message()
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A peer on a port, killed at the end.
struct Listening {
    child: Child,
    address: String,
}

impl Listening {
    fn start(program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        Self { child, address }
    }

    /// Sends one request and returns everything until the server closes or has been quiet.
    fn post(&self, message: &Value) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
        let body = message.to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\naccept: application/json, text/event-stream\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut received = Vec::new();
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part) {
            received.extend_from_slice(part.get(..length).unwrap());
            if received.len() > 1_000_000 {
                break;
            }
        }
        String::from_utf8_lossy(&received).into_owned()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn call(id: u64, arguments: Value) -> Value {
    let params = json!({ "name": "echo", "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

fn boom(id: u64) -> Value {
    call(id, json!({ "message": "boom" }))
}

fn text(message: &Value) -> &str {
    let text = message.pointer("/result/content/0/text");
    text.and_then(Value::as_str).unwrap()
}

fn initialize() -> Value {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" }
    });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

#[test]
fn every_peer_opens_and_lists_echo_in_the_older_era() {
    for (program, args) in [(FIXTURE, vec!["--stdio"]), (BARE, vec!["--stdio"]), (HOSTILE, vec!["--stdio", "good"])] {
        let mut peer = Piped::start(program, &args);
        let opened = peer.ask(&initialize());
        let version = opened.pointer("/result/protocolVersion");
        assert_eq!(version, Some(&json!("2025-11-25")), "{program}");
        peer.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        let list = peer.ask(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
        let first = list.pointer("/result/tools/0/name");
        assert_eq!(first, Some(&json!("echo")), "{program}");
        assert_eq!(text(&peer.ask(&call(2, json!({ "message": "hi" })))), "hi");
    }
}

#[test]
fn every_peer_answers_the_newest_era_without_opening() {
    for (program, args) in [(FIXTURE, vec!["--stdio"]), (BARE, vec!["--stdio"]), (HOSTILE, vec!["--stdio", "good"])] {
        let mut peer = Piped::start(program, &args);
        let mut meta = json!({ "io.modelcontextprotocol/clientCapabilities": {} });
        let members = meta.as_object_mut().unwrap();
        members.insert(MODERN.to_owned(), json!("2026-07-28"));
        let params = json!({ "_meta": meta });
        let discover = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": params });
        let found = peer.ask(&discover);
        let versions = found.pointer("/result/supportedVersions").unwrap();
        assert!(versions.as_array().unwrap().contains(&json!("2026-07-28")), "{program}");
        let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": params });
        let list = peer.ask(&list);
        assert_eq!(list.pointer("/result/resultType"), Some(&json!("complete")), "{program}");
        assert!(list.pointer("/result/ttlMs").is_some(), "{program}");
    }
}

#[test]
fn the_fixture_tells_only_what_was_subscribed_to() {
    let mut peer = Piped::start(FIXTURE, &["--stdio"]);
    peer.ask(&initialize());
    peer.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    let on = |id: u64, method: &str| {
        let params = json!({ "uri": "test://static-text" });
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
    };
    let touch = |id: u64, uri: &str| {
        let params = json!({ "name": "touch_resource", "arguments": { "uri": uri } });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
    };
    assert_eq!(peer.ask(&on(1, "resources/subscribe"))["id"], 1);
    assert_eq!(peer.ask(&touch(2, "test://static-binary"))["id"], 2);
    let update = peer.ask(&touch(3, "test://static-text"));
    assert_eq!(update["method"], "notifications/resources/updated");
    assert_eq!(peer.message()["id"], 3);
    assert_eq!(peer.ask(&on(4, "resources/unsubscribe"))["id"], 4);
    assert_eq!(peer.ask(&touch(5, "test://static-text"))["id"], 5);
}

#[test]
fn an_unknown_mode_is_refused() {
    let status = Command::new(HOSTILE).args(["--stdio", "nice"]).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_hostile_peer_is_harmless_without_the_word() {
    for mode in ["silent", "twice", "flood", "huge", "exit", "half"] {
        let mut peer = Piped::hostile(mode);
        assert_eq!(text(&peer.ask(&call(1, json!({ "message": "calm" })))), "calm", "{mode}");
    }
}

#[test]
fn a_silent_call_does_not_hold_up_another() {
    let mut peer = Piped::hostile("silent");
    peer.send(&boom(1));
    assert_eq!(peer.ask(&call(2, json!({ "message": "calm" })))["id"], 2);
}

#[test]
fn exit_and_half_end_the_process() {
    let mut peer = Piped::hostile("exit");
    peer.send(&boom(1));
    assert!(peer.line().is_empty());
    assert_eq!(peer.child.wait().unwrap().code(), Some(3));
    let mut peer = Piped::hostile("half");
    peer.send(&boom(1));
    let half = peer.line();
    assert!(!half.is_empty() && serde_json::from_slice::<Value>(&half).is_err());
}

#[test]
fn twice_answers_the_same_id_twice() {
    let mut peer = Piped::hostile("twice");
    let first = peer.ask(&boom(7));
    let second = peer.message();
    assert_eq!((&first["id"], &second["id"]), (&json!(7), &json!(7)));
    assert_ne!(text(&first), text(&second));
}

#[test]
fn wrong_ids_are_wrong() {
    assert_ne!(Piped::hostile("unknown-id").ask(&boom(1))["id"], 1);
    let mut peer = Piped::hostile("other-id");
    peer.send(&call(5, json!({ "message": "mine", "delayMs": 1_000 })));
    let stolen = peer.ask(&boom(8));
    assert_eq!(stolen["id"], 5);
    assert_ne!(text(&stolen), "mine");
    assert_eq!(text(&peer.message()), "mine");
}

#[test]
fn malformed_answers_are_malformed() {
    let answer = |mode| {
        let mut peer = Piped::hostile(mode);
        peer.send(&boom(1));
        peer.line()
    };
    assert!(serde_json::from_slice::<Value>(&answer("not-json")).is_err());
    assert!(String::from_utf8(answer("not-utf8")).is_err());
    let duplicate = String::from_utf8(answer("duplicate-keys")).unwrap();
    assert_eq!(duplicate.matches("\"id\":").count(), 2);
    assert!(answer("deep").len() > 200_000);
    assert_eq!(answer("huge").len() / 1_000_000, 100);
}

#[test]
fn noise_comes_before_a_good_answer() {
    let mut peer = Piped::hostile("noise");
    peer.send(&boom(1));
    assert!(serde_json::from_slice::<Value>(&peer.line()).is_err());
    assert!(serde_json::from_slice::<Value>(&peer.line()).is_err());
    assert_eq!(text(&peer.message()), "boom");
}

#[test]
fn a_flood_does_not_end() {
    let mut peer = Piped::hostile("flood");
    peer.send(&boom(1));
    for _ in 0..10_000 {
        assert_eq!(peer.message()["method"], "notifications/progress");
    }
}

#[test]
fn only_a_stubborn_peer_survives_the_end_of_its_input() {
    let mut polite = Piped::hostile("good");
    drop(polite.input.take());
    assert!(polite.child.wait().unwrap().success());
    let mut stubborn = Piped::hostile("ignore-eof");
    // It has started once it answers; only then does the end of its input mean anything.
    stubborn.ask(&call(1, json!({ "message": "up" })));
    drop(stubborn.input.take());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(stubborn.child.try_wait().unwrap(), None);
}

#[test]
fn a_grandchild_keeps_the_pipe_open() {
    let mut child = Command::new(HOSTILE)
        .args(["--stdio", "grandchild"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{}", boom(1)).unwrap();
    assert!(child.wait().unwrap().success());
    let (ended, end) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap();
        ended.send(()).unwrap();
    });
    assert!(end.recv_timeout(Duration::from_millis(300)).is_err());
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    reader.join().unwrap();
}

#[test]
fn env_and_whoami_tell_the_truth() {
    let mut peer = Piped::hostile("good");
    let mut tool = |name: &str| {
        let params = json!({ "name": name, "arguments": {} });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        serde_json::from_str::<Value>(text(&peer.ask(&call))).unwrap()
    };
    assert_eq!(tool("env")["MARKER"], "seen");
    let pid = tool("whoami")["pid"].clone();
    assert_eq!(pid, peer.child.id());
}

#[test]
fn over_http_each_misdeed_shows_on_the_wire() {
    for (mode, status, sign) in [
        ("good", "200", "\"text\":\"boom\""),
        ("silent", "", ""),
        ("twice", "200", "a second answer"),
        ("unknown-id", "200", "987654321"),
        ("redirect", "307", "location: http://127.0.0.1:9/"),
        ("lingering", "200", "\"text\":\"boom\""),
        ("half", "200", "transfer-encoding: chunked"),
        ("noise", "200", "INFO starting up"),
        ("flood", "200", "notifications/progress"),
        ("drip", "200", "content-length"),
    ] {
        let peer = Listening::start(HOSTILE, &["--http", "0", mode]);
        let received = peer.post(&boom(1));
        assert!(received.contains(sign), "{mode}: {received}");
        let line = received.lines().next().unwrap_or_default();
        assert!(line.contains(status), "{mode}: {line}");
        let calm = peer.post(&call(2, json!({ "message": "calm" })));
        assert!(calm.contains("\"text\":\"calm\""), "{mode}: {calm}");
    }
}

#[test]
fn half_a_response_never_ends_its_body() {
    let peer = Listening::start(HOSTILE, &["--http", "0", "half"]);
    let received = peer.post(&boom(1));
    assert!(!received.ends_with("0\r\n\r\n"), "{received}");
}

#[test]
fn a_session_is_opened_over_http() {
    for (program, args) in [(BARE, vec![]), (HOSTILE, vec!["--http", "0", "good"]), (FIXTURE, vec![])] {
        let received = Listening::start(program, &args).post(&initialize());
        assert!(received.to_lowercase().contains("mcp-session-id: "), "{program}: {received}");
    }
}

#[test]
fn the_proxy_passes_a_call_and_its_answer() {
    let upstream = Listening::start(BARE, &[]);
    let url = format!("http://{}", upstream.address);
    let proxy = Listening::start(PROXY, &["--upstream", &url]);
    let received = proxy.post(&call(3, json!({ "message": "through" })));
    assert!(received.contains("\"text\":\"through\""), "{received}");
    drop(upstream);
    assert!(proxy.post(&boom(4)).starts_with("HTTP/1.1 502"));
}
