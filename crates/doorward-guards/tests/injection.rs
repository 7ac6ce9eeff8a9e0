//! Instructions to the model, and pages of apps, as data: every case of `fixtures/guards/{injection,apps}/*.json`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use doorward_core::guard::{Content, GuardSettings, Severity, Surface};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Guards, Options, standard};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::{Value, json};

#[test]
fn every_case_of_every_file() {
    let guards = Guards::new(Options { settings: standard(), ..Options::default() });
    let mut failures = Vec::new();
    let mut count = 0;
    for guard in ["injection", "apps"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/guards").join(guard);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for case in file["cases"].as_array().unwrap() {
                count += 1;
                let found = found(&guards, guard, case);
                let gravest = found.iter().map(|(severity, _)| *severity).max();
                let least = file.get("least").is_none_or(|name| gravest >= severity(name));
                // A false alarm that is known is told as one, and no longer when it is none.
                let most = match case.get("false_alarm") {
                    Some(known) => gravest == severity(known),
                    None => file.get("most").is_none_or(|name| gravest <= severity(name)),
                };
                if !(least && most) {
                    failures.push(format!("{}: {}: {found:?}", path.display(), case["name"]));
                }
            }
        }
    }
    assert!(count > 80, "{count}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn severity(name: &Value) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| Some(severity.name()) == name.as_str())
}

/// What a guard finds in the message of a case, or in a message that brings its text.
fn found(guards: &Guards, guard: &str, case: &Value) -> Vec<(Severity, String)> {
    let (surface, brings) = match case["surface"].as_str().unwrap() {
        "definition" => {
            (Surface::Definition, json!({"name": "lookup", "description": case["text"], "inputSchema": {}}))
        }
        _ => (Surface::Result, json!({"content": [{"type": "text", "text": case["text"]}]})),
    };
    let message = case.get("message").unwrap_or(&brings).to_string();
    let message = RawJson::parse(message, &Limits::for_results()).unwrap();
    let server = ServerId::parse("files").unwrap();
    let settings = GuardSettings::default();
    let content = Content::outside(surface, "tools/call", &server, &settings, &message);
    let inspection = guards.inspect(&content, &Around::default(), "mark");
    let ours = inspection.findings.into_iter().filter(|(one, _)| one.guard.name() == guard);
    ours.map(|(one, _)| (one.severity, one.rule.into_owned())).collect()
}
