//! Nothing bypasses: policies, views and app-only tools hold on a joint endpoint as everywhere.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::ids::ServerId;
use doorward_core::joint::{Part, Tool, Tools, ViewId, ViewRules};
use doorward_policy::Preset;
use doorward_server::config::{Endpoint, ViewConfig};
use serde_json::{Value, json};

use super::client::{Ask, Http, Session, ask_modern, call, denial, modern, request};
use super::lists::names;
use super::peer::{Act, Peer, tool};
use super::rig::Plan;

const FORBIDDEN: &str = r#"@id("not-two")
    forbid (principal, action, resource == Tool::"two/echo");"#;

#[tokio::test]
async fn a_tool_that_a_rule_forbids_is_neither_listed_nor_called() {
    let peers = [Peer::start(|_| None).await, Peer::start(|_| None).await];
    let plan = Plan::new().with_policy(Preset::Observe, &[FORBIDDEN]);
    let rig = plan.with_url("one", &peers[0].url).with_url("two", &peers[1].url).start().await;
    let mut session = Session::open(&rig, "/").await;
    let list = request(1, "tools/list", json!({}));
    for listed in [session.call(&list).await, ask_modern(&rig, "/", list.clone()).await.json()] {
        assert_eq!(names(&listed).into_iter().collect::<Vec<_>>(), ["one__echo"]);
    }
    let forbidden = call(2, "two__echo", json!({}));
    for refused in [session.call(&forbidden).await, ask_modern(&rig, "/", forbidden.clone()).await.json()] {
        let (code, reference) = denial(&refused);
        assert_eq!(code, "DW1202", "{refused}");
        let record = rig.exchange(&reference).await.remove(0);
        assert_eq!((record.server.as_deref(), record.code.as_deref()), (Some("two"), Some("DW1202")), "{record:?}");
    }
    assert!(peers[1].asked("tools/call").is_empty());
    let allowed = session.call(&call(3, "one__echo", json!({}))).await;
    assert_eq!(allowed["result"].get("isError"), None, "{allowed}");
    rig.check_outcomes().await;
    rig.stop().await;
}

fn echo_of(server: &str) -> Tool {
    Tool { server: ServerId::parse(server).unwrap(), name: "echo".to_owned() }
}

/// One tool of one server, renamed and with an argument of its own.
fn view() -> ViewConfig {
    let servers = ["one", "two"].map(|id| ServerId::parse(id).unwrap());
    let fixed = BTreeMap::from([("place".to_owned(), "\"home\"".to_owned())]);
    let rules = ViewRules {
        tools: Tools::Only(BTreeSet::from([echo_of("one")])),
        renamed: BTreeMap::from([(echo_of("one"), "repeat".to_owned())]),
        fixed: BTreeMap::from([(echo_of("one"), fixed)]),
        prompts: Part::Hidden,
        resources: Part::Hidden,
        ..ViewRules::of(BTreeSet::from(servers))
    };
    ViewConfig { id: ViewId::parse("home").unwrap(), rules }
}

/// A tool whose argument must be repeated in a header.
fn placed(message: &Value) -> Option<Act> {
    let mut echo = tool("echo");
    echo["inputSchema"]["properties"] = json!({
        "place": { "type": "string", "x-mcp-header": "Place" },
        "message": { "type": "string", "x-mcp-header": "Message" },
    });
    (message["method"] == "tools/list").then(|| Act::Result(json!({ "tools": [echo] })))
}

#[tokio::test]
async fn a_view_shows_and_takes_what_it_was_made_for() {
    let peers = [Peer::start(placed).await, Peer::start(placed).await];
    let mut plan = Plan::new().with_url("one", &peers[0].url).with_url("two", &peers[1].url);
    plan.config.views = vec![view()];
    plan.config.aggregate.endpoint = Endpoint::Absent;
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "/v/home/").await;
    let list = request(1, "tools/list", json!({}));
    for listed in [session.call(&list).await, ask_modern(&rig, "/v/home/", list.clone()).await.json()] {
        assert_eq!(names(&listed).into_iter().collect::<Vec<_>>(), ["repeat"]);
        let schema = &listed["result"]["tools"][0]["inputSchema"]["properties"];
        assert_eq!((schema.get("place"), schema["message"].is_object()), (None, true), "{listed}");
    }
    let repeat = call(2, "repeat", json!({ "message": "hi" }));
    let stateless = Ask::modern("/v/home/", &modern(repeat.clone())).with("mcp-param-message", "hi");
    for answer in [session.call(&repeat).await, Http::open(rig.http).await.ask(&stateless).await.json()] {
        assert_eq!(answer["result"].get("isError"), None, "{answer}");
    }
    for asked in peers[0].asked("tools/call") {
        assert_eq!(asked["params"]["arguments"], json!({ "message": "hi", "place": "home" }));
        assert_eq!(asked["params"]["name"], "echo");
    }
    let wrong = [
        call(3, "repeat", json!({ "place": "abroad" })),
        call(3, "one__echo", json!({})),
        call(3, "two__echo", json!({})),
        request(3, "resources/read", json!({ "uri": "doorward://one/file:///a" })),
        request(3, "prompts/get", json!({ "name": "one__greet" })),
    ];
    for message in wrong {
        let refused = session.call(&message).await;
        assert!(["DW1010", "DW1205"].contains(&denial(&refused).0.as_str()), "{refused}");
    }
    assert_eq!((peers[0].asked("tools/call").len(), peers[1].asked("tools/call").len()), (2, 0));
    // There is no endpoint for all, and a session is valid at its own alone.
    assert_eq!(Http::open(rig.http).await.ask(&Ask::post("/", list.to_string())).await.status, 404);
    let elsewhere = Ask::legacy("one", &session.id, list.to_string());
    assert_eq!(Http::open(rig.http).await.ask(&elsewhere).await.status, 404);
    rig.check_outcomes().await;
    rig.stop().await;
}

/// A server with an app and a tool that only the app may call.
fn with_app(message: &Value) -> Option<Act> {
    let mut opens = tool("open");
    opens["_meta"] = json!({ "ui": { "resourceUri": "ui://app/main" } });
    let mut only = tool("only");
    only["_meta"] = json!({ "ui": { "visibility": ["app"] } });
    (message["method"] == "tools/list").then(|| Act::Result(json!({ "tools": [opens, only] })))
}

/// The tools and the answer to a call of the app-only one, of a client that has apps or not.
async fn as_seen(plan: Plan, capabilities: Value) -> (Vec<String>, Value) {
    let rig = plan.start().await;
    let mut hello = super::client::initialize(super::client::LEGACY);
    hello["params"]["capabilities"] = capabilities.clone();
    let mut http = Http::open(rig.http).await;
    let opened = http.ask(&Ask::post("/", hello.to_string())).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let mut session = Session { http, server: "/".to_owned(), id };
    // Nobody has listed yet: what the tool is has to be learned first.
    let only = call(2, "one__only", json!({}));
    let called = session.call(&only).await;
    let listed = session.call(&request(1, "tools/list", json!({}))).await;
    let stateless = |mut message: Value| {
        message = modern(message);
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = capabilities.clone();
        message
    };
    let ask = Ask::modern("/", &stateless(request(1, "tools/list", json!({}))));
    let again = Http::open(rig.http).await.ask(&ask).await.json();
    assert_eq!(names(&listed), names(&again));
    let ask = Ask::modern("/", &stateless(only));
    let called_again = Http::open(rig.http).await.ask(&ask).await.json();
    assert_eq!(called.get("error").is_some(), called_again.get("error").is_some(), "{called} {called_again}");
    rig.stop().await;
    (names(&listed).into_iter().collect(), called)
}

#[tokio::test]
async fn app_only_tools_stay_app_only() {
    let peers = [Peer::start(with_app).await, Peer::start(|_| None).await, Peer::start(with_app).await];
    let plan = || Plan::new().with_url("one", &peers[0].url).with_url("two", &peers[1].url);
    let apps = json!({ "extensions": { "io.modelcontextprotocol/ui": {} } });
    let (listed, called) = as_seen(plan(), json!({})).await;
    assert_eq!((listed, denial(&called).0.as_str()), (vec!["one__open".to_owned(), "two__echo".to_owned()], "DW1205"));
    let (listed, called) = as_seen(plan(), apps.clone()).await;
    assert_eq!(listed, ["one__only", "one__open", "two__echo"]);
    assert_eq!(called["result"].get("isError"), None, "{called}");
    // Two servers with apps behind one face cannot be told apart.
    let (listed, _) = as_seen(plan().with_url("three", &peers[2].url), apps).await;
    assert_eq!(listed, ["one__open", "three__open", "two__echo"]);
}
