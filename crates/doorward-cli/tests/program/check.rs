//! `doorward check`.

use serde_json::Value;

use super::stage::Stage;

const POLICY: &str = "[policy]\npreset = \"guarded\"\nfiles = [\"own.cedar\"]";

const RULES: &str = r#"
@id("inside")
forbid (principal, action == Action::"mail/send_mail", resource)
unless { context.arguments.to like "*@example.com" };
"#;

fn object(stage: &Stage, arguments: &[&str]) -> (Option<i32>, Value) {
    let ended = stage.run(arguments);
    (ended.code, serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}")))
}

fn tool<'o>(object: &'o Value, server: &str, tool: &str) -> &'o Value {
    let named = |list: &'o Value, key: &str, name: &str| -> &'o Value {
        list.as_array().unwrap().iter().find(|entry| entry[key] == name).unwrap_or_else(|| panic!("{name}: {list}"))
    };
    named(&named(&object["servers"], "id", server)["tools"], "name", tool)
}

#[test]
fn tools_are_shown_with_what_the_policy_would_do() {
    let stage = Stage::with_servers("check", POLICY);
    stage.file("own.cedar", RULES);
    let (code, found) = object(&stage, &["check", "--json"]);
    assert_eq!((code, &found["ok"]), (Some(0), &Value::Bool(true)), "{found}");
    for (server, name, effect, decision) in [
        ("notes", "list_notes", "read", "allow"),
        ("notes", "write_note", "write", "allow"),
        ("notes", "archive_note", "write", "allow"),
        ("notes", "delete_note", "destructive", "refuse"),
        ("mail", "send_mail", "write", "by arguments"),
    ] {
        let tool = tool(&found, server, name);
        assert_eq!((tool["effect"].as_str(), tool["decision"].as_str()), (Some(effect), Some(decision)), "{tool}");
    }
    let refused = tool(&found, "notes", "delete_note");
    assert_eq!(refused["code"], "DW1201");
    assert!(refused["narrowest_permit"].as_str().unwrap().contains("notes/delete_note"), "{refused}");
    let table = stage.run(&["check"]);
    assert!(table.out.contains("delete_note") && table.out.contains("modern, 5 tools"), "{}", table.out);
}

#[test]
fn a_rule_about_a_tool_nobody_offers_ends_with_3() {
    let stage = Stage::with_servers("slip", POLICY);
    stage.file("own.cedar", &RULES.replace("send_mail", "send_male"));
    let ended = stage.run(&["check"]);
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.err.contains("own.cedar:3:") && ended.err.contains("did you mean \"mail/send_mail\"?"),
        "{}",
        ended.err
    );
    let (code, found) = object(&stage, &["check", "--json"]);
    assert_eq!((code, &found["ok"]), (Some(3), &Value::Bool(false)));
    assert_eq!(found["problems"][0]["where"], "own.cedar:3");
    assert_eq!(tool(&found, "notes", "list_notes")["decision"], Value::Null);
}

#[test]
fn a_server_that_cannot_be_reached_ends_with_5_and_hides_no_other() {
    let stage =
        Stage::with_servers("gone", "[policy]\npreset = \"guarded\"\n[servers.gone]\ncommand = [\"/nowhere/program\"]");
    let (code, found) = object(&stage, &["check", "--json"]);
    assert_eq!(code, Some(5), "{found}");
    assert_eq!(found["servers"][0]["error"]["code"], "DW1401");
    assert_eq!(tool(&found, "notes", "list_notes")["decision"], "allow");
}

#[test]
fn offline_speaks_to_nobody() {
    let stage = Stage::with_servers("offline", "[servers.gone]\ncommand = [\"/nowhere/program\"]");
    let (code, found) = object(&stage, &["check", "--offline", "--json"]);
    assert_eq!((code, found["servers"].as_array().map(Vec::len)), (Some(0), Some(0)), "{found}");
}

#[test]
fn a_faulty_configuration_is_an_object_too() {
    let stage = Stage::with_servers("object", "[listen]\nhtp = 1");
    let (code, found) = object(&stage, &["check", "--json"]);
    assert_eq!((code, found["problems"][0]["where"].as_str()), (Some(3), Some("./doorward.toml:2:1")));
    assert_eq!(found["problems"][0]["advice"], "did you mean 'http'?");
}
