//! Ways round the guards: what is caught and what is missed, as fixtures/guards/evasions.json says and docs/guards/evasions.md
//! tells.
//!
//! A row is caught when a message of it does not go on as it came under the standard settings, because of what it hides. A mark that is wrong either way fails.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use doorward_core::guard::{Action, Content, Finding, GuardName, GuardSettings, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Guards, Options};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::Value;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn rows() -> Vec<Value> {
    let text = std::fs::read_to_string(repository("fixtures/guards/evasions.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn is_caught(guards: &Guards, row: &Value) -> bool {
    let surface = match row["surface"].as_str().unwrap() {
        "request" => Surface::Request,
        "definition" => Surface::Definition,
        _ => Surface::Result,
    };
    let (server, settings) = (ServerId::parse("files").unwrap(), GuardSettings::default());
    // What another guard happens to see in it is luck.
    let ours: &[GuardName] = match row["hides"].as_str().unwrap() {
        "a key" => &[GuardName::Secrets],
        _ => &[GuardName::Injection, GuardName::Unicode],
    };
    row["messages"].as_array().unwrap().iter().any(|message| {
        let message = RawJson::parse(message.to_string(), &Limits::for_results()).unwrap();
        let content = Content::outside(surface, "tools/call", &server, &settings, &message);
        let inspection = guards.inspect(&content, &Around::default(), "mark");
        let is_ours = |found: &(Finding, Action)| ours.contains(&found.0.guard) && found.1 > Action::Observe;
        inspection.verdict != Verdict::Pass && inspection.findings.iter().any(is_ours)
    })
}

#[test]
fn every_way_round_is_caught_or_told_to_be_missed() {
    let guards = Guards::new(Options::standard());
    let rows = rows();
    assert!(rows.len() >= 40);
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| is_caught(&guards, row) != (row["missed"] == Value::Null))
        .map(|row| format!("{} ({})", row["name"], row["hides"]))
        .collect();
    assert_eq!(wrong, [""; 0], "the mark of these rows is wrong");
}

#[test]
fn the_page_tells_what_the_table_says() {
    let mut page = String::from(HEAD);
    let mut group = Value::Null;
    for row in rows() {
        if row["group"] != group {
            group = row["group"].clone();
            write!(page, "\n## {}\n\n| how | hides | where | |\n|---|---|---|---|\n", group.as_str().unwrap()).unwrap();
        }
        let said = row["missed"].as_str().map_or_else(|| "caught".to_owned(), |why| format!("**missed**: {why}"));
        let field = |name: &str| row[name].as_str().unwrap();
        writeln!(page, "| {} | {} | {} | {said} |", field("name"), field("hides"), field("surface")).unwrap();
    }
    let path = repository("docs/guards/evasions.md");
    if std::env::var_os("DOORWARD_WRITE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page, "write it with DOORWARD_WRITE_PAGES=1");
}

const HEAD: &str = "\
# Ways round the guards

Each row is a message in `fixtures/guards/evasions.json`. Caught means that it does not go on as it came under the
standard settings: it is blocked, or goes on without what was hidden, or marked as data. A test runs them all, and fails
when a mark is wrong either way. This page is written by that test.

A guard is one layer. What is missed here is still subject to the rules of the policy.
";
