//! The cases of `fixtures/policies`; its README tells how to add one.

use std::path::Path;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, ClientName, Direction, Face, HostSeen, Kind, Observed, PathSeen, Resource};
use doorward_core::decision::{Decision, Denial, Obligation, Reason, Telling};
use doorward_core::exchange::Visibility;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::time::Timestamp;
use doorward_policy::{Denied, Dialect, Engine, Files, Pattern, PolicyInputs, Preset, ServerPlace, Zone};
use serde_json::Value;

use crate::desk::{NOON, catalogue, id, raw, request, source};

#[test]
fn every_case_of_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(files.len() >= 9, "the fixtures are gone");
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let fixture: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).expect(&name);
        run(&name, &fixture);
    }
}

fn run(file: &str, fixture: &Value) {
    let engine = load(file, fixture);
    for case in fixture["cases"].as_array().expect(file) {
        let name = format!("{file}: {}", case["name"].as_str().expect("a name"));
        let request = asked(case);
        let observed = observed(case);
        // Asked twice: a remembered answer must be the answer.
        for _ in 0..2 {
            check(&name, case, &engine.decide(&request, &observed));
            if let Some(shown) = case["shown"].as_bool() {
                let expected = if shown { Visibility::Show } else { Visibility::Hide };
                assert_eq!(engine.could_allow(&request), expected, "{name}");
            }
        }
    }
}

fn load(file: &str, fixture: &Value) -> Engine {
    let preset: Preset = fixture["preset"].as_str().unwrap().parse().unwrap();
    let lines: Vec<&str> = fixture["policy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let catalogues: Vec<_> =
        fixture["servers"].as_object().unwrap().iter().map(|(server, tools)| catalogue(server, tools)).collect();
    let unknown: Vec<ServerId> = fixture["unknown_servers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|server| id(server.as_str().unwrap()))
        .collect();
    let mut inputs = PolicyInputs::from(vec![preset.source(), source("own.cedar", &lines.join("\n"))]);
    inputs.counters = texts(&fixture["counters"]).into_iter().flatten().map(Arc::from).collect();
    inputs.zone = fixture["timezone"].as_str().map_or_else(Zone::default, |name| Zone::named(name).unwrap());
    if let Some(denied) = fixture["denied"].as_str() {
        inputs.denied = *Denied::ALL.iter().find(|known| known.name() == denied).expect(denied);
    }
    declare(&mut inputs, fixture);
    match Engine::load(&inputs, &catalogues, &unknown) {
        Ok(engine) => engine,
        Err(errors) => panic!("{file}: {:?}", errors.findings()),
    }
}

fn asked(case: &Value) -> AccessRequest {
    let word = |key: &str, default: &'static str| case[key].as_str().unwrap_or(default).to_owned();
    let direction = if word("to", "server") == "client" { Direction::ToClient } else { Direction::ToServer };
    let kind = if word("kind", "request") == "notification" { Kind::Notification } else { Kind::Request };
    let on = entity(case["on"].as_str().expect("on"));
    let mut request = request("ann", direction, kind, &word("action", "tools/call"), on);
    if let Some(who) = case.get("who") {
        request.principal = principal(who);
    }
    request.arguments = case.get("arguments").map(raw);
    request.approach.face = if word("face", "http") == "stdio" { Face::Stdio } else { Face::Http };
    request.at = Timestamp::from_micros(case["at"].as_i64().unwrap_or(NOON));
    request.approach.origin = case["origin"].as_str().map(Arc::from);
    request.approach.client =
        texts(&case["client"]).map(|parts| Arc::new(ClientName { name: parts[0].into(), version: parts[1].into() }));
    request
}

/// A user's name, or everything credentials may say.
fn principal(who: &Value) -> Principal {
    if let Some(name) = who.as_str() {
        return Principal::new(name, Proof::LocalToken);
    }
    let text = |key: &str| who[key].as_str().map(Arc::<str>::from);
    let names = |key: &str| texts(&who[key]).into_iter().flatten().map(Arc::<str>::from);
    let subject = text("user").map_or_else(|| Subject::Agent(text("agent").unwrap()), Subject::User);
    let proof = who["proof"].as_str().unwrap_or("access-token");
    let proof = *Proof::ALL.iter().find(|known| known.as_str() == proof).expect(proof);
    Principal::claimed(Claims {
        tenant: text("tenant"),
        issuer: text("issuer"),
        agent: text("user").and_then(|_| text("agent")),
        actors: names("actors").collect(),
        groups: names("groups").collect(),
        scopes: names("scopes").collect(),
        ..Claims::of(subject, proof)
    })
    .unwrap()
}

fn observed(case: &Value) -> Observed {
    let members = |key: &str| case[key].as_object().into_iter().flatten();
    let name = |name: &String| Arc::<str>::from(name.as_str());
    let real = |path: &Value| path.as_str().map_or(PathSeen::Unknown, |path| PathSeen::Real(Arc::from(path)));
    let addresses = |list: &Value| {
        texts(list).map_or(HostSeen::Unknown, |all| {
            HostSeen::Addresses(all.iter().map(|address| address.parse().unwrap()).collect())
        })
    };
    Observed {
        flow: Some(Arc::default()),
        paths: members("paths").map(|(path, seen)| (name(path), real(seen))).collect(),
        hosts: members("hosts").map(|(host, seen)| (name(host), addresses(seen))).collect(),
        counts: members("counts").map(|(counter, count)| (name(counter), count.as_u64().unwrap())).collect(),
    }
}

/// What a file says of the operator's patterns and of single servers.
fn declare(inputs: &mut PolicyInputs, fixture: &Value) {
    for (name, written) in fixture["patterns"].as_object().into_iter().flatten() {
        inputs.patterns.insert(Arc::from(name.as_str()), Pattern::new(written.as_str().unwrap()).unwrap());
    }
    for (server, said) in fixture["places"].as_object().into_iter().flatten() {
        let dialect = match said["sql"].as_str() {
            None => Dialect::Any,
            Some("postgres") => Dialect::Postgres,
            Some(other) => panic!("{other}"),
        };
        let files = if said["files"].as_str() == Some("here") { Files::Here } else { Files::Elsewhere };
        let root = said["root"].as_str().map(Arc::from);
        let place = ServerPlace { root, dialect, files, ..ServerPlace::default() };
        inputs.places.insert(id(server), place);
    }
}

fn entity(written: &str) -> Resource {
    let (of, rest) = written.split_once(' ').expect(written);
    let (server, name) = rest.split_once('/').unwrap_or((rest, ""));
    let name = Arc::from(name);
    match of {
        "Server" => Resource::Server(id(server)),
        "Tool" => Resource::Tool(id(server), name),
        "Resource" => Resource::Resource(id(server), name),
        "Prompt" => Resource::Prompt(id(server), name),
        other => panic!("{other} is no entity type"),
    }
}

fn check(name: &str, case: &Value, decision: &Decision) {
    if let (Some(hidden), Decision::Deny(denial)) = (case["hidden"].as_bool(), decision) {
        assert_eq!(denial.telling == Telling::Hidden, hidden, "{name}");
    }
    if let (Some(expected), Decision::Deny(denial)) = (texts(&case["scopes"]), decision) {
        let scopes: Vec<&str> = denial.scopes.iter().map(AsRef::as_ref).collect();
        assert_eq!(scopes, expected, "{name}");
    }
    let (is, reasons, obligations, detail) = match decision {
        Decision::Allow { obligations, reasons } => ("allow".to_owned(), reasons, obligations.as_slice(), None),
        Decision::Deny(Denial { code, reasons, detail, .. }) => {
            (code.to_string(), reasons, [].as_slice(), detail.as_deref())
        }
    };
    assert_eq!(Some(is.as_str()), case["is"].as_str(), "{name}: {decision:?}");
    if let Some(expected) = texts(&case["rules"]) {
        let rules: Vec<&str> = reasons.iter().map(|Reason { rule, .. }| rule.as_ref()).collect();
        assert_eq!(rules, expected, "{name}");
    }
    if let Some(expected) = texts(&case["obligations"]) {
        let written: Vec<String> = obligations.iter().map(written).collect();
        assert_eq!(written, expected, "{name}");
    }
    if let Some(expected) = case["detail"].as_str() {
        assert_eq!(detail, Some(expected), "{name}");
    }
}

fn texts(list: &Value) -> Option<Vec<&str>> {
    list.as_array().map(|list| list.iter().map(|text| text.as_str().unwrap()).collect())
}

fn written(obligation: &Obligation) -> String {
    match obligation {
        Obligation::Approve(who) => format!("approve:{who}"),
        Obligation::Limit(limit) => format!("limit:{limit}"),
        Obligation::Answer(duty) => duty.to_string(),
        Obligation::Guard(duties) => {
            format!("guard:{}", duties.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Obligation::Unknown(text) => format!("unknown:{text}"),
    }
}
