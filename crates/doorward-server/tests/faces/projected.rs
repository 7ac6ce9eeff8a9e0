//! Bounded questions about results that the model never sees.

use doorward_core::guard::{Action, GuardDuty, GuardName};
use doorward_flow::pack::{ToolLabels, Voice};
use doorward_policy::{FlowPolicy, Preset};
use doorward_server::begin_task;
use doorward_server::flows::FlowRules;
use doorward_server::hints::ARGUMENT;
use doorward_server::limits::{PROJECTED_BITS_AT_ONCE, PROJECTED_BITS_MAX};
use doorward_server::project::NAME;
use doorward_store::RecordView;
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, Session, ask_modern, call, denial, modern, request};
use super::keys::{key, with};
use super::pipe::Pipe;
use super::rig::{Plan, Rig, policy};
use super::scripted::{Reply, Scripted, Seen, body, said};

const WEB: &str = r#""tools":[{"name":"fetch","description":"Fetches a page of the web.","inputSchema":{"type":"object",
    "properties":{"url":{"type":"string"}}}}]"#;
const MAIL: &str = r#""tools":[{"name":"send_email","description":"Sends an e-mail.","inputSchema":{"type":"object",
    "properties":{"to":{"type":"string"},"body":{"type":"string"}},"required":["to","body"]}}]"#;

/// The page says it and nobody asks for it.
const SECRET: &str = "Zebras graze here.";

fn page(seen: &Seen) -> Reply {
    let fields = json!({
        "colour": "red", "count": 42, "digits": "1000", "half": 0.5, "day": "2024-02-29", "late": "2100-01-01",
        "done": true, "secret": SECRET, "list": [1],
    });
    let result = json!({ "content": [{ "type": "text", "text": SECRET }], "structuredContent": fields });
    Reply::Send(body(&json!({ "jsonrpc": "2.0", "id": seen.json()["id"], "result": result }).to_string()))
}

struct Office {
    rig: Rig,
    web: Scripted,
}

impl Office {
    async fn open() -> Self {
        Self::open_with(|plan| plan).await
    }

    async fn open_with(change: impl FnOnce(Plan) -> Plan) -> Self {
        let web = Scripted::start(WEB, page).await;
        let mail = Scripted::start(MAIL, |seen: &Seen| Reply::Send(said(seen, "sent"))).await;
        let mut plan = Plan::new().with_url("web", &web.url).with_url("mail", &mail.url);
        let hidden = ToolLabels { hide: Some(true), ..ToolLabels::nothing(Voice::Operator) };
        plan.config.servers[0].labels.tools.insert("fetch".into(), hidden);
        plan.config.contexts.project = true;
        plan.config.policy = policy(Preset::Observe, &[FlowPolicy::Endorsement.text()]);
        let (guard, action) = (Some(GuardName::Schema), Some(Action::Observe));
        plan.config.guards.settings.apply(GuardDuty { guard, direction: None, severity: None, action });
        Self { rig: change(plan).start().await, web }
    }

    async fn handle(&self) -> String {
        handle(&ask_modern(&self.rig, "web", fetch()).await.json())
    }

    async fn ask(&self, arguments: Value) -> Value {
        ask_modern(&self.rig, "web", call(2, NAME, arguments)).await.json()
    }
}

fn fetch() -> Value {
    call(1, "fetch", json!({ "url": "https://pages.example/" }))
}

fn handle(answer: &Value) -> String {
    let told = &answer["result"]["structuredContent"]["handle"];
    told.as_str().unwrap_or_else(|| panic!("no handle: {answer}")).to_owned()
}

fn question(handle: &str, field: &str, form: &Value) -> Value {
    json!({ "handle": handle, "place": format!("/structuredContent/{field}"), "as": form })
}

fn number(from: i64, to: i64) -> Value {
    json!({ "integer": { "minimum": from, "maximum": to } })
}

/// What is told, which is said twice.
fn told(answer: &Value) -> Value {
    let told = &answer["result"]["structuredContent"];
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *told);
    told.clone()
}

fn names(answer: &Value) -> Vec<&str> {
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_form_tells_its_values_and_nothing_else() {
    let office = Office::open().await;
    let yes = json!({ "type": "boolean" });
    let day = json!({ "type": "date" });
    let colours = json!({ "enum": ["blue", "red"] });
    let cases = [
        ("colour", &colours, json!("red")),
        ("count", &number(0, 100), json!(42)),
        ("digits", &number(1000, 1000), json!(1000)),
        ("day", &day, json!("2024-02-29")),
        ("done", &yes, json!(true)),
        ("secret", &colours, Value::Null),
        ("count", &number(0, 41), Value::Null),
        ("half", &number(0, 1), Value::Null),
        ("late", &day, Value::Null),
        ("colour", &yes, Value::Null),
        ("list", &number(0, 1), Value::Null),
        ("list/0", &number(0, 1), json!(1)),
        ("nowhere", &yes, Value::Null),
    ];
    for (field, form, value) in cases {
        let expected = if value.is_null() { json!({ "fits": false }) } else { json!({ "fits": true, "value": value }) };
        // Each in a unit of work of its own, with a budget of its own.
        let named = |message: Value| {
            let mut message = modern(message);
            message["params"]["_meta"]["sessionID"] = json!(format!("{field} {form}"));
            Ask::modern("web", &message)
        };
        let mut http = Http::open(office.rig.http).await;
        let page = handle(&http.ask(&named(fetch())).await.json());
        let newer = http.ask(&named(call(2, NAME, question(&page, field, form)))).await.json();
        assert_eq!(newer["result"]["resultType"], "complete", "{newer}");
        let mut session = Session::open(&office.rig, "web").await;
        let page = handle(&session.call(&fetch()).await);
        let older = session.call(&call(2, NAME, question(&page, field, form))).await;
        assert!(older["result"].get("resultType").is_none(), "{older}");
        for answer in [newer, older] {
            assert_eq!(told(&answer), expected, "{field} {form}");
        }
    }
    assert!(office.web.calls().iter().all(|call| call.json()["params"]["name"] == "fetch"), "no server is asked");
    office.rig.stop().await;
}

#[tokio::test]
async fn what_is_told_is_paid_for_whether_it_fits_or_not_and_ends() {
    let office = Office::open().await;
    let page = office.handle().await;
    let again = office.handle().await;
    let bytes = number(0, 254);
    for asked in 0..PROJECTED_BITS_MAX / 8 {
        // One unit of work has one budget, whichever of its results is asked about.
        let field = ["count", "secret", "nowhere"][asked as usize % 3];
        let answer = office.ask(question(if asked % 2 == 0 { &page } else { &again }, field, &bytes)).await;
        assert_eq!(told(&answer)["fits"], field == "count", "{answer}");
    }
    let third = office.handle().await;
    for handle in [&page, &again, &third, &page] {
        for form in [&bytes, &json!({ "enum": ["red"] })] {
            let refused = office.ask(question(handle, "colour", form)).await;
            assert_eq!(denial(&refused).0, "DW1209", "{refused}");
        }
    }
    let other = office.ask(question("gw://h/mine", "colour", &bytes)).await;
    assert_eq!(denial(&other).0, "DW1109", "{other}");
    office.rig.stop().await;
}

#[tokio::test]
async fn one_question_is_never_larger_than_the_budget() {
    let office = Office::open().await;
    let page = office.handle().await;
    let refused = office.ask(question(&page, "count", &number(i64::MIN, i64::MAX))).await;
    assert_eq!(denial(&refused).0, "DW1209", "{refused}");
    let answer = office.ask(question(&page, "count", &number(0, i64::MAX))).await;
    assert_eq!(told(&answer)["value"], 42, "what was refused costs nothing: {answer}");
    let refused = office.ask(question(&page, "done", &json!({ "type": "boolean" }))).await;
    assert_eq!(denial(&refused).0, "DW1209", "{refused}");
    office.rig.stop().await;
}

#[tokio::test]
async fn many_units_of_work_have_a_budget_together() {
    let office = Office::open_with(|mut plan| {
        plan.config.contexts.begin_task = true;
        plan
    })
    .await;
    let mut told_bits = 0;
    let refused = loop {
        let begun = ask_modern(&office.rig, "web", call(1, begin_task::NAME, json!({ "purpose": "x" }))).await.json();
        let task = begun["result"]["structuredContent"]["context"].clone();
        let mut fetch = fetch();
        fetch["params"]["arguments"][ARGUMENT] = task.clone();
        let page = handle(&ask_modern(&office.rig, "web", fetch).await.json());
        let mut asked = question(&page, "count", &number(0, i64::MAX));
        asked[ARGUMENT] = task;
        let answer = office.ask(asked).await;
        match answer["result"]["structuredContent"]["fits"].as_bool() {
            Some(_) => told_bits += PROJECTED_BITS_MAX,
            None => break answer,
        }
        assert!(told_bits <= PROJECTED_BITS_AT_ONCE + PROJECTED_BITS_MAX, "nothing ends it");
    };
    assert_eq!(denial(&refused).0, "DW1209", "{refused}");
    assert!(told_bits >= PROJECTED_BITS_AT_ONCE - PROJECTED_BITS_MAX, "{told_bits}");
    office.rig.stop().await;
}

#[tokio::test]
async fn nobody_asks_about_what_others_have_hidden() {
    let office = Office::open_with(Plan::with_token).await;
    let (ann, bob) = (key(&office.rig, "ann", &[]).await, key(&office.rig, "bob", &[]).await);
    let mut http = Http::open(office.rig.http).await;
    let ask = |message: Value, key| with(Ask::modern("web", &modern(message)), key);
    let page = handle(&http.ask(&ask(fetch(), &ann)).await.json());
    let form = json!({ "type": "boolean" });
    let asked = call(2, NAME, question(&page, "done", &form));
    let foreign = http.ask(&ask(asked.clone(), &bob)).await.json();
    assert_eq!(denial(&foreign).0, "DW1109", "{foreign}");
    let mut elsewhere = modern(asked.clone());
    elsewhere["params"]["_meta"]["sessionID"] = json!("another");
    let elsewhere = http.ask(&with(Ask::modern("web", &elsewhere), &ann)).await.json();
    assert_eq!(denial(&elsewhere).0, "DW1109", "{elsewhere}");
    assert_eq!(told(&http.ask(&ask(asked, &ann)).await.json())["value"], true);
    let mut invented = page.clone();
    invented.replace_range(7..9, if &page[7..9] == "00" { "11" } else { "00" });
    let invented = http.ask(&ask(call(2, NAME, question(&invented, "done", &form)), &ann)).await.json();
    assert_eq!(denial(&invented).0, "DW1109", "{invented}");
    office.rig.stop().await;
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let office = Office::open().await;
    let page = office.handle().await;
    let good = question(&page, "done", &json!({ "type": "boolean" }));
    let changed = |name: &str, value: Value| {
        let mut question = good.clone();
        question[name] = value;
        question
    };
    for wrong in [
        json!({}),
        changed("handle", json!(1)),
        changed("handle", json!(format!("{page}#/text"))),
        changed("handle", json!(format!("of {page}"))),
        changed("handle", json!("page")),
        changed("place", json!(1)),
        changed("as", json!({ "type": "string" })),
        changed("as", json!({ "enum": [SECRET], "type": "date" })),
        changed("more", json!(1)),
    ] {
        let refused = office.ask(wrong.clone()).await;
        assert_eq!(denial(&refused).0, "DW1010", "{wrong}");
    }
    assert_eq!(told(&office.ask(good).await)["value"], true);
    office.rig.stop().await;
}

#[tokio::test]
async fn an_answer_raises_no_label_and_leaves_one_record() {
    let office = Office::open().await;
    let page = office.handle().await;
    told(&office.ask(question(&page, "colour", &json!({ "enum": ["red", "unsaid"] }))).await);
    office.rig.record(|record| record.resource.as_deref() == Some(NAME)).await;
    let records = office.rig.records().await;
    let own: Vec<&RecordView> = records.iter().filter(|record| record.resource.as_deref() == Some(NAME)).collect();
    let [record] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!((record.disposition.as_str(), record.server.as_deref()), ("answer", None));
    assert_eq!(record.reasons, ["It told at most 2 bits of a hidden result."]);
    assert!(!format!("{record:?}").contains("unsaid"), "no payload in a record");
    let mail = call(3, "send_email", json!({ "to": "ann@friends.example", "body": "red" }));
    let sent = ask_modern(&office.rig, "mail", mail).await.json();
    assert_eq!(sent["result"]["content"][0]["text"], "sent", "nothing was read: {sent}");
    office.rig.stop().await;
}

#[tokio::test]
async fn it_is_listed_and_answered_only_where_it_is_wanted() {
    let office = Office::open().await;
    let page = handle(
        &ask_modern(&office.rig, "/", call(1, "web__fetch", json!({ "url": "https://a.example" }))).await.json(),
    );
    let list = || request(1, "tools/list", json!({}));
    let mut session = Session::open(&office.rig, "web").await;
    let mut piped = Pipe::session(&office.rig, "web", LEGACY).await;
    let newer = ask_modern(&office.rig, "web", list()).await.json();
    for answer in [&newer, &session.call(&list()).await, &piped.ask(list().to_string()).await] {
        assert_eq!(names(answer), [NAME, "fetch"], "{answer}");
        let properties = &answer["result"]["tools"][1]["inputSchema"]["properties"];
        assert!(properties[ARGUMENT].is_null(), "tasks are another matter: {answer}");
    }
    let joint = ask_modern(&office.rig, "/", list()).await.json();
    assert_eq!(names(&joint), [NAME, "mail__send_email", "web__fetch"]);
    let asked = call(2, NAME, question(&page, "done", &json!({ "type": "boolean" })));
    assert_eq!(told(&ask_modern(&office.rig, "/", asked).await.json())["value"], true);
    office.rig.gateway.follow_by(FlowRules::default());
    for place in ["web", "/"] {
        let listed = ask_modern(&office.rig, place, list()).await.json();
        assert!(!names(&listed).contains(&NAME), "{listed}");
        let asked = call(2, NAME, question("page", "done", &json!({ "type": "boolean" })));
        let refused = ask_modern(&office.rig, place, asked).await.json();
        assert!(denial(&refused).0.starts_with("DW12"), "{refused}");
    }
    office.rig.stop().await;
}
