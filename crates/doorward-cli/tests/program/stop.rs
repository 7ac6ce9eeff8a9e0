//! `doorward stop` and `doorward resume`, as an operator types them.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{Ended, PROGRAM, Stage};

/// Everything that is stopped.
fn listed(stage: &Stage) -> Vec<Value> {
    let listed = stage.run(&["stop", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn code_and(ended: &Ended, said: &str) -> Option<i32> {
    assert!(ended.err.contains(said), "{said}: {ended:?}");
    ended.code
}

#[test]
fn what_is_stopped_is_listed_recorded_and_resumed() {
    let stage = Stage::with_servers("stop", "");
    assert_eq!(code_and(&stage.run(&["stop", "list"]), "Nothing is stopped."), Some(0));
    let stopped = stage.run(&["stop", "server", "notes", "--reason", "it \u{1b}[2Jmisbehaves"]);
    assert_eq!(code_and(&stopped, "Stopped the server 'notes' without end (stop 1)."), Some(0), "{stopped:?}");
    assert!(stopped.out.is_empty() && !stopped.err.contains('\u{1b}'), "{stopped:?}");
    let all = stage.run(&["stop", "all", "--for", "30m"]);
    assert_eq!(code_and(&all, "Stopped everything until 20"), Some(0));
    assert_eq!(code_and(&all, "server notes"), Some(0), "what else is stopped is told");
    let rows = listed(&stage);
    assert_eq!(
        (&rows[0]["scope"], &rows[0]["server"], &rows[0]["until"]),
        (&"server".into(), &"notes".into(), &Value::Null)
    );
    assert!(rows[0]["by"].as_str().unwrap().contains("uid"), "{rows:?}");
    assert!(rows[0]["reason"].as_str().unwrap().contains("misbehaves"));
    assert_eq!((&rows[1]["id"], &rows[1]["scope"]), (&2.into(), &"all".into()));
    assert!(rows[1]["until"].is_string());
    let table = stage.run(&["stop", "list"]).out;
    assert!(table.contains("server notes") && table.contains("misbehaves") && !table.contains('\u{1b}'), "{table}");

    let resumed = stage.run(&["resume", "all"]);
    assert_eq!(code_and(&resumed, "Resumed everything (stop 2)."), Some(0));
    assert_eq!(code_and(&resumed, "Still stopped:"), Some(0));
    assert_eq!(code_and(&stage.run(&["resume", "all"]), "Nothing to resume"), Some(1));
    assert_eq!(code_and(&stage.run(&["resume", "--id", "7"]), "there is no stop 7"), Some(1));
    let resumed = stage.run(&["resume", "--id", "1"]);
    assert_eq!(code_and(&resumed, "Resumed the server 'notes' (stop 1)."), Some(0));
    assert_eq!(code_and(&resumed, "Nothing is stopped now."), Some(0));
    assert!(listed(&stage).is_empty());

    let records = stage.run(&["audit", "query", "--json"]).out;
    let records: Vec<Value> = records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, Option<&str>)> =
        records.iter().map(|record| (record["action"].as_str().unwrap(), record["server"].as_str())).collect();
    let (stop, resume) = ("doorward/stop", "doorward/resume");
    assert_eq!(told, [(stop, Some("notes")), (stop, None), (resume, None), (resume, Some("notes"))]);
    assert!(records[0]["reasons"].to_string().contains("misbehaves"), "{records:?}");
}

#[test]
fn a_typo_does_not_look_like_success_and_is_kept() {
    let stage = Stage::with_servers("stop-typo", "");
    for (number, typed) in [
        &["stop", "server", "note"][..],
        &["stop", "tool", "notes", "read_note"],
        &["stop", "principal", "corp/ann"],
        // Stopping it once has made it no more known.
        &["stop", "server", "note"],
    ]
    .into_iter()
    .enumerate()
    {
        let ended = stage.run(typed);
        assert_eq!(code_and(&ended, "nothing of that name is configured or was seen"), Some(1), "{typed:?}");
        assert_eq!(listed(&stage).len(), (number + 1).min(3), "{typed:?}");
    }
    assert_eq!(stage.run(&["stop", "principal", "local"]).code, Some(0));
    assert_eq!(stage.run(&["keys", "create", "builder", "--agent"]).code, Some(0));
    assert_eq!(stage.run(&["stop", "principal", "builder"]).code, Some(0));
}

#[test]
fn a_stop_is_never_made_shorter() {
    let stage = Stage::with_servers("stop-shorter", "");
    assert_eq!(stage.run(&["stop", "server", "mail"]).code, Some(0));
    let shorter = stage.run(&["stop", "server", "mail", "--for", "1s"]);
    assert_eq!(code_and(&shorter, "It was stopped for longer already, and stays so."), Some(0));
    assert_eq!(listed(&stage)[0]["until"], Value::Null);
}

#[test]
fn what_cannot_be_stopped_is_refused() {
    let stage = Stage::with_servers("stop-refused", "");
    let long = "x".repeat(501);
    for wrong in [
        &["stop"][..],
        &["stop", "server"],
        &["stop", "server", "No Server"],
        &["stop", "tool", "notes"],
        &["stop", "tool", "notes", ""],
        &["stop", "principal", ""],
        &["stop", "everything"],
        &["stop", "all", "--for", "soon"],
        &["stop", "all", "--for", "0m"],
        &["stop", "all", "--reason", &long],
        &["resume"],
        &["resume", "--id", "one"],
        &["resume", "--id", "1", "all"],
    ] {
        assert_eq!(stage.run(wrong).code, Some(2), "{wrong:?}");
    }
    assert!(listed(&stage).is_empty());
    assert_eq!(stage.run(&["stop", "all", "--store", "sqlite::memory:"]).code, Some(3));
}

/// Says a line, and reads the answer.
fn ask(input: &mut ChildStdin, output: &mut BufReader<ChildStdout>, message: &Value) -> Value {
    writeln!(input, "{message}").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_gateway_on_pipes_obeys_the_commands_beside_it() {
    let stage = Stage::new("stop-run");
    let run = ["run", "--server", "notes", "--preset", "observe", "--", PROGRAM, "demo-server", "notes"];
    let mut gateway = stage.command(&run).spawn().unwrap();
    let (mut input, mut output) = (gateway.stdin.take().unwrap(), BufReader::new(gateway.stdout.take().unwrap()));
    let info = json!({ "name": "test", "version": "1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
    assert!(ask(&mut input, &mut output, &hello)["result"].is_object());
    writeln!(input, "{}", json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).unwrap();
    let call = json!({ "name": "list_notes", "arguments": {} });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call });
    let mut is_stopped = || ask(&mut input, &mut output, &call).to_string().contains("DW1212");
    let mut until = |stopped: bool| {
        let began = Instant::now();
        while is_stopped() != stopped {
            assert!(began.elapsed() < Duration::from_secs(10), "not in time");
            std::thread::sleep(Duration::from_millis(5));
        }
        began.elapsed()
    };
    until(false);
    for what in [&["server", "notes"][..], &["tool", "notes", "list_notes"], &["principal", "local"], &["all"]] {
        let ended = stage.run(&[&["stop"], what].concat());
        assert_eq!(ended.code, Some(0), "what a gateway has recorded is known: {ended:?}");
        assert!(until(true) < Duration::from_secs(1), "{what:?}");
        assert_eq!(stage.run(&[&["resume"], what].concat()).code, Some(0), "{what:?}");
        assert!(until(false) < Duration::from_secs(5), "{what:?}");
    }
    drop((input, output));
    assert!(gateway.wait().unwrap().success());
    let refused = stage.run(&["audit", "query", "--code", "DW1212", "--count"]);
    assert!(refused.out.trim().parse::<u32>().unwrap() >= 4, "{refused:?}");
}
