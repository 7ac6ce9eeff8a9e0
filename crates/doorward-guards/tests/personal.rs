//! Personal data as data: every case of `fixtures/guards/personal/*.json`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use doorward_core::access::Resource;
use doorward_core::guard::{Action, Content, GuardSettings, Inspection, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_guards::personal::{Category, Placeholders};
use doorward_guards::{Around, Guards, Options, personal};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::{Value, json};

#[test]
fn every_case_of_every_file() {
    let guards = guards(personal::Options { placeholders: Placeholders::Word, ..personal::Options::default() });
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/guards/personal");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for case in file["cases"].as_array().unwrap() {
            count += 1;
            let (found, left) = redacted(&guards, case["result"].clone());
            let expected: Vec<String> = serde_json::from_value(case["found"].clone()).unwrap();
            let is_left = case.get("left").is_none_or(|expected| *expected == left);
            if found != expected || !is_left {
                failures.push(format!("{}: {} found {found:?}, left {left}", path.display(), case["result"]));
            }
        }
    }
    assert!(count > 100, "{count}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_thousand_customers_are_redacted_one_by_one() {
    let rows: Vec<Value> = (0..1000).map(|row| json!({"email": format!("customer{row}@firma.de")})).collect();
    let (found, left) = redacted(&guards(personal::Options::default()), json!({"rows": rows}));
    assert_eq!(found.len(), doorward_guards::limits::FINDINGS_MAX);
    assert!(!left.to_string().contains("firma"));
    assert_eq!(left["rows"][999]["email"], "[email-1000]");
}

#[test]
fn kinds_that_are_left_out_own_domains_and_allowed_values_are_passed_over() {
    let mut options = personal::Options { own_domains: vec!["firma.de".to_owned()], ..personal::Options::default() };
    options.allowed.push("+49 30 1234560".to_owned());
    options.severities.remove(&Category::Network);
    let result = json!({"text": "a@firma.de, b@andere.de, call +49 30 1234560 or +49 30 7654321, from ip 203.0.113.9"});
    let (found, left) = redacted(&guards(options), result);
    assert_eq!(found, ["email medium", "phone medium"]);
    assert_eq!(left["text"], "a@firma.de, [email-1], call +49 30 1234560 or [phone-1], from ip 203.0.113.9");
}

#[test]
fn a_number_that_cannot_be_replaced_does_not_pass_where_it_had_to_be() {
    let message = RawJson::parse(r#"{"rows": [{"ssn": 512386642}]}"#, &Limits::for_results()).unwrap();
    let inspection = inspect(&guards(personal::Options::default()), &message);
    let (finding, action) = &inspection.findings[0];
    assert_eq!((&*finding.pointer, *action), ("/rows/0/ssn", Action::Block));
    assert!(matches!(inspection.verdict, Verdict::Block { .. }));
}

#[test]
fn a_bare_number_of_a_tool_that_counts_is_no_number_of_anybody() {
    let guards = guards(personal::Options::default());
    let server = ServerId::parse("crm").unwrap();
    let settings = GuardSettings::default();
    let message = RawJson::parse(r#"{"text": "130692544"}"#, &Limits::for_results()).unwrap();
    for (tool, found) in [("count_rows", 0), ("lookup", 1)] {
        let resource = Resource::Tool(server.clone(), Arc::from(tool));
        let content = Content::outside(Surface::Result, "tools/call", &server, &settings, &message);
        let content = Content { resource: Some(&resource), ..content };
        assert_eq!(guards.inspect(&content, &Around::default(), "mark").findings.len(), found, "{tool}");
    }
}

#[test]
fn the_same_value_has_the_same_token() {
    let placeholders = Placeholders::Token;
    let (_, left) = redacted(
        &guards(personal::Options { placeholders, ..personal::Options::default() }),
        json!({"text": "write to ann@firma.de, then again to ann@firma.de"}),
    );
    let text = left["text"].as_str().unwrap();
    assert!(!text.contains("ann@"), "{text}");
    let words: Vec<&str> = text.split(' ').filter(|word| word.starts_with("[email-")).collect();
    assert_eq!(words.len(), 2);
    assert_eq!(words[0].trim_end_matches(','), words[1]);
}

#[test]
fn what_a_tool_was_given_is_taken_back_where_it_stands_and_not_within_words() {
    let (server, settings) = (ServerId::parse("crm").unwrap(), GuardSettings::default());
    let told = personal::Told { server: [Category::Name].into(), ..personal::Told::default() };
    let guards = guards(personal::Options {
        placeholders: Placeholders::Token,
        told: [(server.clone(), told)].into(),
        ..personal::Options::default()
    });
    let asked = RawJson::parse(r#"{"arguments": {"who": ["Ann", "Ann", "Ann"]}}"#, &Limits::for_results()).unwrap();
    let resource = Resource::Tool(server.clone(), Arc::from("lookup"));
    let principal = Principal::new("ada", Proof::LocalToken);
    let left = |result: Value| {
        let message = RawJson::parse(result.to_string(), &Limits::for_results()).unwrap();
        let content = Content::outside(Surface::Result, "tools/call", &server, &settings, &message);
        let (resource, principal) = (Some(&resource), Some(&principal));
        let content = Content { resource, principal, asked: Some(asked.as_raw()), ..content };
        let inspection = guards.inspect(&content, &Around::default(), "mark");
        let Verdict::Rewrite(edits) = inspection.verdict else { panic!("not rewritten") };
        (inspection.findings.len(), edits[0].json.clone())
    };
    let (_, token) = left(json!({"first_name": "Ann"}));
    let (found, text) = left(json!({"text": "Ann wrote the Annual report, Joanna read it to Ann."}));
    let token = token.trim_matches('"');
    assert!(token.starts_with("[name-"), "{token}");
    assert_eq!(found, 2, "what is given thrice is looked for once");
    assert_eq!(text, format!("\"{token} wrote the Annual report, Joanna read it to {token}.\""));
}

#[test]
fn what_was_given_for_a_token_never_comes_back_as_itself() {
    let (crm, web) = (ServerId::parse("crm").unwrap(), ServerId::parse("web").unwrap());
    let told = personal::Told { server: [Category::Name].into(), ..personal::Told::default() };
    let guards = guards(personal::Options {
        placeholders: Placeholders::Token,
        told: [(crm.clone(), told)].into(),
        ..personal::Options::default()
    });
    let (resource, settings) = (Resource::Tool(crm.clone(), Arc::from("lookup")), GuardSettings::default());
    let said = |surface, server: &ServerId, who: &str, message: Value| {
        let message = RawJson::parse(message.to_string(), &Limits::for_results()).unwrap();
        let principal = Principal::new(who, Proof::LocalToken);
        let content = Content::outside(surface, "", server, &settings, &message);
        let resource = (surface == Surface::Request).then_some(&resource);
        let content = Content { resource, principal: Some(&principal), ..content };
        match guards.inspect(&content, &Around::default(), "mark").verdict {
            Verdict::Rewrite(edits) => edits[0].json.trim_matches('"').to_owned(),
            Verdict::Pass => "as it is".to_owned(),
            refused @ (Verdict::Hold { .. } | Verdict::Block { .. }) => panic!("{refused:?}"),
        }
    };
    let token = said(Surface::Result, &web, "ada", json!({"first_name": "Ann"}));
    let surfaces = [Surface::Notification, Surface::Question, Surface::Result, Surface::Error];
    let repeat = |server: &ServerId, who: &str| {
        surfaces.map(|surface| said(surface, server, who, json!({"message": "looking for Ann"})))
    };
    assert_eq!(repeat(&crm, "ada"), ["as it is"; 4], "it was not told");
    let given = said(Surface::Request, &crm, "ada", json!({"name": "lookup", "arguments": {"who": token}}));
    assert_eq!(given, "Ann");
    assert_eq!(repeat(&crm, "ada"), [(); 4].map(|()| format!("looking for {token}")));
    for (server, who) in [(&web, "ada"), (&crm, "bob")] {
        assert_eq!(repeat(server, who), ["as it is"; 4], "{server} and {who}");
    }
}

#[test]
fn what_repeats_without_end_is_read_to_its_end() {
    let guards = guards(personal::Options::default());
    for unit in ["4", "4 ", "41 11-", "a1", "1.", "AB12 ", "@", "a@b.", "(0", "+1", "::1", "GB82 "] {
        let text = unit.repeat(20_000 / unit.len());
        let (_, left) = redacted(&guards, json!({ "text": text }));
        assert!(left["text"].is_string());
    }
}

fn guards(personal: personal::Options) -> Guards {
    Guards::new(Options { settings: GuardSettings::all(Action::Redact), personal, ..Options::default() })
}

/// What was found in a result, as `rule severity`, and what is left of the result when all of it is replaced.
fn redacted(guards: &Guards, result: Value) -> (Vec<String>, Value) {
    let message = RawJson::parse(result.to_string(), &Limits::for_results()).unwrap();
    let Inspection { findings, verdict } = inspect(guards, &message);
    let of_guard = findings.iter().filter(|(one, _)| one.guard.name() == "personal");
    let found = of_guard.map(|(one, _)| format!("{} {}", one.rule, one.severity.name())).collect();
    let mut left = message.as_raw().text().to_owned();
    if let Verdict::Rewrite(mut edits) = verdict {
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
        edits.into_iter().for_each(|edit| left.replace_range(edit.range, &edit.json));
    }
    (found, serde_json::from_str(&left).unwrap())
}

fn inspect(guards: &Guards, message: &RawJson) -> Inspection {
    let server = ServerId::parse("crm").unwrap();
    let settings = GuardSettings::default();
    let content = Content::outside(Surface::Result, "tools/call", &server, &settings, message);
    guards.inspect(&content, &Around::default(), "mark")
}
