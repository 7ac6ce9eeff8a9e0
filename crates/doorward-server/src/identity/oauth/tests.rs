//! Every way in which a token can be wrong, one line per case; then what is right, what is bound and what is remembered.

use std::time::Duration;

use doorward_core::principal::Subject;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use super::*;
use crate::config::{ClaimNames, TokenType};

mod kit;
mod proofs;

use kit::{Signer, encoded, now};

const ISSUER: &str = "http://127.0.0.1:1/realm";
const GATEWAY: &str = "https://gateway.example";

pub(super) fn issuer(name: &str, identifier: &str) -> IssuerConfig {
    IssuerConfig {
        name: name.to_owned(),
        issuer: identifier.to_owned(),
        jwks_uri: Some("http://127.0.0.1:1/keys".to_owned()),
        audiences: vec!["api://doorward".to_owned()],
        algorithms: Algorithm::DEFAULT.to_vec(),
        prefix: name.to_owned(),
        claims: ClaimNames::default(),
        introspection: None,
        dpop: Dpop::Accept,
        token_type: TokenType::Any,
        clock_skew: Duration::from_secs(30),
        addresses: Addresses::Public,
    }
}

/// The issuer `corp`, whose keys are known already.
pub(super) fn issuers(keys: &[Value], change: impl FnOnce(&mut IssuerConfig)) -> Issuers {
    let mut corp = issuer("corp", ISSUER);
    change(&mut corp);
    let config = IdentityConfig {
        resource: Some(Resource::parse(GATEWAY).unwrap()),
        issuers: vec![corp, issuer("other", "http://127.0.0.1:1/other")],
        ..IdentityConfig::default()
    };
    let issuers = Issuers::new(&config, None).unwrap();
    issuers.issuers[0].keys.take(&json!({ "keys": keys }).to_string());
    issuers
}

pub(super) fn claims() -> Value {
    json!({"iss": ISSUER, "aud": GATEWAY, "sub": "alice", "client_id": "cli", "iat": now(), "exp": now() + 300})
}

fn with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    claims.to_string()
}

fn without(name: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims.to_string()
}

/// What a request to one server with that token comes to.
pub(super) async fn identify(issuers: &Issuers, token: &str) -> Result<Principal, Flaw> {
    let (headers, uri) = (HeaderMap::new(), Uri::from_static("/s/notes/mcp"));
    let shown =
        Shown { scheme: Scheme::Bearer, token, method: &Method::POST, uri: &uri, headers: &headers, certificate: None };
    issuers.identify(&shown).await.map(|stands| stands.principal)
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let (claims, headers, uri) = (claims(), HeaderMap::new(), Uri::from_static("/s/notes/mcp"));
    let token = key.access("one", &claims);
    let (scheme, method) = (Scheme::Bearer, &Method::POST);
    let shown = Shown { scheme, token: &token, method, uri: &uri, headers: &headers, certificate: None };
    for _ in 0..2 {
        let ends = issuers.identify(&shown).await.map(|stands| stands.ends);
        assert_eq!(ends, Ok(claims["exp"].as_i64().unwrap() + 30));
    }
    assert!(issuers.take("corp") && !issuers.take("elsewhere"));
}

#[tokio::test]
async fn tokens_with_one_thing_wrong() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let header = r#"{"typ":"at+jwt","alg":"EdDSA","kid":"one"}"#;
    let good = claims().to_string();
    assert!(identify(&issuers, &key.sign(header, &good)).await.is_ok());
    let later = now() + 3600;
    let cases: Vec<(&str, String, String, Flaw)> = vec![
        ("none", header.replace("EdDSA", "none"), good.clone(), Flaw::Algorithm),
        ("None", header.replace("EdDSA", "None"), good.clone(), Flaw::Algorithm),
        ("HS256", header.replace("EdDSA", "HS256"), good.clone(), Flaw::Algorithm),
        ("not allowed", header.replace("EdDSA", "ES384"), good.clone(), Flaw::Algorithm),
        ("another kind of key", header.replace("EdDSA", "RS256"), good.clone(), Flaw::Key),
        ("unknown key", header.replace("one", "two"), good.clone(), Flaw::Key),
        ("a path for a key", header.replace("one", "../../dev/null"), good.clone(), Flaw::Key),
        ("SQL for a key", header.replace("one", "one' or '1'='1"), good.clone(), Flaw::Key),
        ("a long key id", header.replace("one", &"o".repeat(257)), good.clone(), Flaw::Header),
        ("a key id of no text", header.replace(r#""one""#, "1"), good.clone(), Flaw::Header),
        ("crit", header.replace("{", r#"{"crit":["exp"],"#), good.clone(), Flaw::Header),
        ("b64", header.replace("{", r#"{"b64":false,"#), good.clone(), Flaw::Header),
        ("zip", header.replace("{", r#"{"zip":"DEF","#), good.clone(), Flaw::Header),
        ("alg twice", header.replace("{", r#"{"alg":"EdDSA","#), good.clone(), Flaw::Form),
        ("ID token by type", header.replace("at+jwt", "id_token+jwt"), good.clone(), Flaw::Kind),
        ("logout token", header.replace("at+jwt", "logout+jwt"), good.clone(), Flaw::Kind),
        ("proof", header.replace("at+jwt", "dpop+jwt"), good.clone(), Flaw::Kind),
        ("ID token by nonce", header.replace("at+jwt", "JWT"), with("nonce", json!("n")), Flaw::Kind),
        ("ID token by hash", header.replace("at+jwt", "JWT"), with("at_hash", json!("n")), Flaw::Kind),
        ("ID token by claim", header.replace("at+jwt", "JWT"), with("typ", json!("ID")), Flaw::Kind),
        ("refresh token", header.replace("at+jwt", "JWT"), with("typ", json!("Refresh")), Flaw::Kind),
        ("ID token by use", header.replace("at+jwt", "JWT"), with("token_use", json!("id")), Flaw::Kind),
        ("unknown issuer", header.into(), with("iss", json!("https://evil.test")), Flaw::Issuer),
        ("issuer with a slash", header.into(), with("iss", json!(format!("{ISSUER}/"))), Flaw::Issuer),
        ("two issuers", header.into(), with("iss", json!([ISSUER])), Flaw::Claims),
        ("no issuer", header.into(), without("iss"), Flaw::Claims),
        ("another issuer's key", header.into(), with("iss", json!("http://127.0.0.1:1/other")), Flaw::Unavailable),
        ("another audience", header.into(), with("aud", json!("https://other.example")), Flaw::Audience),
        ("a longer audience", header.into(), with("aud", json!(format!("{GATEWAY}.evil.test"))), Flaw::Audience),
        ("a shorter audience", header.into(), with("aud", json!("https://gateway.exampl")), Flaw::Audience),
        ("the client as audience", header.into(), with("aud", json!("cli")), Flaw::Audience),
        ("no audience", header.into(), without("aud"), Flaw::Audience),
        ("an empty audience", header.into(), with("aud", json!([])), Flaw::Audience),
        ("an audience of no text", header.into(), with("aud", json!([GATEWAY, 1])), Flaw::Claims),
        ("another endpoint", header.into(), with("aud", json!(format!("{GATEWAY}/s/files/mcp"))), Flaw::Audience),
        ("expired", header.into(), with("exp", json!(now() - 31)), Flaw::Expired),
        ("no end", header.into(), without("exp"), Flaw::Claims),
        ("an end of no number", header.into(), with("exp", json!(later.to_string())), Flaw::Claims),
        ("not yet", header.into(), with("nbf", json!(later)), Flaw::NotYetValid),
        ("issued in the future", header.into(), with("iat", json!(later)), Flaw::NotYetValid),
        ("nobody", header.into(), without("sub"), Flaw::Claims),
        ("an empty name", header.into(), with("sub", json!("")), Flaw::Names),
        ("a control character", header.into(), with("sub", json!("alice\u{0}")), Flaw::Names),
        ("a long name", header.into(), with("sub", json!("a".repeat(300))), Flaw::Names),
        ("sub twice", header.into(), good.replace("{", r#"{"sub":"root","#), Flaw::Form),
        ("sub twice, escaped", header.into(), good.replace("{", r#"{"\u0073ub":"root","#), Flaw::Form),
        ("too many groups", header.into(), with("groups", many_groups()), Flaw::Names),
        ("a group of no text", header.into(), with("groups", json!(["a", 1])), Flaw::Claims),
        ("an unknown binding", header.into(), with("cnf", json!({"jwk": {}})), Flaw::Claims),
        ("bound to a key", header.into(), with("cnf", json!({"jkt": "x"})), Flaw::ProofMissing),
        ("bound to a certificate", header.into(), with("cnf", json!({"x5t#S256": "x"})), Flaw::Certificate),
        ("a chain without end", header.into(), with("act", chain(9)), Flaw::Names),
        ("a chain of no names", header.into(), with("act", json!({})), Flaw::Claims),
    ];
    for (name, header, payload, flaw) in cases {
        assert_eq!(identify(&issuers, &key.sign(&header, &payload)).await.err(), Some(flaw), "{name}");
    }
}

fn many_groups() -> Value {
    json!((0..257).map(|number| format!("g{number}")).collect::<Vec<_>>())
}

fn chain(depth: usize) -> Value {
    let first = json!({"sub": "agent"});
    (1..depth).fold(first, |within, number| json!({"sub": format!("agent-{number}"), "act": within}))
}

#[tokio::test]
async fn forms_that_are_no_token() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let good = key.access("one", &claims());
    let header = encoded(br#"{"typ":"at+jwt","alg":"EdDSA","kid":"one"}"#);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let payload = signed.split_once('.').unwrap().1;
    let unsigned = encoded(br#"{"alg":"none"}"#);
    let cases = [
        ("nothing known", "opaque-token".to_owned(), Flaw::Form),
        ("encrypted", format!("{header}.a.b.c.d"), Flaw::Form),
        ("no signature", format!("{signed}."), Flaw::Signature),
        ("no signature, and none wanted", format!("{unsigned}.{payload}."), Flaw::Algorithm),
        ("another signature", format!("{signed}.{}", encoded(&[0; 64])), Flaw::Signature),
        (
            "a changed payload",
            format!("{header}.{}.{signature}", encoded(with("sub", json!("root")).as_bytes())),
            Flaw::Signature,
        ),
        ("padding", format!("{header}==.{payload}.{signature}"), Flaw::Form),
        ("a payload of no object", format!("{header}.{}.{signature}", encoded(b"[]")), Flaw::Form),
        ("too long", format!("{good}{}", "A".repeat(limits::TOKEN_BYTES_MAX)), Flaw::Form),
    ];
    for (name, token, flaw) in cases {
        assert_eq!(identify(&issuers, &token).await.err(), Some(flaw), "{name}");
    }
}

#[tokio::test]
async fn the_public_key_is_no_secret_to_sign_with() {
    let key = Signer::rsa();
    let issuers = issuers(&[key.named("one")], |_| {});
    let message = format!(
        "{}.{}",
        encoded(br#"{"typ":"at+jwt","alg":"HS256","kid":"one"}"#),
        encoded(claims().to_string().as_bytes())
    );
    let secret = key.jwk()["n"].as_str().unwrap().to_owned();
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let token = format!("{message}.{}", encoded(aws_lc_rs::hmac::sign(&secret, message.as_bytes()).as_ref()));
    assert_eq!(identify(&issuers, &token).await.err(), Some(Flaw::Algorithm));
}

#[tokio::test]
async fn keys_that_a_token_brings_are_not_looked_at() {
    let (ours, theirs) = (Signer::ed(), Signer::ed());
    let issuers = issuers(&[ours.named("one")], |_| {});
    for extra in [
        json!({"jwk": theirs.jwk()}),
        json!({"jku": "http://127.0.0.1:1/evil"}),
        json!({"x5u": "http://127.0.0.1:1/evil"}),
        json!({"x5c": ["AAAA"]}),
    ] {
        let mut header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "one"});
        header.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let forged = theirs.sign(&header.to_string(), &claims().to_string());
        assert_eq!(identify(&issuers, &forged).await.err(), Some(Flaw::Signature), "{extra}");
        // The same header over an honest signature does no harm.
        assert!(identify(&issuers, &ours.sign(&header.to_string(), &claims().to_string())).await.is_ok(), "{extra}");
    }
}

#[tokio::test]
async fn every_algorithm_of_the_default_is_taken_from_its_kind_of_key() {
    let keys = [Signer::ed(), Signer::ec(), Signer::rsa()];
    let set: Vec<Value> = keys.iter().map(|key| key.named(key.algorithm())).collect();
    let issuers = issuers(&set, |_| {});
    for key in &keys {
        assert!(identify(&issuers, &key.access(key.algorithm(), &claims())).await.is_ok(), "{}", key.algorithm());
        for other in keys.iter().filter(|other| other.algorithm() != key.algorithm()) {
            let header = format!(r#"{{"typ":"at+jwt","alg":"{}","kid":"{}"}}"#, other.algorithm(), key.algorithm());
            let confused = key.sign(&header, &claims().to_string());
            assert_eq!(identify(&issuers, &confused).await.err(), Some(Flaw::Key), "{header}");
        }
    }
}

#[tokio::test]
async fn types_of_tokens() {
    let key = Signer::ed();
    let any = issuers(&[key.named("one")], |_| {});
    let strict = issuers(&[key.named("one")], |corp| corp.token_type = TokenType::AccessToken);
    for (header, taken_by_any, taken_by_strict) in [
        (r#"{"typ":"at+jwt","alg":"EdDSA","kid":"one"}"#, true, true),
        (r#"{"typ":"AT+JWT","alg":"EdDSA","kid":"one"}"#, true, true),
        (r#"{"typ":"application/at+jwt","alg":"EdDSA","kid":"one"}"#, true, true),
        (r#"{"typ":"JWT","alg":"EdDSA","kid":"one"}"#, true, false),
        (r#"{"alg":"EdDSA","kid":"one"}"#, true, false),
        (r#"{"alg":"EdDSA"}"#, true, false),
    ] {
        let token = key.sign(header, &claims().to_string());
        assert_eq!(identify(&any, &token).await.is_ok(), taken_by_any, "{header}");
        assert_eq!(identify(&strict, &token).await.is_ok(), taken_by_strict, "{header}");
    }
}

#[tokio::test]
async fn a_token_costs_its_check_once() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let good = key.access("one", &claims());
    let bad = key.access("one", &serde_json::from_str(&with("aud", json!("https://other.example"))).unwrap());
    for _ in 0..5 {
        assert!(identify(&issuers, &good).await.is_ok());
        assert_eq!(identify(&issuers, &bad).await.err(), Some(Flaw::Audience));
    }
    assert_eq!(issuers.checks(), 2);
}

#[tokio::test]
async fn tokens_of_a_key_that_has_gone_are_checked_anew() {
    let (old, new) = (Signer::ed(), Signer::ed());
    let issuers = issuers(&[old.named("old")], |_| {});
    let token = old.access("old", &claims());
    assert!(identify(&issuers, &token).await.is_ok());
    issuers.issuers[0].keys.take(&json!({"keys": [old.named("old"), new.named("new")]}).to_string());
    assert!(identify(&issuers, &token).await.is_ok());
    assert_eq!(issuers.checks(), 1);
    issuers.issuers[0].keys.take(&json!({"keys": [new.named("new")]}).to_string());
    assert_eq!(identify(&issuers, &token).await.err(), Some(Flaw::Key));
}

#[tokio::test]
async fn a_reload_forgets_tokens_and_keeps_keys_and_proofs() {
    let key = Signer::ed();
    let before = issuers(&[key.named("one")], |_| {});
    let token = key.access("one", &claims());
    assert!(identify(&before, &token).await.is_ok());
    let after = Issuers::new(&before.config, Some(&before)).unwrap();
    assert!(identify(&after, &token).await.is_ok());
    assert_eq!(after.checks(), 1);
    assert!(Arc::ptr_eq(&before.proofs, &after.proofs));
    let mut changed = before.config.clone();
    changed.issuers[0].audiences = Vec::new();
    let changed = Issuers::new(&changed, Some(&before)).unwrap();
    assert_eq!(identify(&changed, &token).await.err(), Some(Flaw::Unavailable));
}

#[tokio::test]
async fn whom_a_token_names() {
    let key = Signer::ed();
    let issuers = issuers(&[key.named("one")], |_| {});
    let principal = identify(&issuers, &key.access("one", &claims())).await.unwrap();
    assert_eq!(principal.subject(), &Subject::User("corp/alice".into()));
    assert_eq!(principal.agent().map(AsRef::as_ref), Some("corp/cli"));
    assert_eq!(principal.issuer().map(AsRef::as_ref), Some("corp"));
    assert_eq!(principal.proof(), Proof::AccessToken);
    let shown = format!("{issuers:?}");
    assert!(!shown.contains(&key.access("one", &claims())), "{shown}");
}
