//! The gateway as a protected resource: what MCP wants of a resource server, each point against a running gateway.

use std::time::Duration;

use doorward_policy::Preset;
use doorward_server::config::{Dpop, Introspected};
use serde_json::{Value, json};

use super::client::{Answer, Ask, Http, Session, call, initialize, modern};
use super::rig::{Plan, Rig, eventually, soon};
use super::scripted::{ECHO, Reply, Scripted, said};

pub(super) mod issuer;
#[expect(dead_code, reason = "unit tests use the other kinds of keys")]
#[path = "../../src/identity/oauth/tests/kit.rs"]
mod kit;

use issuer::{GATEWAY, Issuer, identity};
use kit::{Signer, now};

/// What revision 2026-07-28 asks of a resource server (basic/authorization), and the test of each point.
const POINTS: &[(&str, &str)] = &[
    ("metadata name at least one authorization server", "metadata_stand_at_every_place"),
    ("the challenge of a 401 says where the metadata are", "a_request_without_a_token_is_told_the_way"),
    ("metadata stand at the root and at each path", "metadata_stand_at_every_place"),
    ("every token is validated", "tokens_that_are_not_good_are_refused"),
    ("the audience of a token is this gateway", "a_token_for_another_resource_is_refused"),
    ("401 for a token that is invalid or expired", "tokens_that_are_not_good_are_refused"),
    ("403 for a token without the scopes", "a_lack_of_scopes_names_all_of_them"),
    ("400 for credentials that cannot be read", "credentials_that_cannot_be_read_are_a_bad_request"),
    ("scopes that hold others count as those", "a_lack_of_scopes_names_all_of_them"),
    ("no other token is taken or passed on", "a_token_goes_nowhere"),
    ("upstreams never see the client's token", "a_token_goes_nowhere"),
    ("challenges name scopes", "a_request_without_a_token_is_told_the_way"),
    ("one challenge names everything an operation needs", "a_lack_of_scopes_names_all_of_them"),
    ("offline_access is not offered", "metadata_stand_at_every_place"),
];

#[test]
fn every_point_has_its_test() {
    let text = include_str!("identity.rs");
    for (point, test) in POINTS {
        assert!(text.contains(&format!("async fn {test}()")), "{point}");
    }
}

const RULES: &str = r#"
    @id("read") @scopes("files:read")
    permit(principal, action in Action::"tools/call", resource == Tool::"up/echo");
"#;

async fn rig(issuer: &Issuer) -> Rig {
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.with_identity(identity(vec![issuer.config()])).start().await
}

fn hello(token: &str) -> Ask {
    Ask::post("bare", initialize("2025-11-25").to_string()).with("authorization", &format!("Bearer {token}"))
}

async fn ask(rig: &Rig, ask: &Ask) -> Answer {
    Http::open(rig.http).await.ask(ask).await
}

fn challenge(answer: &Answer) -> String {
    answer.header("www-authenticate").unwrap_or_default().to_owned()
}

#[tokio::test]
async fn metadata_stand_at_every_place() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    for path in ["", "/mcp", "/s/bare/mcp", "/s/bare/sse", "/s/nobody-knows/mcp", "/v/x/mcp"] {
        let asked = Ask::get(&format!("/.well-known/oauth-protected-resource{path}"));
        let answer = ask(&rig, &asked.clone().with("origin", "http://localhost:3000")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:3000"));
        let metadata = answer.json();
        assert_eq!(metadata["resource"], format!("{GATEWAY}{path}"));
        assert_eq!(metadata["authorization_servers"], json!([issuer.url]));
        assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
        assert_eq!(metadata["scopes_supported"], json!(["files:read", "files:write"]));
        assert_eq!(metadata["dpop_bound_access_tokens_required"], json!(false));
        // Pages of strangers and rebound names get nothing, as everywhere.
        assert_eq!(ask(&rig, &asked.clone().with("origin", "https://evil.example")).await.status, 403);
        assert_eq!(ask(&rig, &asked.clone().with("host", "evil.example")).await.status, 403);
        assert_eq!(ask(&rig, &asked.by("POST")).await.status, 405);
    }
    for path in ["/s/bare", "/.env", "/s/bare/mcp/"] {
        let asked = Ask::get(&format!("/.well-known/oauth-protected-resource{path}"));
        assert!(matches!(ask(&rig, &asked).await.status, 401 | 404), "{path}");
    }
    assert_eq!(issuer.asked("/keys"), 0, "a stranger makes nobody ask anything");
    rig.stop().await;
}

#[tokio::test]
async fn a_request_without_a_token_is_told_the_way() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    for path in ["/s/bare/mcp", "/s/nobody-knows/mcp", "/mcp"] {
        let mut asked = hello("").without("authorization");
        path.clone_into(&mut asked.path);
        let answer = ask(&rig, &asked).await;
        assert_eq!(answer.status, 401);
        let metadata = format!("{GATEWAY}/.well-known/oauth-protected-resource{path}");
        let wanted = format!("Bearer realm=\"doorward\", scope=\"files:read\", resource_metadata=\"{metadata}\"");
        assert_eq!(challenge(&answer), wanted, "no error code where no token was shown");
        assert!(answer.headers.iter().any(|(name, value)| name == "www-authenticate" && value.starts_with("DPoP ")));
    }
    // What a path holds never leaves its quotes.
    let mut odd = hello("").without("authorization");
    "/x\",error=\"x/mcp".clone_into(&mut odd.path);
    let answer = ask(&rig, &odd).await;
    assert!(!challenge(&answer).contains("error"), "{}", challenge(&answer));
    rig.stop().await;
}

#[tokio::test]
async fn tokens_that_are_not_good_are_refused() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    assert_eq!(ask(&rig, &hello(&issuer.token(&json!({})))).await.status, 200);
    let expired = issuer.token(&json!({"exp": now() - 60}));
    let stranger = Signer::ed().access("one", &issuer.claims());
    for (name, token, told) in [
        ("expired", expired, "The access token has expired."),
        ("signed by a stranger", stranger, "not valid for this gateway"),
        ("of another issuer", issuer.token(&json!({"iss": "https://other.example"})), "not valid for this gateway"),
        ("no token at all", "opaque".to_owned(), "not valid for this gateway"),
        ("not ours", "dw_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), "not valid for this gateway"),
    ] {
        let answer = ask(&rig, &hello(&token)).await;
        assert_eq!(answer.status, 401, "{name}");
        let challenge = challenge(&answer);
        assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains(told), "{name}: {challenge}");
        assert!(challenge.contains("resource_metadata=\""), "{name}");
        assert!(!answer.text().contains(&token), "{name}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_token_for_another_resource_is_refused() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    for (audience, status) in [
        (json!(GATEWAY), 200),
        (json!([GATEWAY, "https://other.example"]), 200),
        (json!(format!("{GATEWAY}/s/bare/mcp")), 200),
        (json!(format!("{GATEWAY}/s/other/mcp")), 401),
        (json!([format!("{GATEWAY}/s/other/mcp"), GATEWAY]), 401),
        (json!("https://other.example"), 401),
        (json!(format!("{GATEWAY}.evil.example")), 401),
    ] {
        let answer = ask(&rig, &hello(&issuer.token(&json!({ "aud": audience })))).await;
        assert_eq!(answer.status, status, "{audience}");
        if status == 401 {
            assert!(challenge(&answer).contains("not issued for this resource"), "{}", challenge(&answer));
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn credentials_that_cannot_be_read_are_a_bad_request() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    let token = issuer.token(&json!({}));
    let mut in_address = hello(&token).without("authorization");
    in_address.path.push_str(&format!("?access_token={token}"));
    for (name, asked) in [
        ("two tokens", hello(&token).with("authorization", "Bearer x")),
        ("in the address", in_address),
        ("in both places", {
            let mut asked = hello(&token);
            asked.path.push_str("?access_token=x");
            asked
        }),
        ("nothing after the scheme", hello("")),
        ("two words", hello("a b")),
    ] {
        let answer = ask(&rig, &asked).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(challenge(&answer).contains("error=\"invalid_request\""), "{name}: {}", challenge(&answer));
        assert!(answer.text().contains("DW1108"), "{name}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_lack_of_scopes_names_all_of_them() {
    let issuer = Issuer::start().await;
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let plan = Plan::new().with_url("up", &upstream.url).with_policy(Preset::Locked, &[RULES]);
    let rig = plan.with_identity(identity(vec![issuer.config()])).start().await;
    let echo = call(1, "echo", json!({ "message": "x" }));
    let with = |asked: Ask, scope: &str| {
        let token = issuer.token(&json!({ "scope": scope }));
        asked.with("authorization", &format!("Bearer {token}"))
    };
    let metadata = format!("resource_metadata=\"{GATEWAY}/.well-known/oauth-protected-resource/s/up/mcp\"");
    let lacking = ask(&rig, &with(Ask::modern("up", &modern(echo.clone())), "other")).await;
    assert_eq!(lacking.status, 403, "{}", lacking.text());
    let told = challenge(&lacking);
    assert!(told.contains("error=\"insufficient_scope\"") && told.contains("scope=\"files:read\""), "{told}");
    assert!(told.contains(&metadata), "{told}");
    assert_eq!((&lacking.json()["id"], &lacking.json()["error"]["code"]), (&json!(1), &json!(1208)));
    for enough in ["files:read", "files:write", "other files:write"] {
        let answer = ask(&rig, &with(Ask::modern("up", &modern(echo.clone())), enough)).await;
        assert_eq!(answer.status, 200, "{enough}: {}", answer.text());
    }
    // The same in a session of the older eras.
    let opened = ask(&rig, &with(Ask::post("up", initialize("2025-11-25").to_string()), "other")).await;
    let session = opened.header("mcp-session-id").unwrap_or_else(|| panic!("{}", opened.text())).to_owned();
    let lacking = ask(&rig, &with(Ask::legacy("up", &session, echo.to_string()), "other")).await;
    assert_eq!(lacking.status, 403, "{}", lacking.text());
    assert!(challenge(&lacking).contains("scope=\"files:read\""));
    // A token with more scopes is the same person, so the session goes on.
    let answer = ask(&rig, &with(Ask::legacy("up", &session, echo.to_string()), "files:read")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    rig.stop().await;
}

#[tokio::test]
async fn a_token_goes_nowhere() {
    let issuer = Issuer::start().await;
    let upstream = Scripted::start(ECHO, |seen| Reply::Send(said(seen, "x"))).await;
    let plan = Plan::new().with_url("up", &upstream.url);
    let rig = plan.with_identity(identity(vec![issuer.config()])).start().await;
    let token = issuer.token(&json!({}));
    let echo = modern(call(1, "echo", json!({ "message": "x" })));
    let answer = ask(&rig, &Ask::modern("up", &echo).with("authorization", &format!("Bearer {token}"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let signature = token.rsplit('.').next().unwrap();
    for seen in upstream.seen() {
        assert!(seen.headers.iter().all(|(name, value)| name != "authorization" && !value.contains(signature)));
        assert!(!String::from_utf8_lossy(&seen.body).contains(signature));
    }
    rig.check_outcomes().await;
    let records = rig.records().await;
    assert!(!format!("{records:?}").contains(signature));
    assert!(format!("{records:?}").contains("corp/alice"), "{records:?}");
    rig.stop().await;
}

#[tokio::test]
async fn keys_change_while_the_gateway_runs() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    let old = issuer.token(&json!({}));
    for _ in 0..5 {
        assert_eq!(ask(&rig, &hello(&old)).await.status, 200);
    }
    assert_eq!(issuer.asked("/keys"), 1, "one fetch serves for all");
    let next = Signer::ed();
    issuer.replace_keys(vec![next.named("two")]);
    let renewed = next.access("two", &issuer.claims());
    // Fetches keep their distance, so the first look may be too early.
    eventually("the new key", || async { (ask(&rig, &hello(&renewed)).await.status == 200).then_some(()) }).await;
    assert_eq!(ask(&rig, &hello(&old)).await.status, 401, "a key that has gone takes its tokens along");
    // Unknown keys never make the gateway ask again and again.
    let before = issuer.asked("/keys");
    for number in 0..50 {
        let token = next.access(&format!("unknown-{number}"), &issuer.claims());
        assert_eq!(ask(&rig, &hello(&token)).await.status, 401);
    }
    assert!(issuer.asked("/keys") <= before + 2, "{} after {before}", issuer.asked("/keys"));
    rig.stop().await;
}

#[tokio::test]
async fn an_issuer_that_points_elsewhere_is_not_followed() {
    let (issuer, evil) = (Issuer::start().await, Issuer::start().await);
    issuer.redirect(&evil.url);
    let rig = rig(&issuer).await;
    let forged = evil.key.access("one", &issuer.claims());
    let answer = ask(&rig, &hello(&forged)).await;
    assert_eq!(answer.status, 401);
    assert!(challenge(&answer).contains("cannot be checked at the moment"), "{}", challenge(&answer));
    assert_eq!(evil.asked("/keys") + evil.asked("/.well-known/oauth-authorization-server"), 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_in_time() {
    let issuer = Issuer::start().await;
    let config = issuer.asking(Introspected::Opaque, Duration::from_secs(1));
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.with_identity(identity(vec![config])).start().await;
    let mut said = issuer.claims();
    said["active"] = json!(true);
    issuer.say_of("opaque", said.clone());
    let mut foreign = said.clone();
    foreign["aud"] = json!("https://other.example");
    issuer.say_of("foreign", foreign);
    assert_eq!(ask(&rig, &hello("opaque")).await.status, 200);
    assert_eq!(ask(&rig, &hello("foreign")).await.status, 401);
    assert_eq!(ask(&rig, &hello("unknown")).await.status, 401);
    // A program's own token may name nobody; one of a person whose name is withheld may not.
    let machine = json!({"active": true, "aud": GATEWAY, "client_id": "cli"});
    issuer.say_of("machine", machine.clone());
    assert_eq!(ask(&rig, &hello("machine")).await.status, 200);
    let mut withheld = machine;
    withheld["username"] = json!("alice");
    issuer.say_of("withheld", withheld);
    assert_eq!(ask(&rig, &hello("withheld")).await.status, 401);
    let before = issuer.asked("/introspect");
    let signed = Signer::ed().access("one", &json!({"iss": "https://other.example"}));
    assert_eq!(ask(&rig, &hello(&signed)).await.status, 401);
    assert_eq!(issuer.asked("/introspect"), before, "a token that names its issuer is shown to no other");
    issuer.say_of("opaque", json!({"active": false}));
    eventually("the refusal", || async { (ask(&rig, &hello("opaque")).await.status == 401).then_some(()) }).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_signed_token_is_asked_about_where_that_is_wanted() {
    let issuer = Issuer::start().await;
    let config = issuer.asking(Introspected::All, Duration::from_secs(600));
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.with_identity(identity(vec![config])).start().await;
    let (good, revoked) = (issuer.token(&json!({})), issuer.token(&json!({"jti": "revoked"})));
    issuer.say_of(&good, json!({"active": true}));
    for _ in 0..3 {
        assert_eq!(ask(&rig, &hello(&good)).await.status, 200);
        assert_eq!(ask(&rig, &hello(&revoked)).await.status, 401);
    }
    assert_eq!(issuer.asked("/introspect"), 2, "each was asked about once");
    rig.stop().await;
}

#[tokio::test]
async fn a_bound_token_needs_its_proof() {
    let issuer = Issuer::start().await;
    let mut config = issuer.config();
    config.dpop = Dpop::Require;
    let plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let rig = plan.with_identity(identity(vec![config])).start().await;
    let holder = Signer::ed();
    let token = issuer.token(&json!({"cnf": {"jkt": holder.thumbprint()}}));
    let shown = hello("").without("authorization").with("authorization", &format!("DPoP {token}"));
    let proof = |id: &str| holder.proof(&token, "POST", &format!("{GATEWAY}/s/bare/mcp"), id, now());
    let first = shown.clone().with("dpop", &proof("1"));
    assert_eq!(ask(&rig, &first).await.status, 200);
    for (name, asked, error) in [
        ("replayed", first, "invalid_dpop_proof"),
        ("without", shown.clone(), "invalid_token"),
        (
            "for another token",
            shown.with("dpop", &holder.proof("x", "POST", GATEWAY, "2", now())),
            "invalid_dpop_proof",
        ),
        ("as a bearer token", hello(&token).with("dpop", &proof("3")), "invalid_token"),
        ("not bound", hello(&issuer.token(&json!({}))), "invalid_token"),
    ] {
        let answer = ask(&rig, &asked).await;
        assert_eq!(answer.status, 401, "{name}");
        let challenge = challenge(&answer);
        assert!(challenge.starts_with("DPoP ") && challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    }
    let metadata = ask(&rig, &Ask::get("/.well-known/oauth-protected-resource")).await.json();
    assert_eq!(metadata["dpop_bound_access_tokens_required"], json!(true));
    assert!(
        metadata["dpop_signing_alg_values_supported"].as_array().is_some_and(|names| names.contains(&json!("ES256")))
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_session_is_not_somebody_elses() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    let opened = ask(&rig, &hello(&issuer.token(&json!({})))).await;
    let id = opened.header("mcp-session-id").unwrap().to_owned();
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
    let by = |change: &Value| {
        Ask::legacy("bare", &id, ping.clone()).with("authorization", &format!("Bearer {}", issuer.token(change)))
    };
    assert_eq!(ask(&rig, &by(&json!({"sub": "mallory"}))).await.status, 404);
    assert_eq!(ask(&rig, &by(&json!({"client_id": "other"}))).await.status, 404);
    assert_eq!(ask(&rig, &by(&json!({"scope": "files:write", "groups": ["new"]}))).await.status, 200);
    let session = Session { http: Http::open(rig.http).await, server: "bare".to_owned(), id: id.clone() };
    assert_eq!(ask(&rig, &session.ask(ping.clone())).await.status, 401);
    rig.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let issuer = Issuer::start().await;
    let rig = rig(&issuer).await;
    // The issuer's clock may be off by thirty seconds, so this one has three left.
    let short = issuer.token(&json!({"exp": now() - 27}));
    let opened = ask(&rig, &hello(&short)).await;
    let session = opened.header("mcp-session-id").unwrap().to_owned();
    let listen = |token: &str| {
        let listen = Ask::get("/s/bare/mcp").with("mcp-session-id", &session);
        listen.with("authorization", &format!("Bearer {token}"))
    };
    let mut ending = Http::open(rig.http).await;
    assert_eq!(ending.begin(&listen(&short)).await.status, 200);
    assert_eq!(soon(ending.events()).await, []);
    assert_eq!(ask(&rig, &listen(&short)).await.status, 401);
    // With a newer token the same session goes on.
    let mut going = Http::open(rig.http).await;
    assert_eq!(going.begin(&listen(&issuer.token(&json!({})))).await.status, 200);
    rig.stop().await;
}
