//! The fixture in its four shapes: each opens as its era does, asks while its call is open, and gets the answer.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

const FIXTURE: &str = env!("CARGO_BIN_EXE_conformance-fixture");
const LEGACY: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";
const PATIENCE: Duration = Duration::from_secs(10);

/// A fixture process, killed at the end.
struct Process(Child);

impl Process {
    fn start(args: &[&str]) -> Self {
        let (input, output) = (Stdio::piped(), Stdio::piped());
        Self(Command::new(FIXTURE).args(args).stdin(input).stdout(output).spawn().unwrap())
    }

    /// The address it announces.
    fn address(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on http://").unwrap();
        address.split('/').next().unwrap().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One HTTP response, read as it comes.
struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: BufReader<TcpStream>,
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next event's data, or the whole of a body that is none.
    fn data(&mut self) -> String {
        if let Some(length) = self.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            self.body.read_exact(&mut body).unwrap();
            return String::from_utf8(body).unwrap();
        }
        loop {
            let mut line = String::new();
            assert!(self.body.read_line(&mut line).unwrap() > 0, "the stream ended");
            match line.trim_end().strip_prefix("data: ") {
                Some("") | None => {}
                Some(data) => return data.to_owned(),
            }
        }
    }

    fn message(&mut self) -> Value {
        serde_json::from_str(&self.data()).unwrap()
    }
}

fn http(method: &str, address: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json, text/event-stream\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut body = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        body.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.iter().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Response { status, headers, body }
}

/// A conversation with an old shape, whatever carries it.
trait Wire {
    fn send(&mut self, message: &Value);
    fn receive(&mut self) -> Value;
}

struct Piped {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Process,
}

impl Piped {
    fn start() -> Self {
        let mut process = Process::start(&["--transport", "stdio", "--era", "legacy"]);
        let input = process.0.stdin.take().unwrap();
        let output = BufReader::new(process.0.stdout.take().unwrap());
        Self { input, output, _process: process }
    }
}

impl Wire for Piped {
    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Streamable HTTP: what is heard comes on the stream of the last request.
struct Streamable {
    address: String,
    session: Option<String>,
    heard: Option<Response>,
    _process: Process,
}

impl Streamable {
    fn start() -> Self {
        let mut process = Process::start(&["--transport", "http", "--era", "legacy"]);
        Self { address: process.address(), session: None, heard: None, _process: process }
    }
}

impl Wire for Streamable {
    fn send(&mut self, message: &Value) {
        let headers: Vec<_> = self.session.iter().map(|id| ("mcp-session-id", id.as_str())).collect();
        let response = http("POST", &self.address, "/mcp", &headers, &message.to_string());
        if let Some(id) = response.header("mcp-session-id") {
            self.session = Some(id.to_owned());
        }
        if message.get("method").is_some() && message.get("id").is_some() {
            self.heard = Some(response);
        } else {
            assert_eq!(response.status, 202);
        }
    }

    fn receive(&mut self) -> Value {
        self.heard.as_mut().unwrap().message()
    }
}

struct Events {
    address: String,
    endpoint: String,
    stream: Response,
    _process: Process,
}

impl Events {
    fn start() -> Self {
        let mut process = Process::start(&["--transport", "sse"]);
        let address = process.address();
        let mut stream = http("GET", &address, "/sse", &[], "");
        let endpoint = stream.data();
        Self { address, endpoint, stream, _process: process }
    }
}

impl Wire for Events {
    fn send(&mut self, message: &Value) {
        assert_eq!(http("POST", &self.address, &self.endpoint, &[], &message.to_string()).status, 202);
    }

    fn receive(&mut self) -> Value {
        self.stream.message()
    }
}

fn ask(wire: &mut dyn Wire, id: u64, method: &str, params: &Value) -> Value {
    wire.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    wire.receive()
}

fn open(wire: &mut dyn Wire) {
    let capabilities = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
    let client = json!({ "name": "shapes", "version": "1" });
    let hello = json!({ "protocolVersion": LEGACY, "capabilities": capabilities, "clientInfo": client });
    let welcome = ask(wire, 1, "initialize", &hello);
    assert_eq!(welcome["result"]["protocolVersion"], LEGACY, "{welcome}");
    assert!(welcome["result"]["capabilities"].get("extensions").is_none(), "{welcome}");
    wire.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
}

/// What a cooperative client answers.
fn reply(question: &Value) -> Value {
    let result = match question["method"].as_str().unwrap() {
        "elicitation/create" => json!({ "action": "accept", "content": { "name": "Alice", "color": "blue" } }),
        "sampling/createMessage" => {
            json!({ "role": "assistant", "model": "m", "content": { "type": "text", "text": "Paris" } })
        }
        "roots/list" => json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b" }] }),
        other => panic!("nobody may ask {other}"),
    };
    json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })
}

/// Calls with answers to every question; returns the questions' methods, round by round, and the result.
fn converse(wire: &mut dyn Wire, method: &str, params: &Value, at_once: usize) -> (Vec<String>, Value) {
    wire.send(&json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params }));
    let mut asked = Vec::new();
    loop {
        let mut questions = vec![wire.receive()];
        if questions[0].get("method").is_none() {
            return (asked, questions.remove(0)["result"].take());
        }
        // All of a round are asked before any is answered.
        questions.extend((1..at_once).map(|_| wire.receive()));
        for question in questions {
            asked.push(question["method"].as_str().unwrap().to_owned());
            wire.send(&reply(&question));
        }
    }
}

fn call(wire: &mut dyn Wire, tool: &str, at_once: usize) -> (Vec<String>, String) {
    let (asked, result) = converse(wire, "tools/call", &json!({ "name": tool, "arguments": {} }), at_once);
    (asked, result["content"][0]["text"].as_str().unwrap().to_owned())
}

/// What every old shape does alike.
fn behaves_like_an_old_server(wire: &mut dyn Wire) {
    open(wire);
    let probe = ask(wire, 2, "server/discover", &json!({}));
    assert_eq!(probe["error"]["code"], -32601, "{probe}");
    let (asked, said) = call(wire, "test_input_required_result_elicitation", 1);
    assert_eq!((asked.as_slice(), said.as_str()), (["elicitation/create".to_owned()].as_slice(), "Hello, Alice!"));
    let (asked, said) = call(wire, "test_sampling", 1);
    assert_eq!((asked.len(), said.as_str()), (1, "LLM response: Paris"));
    let (mut asked, said) = call(wire, "test_input_required_result_multiple_inputs", 3);
    asked.sort();
    assert_eq!(asked, ["elicitation/create", "roots/list", "sampling/createMessage"]);
    assert_eq!(said, "All three answers arrived");
    let (asked, said) = call(wire, "test_input_required_result_multi_round", 1);
    assert_eq!((asked.len(), said.as_str()), (2, "Both steps are done"));
    let prompt = json!({ "name": "test_input_required_result_prompt" });
    let (asked, prompt) = converse(wire, "prompts/get", &prompt, 1);
    assert_eq!((asked.len(), prompt["messages"].as_array().map(Vec::len)), (1, Some(1)), "{prompt}");
    let (asked, read) = converse(wire, "resources/read", &json!({ "uri": "test://asks-first" }), 1);
    assert_eq!((asked.len(), read["contents"].as_array().map(Vec::len)), (1, Some(1)), "{read}");
    let tools = ask(wire, 3, "tools/list", &json!({}));
    assert!(tools["result"].get("ttlMs").is_none() && tools["result"].get("resultType").is_none(), "{tools}");
}

#[test]
fn an_old_server_on_stdio_asks_while_its_call_is_open() {
    let mut wire = Piped::start();
    let list = json!({ "_meta": { "io.modelcontextprotocol/protocolVersion": MODERN } });
    assert_eq!(ask(&mut wire, 0, "server/discover", &list)["error"]["code"], -32601);
    assert_eq!(ask(&mut wire, 0, "tools/list", &list)["error"]["code"], -32602);
    behaves_like_an_old_server(&mut wire);
}

#[test]
fn an_old_server_on_streamable_http_asks_while_its_call_is_open() {
    let mut wire = Streamable::start();
    let probe = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover" }).to_string();
    for headers in [&[("mcp-protocol-version", MODERN)][..], &[]] {
        let mut refused = http("POST", &wire.address, "/mcp", headers, &probe);
        assert_eq!((refused.status, &refused.message()["error"]["code"]), (400, &json!(-32000)));
    }
    behaves_like_an_old_server(&mut wire);
}

#[test]
fn an_old_server_on_http_and_sse_asks_while_its_call_is_open() {
    let mut wire = Events::start();
    assert!(wire.endpoint.starts_with("/messages?sessionId="), "{}", wire.endpoint);
    assert_eq!(http("POST", &wire.address, "/sse", &[], "{}").status, 405);
    assert_eq!(http("POST", &wire.address, "/messages?sessionId=1", &[], "{}").status, 404);
    behaves_like_an_old_server(&mut wire);
}

#[test]
fn the_messages_of_one_event_stream_go_to_no_other() {
    let mut wire = Events::start();
    let mut other = http("GET", &wire.address, "/sse", &[], "");
    let endpoint = other.data();
    assert_ne!(endpoint, wire.endpoint);
    open(&mut wire);
    assert_eq!(ask(&mut wire, 2, "ping", &json!({}))["result"], json!({}));
    let ping = json!({ "jsonrpc": "2.0", "id": 77, "method": "ping" }).to_string();
    assert_eq!(http("POST", &wire.address, &endpoint, &[], &ping).status, 202);
    assert_eq!(other.message()["id"], 77, "the other stream hears its own answer first");
}

/// One request to the modern shape, which knows no sessions.
fn modern(address: &str, method: &str, name: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "url": {} }, "sampling": {}, "roots": {} },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut headers = vec![("mcp-protocol-version", MODERN), ("mcp-method", method)];
    if !name.is_empty() {
        headers.push(("mcp-name", name));
    }
    http("POST", address, "/mcp", &headers, &body).message()
}

#[test]
fn a_modern_server_refuses_to_be_opened_and_names_what_it_speaks() {
    let mut process = Process::start(&["--transport", "http", "--era", "modern"]);
    let address = process.address();
    let params =
        json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "a", "version": "1" } });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }).to_string();
    let refused = http("POST", &address, "/mcp", &[], &hello).message();
    assert_eq!(refused["error"]["code"], -32022, "{refused}");
    assert_eq!(refused["error"]["data"]["supported"], json!([MODERN]), "{refused}");
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    assert_eq!(http("POST", &address, "/mcp", &[], &list).status, 400);
    assert_eq!(http("GET", &address, "/mcp", &[], "").status, 405);
    let found = modern(&address, "server/discover", "", json!({}));
    assert_eq!(found["result"]["supportedVersions"], json!([MODERN]), "{found}");
}

#[test]
fn a_modern_server_asks_by_its_result() {
    let mut process = Process::start(&["--transport", "http", "--era", "modern"]);
    let address = process.address();
    for (tool, said, content) in [
        ("test_elicitation", "User response: action=accept", Some(json!({ "name": "Alice", "color": "blue" }))),
        ("test_elicitation_url", "User response: action=accept", None),
        ("test_sampling", "LLM response: Paris", None),
    ] {
        let params = json!({ "name": tool, "arguments": { "message": "who?", "prompt": "which?" } });
        let asked = modern(&address, "tools/call", tool, params.clone());
        assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
        let questions = asked["result"]["inputRequests"].as_object().unwrap();
        let answers = questions.iter().map(|(key, question)| (key.clone(), reply(question)["result"].take()));
        let mut retry = params;
        retry["inputResponses"] = Value::Object(answers.collect());
        let answered = modern(&address, "tools/call", tool, retry);
        // As JSON, because the order of its members is nobody's promise.
        let text = answered["result"]["content"][0]["text"].as_str().unwrap();
        let (text, sent) = text.split_once(", content=").map_or((text, None), |(text, sent)| (text, Some(sent)));
        assert_eq!(text, said, "{answered}");
        assert_eq!(sent.map(|sent| serde_json::from_str::<Value>(sent).unwrap()), content, "{answered}");
    }
}

#[test]
fn a_refused_question_is_no_answer() {
    let mut wire = Piped::start();
    open(&mut wire);
    wire.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": { "name": "test_sampling" } }));
    let question = wire.receive();
    let error = json!({ "code": -1, "message": "no model here" });
    wire.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }));
    let answer = wire.receive();
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("no model here"), "{answer}");
}

#[test]
fn what_was_refused_is_not_asked_again() {
    let mut wire = Piped::start();
    open(&mut wire);
    let params = json!({ "name": "test_input_required_result_multiple_inputs" });
    wire.send(&json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params }));
    for _ in 0..3 {
        let question = wire.receive();
        if question["method"] == "roots/list" {
            let error = json!({ "code": -32601, "message": "no roots here" });
            wire.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }));
        } else {
            wire.send(&reply(&question));
        }
    }
    let answer = wire.receive();
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains("no roots here"), "{answer}");
}

#[test]
fn an_old_server_sends_the_user_away_by_an_error() {
    let mut wire = Piped::start();
    open(&mut wire);
    let params = json!({ "name": "test_url_elicitation_required" });
    let refused = ask(&mut wire, 2, "tools/call", &params);
    assert_eq!(refused["error"]["code"], -32042, "{refused}");
    assert_eq!(refused["error"]["data"]["elicitations"][0]["mode"], "url", "{refused}");
    let answered = ask(&mut wire, 3, "tools/call", &params);
    assert_eq!(answered["result"]["content"][0]["text"], "You have been there", "{answered}");
}

#[test]
fn an_old_server_gives_its_question_up() {
    let mut wire = Piped::start();
    open(&mut wire);
    let question = ask(&mut wire, 2, "tools/call", &json!({ "name": "test_withdrawn_question" }));
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let withdrawn = wire.receive();
    assert_eq!(withdrawn["method"], "notifications/cancelled", "{withdrawn}");
    assert_eq!(withdrawn["params"]["requestId"], question["id"], "{withdrawn}");
    let answer = wire.receive();
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().starts_with("Gave the question up"), "{answer}");
}

#[test]
fn an_old_server_asks_after_its_answer() {
    let mut wire = Events::start();
    open(&mut wire);
    let call = |wire: &mut Events, id: u64| {
        let params = json!({ "name": "test_late_question" });
        wire.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }));
    };
    call(&mut wire, 2);
    assert!(wire.receive()["result"]["content"][0]["text"].as_str().unwrap().ends_with("nothing yet"));
    // What came of a question is told by a later call, which asks again.
    for id in 3..20 {
        let question = wire.receive();
        assert_eq!(question["method"], "roots/list", "{question}");
        wire.send(&reply(&question));
        call(&mut wire, id);
        let answer = wire.receive();
        if answer["result"]["content"][0]["text"].as_str().unwrap().ends_with("2 roots") {
            return;
        }
    }
    panic!("no late question was ever answered");
}
