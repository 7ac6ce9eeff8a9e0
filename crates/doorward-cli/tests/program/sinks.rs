//! `doorward sinks`, as an operator types it.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::stage::Stage;

/// Answers one request with this status.
fn answer(listener: TcpListener, status: &'static str) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.ends_with("]}") {
            let count = stream.read(&mut bytes).unwrap();
            text.push_str(std::str::from_utf8(bytes.get(..count).unwrap()).unwrap());
        }
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        text
    })
}

#[test]
fn sinks_are_listed_and_tried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let stage = Stage::new("sinks");
    stage.file("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let text = format!("[sinks.siem]\nkind = \"webhook\"\nurl = {url:?}\nsecret = \"file:key\"\n");
    stage.file("doorward.toml", &text);
    let listed = stage.run(&["sinks", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let sink: Value = serde_json::from_str(listed.out.trim()).unwrap();
    assert_eq!((&sink["name"], &sink["kind"], &sink["state"]), (&"siem".into(), &"webhook".into(), &"new".into()));
    assert!(stage.run(&["sinks", "list"]).out.contains("siem"));
    let again = listener.try_clone().unwrap();
    let taken = answer(listener, "200 OK");
    let tried = stage.run(&["sinks", "test", "siem"]);
    assert_eq!(tried.code, Some(0), "{tried:?}");
    let sent = taken.join().unwrap();
    assert!(sent.contains("a test of the sink 'siem'") && sent.contains("webhook-signature: v1,"), "{sent}");
    let refused = answer(again, "403 Forbidden");
    let tried = stage.run(&["sinks", "test", "siem"]);
    assert_eq!(tried.code, Some(1), "{tried:?}");
    assert!(tried.err.contains("it answered 403 Forbidden"), "{tried:?}");
    refused.join().unwrap();
    assert_eq!(stage.run(&["sinks", "test", "other"]).code, Some(1));
}

#[test]
fn a_sink_that_cannot_be_is_told_with_its_place() {
    let stage = Stage::new("sinks-wrong");
    stage.file("doorward.toml", "[sinks.siem]\nkind = \"webhook\"\nurl = \"ftp://example.com\"\n");
    let listed = stage.run(&["sinks", "list"]);
    assert_eq!(listed.code, Some(3), "{listed:?}");
    assert!(listed.err.contains("doorward.toml:3"), "{listed:?}");
}
