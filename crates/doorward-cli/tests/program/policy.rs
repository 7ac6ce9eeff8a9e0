//! `doorward policy`.

use serde_json::Value;

use super::audit::recorded;
use super::stage::{Ended, Stage};

const CONFIG: &str = "[policy]\npreset = \"locked\"\nfiles = [\"own.cedar\"]";

const RULES: &str = r#"
@id("inside")
permit (principal == User::"ann", action == Action::"mail/send_mail", resource)
when { context.arguments.to == "ann@example.com" };
@id("archive")
permit (principal, action == Action::"notes/archive_note", resource);
"#;

const CASES: &str = r#"
[[case]]
name = "to herself"
who = "ann"
tool = "mail/send_mail"
arguments = { to = "ann@example.com", subject = "s", body = "b" }
expect = "allow"
rule = "inside"
[[case]]
name = "to nobody else"
who = "ann"
tool = "mail/send_mail"
arguments = { to = "eve@example.com", subject = "s", body = "b" }
expect = "deny"
"#;

/// A stage whose servers are written down and can no longer be started.
fn written_down(name: &str) -> Stage {
    let stage = Stage::with_servers(name, CONFIG);
    stage.file("own.cedar", RULES);
    stage.file("own.test.toml", CASES);
    let ended = stage.run(&["policy", "definitions", "-o", "tools.json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let server = |id: &str| format!("[servers.{id}]\ncommand = [\"/nonexistent\"]\n");
    stage.file("doorward.toml", &format!("{CONFIG}\n{}{}", server("notes"), server("mail")));
    stage
}

fn policy(stage: &Stage, arguments: &[&str]) -> Ended {
    stage.run(&[&["policy"], arguments, &["--definitions", "tools.json"]].concat())
}

fn object(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"))
}

#[test]
fn a_policy_is_checked_where_no_server_runs() {
    let stage = written_down("policy-check");
    let ended = policy(&stage, &["check", "--deny", "warnings"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("0 errors, 0 warnings, 2 notes"), "{ended:?}");
    assert_eq!(stage.run(&["policy", "check"]).code, Some(5));
    stage.file("own.cedar", &format!("{RULES}\npermit (principal, action in Action::\"destructive\", resource);"));
    let found = policy(&stage, &["check", "--json"]);
    assert_eq!(found.code, Some(0), "{found:?}");
    let problems = object(&found)["problems"].clone();
    assert_eq!((&problems[0]["kind"], &problems[0]["severity"]), (&"anyone-destroys".into(), &"warning".into()));
    assert_eq!(policy(&stage, &["check", "--deny", "warnings"]).code, Some(3));
    stage.file("own.cedar", "permit (principal, action == Action::\"mail/send_mal\", resource);");
    let slip = policy(&stage, &["check"]);
    assert_eq!(slip.code, Some(3));
    assert!(slip.err.contains("did you mean \"mail/send_mail\"?"), "{slip:?}");
}

#[test]
fn cases_beside_the_policy_are_run() {
    let stage = written_down("policy-test");
    let passed = policy(&stage, &["test", "--coverage"]);
    assert_eq!(passed.code, Some(0), "{passed:?}");
    assert!(passed.out.contains("never decides own.cedar:5 \"archive\""), "{passed:?}");
    assert!(passed.out.ends_with("2 of 2 cases passed; 1 rule decides in none\n"), "{passed:?}");
    stage.file("own.test.toml", &CASES.replace("eve@", "ann@"));
    let failed = policy(&stage, &["test"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.out.contains("to nobody else: expected deny; decided: allow by \"inside\""), "{failed:?}");
    assert_eq!(object(&policy(&stage, &["test", "--json"]))["ok"], false);
    stage.file("own.test.toml", "");
    assert_eq!(policy(&stage, &["test"]).code, Some(3));
}

#[test]
fn a_matrix_is_compared_with_the_reviewed_one() {
    let stage = written_down("policy-matrix");
    let matrix = policy(&stage, &["matrix"]);
    assert!(matrix.out.contains("| User::\"ann\": conditional on inside"), "{matrix:?}");
    stage.file("matrix.txt", &matrix.out);
    assert_eq!(policy(&stage, &["matrix", "--check", "matrix.txt"]).code, Some(0));
    stage.file("own.cedar", &RULES.replace("archive_note", "read_note"));
    let changed = policy(&stage, &["matrix", "--check", "matrix.txt"]);
    assert_eq!(changed.code, Some(1));
    let signs: Vec<&str> = changed.out.lines().filter_map(|line| line.get(..7)).collect();
    assert_eq!(signs, ["- notes", "- notes", "+ notes", "+ notes"], "{changed:?}");
}

#[test]
fn a_call_is_explained() {
    let stage = written_down("policy-explain");
    let call = ["explain", "--user", "ann", "--tool", "mail/send_mail"];
    let open = policy(&stage, &call);
    assert_eq!(open.code, Some(0), "{open:?}");
    assert!(open.out.contains("now: it depends on the arguments"), "{open:?}");
    let arguments = ["--arguments", r#"{"to":"eve@example.com","subject":"s","body":"b"}"#];
    let refused = policy(&stage, &[&call[..], &arguments].concat());
    assert_eq!(refused.code, Some(4), "{refused:?}");
    let change = r#""inside" permits it if this holds: context.arguments.to == "ann@example.com""#;
    assert!(refused.out.contains(change), "{refused:?}");
    let other = policy(&stage, &["explain", "--user", "bob", "--tool", "mail/send_mail", "--json"]);
    assert_eq!(object(&other)["changes"][0], "\"inside\" permits it to others: User::\"ann\"");
    assert_eq!(policy(&stage, &["explain"]).code, Some(2));
}

#[test]
fn a_refusal_on_record_gets_the_narrowest_exception() {
    let stage = recorded("policy-propose");
    let tools = Stage::with_servers("policy-propose-tools", "").run(&["policy", "definitions"]);
    stage.file("tools.json", &tools.out);
    let refused = stage.run(&["audit", "query", "--code", "DW1201", "--json"]);
    let exchange = object(&refused)["exchange"].as_str().unwrap().to_owned();
    let shown = stage.run(&["audit", "show", &exchange]).out;
    assert!(shown.contains(&format!("doorward policy propose {exchange}")), "{shown}");
    let arguments = ["propose", &exchange, "--preset", "guarded", "--arguments", r#"{"title":"shopping"}"#];
    let proposed = policy(&stage, &arguments);
    assert_eq!(proposed.code, Some(0), "{proposed:?}");
    assert!(proposed.out.contains("context.arguments.title == \"shopping\""), "{proposed:?}");
    assert!(proposed.err.contains("with this rule: allow by \"exception:local:notes/delete_note\""), "{proposed:?}");
    // It opens what it says and no more.
    stage.file("exception.cedar", &proposed.out);
    let with = ["explain", "--preset", "guarded", "--policy", "exception.cedar", "--tool", "notes/delete_note"];
    for (title, code) in [("shopping", Some(0)), ("plans", Some(4))] {
        let arguments = format!("{{\"title\":\"{title}\"}}");
        let ended = policy(&stage, &[&with[..], &["--arguments", &arguments]].concat());
        assert_eq!(ended.code, code, "{ended:?}");
    }
    let allowed = policy(&stage, &["propose", "--preset", "guarded", "--tool", "notes/read_note"]);
    assert_eq!(allowed.code, Some(1), "{allowed:?}");
}
