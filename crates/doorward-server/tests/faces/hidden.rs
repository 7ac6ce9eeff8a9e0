//! Results that the model never sees: a handle is shown, and its values go where the policies let them.

use doorward_core::flow::{Confidentiality, Integrity};
use doorward_core::guard::{Action, GuardDuty, GuardName};
use doorward_flow::pack::{ToolLabels, Voice};
use doorward_policy::{FlowPolicy, Preset};
use doorward_server::approvals::{Word, answer};
use doorward_server::config::Config;
use doorward_server::limits::HIDDEN_VALUE_BYTES_MAX;
use doorward_store::{Answered, StoreUrl};
use serde_json::{Value, json};

use super::client::{Ask, Http, Session, ask_modern, call, denial, modern, request};
use super::flows::waits;
use super::rig::{Plan, Rig, policy};
use super::scripted::{self, Reply, Scripted, Seen, body, said};

const WEB: &str = r#""tools":[{"name":"fetch","description":"Fetches a page of the web.","inputSchema":{"type":"object",
    "properties":{"url":{"type":"string","format":"uri"}},"required":["url"]},"outputSchema":{"type":"object",
    "properties":{"owner":{"type":"string"},"items":{"type":"array","items":{"properties":{"id":{}}}}}}}]"#;
const MAIL: &str = r#""tools":[{"name":"send_email","description":"Sends an e-mail.","inputSchema":{"type":"object",
    "properties":{"to":{"type":"string"},"subject":{"type":"string"},"body":{"type":"string"},"copies":{"type":"integer"}},
    "required":["to","body"]}}]"#;

const FRIEND: &str = "ann@friends.example";
const ATTACKER: &str = "collect@evil.example";
const TEXT: &str = "Zebras \"graze\" here.\nAll of them.";

/// Words of the pages, in no other text.
const WORDS: [&str; 5] = ["ebra", "graze", "collect", "evil", "hearken"];

/// A gateway before a server whose results are hidden, and a way out.
struct Office {
    rig: Rig,
    web: Scripted,
    mail: Scripted,
    config: Config,
}

impl Office {
    async fn open(policies: &[FlowPolicy]) -> Self {
        Self::open_with(policies, hidden()).await
    }

    async fn open_with(policies: &[FlowPolicy], labels: ToolLabels) -> Self {
        let web = Scripted::start(WEB, page).await;
        let mail = Scripted::start(MAIL, |seen: &Seen| Reply::Send(said(seen, "sent"))).await;
        let own: Vec<&str> = policies.iter().map(|policy| policy.text()).collect();
        let mut plan = Plan::new().with_url("web", &web.url).with_url("mail", &mail.url);
        plan.config.servers[0].labels.tools.insert("fetch".into(), labels);
        plan.config.policy = policy(Preset::Observe, &own);
        for guard in [GuardName::Schema, GuardName::Personal] {
            let duty = GuardDuty { guard: Some(guard), direction: None, severity: None, action: Some(Action::Observe) };
            plan.config.guards.settings.apply(duty);
        }
        let config = plan.config.clone();
        Self { rig: plan.start().await, web, mail, config }
    }

    async fn fetch(&self, page: &str) -> String {
        ask_modern(&self.rig, "web", fetch(page)).await.text()
    }

    /// The handle of a page.
    async fn handle(&self) -> String {
        handle_in(&serde_json::from_str(&self.fetch("page").await).unwrap())
    }

    async fn send(&self, arguments: Value) -> Value {
        ask_modern(&self.rig, "mail", call(2, "send_email", arguments)).await.json()
    }

    /// What the last mail was sent with.
    fn sent(&self) -> Value {
        self.mail.calls().last().expect("a mail").json()["params"]["arguments"].clone()
    }

    /// Whether a word of the pages lies on the disk.
    fn keeps_words(&self) -> bool {
        let StoreUrl::File(file) = &self.config.store.url else { panic!("a file") };
        let files = std::fs::read_dir(file.parent().unwrap()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| tells(&String::from_utf8_lossy(&bytes)))
    }
}

fn hidden() -> ToolLabels {
    ToolLabels { hide: Some(true), ..ToolLabels::nothing(Voice::Operator) }
}

fn fetch(page: &str) -> Value {
    call(1, "fetch", json!({ "url": format!("https://pages.example/{page}") }))
}

/// The pages. Each of them says words that nobody is to see.
fn page(seen: &Seen) -> Reply {
    let id = &seen.json()["id"];
    let url = seen.json()["params"]["arguments"]["url"].as_str().unwrap_or_default().to_owned();
    let text = json!([{ "type": "text", "text": TEXT, "hearken": 1 }]);
    let result = |result: Value| body(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
    Reply::Send(match url.rsplit('/').next().unwrap_or_default() {
        "page" => result(json!({
            "content": text,
            "structuredContent": { "owner": ATTACKER, "items": [{ "id": 7 }, { "id": 8, "hearken": 2 }], "hearken": TEXT },
            "_meta": { "hearken": TEXT },
            "hearken": TEXT,
        })),
        "failed" => result(json!({ "content": text, "isError": true })),
        "error" => {
            let error = json!({ "code": -31999, "message": TEXT, "data": { "hearken": TEXT } });
            body(&json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string())
        }
        "asks" => {
            let ask =
                json!({ "mode": "form", "message": TEXT, "requestedSchema": { "type": "object", "properties": {} } });
            let asks = json!({ "hearken": { "method": "elicitation/create", "params": ask } });
            result(json!({ "resultType": "input_required", "inputRequests": asks }))
        }
        "task" => result(json!({ "task": { "taskId": TEXT, "status": "working" } })),
        "beside" => {
            body(&json!({ "jsonrpc": "2.0", "id": id, "result": { "content": text }, "hearken": TEXT }).to_string())
        }
        "large" => result(json!({ "content": [{ "type": "text", "text": TEXT.repeat(HIDDEN_VALUE_BYTES_MAX / 32) }] })),
        "slow" => {
            let token = &seen.json()["params"]["_meta"]["progressToken"];
            let progress = json!({ "progressToken": token, "progress": 1, "message": TEXT });
            let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": progress });
            let log = json!({ "level": "info", "data": TEXT });
            let log = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": log });
            let last = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": text } });
            let events: String = [progress, log, last].iter().map(|event| format!("data: {event}\n\n")).collect();
            scripted::answer("200 OK", "content-type: text/event-stream\r\n", events.as_bytes())
        }
        other => panic!("no such page: {other}"),
    })
}

fn handle_in(message: &Value) -> String {
    let told = &message["result"]["structuredContent"];
    told["handle"].as_str().unwrap_or_else(|| panic!("no handle: {message}")).to_owned()
}

fn tells(text: &str) -> bool {
    WORDS.iter().any(|word| text.contains(word))
}

#[tokio::test]
async fn of_a_hidden_page_a_handle_is_shown_and_nothing_else() {
    let office = Office::open(&[]).await;
    let mut session = Session::open(&office.rig, "web").await;
    let older = session.post(fetch("page").to_string()).await.text();
    for shown in [office.fetch("page").await, older] {
        assert!(!tells(&shown), "{shown}");
        let message: Value = serde_json::from_str(&shown).unwrap();
        let told = &message["result"]["structuredContent"];
        let text = message["result"]["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *told, "the same for clients that read text alone");
        assert_eq!(told["type"], "result");
        assert!(told["size"].as_u64().unwrap() > 100, "{told}");
        let schema = json!({
            "/text": "string",
            "/content/0/text": "string",
            "/structuredContent/owner": "string",
            "/structuredContent/items": "list of 2",
            "/structuredContent/items/*/id": "number",
        });
        assert_eq!(told["schema"], schema);
        assert_eq!(message["result"]["isError"], json!(null));
    }
    assert_eq!(office.web.calls().len(), 2);
    assert!(!office.keeps_words());
    office.rig.stop().await;
}

#[tokio::test]
async fn errors_are_hidden_too() {
    let office = Office::open(&[]).await;
    let mut session = Session::open(&office.rig, "web").await;
    for page in ["failed", "error"] {
        let older = session.post(fetch(page).to_string()).await.text();
        for shown in [office.fetch(page).await, older] {
            assert!(!tells(&shown), "{shown}");
            let message: Value = serde_json::from_str(&shown).unwrap();
            let (told, sort) = match page {
                "failed" => (&message["result"]["structuredContent"], "result"),
                _ => (&message["error"]["data"], "error"),
            };
            assert!(told["handle"].as_str().unwrap().starts_with("gw://h/"), "{message}");
            assert_eq!(told["type"], sort);
            assert!(message["result"]["isError"] == true || message["error"]["code"] == -32603, "{message}");
            office.send(json!({ "to": FRIEND, "body": format!("{}#/text", told["handle"].as_str().unwrap()) })).await;
            assert_eq!(office.sent()["body"], TEXT, "{page}");
        }
    }
    office.rig.stop().await;
}

#[tokio::test]
async fn what_no_handle_can_stand_for_is_refused_and_not_shown() {
    let office = Office::open(&[]).await;
    let mut session = Session::open(&office.rig, "web").await;
    for page in ["asks", "task", "beside", "large"] {
        let older = session.post(fetch(page).to_string()).await.text();
        for shown in [office.fetch(page).await, older] {
            assert!(!tells(&shown), "{page}: {shown}");
            assert!(!shown.contains("gw://h/"), "{page}: {shown}");
            let code = denial(&serde_json::from_str(&shown).unwrap()).0;
            assert!(matches!(code.as_str(), "DW1407" | "DW1405" | "DW1207"), "{page}: {shown}");
        }
    }
    office.rig.stop().await;
}

#[tokio::test]
async fn what_is_said_on_the_way_is_withheld() {
    let office = Office::open(&[]).await;
    let mut asked = fetch("slow");
    asked["params"]["_meta"] = json!({ "progressToken": "t" });
    let session = Session::open(&office.rig, "web").await;
    for ask in [Ask::modern("web", &modern(asked.clone())), session.ask(asked.to_string())] {
        let mut http = Http::open(office.rig.http).await;
        let shown = http.ask(&ask).await.text();
        assert!(shown.contains("gw://h/"), "{shown}");
        assert!(!tells(&shown) && !shown.contains("notifications/"), "{shown}");
    }
    office.rig.stop().await;
}

#[tokio::test]
async fn a_hidden_page_raises_no_label() {
    let office = Office::open(&[FlowPolicy::Endorsement]).await;
    office.handle().await;
    let sent = office.send(json!({ "to": FRIEND, "body": "Hello" })).await;
    assert_eq!(sent["result"]["content"][0]["text"], "sent", "{sent}");
    let records = office.rig.records().await;
    let labels: Vec<_> = records.iter().filter_map(|record| record.flow.as_ref()).map(|flow| &flow.label).collect();
    assert!(!labels.is_empty() && labels.iter().all(|label| !label.is_untrusted()), "{labels:?}");
    office.rig.stop().await;
    // The same page in the open raises it.
    let office = Office::open_with(&[FlowPolicy::Endorsement], ToolLabels::nothing(Voice::Operator)).await;
    assert!(tells(&office.fetch("page").await));
    assert_eq!(denial(&office.send(json!({ "to": FRIEND, "body": "Hello" })).await).0, "DW1701");
    office.rig.stop().await;
}

#[tokio::test]
async fn the_values_behind_handles_are_put_in_exactly() {
    let office = Office::open(&[]).await;
    let handle = office.handle().await;
    let arguments = json!({
        "to": FRIEND,
        "subject": format!("{handle}#/structuredContent/owner"),
        "body": format!("{handle}#/content/0/text"),
        "copies": format!("{handle}#/structuredContent/items/1/id"),
    });
    let sent = office.send(arguments.clone()).await;
    assert_eq!(sent["result"]["content"][0]["text"], "sent", "{sent}");
    let expected = json!({ "to": FRIEND, "subject": ATTACKER, "body": TEXT, "copies": 8 });
    assert_eq!(office.sent(), expected);
    let mut session = Session::open(&office.rig, "mail").await;
    session.call(&call(3, "send_email", arguments)).await;
    assert_eq!((office.sent(), office.mail.calls().len()), (expected, 2));
    assert!(!office.keeps_words());
    office.rig.stop().await;
}

#[tokio::test]
async fn whom_a_hidden_page_names_gets_nothing_unless_a_person_says_so_of_that_very_value() {
    let office = Office::open(&[FlowPolicy::Endorsement]).await;
    let to = |handle: &str| json!({ "to": format!("{handle}#/structuredContent/owner"), "body": "The list" });
    let handle = office.handle().await;
    let refused = office.send(to(&handle)).await;
    assert_eq!(denial(&refused).0, "DW1701", "{refused}");
    assert!(refused.to_string().contains("/to") && !tells(&refused.to_string()), "{refused}");
    let record = office.rig.record(|record| record.code.as_deref() == Some("DW1701")).await;
    let flow = record.flow.expect("the flow");
    assert!(!flow.label.is_untrusted(), "what the handle carries stays with it: {flow:?}");
    assert!(flow.sources.iter().any(|source| source.server.as_str() == "web"), "{flow:?}");
    let id = waits(&office.send(to(&handle)).await);
    let store = office.rig.gateway.store();
    let row = store.approvals().find(&id, doorward_core::time::Timestamp::from_micros(1)).await.unwrap().unwrap();
    assert!(!tells(&format!("{row:?}")) && format!("{row:?}").contains("hidden value"), "{row:?}");
    assert_eq!(answer(store, &row, Word::Endorse, ("ann", None)).await.unwrap(), Answered::Done);
    // The yes is for the value, whichever handle it stands behind.
    let again = office.handle().await;
    let sent = office.send(to(&again)).await;
    assert_eq!(sent["result"]["content"][0]["text"], "sent", "{sent}");
    assert_eq!(office.sent(), json!({ "to": ATTACKER, "body": "The list" }));
    let other = json!({ "to": format!("{handle}#/text"), "body": "The list" });
    assert_eq!(denial(&office.send(other).await).0, "DW1701", "another value of the same page");
    assert!(!office.keeps_words());
    office.rig.stop().await;
}

#[tokio::test]
async fn a_hidden_secret_meets_the_rules_about_secrets() {
    let mut labels = hidden();
    labels.result.confidentiality = Some(Confidentiality::Secret);
    labels.result.integrity = Some(Integrity::AdversaryWritable);
    let office = Office::open_with(&[FlowPolicy::NoSecretsOut, FlowPolicy::Trifecta], labels).await;
    let handle = office.handle().await;
    let open = json!({ "to": FRIEND, "body": "Hello" });
    assert_eq!(office.send(open).await["result"]["content"][0]["text"], "sent");
    let refused = office.send(json!({ "to": FRIEND, "body": format!("{handle}#/text") })).await;
    assert_eq!(denial(&refused).0, "DW1701", "{refused}");
    assert_eq!(office.mail.calls().len(), 1);
    office.rig.stop().await;
}

#[tokio::test]
async fn handles_of_others_and_of_nobody_are_refused() {
    let office = Office::open(&[]).await;
    let handle = office.handle().await;
    let send = |body: String| office.send(json!({ "to": FRIEND, "body": body }));
    let mut invented = handle.clone();
    invented.replace_range(7..9, if &handle[7..9] == "00" { "11" } else { "00" });
    for unknown in [invented + "#/text", "gw://h/mine#/text".to_owned()] {
        assert_eq!(denial(&send(unknown.clone()).await).0, "DW1109", "{unknown}");
    }
    // Another unit of work of the same caller.
    let mut other = modern(call(2, "send_email", json!({ "to": FRIEND, "body": format!("{handle}#/text") })));
    other["params"]["_meta"]["sessionID"] = json!("another");
    let foreign = Http::open(office.rig.http).await.ask(&Ask::modern("mail", &other)).await.json();
    assert_eq!(denial(&foreign).0, "DW1109", "{foreign}");
    let odd = ["", "#", "#/nowhere", "#/structuredContent", "#/structuredContent/items", "#/_meta/hearken", " "];
    for odd in odd.map(|end| format!("{handle}{end}")).into_iter().chain([format!("Look: {handle}#/text")]) {
        let refused = send(odd.clone()).await;
        assert_eq!(denial(&refused).0, "DW1603", "{odd}");
        assert!(!tells(&refused.to_string()), "{refused}");
    }
    let named = office.send(json!({ "to": FRIEND, "body": "x", handle.clone(): 1 })).await;
    assert_eq!(denial(&named).0, "DW1603", "a name is no value");
    assert_eq!(office.mail.calls().len(), 0);
    assert_eq!(send(format!("{handle}#/text")).await["result"]["content"][0]["text"], "sent", "it is still good");
    // A text about handles is a text.
    assert_eq!(send("Handles begin with gw://h/ here.".to_owned()).await["result"]["content"][0]["text"], "sent");
    assert_eq!(office.sent()["body"], "Handles begin with gw://h/ here.");
    office.rig.stop().await;
}

#[tokio::test]
async fn a_restart_forgets_what_was_hidden() {
    let mut office = Office::open(&[FlowPolicy::Endorsement]).await;
    let handle = office.handle().await;
    office.rig = office.rig.again(office.config.clone()).await;
    let refused = office.send(json!({ "to": FRIEND, "body": format!("{handle}#/text") })).await;
    assert_eq!(denial(&refused).0, "DW1109", "{refused}");
    let sent = office.send(json!({ "to": FRIEND, "body": "Hello" })).await;
    assert_eq!(sent["result"]["content"][0]["text"], "sent", "nothing was read: {sent}");
    office.rig.stop().await;
}

#[tokio::test]
async fn the_tool_is_listed_as_one_that_gives_handles() {
    let office = Office::open(&[]).await;
    let listed = ask_modern(&office.rig, "web", request(1, "tools/list", json!({}))).await.json();
    let tool = &listed["result"]["tools"][0];
    assert_eq!((tool["name"].as_str(), &tool["inputSchema"]["required"]), (Some("fetch"), &json!(["url"])));
    assert_eq!(tool["outputSchema"]["required"], json!(["handle", "type", "size", "schema"]), "{tool}");
    office.rig.stop().await;
}
