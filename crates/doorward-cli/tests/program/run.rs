//! `doorward run`: nothing but messages on standard output.

use serde_json::{Value, json};

use super::stage::{PROGRAM, Stage};

const RUN: &[&str] = &["run", "--server", "notes", "--", PROGRAM, "demo-server", "notes"];

fn call(id: u32, tool: &str) -> String {
    let params = json!({ "name": tool, "arguments": { "title": "shopping" } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

/// The handshake and what follows it.
fn opened(more: &[String]) -> Vec<String> {
    let client = json!({ "name": "t", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    [&[initialize.to_string(), initialized.to_string()], more].concat()
}

/// The answers by id. A line that is no message fails the test.
fn answers(out: &str) -> Vec<Value> {
    let mut answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    answers
}

#[test]
fn calls_are_allowed_and_refused_and_nothing_else_is_written() {
    let stage = Stage::new("run");
    let ended = stage.converse(RUN, &opened(&[call(1, "read_note"), call(2, "delete_note")]));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let answers = answers(&ended.out);
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert_eq!(answers[1]["result"]["content"][0]["text"], "Bread, tea, batteries.");
    assert_eq!(answers[2]["result"]["_meta"]["dev.doorward/denial"]["code"], "DW1201");
}

/// Agents list and call in one breath; a call must not be judged by a policy that is still to learn of its tool.
#[test]
fn calls_that_come_while_tools_are_being_learned_are_judged_with_them() {
    let stage = Stage::new("breath");
    for round in 0..10 {
        let list = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/list" }).to_string();
        let messages = opened(&[list, call(1, "read_note"), call(2, "delete_note"), call(3, "read_note")]);
        let ended = stage.pour(RUN, &format!("{}\n", messages.join("\n")));
        let answers = answers(&ended.out);
        assert_eq!(answers.len(), 5, "{round}: {ended:?}");
        assert_eq!(answers[1]["result"]["content"][0]["text"], "Bread, tea, batteries.", "{round}: {ended:?}");
        assert_eq!(answers[2]["result"]["_meta"]["dev.doorward/denial"]["code"], "DW1201", "{round}: {ended:?}");
    }
}

#[test]
fn flags_change_what_is_allowed() {
    let stage = Stage::new("flags");
    stage.file("own.cedar", "permit (principal, action == Action::\"notes/delete_note\", resource);\n");
    let arguments = |flags: &[&'static str]| [&["run"][..], flags, &RUN[1..]].concat();
    for (flags, code) in [
        (&["--preset", "observe"][..], None),
        (&["--preset", "locked"], Some("DW1201")),
        (&["--policy", "own.cedar"], None),
        (&["--preset", "locked", "--policy", "own.cedar"], None),
    ] {
        let ended = stage.converse(&arguments(flags), &opened(&[call(1, "delete_note")]));
        let answers = answers(&ended.out);
        let denied =
            answers.get(1).and_then(|answer| answer["result"]["_meta"]["dev.doorward/denial"]["code"].as_str());
        assert_eq!(denied, code, "{flags:?}: {ended:?}");
    }
}

#[test]
fn a_project_file_is_not_read() {
    let stage = Stage::new("untrusted");
    stage.file("doorward.toml", "[policy]\npreset = \"observe\"\n");
    let ended = stage.converse(RUN, &opened(&[call(1, "delete_note")]));
    assert_eq!(answers(&ended.out)[1]["result"]["isError"], true, "{ended:?}");
}

#[test]
fn a_faulty_command_line_writes_nothing_to_standard_output() {
    let stage = Stage::new("faults");
    for (arguments, code) in [
        (&["run", "--preset", "none", "--", "x"][..], 3),
        (&["run", "--server", "Big", "--", "x"], 3),
        (&["run", "--env", "MISSING", "--", "x"], 3),
        (&["run", "--policy", "none.cedar", "--", "x"], 3),
        (&["run", "--store", "mysql://x", "--", "x"], 3),
        (&["run", "--url", "ftp://x"], 3),
    ] {
        let ended = stage.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{arguments:?}: {}", ended.err);
    }
}
