//! `doorward connect`: a client on pipes, a gateway over HTTP, in both eras and over both transports.

use std::io::Write;
use std::net::TcpListener;

use serde_json::{Value, json};

use super::serve::{Gateway, SETTINGS};
use super::stage::{Ended, Stage};

/// The handshake of the older eras, and a call.
fn legacy(tool: &str) -> Vec<String> {
    let client = json!({ "name": "t", "version": "1" });
    let params = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    vec![
        json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string(),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": tool, "arguments": { "title": "shopping" } } })
        .to_string(),
    ]
}

/// A call of the stateless era.
fn modern(tool: &str) -> Vec<String> {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {} });
    let params = json!({ "name": tool, "arguments": { "title": "shopping" }, "_meta": meta });
    vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()]
}

fn last(ended: &Ended) -> Value {
    let line = ended.out.lines().last().unwrap_or_else(|| panic!("{ended:?}"));
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_client_on_pipes_reaches_a_gateway_in_both_eras_and_over_both_transports() {
    let stage = Stage::with_servers("connect", SETTINGS);
    let gateway = Gateway::start(&stage, &[]);
    stage.file("token", &format!("{}\n", gateway.token.clone().unwrap()));
    for door in ["mcp", "sse"] {
        let url = format!("http://{}/s/notes/{door}", gateway.address);
        let arguments = ["connect", &url, "--token-file", "token"];
        for (era, messages) in [("legacy", legacy as fn(&str) -> Vec<String>), ("modern", modern)] {
            let ended = stage.converse(&arguments, &messages("read_note"));
            assert_eq!(ended.code, Some(0), "{era} {door}: {ended:?}");
            let answer = last(&ended);
            let text = &answer["result"]["content"][0]["text"];
            assert_eq!((&answer["id"], text), (&json!(1), &json!("Bread, tea, batteries.")), "{era} {door}");
            // What is refused, the gateway refuses, in its own words.
            let refused = last(&stage.converse(&arguments, &messages("delete_note")));
            assert_eq!(refused["result"]["_meta"]["dev.doorward/denial"]["code"], "DW1201", "{era} {door}");
        }
    }
}

#[test]
fn nothing_is_kept_and_no_configuration_is_read() {
    let stage = Stage::with_servers("traceless", SETTINGS);
    let gateway = Gateway::start(&stage, &["--auth", "none"]);
    let home = Stage::new("traceless-client");
    home.file("doorward.toml", "this is no configuration");
    let url = format!("http://{}/s/notes/mcp", gateway.address);
    let ended = home.converse(&["connect", &url], &legacy("read_note"));
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    let kept: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["doorward.toml"]);
}

#[test]
fn the_token_can_be_in_the_environment_or_a_header() {
    let stage = Stage::with_servers("credentials", SETTINGS);
    let gateway = Gateway::start(&stage, &[]);
    let token = gateway.token.clone().unwrap();
    let url = format!("http://{}/s/notes/mcp", gateway.address);
    stage.file("header", &format!("Bearer {token}"));
    let speak = |arguments: &[&str], variable: Option<&str>| {
        let mut command = stage.command(&[&["connect", &url], arguments].concat());
        if let Some(value) = variable {
            command.env("DOORWARD_TOKEN", value);
        }
        let mut child = command.spawn().unwrap();
        let text = format!("{}\n", modern("read_note").join("\n"));
        // A program that has already given up reads nothing.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        super::stage::end(child)
    };
    for ended in [
        speak(&[], Some(&token)),
        speak(&["--header", "Authorization=file:header"], None),
        speak(&["--header", "authorization=file:header"], Some("dw_wrong")),
    ] {
        assert!(ended.out.contains("Bread, tea, batteries."), "{ended:?}");
        assert!(!ended.err.contains("plain text"), "{ended:?}");
    }
    let literal = format!("Authorization=Bearer {token}");
    let ended = speak(&["--header", &literal], None);
    assert!(ended.out.contains("Bread, tea, batteries.") && ended.err.contains("plain text"), "{ended:?}");
    for ended in [speak(&[], None), speak(&[], Some("dw_wrong"))] {
        assert_eq!((ended.code, ended.out.as_str()), (Some(5), ""), "{ended:?}");
        assert!(ended.err.contains("HTTP 401") && ended.err.contains("--token-file"), "{}", ended.err);
        assert!(!ended.err.contains("dw_wrong"), "{}", ended.err);
    }
}

#[test]
fn what_cannot_be_used_is_told_and_writes_nothing_to_standard_output() {
    let stage = Stage::new("connect-faults");
    stage.file("empty", "");
    stage.file("words", "two words\n");
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/mcp", listener.local_addr().unwrap())
    };
    for (arguments, code, said) in [
        (&["ftp://x"][..], 3, "no URL of an endpoint"),
        (&["http://user:password@localhost/mcp"], 3, "holds a user name"),
        (&["http://localhost/mcp", "--token-file", "missing"], 3, "cannot be read"),
        (&["http://localhost/mcp", "--token-file", "empty"], 3, "not a token"),
        (&["http://localhost/mcp", "--token-file", "words"], 3, "not a token"),
        (&["http://localhost/mcp", "--token-file", "words", "--header", "Authorization=x"], 3, "not a token"),
        (&["http://localhost/mcp", "--header", "A=env:NOTHING"], 3, "NOTHING is not set"),
        (&["http://localhost/mcp", "--header", "Host=x"], 3, "cannot be configured"),
        (&["http://localhost/mcp", "--transport", "ws"], 3, "no transport 'ws'"),
        (&["http://localhost/mcp", "--ca", "missing"], 3, "cannot be read"),
        (&["https://localhost/mcp", "--ca", "words"], 3, "no certificate"),
        (&[nobody.as_str()], 5, "cannot be reached"),
        (&[], 2, "URL"),
    ] {
        let ended = stage.run(&[&["connect"], arguments].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
        assert!(!ended.err.contains("password") && !ended.err.contains("two words"), "{}", ended.err);
    }
}

#[test]
fn the_help_says_how_to_use_it() {
    let ended = Stage::new("connect-help").run(&["connect", "--help"]);
    assert_eq!(ended.code, Some(0));
    for said in ["--token-file", "DOORWARD_TOKEN", "\"command\": \"doorward\"", "It ends with 0"] {
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }
}
