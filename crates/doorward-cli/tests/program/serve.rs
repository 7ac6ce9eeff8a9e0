//! `doorward serve`, over its real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::stage::{Ended, Stage, end};

/// A gateway under test.
pub(crate) struct Gateway {
    child: Option<Child>,
    pub(crate) address: String,
    pub(crate) token: Option<String>,
    said: Receiver<String>,
}

impl Gateway {
    /// Starts it and reads what it says until its addresses are known.
    pub(crate) fn start(stage: &Stage, arguments: &[&str]) -> Self {
        let mut child = stage.command(&[&["serve"], arguments].concat()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut address, mut token) = (String::new(), None);
        for line in &mut lines {
            let line = line.unwrap();
            if let Some((_, rest)) = line.split_once("http://").filter(|_| line.contains("/s/notes/mcp")) {
                address = rest.split('/').next().unwrap().to_owned();
            }
            if let Some((_, rest)) = line.split_once("Authorization: Bearer ") {
                token = rest.split(' ').next().map(str::to_owned);
            }
            if line.starts_with("policy") {
                break;
            }
        }
        assert!(!address.is_empty(), "the gateway did not start");
        let (sender, said) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { child: Some(child), address, token, said }
    }

    /// Waits until it says a line that contains `text`.
    fn until(&self, text: &str) {
        loop {
            let line =
                self.said.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("it never said '{text}'"));
            if line.contains(text) {
                return;
            }
        }
    }

    /// Calls a tool of the notes server and returns the answer, head and body.
    fn call(&self, tool: &str, token: Option<&str>) -> String {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{"title":"shopping"}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
        );
        let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /s/notes/mcp HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n\
             Mcp-Name: {tool}\r\n{authorization}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.as_ref().unwrap().id()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }

    fn end(mut self) -> Ended {
        end(self.child.take().unwrap())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) const SETTINGS: &str =
    "[listen]\nhttp = \"127.0.0.1:0\"\n[admin]\nhttp = \"off\"\n[policy]\npreset = \"guarded\"\n[store]\nflush_ms = 1";

#[test]
fn the_token_opens_and_nothing_else_does() {
    let stage = Stage::with_servers("token", SETTINGS);
    let gateway = Gateway::start(&stage, &[]);
    let token = gateway.token.clone().unwrap();
    let kept = std::fs::read_to_string(stage.path().join(".local/state/doorward/token")).unwrap();
    assert_eq!(kept.trim_end(), token);
    assert!(gateway.call("read_note", Some(&token)).contains("Bread, tea, batteries."));
    assert!(gateway.call("delete_note", Some(&token)).contains("DW1201"));
    for token in [None, Some("dw_wrong")] {
        assert!(gateway.call("read_note", token).starts_with("HTTP/1.1 401 "), "{token:?}");
    }
    gateway.signal(Signal::SIGTERM);
    let ended = gateway.end();
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), ""));
    let records = stage.run(&["audit", "query", "--code", "DW1201", "--json"]);
    assert_eq!(records.out.lines().count(), 1, "{records:?}");
}

#[test]
fn a_token_file_that_others_can_read_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::with_servers("exposed", SETTINGS);
    let folder = stage.path().join(".local/state/doorward");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("token"), "dw_x\n").unwrap();
    std::fs::set_permissions(folder.join("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = stage.run(&["serve"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("chmod 600"), "{}", ended.err);
}

#[test]
fn without_authentication_nobody_is_asked() {
    let stage = Stage::with_servers("open", SETTINGS);
    let gateway = Gateway::start(&stage, &["--auth", "none", "--preset", "locked"]);
    assert_eq!(gateway.token, None);
    assert!(gateway.call("read_note", None).contains("DW1201"));
    gateway.signal(Signal::SIGINT);
    assert_eq!(gateway.end().code, Some(0));
}

#[test]
fn a_reload_is_whole_or_not_at_all() {
    let stage = Stage::with_servers("reload", SETTINGS);
    let gateway = Gateway::start(&stage, &["--auth", "none"]);
    assert!(gateway.call("read_note", None).contains("Bread"));
    let text = std::fs::read_to_string(stage.path().join("doorward.toml")).unwrap();
    stage.file("doorward.toml", &text.replace("guarded", "nonsense"));
    gateway.signal(Signal::SIGHUP);
    gateway.until("not reloaded");
    assert!(gateway.call("read_note", None).contains("Bread"));
    stage.file("doorward.toml", &text.replace("guarded", "locked"));
    gateway.signal(Signal::SIGHUP);
    gateway.until("reloaded generation");
    assert!(gateway.call("read_note", None).contains("DW1201"));
}

#[test]
fn nothing_to_serve_is_an_error() {
    let ended = Stage::new("nothing").run(&["serve"]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.err.contains("no server is configured") && ended.err.contains("[servers.NAME]"), "{}", ended.err);
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Stage::with_servers("taken", SETTINGS).run(&["serve", "--listen", &address]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains(&address) && ended.err.contains("--listen"), "{}", ended.err);
}

#[test]
fn a_service_manager_is_told_of_readiness_life_and_stopping() {
    let stage = Stage::with_servers("service", SETTINGS);
    let path = stage.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let until = |wanted: &str| loop {
        let mut told = [0; 256];
        let length = manager.recv(&mut told).unwrap_or_else(|_| panic!("'{wanted}' was never told"));
        if String::from_utf8_lossy(&told[..length]).contains(wanted) {
            return;
        }
    };
    let mut command = stage.command(&["serve"]);
    let child = command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "400000").spawn().unwrap();
    until("READY=1");
    until("WATCHDOG=1");
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    until("STOPPING=1");
    assert_eq!(end(child).code, Some(0));
}
