//! `doorward audit`, on the records of a run.

use serde_json::Value;

use super::stage::{PROGRAM, Stage};

/// A stage with the records of one allowed and one refused call.
pub(super) fn recorded(name: &str) -> Stage {
    let stage = Stage::new(name);
    let call = |id: u32, tool: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{{"title":"shopping"}}}}}}"#
        )
    };
    let messages = [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
        call(1, "read_note"),
        call(2, "delete_note"),
    ];
    let arguments = ["run", "--server", "notes", "--", PROGRAM, "demo-server", "notes"];
    let ended = stage.converse(&arguments, &messages);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    stage
}

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn records_are_tables_for_people_and_lines_for_programs() {
    let stage = recorded("tables");
    let table = stage.run(&["audit", "tail"]).out;
    assert!(table.starts_with("time (UTC)"), "{table}");
    assert!(table.contains("tools/call read_note") && table.contains("refuse       DW1201"), "{table}");
    assert!(!table.contains("(intent)"));
    assert!(stage.run(&["audit", "tail", "--intents"]).out.contains("(intent)"));
    assert_eq!(stage.run(&["audit", "tail", "-n", "1"]).out.lines().count(), 2);
    let lines = objects(&stage.run(&["audit", "tail", "--json"]).out);
    assert!(lines.iter().any(|record| record["phase"] == "intent"));
    assert!(lines.iter().all(|record| record["version"] == doorward_core::record::RECORD_VERSION));
}

#[test]
fn queries_find_what_matches() {
    let stage = recorded("queries");
    for (filter, count) in [
        (&["--resource", "read_note"][..], 2),
        (&["--code", "dw1201"], 1),
        (&["--disposition", "refuse"], 1),
        (&["--server", "notes", "--action", "tools/call"], 3),
        (&["--server", "mail"], 0),
        (&["--principal", "local", "--since", "1h", "--resource", "delete_note"], 1),
        (&["--until", "1h"], 0),
        (&["--before", "1"], 0),
    ] {
        let json = stage.run(&[&["audit", "query", "--json"], filter].concat());
        assert_eq!(objects(&json.out).len(), count, "{filter:?}: {json:?}");
    }
    assert_eq!(stage.run(&["audit", "query", "--action", "tools/call", "--count"]).out, "3\n");
}

#[test]
fn an_exchange_is_shown_whole() {
    let stage = recorded("shown");
    let refused = objects(&stage.run(&["audit", "query", "--code", "DW1201", "--json"]).out);
    let exchange = refused[0]["exchange"].as_str().unwrap();
    let whole = stage.run(&["audit", "show", exchange]).out;
    for part in [exchange, "delete_note", "DW1201", "guarded:ordinary-work", "sha256 ", "stdio"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert_eq!(objects(&stage.run(&["audit", "show", exchange, "--json"]).out).len(), 1);
    let none = stage.run(&["audit", "show", &"0".repeat(32)]);
    assert_eq!((none.code, none.out.as_str()), (Some(1), ""));
}

#[test]
fn a_store_that_is_not_there_is_an_error() {
    let ended = Stage::new("nostore").run(&["audit", "tail"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains("records.db"), "{}", ended.err);
}
