//! `doorward approvals`, between a gateway and its clients.
#![expect(clippy::indexing_slicing, clippy::string_slice, reason = "in tests a broken expectation is a failure")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use doorward_core::time::Timestamp;
use doorward_store::{PinKey, PinnedText, Pins, Sight, StoreConfig, StoreUrl, Trust};
use serde_json::{Value, json};

use super::serve::{Gateway, SETTINGS};
use super::stage::{PROGRAM, Stage};

const POLICY: &str = r#"
@id("reads") permit (principal, action == Action::"notes/read_note", resource);
@id("deletes")
@reason("Deleting needs a yes.")
@obligation("approve:owner")
permit (principal, action == Action::"notes/delete_note", resource);
"#;

/// The rules of these tests alone.
const NO_FLOW: &str = "[flow]\npolicies = []";

/// What a client of 2026-07-28 says of itself, with these capabilities.
fn meta(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": { "name": "editor", "version": "1" },
    })
}

fn delete(title: &str) -> Value {
    json!({ "name": "delete_note", "arguments": { "title": title } })
}

/// A gateway whose policy wants approval, and what it takes to speak to it.
struct Play {
    stage: Stage,
    gateway: Gateway,
}

impl Play {
    fn new(name: &str, more: &str) -> Self {
        let settings = SETTINGS.replace("http = \"off\"", "http = \"127.0.0.1:0\"");
        let settings = settings.replace("preset = \"guarded\"", "preset = \"locked\"\nfiles = [\"own.cedar\"]");
        let stage = Stage::with_servers(name, &format!("{settings}\n{NO_FLOW}\n{more}"));
        stage.file("own.cedar", POLICY);
        let gateway = Gateway::start(&stage, &["--auth", "none"]);
        Self { stage, gateway }
    }

    /// The result of a call, or the error.
    fn call(&self, params: &Value, capabilities: &Value) -> Value {
        let mut params = params.clone();
        params["_meta"] = meta(capabilities);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        let tool = params["name"].as_str().unwrap();
        let head = format!(
            "POST /s/notes/mcp HTTP/1.1\r\nContent-Type: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\n\
             Accept: application/json, text/event-stream\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
        );
        let answer = exchange(&self.gateway.address, &head, &body);
        let message: Value =
            serde_json::from_str(&answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()]).unwrap();
        if message["error"].is_null() { message["result"].clone() } else { message["error"].clone() }
    }

    /// The id under which a refused call waits.
    fn waits(&self, params: &Value) -> String {
        waiting(&self.call(params, &json!({})))
    }

    fn approvals(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let ended = self.stage.run(&[&["approvals"], arguments].concat());
        (ended.code, format!("{}{}", ended.out, ended.err))
    }

    fn one(&self, id: &str) -> Value {
        serde_json::from_str(self.approvals(&["show", id, "--json"]).1.trim()).unwrap()
    }
}

fn exchange(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{head}Host: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn denial(answer: &Value) -> &Value {
    let meta = if answer["_meta"].is_null() { &answer["data"] } else { &answer["_meta"] };
    &meta["dev.doorward/denial"]
}

fn waiting(answer: &Value) -> String {
    assert_eq!(denial(answer)["code"], "DW1220", "{answer}");
    denial(answer)["approvals"][0].as_str().unwrap().to_owned()
}

fn is_done(answer: &Value) -> bool {
    answer["isError"] == false
        && answer["content"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("deleted") || text.contains("Deleted"))
}

#[test]
fn a_call_waits_for_a_person_and_passes_once() {
    let play = Play::new("approvals", "");
    assert_eq!(play.approvals(&["list"]), (Some(0), "Nothing waits for an answer.\n".to_owned()));
    let refused = play.call(&delete("shopping"), &json!({}));
    let id = waiting(&refused);
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("'doorward approvals endorse {id}'")) && !text.contains("Do not repeat"), "{text}");
    assert!(!text.contains("shopping"), "{text}");
    assert_eq!(play.waits(&delete("shopping")), id, "the same call is the same request");
    let listed: Value = serde_json::from_str(play.approvals(&["list", "--json"]).1.trim()).unwrap();
    assert_eq!((&listed["id"], &listed["state"], &listed["askedOf"]), (&json!(id), &json!("open"), &json!("owner")));
    let (_, shown) = play.approvals(&["show", &id.to_lowercase()]);
    for part in
        ["notes/delete_note", "\"title\": \"shopping\"", "deletes: Deleting needs a yes.", "calls itself editor"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let other = play.waits(&delete("other"));
    assert_ne!(other, id);
    assert_eq!(play.approvals(&["endorse", &id]).0, Some(2), "nobody has looked at it");
    assert_eq!(play.approvals(&["endorse", "AAAAAAAAAA", "--yes"]).0, Some(1));
    let (code, said) = play.approvals(&["endorse", &id, "--yes", "--remark", "fine"]);
    assert!(code == Some(0) && said.contains("Endorsed"), "{said}");
    assert_eq!(play.approvals(&["endorse", &id, "--yes"]).0, Some(1));
    assert_eq!(play.waits(&delete("other")), other, "a yes is for its own call");
    let done = play.call(&delete("shopping"), &json!({}));
    assert!(is_done(&done), "{done}");
    assert_ne!(play.waits(&delete("shopping")), id, "a yes is used once");
    let used = play.one(&id);
    assert_eq!(
        (&used["state"], &used["argumentsText"], &used["remark"]),
        (&json!("used"), &Value::Null, &json!("fine"))
    );
    assert!(used["answeredBy"].as_str().unwrap().contains("uid "), "{used}");
    let records = play.stage.run(&["audit", "tail", "--json"]).out;
    assert!(records.contains("approvals/endorse") && records.contains("Approved by "), "{records}");
    assert!(!records.contains("shopping"), "{records}");
}

#[test]
fn a_no_is_told_and_questions_are_few() {
    let play = Play::new("approvals-no", "");
    let id = play.waits(&delete("one"));
    let (code, said) = play.approvals(&["deny", &id, "--json"]);
    let denied: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!((code, &denied["answered"], &denied["state"]), (Some(0), &json!(true), &json!("denied")));
    assert_eq!(denial(&play.call(&delete("one"), &json!({})))["code"], "DW1221");
    play.waits(&delete("two"));
    play.waits(&delete("three"));
    let refused = play.call(&delete("four"), &json!({}));
    assert_eq!(denial(&refused)["code"], "DW1222", "{refused}");
    play.waits(&delete("two"));
    let long = play.call(&delete(&"x".repeat(70_000)), &json!({}));
    assert_eq!(denial(&long)["code"], "DW1222", "{long}");
}

#[test]
fn what_is_over_can_no_longer_be_endorsed() {
    let play = Play::new("approvals-over", "[approvals]\nwait_s = 1\n");
    let id = play.waits(&delete("shopping"));
    let begun = Instant::now();
    while play.one(&id)["state"] == "open" {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never ends");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(play.one(&id)["argumentsText"], Value::Null);
    let (code, said) = play.approvals(&["endorse", &id, "--yes"]);
    assert!(code == Some(1) && said.contains("expired"), "{said}");
    assert_ne!(play.waits(&delete("shopping")), id);
}

#[test]
fn a_definition_that_has_changed_is_not_what_was_asked_about() {
    let play = Play::new("approvals-drift", "");
    let id = play.waits(&delete("shopping"));
    let file = play.stage.path().join(".local/state/doorward/records.db");
    let config = StoreConfig::new(StoreUrl::parse(&format!("sqlite://{}", file.display())).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pins = Pins::open(&config).await.unwrap();
        let key = PinKey { server: "notes".to_owned(), kind: "tool".to_owned(), name: "delete_note".to_owned() };
        let seen = PinnedText { digest: [7; 32], text: "{}".to_owned() };
        let sight = Sight { key, seen, findings: Vec::new(), trust: Trust::Unchanged };
        pins.see(&[sight], Timestamp::from_micros(1)).await.unwrap();
        pins.close().await;
    });
    let (code, said) = play.approvals(&["endorse", &id, "--yes"]);
    assert!(code == Some(1) && said.contains("has changed"), "{said}");
    assert_eq!(play.one(&id)["state"], "open");
}

#[test]
fn a_person_is_sent_to_a_page_where_the_client_can_do_that() {
    let play = Play::new("approvals-page", "");
    let able = json!({ "elicitation": { "url": {} } });
    let asked = play.call(&delete("shopping"), &able);
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let question = &asked["inputRequests"]["approval"];
    assert_eq!((&question["method"], &question["params"]["mode"]), (&json!("elicitation/create"), &json!("url")));
    let (address, path) =
        question["params"]["url"].as_str().and_then(|url| url.strip_prefix("http://")?.split_once('/')).unwrap();
    let page = exchange(address, &format!("GET /{path} HTTP/1.1\r\n"), "");
    let id = path.strip_prefix("approvals/").unwrap();
    assert!(page.contains(&format!("doorward approvals endorse {id}")) && page.contains("state    open"), "{page}");
    assert!(!page.contains("shopping"), "{page}");
    assert!(exchange(address, "GET /approvals/AAAAAAAAAA HTTP/1.1\r\n", "").contains(" 404 "));
    let back = |state: &str, action: &str| {
        let mut params = delete("shopping");
        params["requestState"] = json!(state);
        params["inputResponses"] = json!({ "approval": { "action": action } });
        play.call(&params, &able)
    };
    let state = asked["requestState"].as_str().unwrap();
    assert_eq!(waiting(&back(state, "accept")), id, "nobody has answered yet, and nobody is sent twice");
    assert_eq!(denial(&back(state, "decline"))["code"], "DW1221");
    let last = if state.ends_with('A') { 'B' } else { 'A' };
    let forged = format!("{}{last}", &state[..state.len() - 1]);
    assert_eq!(back(&forged, "accept")["code"], -32602);
    assert_eq!(denial(&back("theirs", "accept"))["code"], "DW1222", "it belongs to no call that was approved");
    assert_eq!(play.approvals(&["endorse", id, "--yes"]).0, Some(0));
    let mut other = delete("other");
    other["requestState"] = json!(state);
    assert_eq!(play.call(&other, &able)["code"], -32602, "a state is for its own call");
    let done = back(state, "accept");
    assert!(is_done(&done), "{done}");
    assert_eq!(play.call(&delete("shopping"), &able)["resultType"], "input_required");
}

/// A client of `doorward run`, one message at a time.
struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pipe {
    fn open(stage: &Stage) -> Self {
        stage.file("own.cedar", POLICY);
        stage.file("run.toml", NO_FLOW);
        let arguments =
            ["run", "--config", "run.toml", "--preset", "locked", "--policy", "own.cedar", "--server", "notes", "--"];
        let mut child = stage.command(&[&arguments[..], &[PROGRAM, "demo-server", "notes"]].concat()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn ask(&mut self, id: u32, method: &str, params: &Value) -> Value {
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended");
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == id {
                return answer["result"].clone();
            }
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn over_a_pipe_in_both_eras() {
    for era in ["legacy", "modern"] {
        let stage = Stage::new(&format!("approvals-{era}"));
        let mut pipe = Pipe::open(&stage);
        let mut params = delete("shopping");
        match era {
            "legacy" => {
                let client = json!({ "name": "t", "version": "1" });
                let elicitation = json!({ "elicitation": { "url": {} } });
                let hello =
                    json!({ "protocolVersion": "2025-11-25", "capabilities": elicitation, "clientInfo": client });
                pipe.ask(0, "initialize", &hello);
                pipe.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
            }
            _ => params["_meta"] = meta(&json!({ "elicitation": { "url": {} } })),
        }
        // There is no page to be sent to.
        let id = waiting(&pipe.ask(1, "tools/call", &params));
        let ended = stage.run(&["approvals", "endorse", &id, "--yes"]);
        assert_eq!(ended.code, Some(0), "{era}: {ended:?}");
        let done = pipe.ask(2, "tools/call", &params);
        assert!(is_done(&done) || (era == "legacy" && done["isError"] == false), "{era}: {done}");
        waiting(&pipe.ask(3, "tools/call", &params));
    }
}

#[test]
fn what_cannot_be_reached_is_told_so() {
    let stage = Stage::new("approvals-none");
    let store = format!("sqlite://{}", stage.path().join("none.db").display());
    let ended = stage.run(&["approvals", "show", "AAAAAAAAAA", "--store", &store]);
    assert!(ended.code == Some(1) && ended.err.contains("no request 'AAAAAAAAAA'"), "{ended:?}");
    assert_eq!(stage.run(&["approvals", "list", "--store", "sqlite::memory:"]).code, Some(3));
    assert_eq!(stage.run(&["approvals", "endorse"]).code, Some(2));
}
