//! What the author of a policy is told: the entries of `fixtures/policies/load/faults.json`.

use std::fmt::Write as _;

use doorward_core::ids::ServerId;
use doorward_policy::{Catalogue, Engine, Finding, LoadErrors, PolicyInputs, Preset, Severity};
use miette::Diagnostic as _;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::desk::{catalogue, id, source};

#[test]
fn every_fault_is_told_as_written_down() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/policies/load/faults.json");
    let fixture: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let servers = fixture["servers"].as_object().unwrap();
    let catalogues: Vec<Arc<Catalogue>> = servers.iter().map(|(server, tools)| catalogue(server, tools)).collect();
    let mut wrong = String::new();
    for fault in fixture["faults"].as_array().unwrap() {
        let policy = texts(&fault["policy"]).join("\n");
        let unknown: Vec<ServerId> = texts(&fault["unknown_servers"]).into_iter().map(id).collect();
        let mut inputs = inputs(&policy);
        inputs.counters = texts(&fault["counters"]).into_iter().map(Arc::from).collect();
        let told: Vec<String> = findings(Engine::load(&inputs, &catalogues, &unknown))
            .iter()
            .map(|finding| shown(finding, &policy))
            .collect();
        if told != texts(&fault["told"]) {
            writeln!(wrong, "{policy}\n{}", json!(told)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "told otherwise:\n{wrong}");
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

fn inputs(policy: &str) -> PolicyInputs {
    vec![Preset::Locked.source(), source("own.cedar", policy)].into()
}

fn load(policy: &str, catalogues: &[Arc<Catalogue>], unknown: &[ServerId]) -> Result<Engine, LoadErrors> {
    Engine::load(&inputs(policy), catalogues, unknown)
}

fn findings(loaded: Result<Engine, LoadErrors>) -> Vec<Finding> {
    match loaded {
        Ok(engine) => engine.warnings().to_vec(),
        Err(errors) => errors.findings().to_vec(),
    }
}

/// `severity line: message | advice | the first line of the text the finding points at`.
fn shown(finding: &Finding, policy: &str) -> String {
    let severity = match finding.level() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "information",
    };
    assert_eq!(finding.file(), "own.cedar");
    let at = finding.span().and_then(|span| policy.get(span)).and_then(|text| text.lines().next());
    let line = finding.line().map_or_else(|| "-".to_owned(), |line| line.to_string());
    format!("{severity} {line}: {finding} | {} | {}", finding.advice().unwrap_or("-"), at.unwrap_or("-"))
}

#[test]
fn an_error_renders_with_file_place_and_advice() {
    let files = catalogue("files", &json!([{"name": "read_file", "inputSchema": {"type": "object"}}]));
    let policy = "permit (principal, action == Action::\"files/read_fil\", resource);";
    let errors = load(policy, &[files], &[]).unwrap_err();
    assert_eq!(errors.to_string(), "the policy does not load: 1 error");
    let mut page = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut page, &errors).unwrap();
    for part in ["own.cedar:1:30", "offers no tool", "did you mean \"files/read_file\"?", "files/read_fil"] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    assert_eq!(errors.related().unwrap().count(), 1);
}

#[test]
fn policies_have_a_length() {
    let sized = |length: usize| format!("//{}", "x".repeat(length - 2));
    let base = include_str!("../../presets/base.cedar").len() + Preset::Locked.text().len();
    let longest = sized(doorward_policy::limits::POLICY_TEXT_MAX - base);
    assert!(load(&longest, &[], &[]).is_ok());
    let told = findings(load(&format!("{longest}x"), &[], &[]));
    assert_eq!(told[0].to_string(), "the policies are longer than the limit");
}
