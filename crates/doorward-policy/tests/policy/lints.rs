//! The lints, each against a policy it finds something in and a look-alike it must not. `fixtures/lints/README.md` tells how
//! to add one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_core::time::Timestamp;
use doorward_policy::{Catalogue, Engine, Finding};
use serde_json::Value;

use crate::desk::{catalogue, locked_with};

/// 2026-11-22T12:00:00Z
const NOW: i64 = 1_795_348_800_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/lints")
}

fn servers() -> Vec<Arc<Catalogue>> {
    let text = std::fs::read_to_string(folder().join("tools.json")).unwrap();
    let tools: Value = serde_json::from_str(&text).unwrap();
    tools.as_object().unwrap().iter().map(|(server, tools)| catalogue(server, tools)).collect()
}

fn engine(name: &str) -> (String, Engine) {
    let text = std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let engine = locked_with(&text, &servers());
    (text, engine)
}

fn found(engine: &Engine, lint: &str) -> Vec<Finding> {
    let mut findings = engine.review(Timestamp::from_micros(NOW));
    findings.retain(|finding| finding.kind() == Some(lint));
    findings
}

#[test]
fn every_lint_finds_what_is_bad_and_leaves_what_is_not() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let lints: BTreeSet<String> = files.filter_map(|name| name.strip_suffix(".bad.cedar").map(str::to_owned)).collect();
    assert!(lints.len() >= 8, "the fixtures are gone");
    for lint in lints {
        let (text, bad) = engine(&format!("{lint}.bad.cedar"));
        let expected = |key: &str, line: usize| {
            let line = text.lines().nth(line).unwrap();
            line.strip_prefix(&format!("// {key}: ")).unwrap_or_else(|| panic!("{lint}: {line}")).to_owned()
        };
        let findings = found(&bad, &lint);
        let [finding] = findings.as_slice() else { panic!("{lint}: {:?}", bad.review(Timestamp::from_micros(NOW))) };
        let at = finding.excerpt().map_or_else(|| "-".to_owned(), |part| part.lines().last().unwrap_or("").to_owned());
        assert_eq!(at, expected("at", 0), "{lint}: {finding}");
        let advice = finding.advice().unwrap_or_default();
        assert!(advice.starts_with(&expected("advice", 1)), "{lint}: {advice}");
        let (_, harmless) = engine(&format!("{lint}.harmless.cedar"));
        assert!(found(&harmless, &lint).is_empty(), "{lint}: {:?}", found(&harmless, &lint));
    }
}

#[test]
fn what_a_forbid_covers_whole_is_told_and_the_presets_are_left_alone() {
    let permit = r#"@id("p") permit (principal == User::"ann", action == Action::"files/read_file", resource);"#;
    let forbid = r#"@id("f") forbid (principal, action in Action::"read", resource);"#;
    let engine = locked_with(&format!("{permit}\n{forbid}"), &servers());
    let told: Vec<String> = found(&engine, "shadowed").iter().map(ToString::to_string).collect();
    assert_eq!(told, [r#"the rule "p" can never permit anything: "f" forbids all of it"#]);
    let observe = Engine::load(&vec![doorward_policy::Preset::Observe.source()].into(), &servers(), &[]).unwrap();
    assert!(observe.review(Timestamp::from_micros(NOW)).is_empty());
}

#[test]
fn of_twins_one_is_told() {
    let twin = |id: &str| {
        format!(
            r#"@id("{id}") permit (principal, action == Action::"files/read_file", resource) when {{ context.face == "http" }};"#
        )
    };
    let engine = locked_with(&format!("{}\n{}", twin("a"), twin("b")), &servers());
    let told: Vec<String> = found(&engine, "shadowed").iter().map(ToString::to_string).collect();
    assert_eq!(told, [r#"the rule "b" permits only what "a" permits already"#]);
}
