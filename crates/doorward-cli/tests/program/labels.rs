//! `doorward labels`, on a server that a pack speaks of.

use serde_json::Value;

use super::stage::Stage;

const CONFIG: &str = r#"
[servers.chat]
command = ["npx", "-y", "slack-mcp-server"]

[servers.chat.tools.own_digest.labels]
act = "read"
because = "It is made here, of our own notes alone."
result = { confidentiality = "secret", categories = ["hr"] }

[servers.own]
command = ["own-server"]
"#;

const TOOLS: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[
    {"name":"conversations_history","description":"Shows messages.","inputSchema":{"type":"object","properties":{"channel_id":{"type":"string"}}}},
    {"name":"conversations_add_message","description":"Sends a message.","inputSchema":{"type":"object","properties":{"channel_id":{"type":"string"},"text":{"type":"string"}}}},
    {"name":"own_digest","description":"Posts nothing.","inputSchema":{"type":"object"}},
    {"name":"evil\u001b[2J\n","description":"x","inputSchema":{"type":"object"}}
]}}"#;

fn stage(name: &str) -> Stage {
    let stage = Stage::new(name);
    stage.file("doorward.toml", CONFIG);
    stage.file("tools.json", TOOLS);
    stage
}

fn one(stage: &Stage, arguments: &[&str]) -> Value {
    let ended = stage.run(arguments);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    serde_json::from_str(ended.out.trim()).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn what_is_assumed_of_tools_is_shown() {
    let stage = stage("labels-show");
    let shown = one(&stage, &["labels", "show", "chat", "--tools", "tools.json", "--json"]);
    assert_eq!((&shown["pack"], shown["tools"].as_array().unwrap().len()), (&Value::from("slack"), 4));
    let tool = |name: &str| shown["tools"].as_array().unwrap().iter().find(|tool| tool["tool"] == name).unwrap();
    let history = tool("conversations_history");
    assert_eq!((&history["act"], &history["egress"]), (&Value::from("read"), &Value::from(false)));
    assert_eq!(history["result"]["confidentiality"], "confidential");
    assert_eq!(tool("conversations_add_message")["roles"]["/channel_id"], "target");
    let digest = tool("own_digest");
    assert_eq!(
        (&digest["by"], &digest["result"]["confidentiality"]),
        (&Value::from("operator"), &Value::from("secret"))
    );
    let table = stage.run(&["labels", "show", "chat", "--tools", "tools.json"]).out;
    assert!(table.contains("pack slack") && table.contains("conversations_history"), "{table}");
    assert!(!table.contains('\u{1b}') && table.lines().count() == 6, "{table}");
    let alone = stage.run(&["labels", "show", "chat/own_digest", "--tools", "tools.json"]).out;
    assert_eq!(alone.lines().count(), 3, "{alone}");
}

#[test]
fn who_says_so_is_explained() {
    let stage = stage("labels-explain");
    let told = stage.run(&["labels", "explain", "chat/own_digest", "--tools", "tools.json"]).out;
    assert!(told.contains("the configuration: It is made here, of our own notes alone."), "{told}");
    let told = stage.run(&["labels", "explain", "chat/conversations_add_message", "--tools", "tools.json"]).out;
    assert!(told.contains("the pack slack") && told.contains("argument /channel_id"), "{told}");
    let json = one(&stage, &["labels", "explain", "chat/own_digest", "--tools", "tools.json", "--json"]);
    let because = json["because"].as_array().unwrap();
    assert!(because.iter().any(|one| one["by"] == "operator" && one["about"]["act"] == "read"), "{json}");
    for (wrong, code, said) in [
        (&["labels", "explain", "chat", "--tools", "tools.json"][..], 2, "names no tool"),
        (&["labels", "explain", "chat/none", "--tools", "tools.json"], 1, "was not seen to offer a tool 'none'"),
        (&["labels", "show", "chatt", "--tools", "tools.json"], 2, "there is no server 'chatt'"),
        (&["labels", "show", "own"], 1, "nothing was seen of the server 'own'"),
        (&["labels", "show", "own", "--tools", "doorward.toml"], 3, "no JSON"),
    ] {
        let ended = stage.run(wrong);
        assert!(ended.code == Some(code) && ended.err.contains(said), "{ended:?}");
    }
}

#[test]
fn what_a_gateway_has_seen_is_shown() {
    let stage = Stage::with_servers("labels-seen", "");
    let ask = [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
    ];
    let program = super::stage::PROGRAM;
    let ended =
        stage.converse(&["run", "--server", "mail", "--", program, "demo-server", "mail"], &ask.map(str::to_owned));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let shown = one(&stage, &["labels", "show", "mail", "--json"]);
    let tools = shown["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["act"] == "send" && tool["egress"] == true), "{shown}");
}

#[test]
fn mistakes_in_packs_are_told_with_their_lines() {
    let stage = stage("labels-check");
    std::fs::create_dir(stage.path().join("packs")).unwrap();
    let head = "[pack]\nname = \"mail\"\nabout = \"of mail\"\nreviewed = \"2026-11-23, me, from mail 1.0\"\n";
    stage.file("packs/mail.toml", &format!("{head}[tools.read_mail]\nact = \"read\"\n"));
    let fine = stage.run(&["labels", "check", "packs"]);
    assert_eq!((fine.code, fine.out.as_str()), (Some(0), "1 pack, 0 mistakes\n"));
    stage.file("packs/other.toml", &format!("{head}[tools.send_mail]\nact = \"read\"\n"));
    let wrong = stage.run(&["labels", "check", "packs"]);
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    assert!(wrong.out.contains("packs/other.toml:6: the name of send_mail is not that of a reader"), "{wrong:?}");
    assert!(wrong.out.ends_with("2 packs, 1 mistake\n"), "{wrong:?}");
    stage.file("packs/other.toml", &format!("{head}[tools.read_mail]\nact = \"read\"\n"));
    let named = stage.run(&["labels", "check", "packs/other.toml"]);
    assert!(named.out.contains("packs/other.toml:2: the pack is called mail"), "{named:?}");
    let json = stage.run(&["labels", "check", "packs/other.toml", "--json"]);
    let told: Value = serde_json::from_str(json.out.trim()).unwrap();
    assert_eq!((json.code, &told["ok"], &told["problems"][0]["line"]), (Some(3), &Value::from(false), &Value::from(2)));
    assert_eq!(stage.run(&["labels", "check", "nowhere.toml"]).code, Some(1));
    assert_eq!(stage.run(&["labels", "check"]).code, Some(2));
    std::fs::write(stage.path().join("packs/other.toml"), b"[pack]\n\xff").unwrap();
    assert!(stage.run(&["labels", "check", "packs/other.toml"]).out.contains("packs/other.toml:2: it is no text"));
}

#[test]
fn the_examples_of_the_guide_can_be_used() {
    let stage = Stage::new("labels-guide");
    let guide = include_str!("../../../../docs/guide/labels.md");
    let examples: Vec<&str> = guide.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let (name, arguments) = if example.starts_with("[pack]") {
            ("mail.toml", ["labels", "check", "mail.toml"])
        } else {
            ("doorward.toml", ["config", "validate", "--config=doorward.toml"])
        };
        stage.file(name, example);
        let ended = stage.run(&arguments);
        assert_eq!(ended.code, Some(0), "{example}\n{ended:?}");
    }
}

#[test]
fn packs_are_listed_with_their_servers() {
    let stage = stage("labels-packs");
    let table = stage.run(&["labels", "packs"]).out;
    let slack = table.lines().find(|line| line.starts_with("slack ")).unwrap();
    assert!(slack.contains("chat"), "{slack}");
    assert!(table.lines().count() > 40, "{table}");
}
