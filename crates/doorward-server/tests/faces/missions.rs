//! Units of work that access tokens name: told apart, held to what they were given, and worth what their issuer says.

use doorward_policy::{FlowPolicy, Preset};
use doorward_server::config::{IdentityConfig, IssuerConfig};
use doorward_server::flows::FlowRules;
use serde_json::{Value, json};

use super::client::{Ask, Http, LEGACY, call, denial, initialize, modern};
use super::flows::{CRM, MAIL, PAGE, WEB, customers};
use super::identity::issuer::{Issuer, identity};
use super::rig::{Plan, Rig, policy};
use super::scripted::{Reply, Scripted, Seen, said};

const ATTACKER: &str = "collect@evil.example";
const FRIEND: &str = "ann@friends.example";

/// By which way a client comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Way {
    /// The era without sessions, at the endpoint of each server.
    ModernOwn,
    /// The same at the joint endpoint.
    ModernJoint,
    /// A session at the endpoint of each server.
    LegacyOwn,
    /// A session at the joint endpoint.
    LegacyJoint,
}

const WAYS: [Way; 4] = [Way::ModernOwn, Way::ModernJoint, Way::LegacyOwn, Way::LegacyJoint];

/// A gateway before a page, the customers and a way out, whose callers show tokens with missions.
pub(super) struct Desk {
    pub(super) rig: Rig,
    pub(super) issuer: Issuer,
    pub(super) mail: Scripted,
}

impl Desk {
    async fn open(policies: &[FlowPolicy]) -> Self {
        Self::open_as(policies, |_| {}).await
    }

    pub(super) async fn open_as(policies: &[FlowPolicy], change: impl FnOnce(&mut Plan)) -> Self {
        let web = Scripted::start(WEB, |seen| Reply::Send(said(seen, PAGE))).await;
        let crm = Scripted::start(CRM, |seen| Reply::Send(said(seen, &customers("page 0")))).await;
        let mail = Scripted::start(MAIL, |seen: &Seen| Reply::Send(said(seen, "sent"))).await;
        let issuer = Issuer::start().await;
        let plan = Plan::new().with_url("web", &web.url).with_url("crm", &crm.url).with_url("mail", &mail.url);
        let claimed = IdentityConfig { task_claim: Some("mission".to_owned()), ..identity(vec![issuer.config()]) };
        let mut plan = plan.with_identity(claimed);
        plan.config.contexts.begin_task = true;
        let own: Vec<&str> = policies.iter().map(|policy| policy.text()).collect();
        plan.config.policy = policy(Preset::Observe, &own);
        change(&mut plan);
        Self { rig: plan.start().await, issuer, mail }
    }

    pub(super) fn token(&self, mission: &Value) -> String {
        self.issuer.token(&json!({ "mission": mission }))
    }

    async fn call(&self, way: Way, token: &str, (server, tool): (&str, &str), arguments: Value) -> Value {
        let (place, tool) = match way {
            Way::ModernOwn | Way::LegacyOwn => (server, tool.to_owned()),
            Way::ModernJoint | Way::LegacyJoint => ("/", format!("{server}__{tool}")),
        };
        self.tell(way, token, place, call(1, &tool, arguments)).await
    }

    pub(super) async fn tell(&self, way: Way, token: &str, place: &str, message: Value) -> Value {
        let bearer = format!("Bearer {token}");
        let with = |ask: Ask| ask.with("authorization", &bearer);
        let mut http = Http::open(self.rig.http).await;
        match way {
            Way::ModernOwn | Way::ModernJoint => http.ask(&with(Ask::modern(place, &modern(message)))).await.json(),
            Way::LegacyOwn | Way::LegacyJoint => {
                let answer = http.ask(&with(Ask::post(place, initialize(LEGACY).to_string()))).await;
                let session = answer.header("mcp-session-id").unwrap_or_else(|| panic!("{answer:?}")).to_owned();
                let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
                http.ask(&with(Ask::legacy(place, &session, told.to_string()))).await;
                http.ask(&with(Ask::legacy(place, &session, message.to_string()))).await.json()
            }
        }
    }

    pub(super) async fn reads(&self, way: Way, token: &str) {
        let page = self.call(way, token, ("web", "fetch"), json!({ "url": "https://pages.example/" })).await;
        let list = self.call(way, token, ("crm", "list_customers"), json!({ "which": "page 0" })).await;
        assert!(page["result"]["isError"].is_null() && list["result"]["isError"].is_null(), "{page} {list}");
    }

    pub(super) async fn send(&self, way: Way, token: &str, to: &str) -> Value {
        self.call(way, token, ("mail", "send_email"), json!({ "to": to, "body": "The list: ..." })).await
    }
}

pub(super) fn is_sent(answer: &Value) -> bool {
    answer["result"]["content"][0]["text"] == "sent"
}

const STRICT: [FlowPolicy; 2] = [FlowPolicy::Trifecta, FlowPolicy::Endorsement];

#[tokio::test]
async fn what_a_mission_read_is_its_own_and_its_purpose_vouches() {
    for way in WAYS {
        let desk = Desk::open(&STRICT).await;
        let paid = desk.token(&json!({ "id": "m-1", "origin": "x", "purpose": format!("Send the list to {FRIEND}") }));
        desk.reads(way, &paid).await;
        assert!(is_sent(&desk.send(way, &paid, FRIEND).await), "{way:?}: the purpose names the address");
        assert_eq!(denial(&desk.send(way, &paid, ATTACKER).await).0, "DW1701", "{way:?}");
        // The same subject and client, in another mission, and in none.
        let other = desk.token(&json!("m-2"));
        assert!(is_sent(&desk.send(way, &other, ATTACKER).await), "{way:?}: nothing was read in it");
        let none = desk.issuer.token(&json!({}));
        assert_eq!(denial(&desk.send(way, &none, FRIEND).await).0, "DW1701", "{way:?}: it may have been read here");
        // What has no purpose has nothing that vouches.
        let wordless = desk.token(&json!("m-3"));
        desk.reads(way, &wordless).await;
        assert_eq!(denial(&desk.send(way, &wordless, FRIEND).await).0, "DW1701", "{way:?}");
        let record = desk.rig.record(|record| record.code.as_deref() == Some("DW1701")).await;
        assert!(!format!("{record:?}").contains(FRIEND), "no purpose in a record");
        desk.rig.stop().await;
    }
}

#[tokio::test]
async fn a_mission_makes_the_calls_it_was_given_and_no_others() {
    for way in WAYS {
        // No policy looks at the flow of data, and nobody opens tasks: what a token was given holds all the same.
        let desk = Desk::open(&[]).await;
        desk.rig.gateway.follow_by(FlowRules::default());
        for name in ["mail/send_email", "mail__send_email"] {
            let token = desk.token(&json!({ "id": name, "tools": [name], "calls": 2 }));
            let read = desk.call(way, &token, ("crm", "list_customers"), json!({})).await;
            assert_eq!(denial(&read).0, "DW1703", "{way:?} {name}: {read}");
            assert!(is_sent(&desk.send(way, &token, FRIEND).await), "{way:?} {name}");
            let renewed = desk.issuer.token(&json!({
                "mission": { "id": name, "tools": [name, "crm/list_customers"], "calls": 9 }, "iat": 1, "jti": "2",
            }));
            assert!(is_sent(&desk.send(way, &renewed, FRIEND).await), "{way:?} {name}");
            for token in [&renewed, &token] {
                let spent = desk.send(way, token, FRIEND).await;
                assert_eq!(denial(&spent).0, "DW1703", "{way:?} {name}: {spent}");
                let read = desk.call(way, token, ("crm", "list_customers"), json!({})).await;
                assert_eq!(denial(&read).0, "DW1703", "{way:?} {name}: a renewed token never widens");
            }
        }
        let bare = desk.token(&json!({ "id": "bare", "tools": ["send_email"] }));
        let at_its_own = matches!(way, Way::ModernOwn | Way::LegacyOwn);
        assert_eq!(is_sent(&desk.send(way, &bare, FRIEND).await), at_its_own, "{way:?}");
        let none = desk.token(&json!({ "id": "none", "tools": [] }));
        assert_eq!(denial(&desk.send(way, &none, FRIEND).await).0, "DW1703", "{way:?}: an empty list holds nothing");
        assert_eq!(desk.mail.calls().len(), 4 + usize::from(at_its_own));
        desk.rig.stop().await;
    }
}

#[tokio::test]
async fn a_renewed_token_goes_on_in_the_same_mission_and_keeps_its_first_purpose() {
    let desk = Desk::open(&STRICT).await;
    let way = Way::ModernJoint;
    let first = desk.token(&json!({ "id": "m", "purpose": format!("Send the list to {FRIEND}") }));
    desk.reads(way, &first).await;
    let renewed =
        json!({ "mission": { "id": "m", "purpose": format!("Send it to {ATTACKER}") }, "jti": "2", "scope": "" });
    let renewed = desk.issuer.token(&renewed);
    assert_eq!(denial(&desk.send(way, &renewed, ATTACKER).await).0, "DW1701", "read before, and no purpose of it");
    assert!(is_sent(&desk.send(way, &renewed, FRIEND).await));
    let nameless = desk.token(&json!("n"));
    desk.reads(way, &nameless).await;
    let named = desk.token(&json!({ "id": "n", "purpose": format!("Send the list to {FRIEND}") }));
    assert_eq!(denial(&desk.send(way, &named, FRIEND).await).0, "DW1701", "it began without one");
    desk.rig.stop().await;
}

#[tokio::test]
async fn the_same_name_of_two_issuers_or_clients_is_two_missions() {
    let other = Issuer::start().await;
    let config = IssuerConfig { name: "other".to_owned(), prefix: "other".to_owned(), ..other.config() };
    let desk = Desk::open_as(&STRICT, |plan| plan.config.identity.issuers.push(config)).await;
    let way = Way::ModernOwn;
    let own = desk.token(&json!({ "id": "m", "tools": ["web/fetch", "crm/list_customers"] }));
    desk.reads(way, &own).await;
    for apart in [other.token(&json!({ "mission": "m" })), desk.issuer.token(&json!({ "mission": "m", "sub": "bob" }))]
    {
        assert!(is_sent(&desk.send(way, &apart, FRIEND).await), "neither its reading nor its limits");
    }
    desk.rig.stop().await;
}

#[tokio::test]
async fn a_mission_that_cannot_be_read_is_no_token() {
    let desk = Desk::open(&STRICT).await;
    let message = modern(call(1, "send_email", json!({ "to": FRIEND, "body": "..." })));
    for mission in [json!(7), json!({}), json!({ "id": "m", "tools": "all" }), json!({ "id": "m", "purpose": 1 })] {
        let bearer = format!("Bearer {}", desk.token(&mission));
        let ask = Ask::modern("mail", &message).with("authorization", &bearer);
        let answer = Http::open(desk.rig.http).await.ask(&ask).await;
        assert_eq!(answer.status, 401, "{mission}: {answer:?}");
        assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"), "{answer:?}");
    }
    assert_eq!(desk.mail.calls().len(), 0);
    let counted = desk.rig.metrics().await;
    assert!(counted.lines().any(|line| line.contains("DW1101") && line.ends_with(" 4")), "{counted}");
    desk.rig.stop().await;
}

#[tokio::test]
async fn a_task_opened_in_a_mission_is_held_to_both() {
    let desk = Desk::open(&[]).await;
    let token = desk.token(&json!({ "id": "m", "tools": ["mail/send_email", "web/fetch"], "calls": 2 }));
    let task =
        json!({ "purpose": "x", "tools": ["mail__send_email", "crm__list_customers"], "budget": { "calls": 9 } });
    let opened = desk.tell(Way::ModernJoint, &token, "/", call(1, "begin_task", task)).await;
    let handle = opened["result"]["structuredContent"]["context"].as_str().unwrap_or_else(|| panic!("{opened}"));
    let within = |server: &'static str, tool: &'static str| {
        let arguments = json!({ "to": FRIEND, "body": "...", "doorward_context": handle });
        let token = &token;
        let desk = &desk;
        async move { desk.call(Way::ModernJoint, token, (server, tool), arguments).await }
    };
    assert_eq!(denial(&within("crm", "list_customers").await).0, "DW1703", "the token does not name it");
    assert_eq!(denial(&within("web", "fetch").await).0, "DW1703", "the task does not name it");
    assert!(is_sent(&within("mail", "send_email").await) && is_sent(&within("mail", "send_email").await));
    assert_eq!(denial(&within("mail", "send_email").await).0, "DW1703", "two calls were given");
    desk.rig.stop().await;
}

#[tokio::test]
async fn a_task_opened_in_a_mission_knows_its_purpose() {
    let desk = Desk::open(&STRICT).await;
    let token = desk.token(&json!({ "id": "m", "purpose": format!("Send the list to {FRIEND}") }));
    let opened = desk.tell(Way::ModernJoint, &token, "/", call(1, "begin_task", json!({ "purpose": ATTACKER }))).await;
    let handle = opened["result"]["structuredContent"]["context"].as_str().unwrap_or_else(|| panic!("{opened}"));
    desk.reads(Way::ModernJoint, &token).await;
    for (to, passes) in [(FRIEND, true), (ATTACKER, false)] {
        let mut fetch = call(1, "web__fetch", json!({ "url": "https://pages.example/" }));
        fetch["params"]["arguments"]["doorward_context"] = json!(handle);
        desk.tell(Way::ModernJoint, &token, "/", fetch).await;
        let arguments = json!({ "to": to, "body": "...", "doorward_context": handle });
        let sent = desk.call(Way::ModernJoint, &token, ("mail", "send_email"), arguments).await;
        assert_eq!(is_sent(&sent), passes, "{to}: {sent}");
    }
    desk.rig.stop().await;
}
