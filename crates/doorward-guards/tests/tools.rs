//! Guards that look at what goes to tools and comes back, as data: every case of `fixtures/guards/{schema,arguments}/*.json`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use doorward_core::access::Resource;
use doorward_core::guard::{Content, GuardSettings, Inspection, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Guards, Options, Place, Tool, standard};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::{Value, json};

#[test]
fn every_case_of_every_file() {
    let guards = Guards::new(options());
    let mut failures = Vec::new();
    let mut count = 0;
    for guard in ["schema", "arguments"] {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/guards").join(guard);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for case in file["cases"].as_array().unwrap() {
                count += 1;
                let name = format!("{}: {}", path.file_stem().unwrap().display(), case["name"]);
                failures.extend(check(&guards, guard, &file, case).map(|failure| format!("{name}: {failure}")));
            }
        }
    }
    assert!(count > 60, "{count}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn options() -> Options {
    let mut options = Options::default();
    let settings = &mut options.settings;
    *settings = standard();
    options
}

/// A case holds what the message and the tool are; what is not in it is taken from its file.
fn check(guards: &Guards, guard: &str, file: &Value, case: &Value) -> Option<String> {
    let of = |name: &str| case.get(name).or_else(|| file.get(name)).cloned();
    let inspection = inspect(guards, &of);
    let found: Vec<String> = inspection
        .findings
        .iter()
        .filter(|(one, _)| one.guard.name() == guard)
        .map(|(one, _)| format!("{} {} {}", one.rule, one.severity.name(), one.pointer).trim_end().to_owned())
        .collect();
    let (verdict, detail) = match &inspection.verdict {
        Verdict::Pass => ("pass".to_owned(), ""),
        Verdict::Rewrite(_) => ("rewrite".to_owned(), ""),
        Verdict::Hold { detail } => ("hold".to_owned(), detail.as_str()),
        Verdict::Block { code, detail } => (code.to_string(), detail.as_str()),
    };
    // Members come in an order of their own, depending on how the test's JSON was built.
    let found: BTreeSet<String> = found.into_iter().collect();
    let expected: BTreeSet<String> = serde_json::from_value(case["found"].clone()).unwrap();
    let expected_verdict = case.get("verdict").and_then(Value::as_str).unwrap_or("pass");
    let unsaid =
        case.get("says").and_then(Value::as_str).filter(|says| !says.split("; ").all(|part| detail.contains(part)));
    let told = case.get("never").and_then(Value::as_str).filter(|never| detail.contains(*never));
    let fits = found == expected && verdict == expected_verdict && unsaid.is_none() && told.is_none();
    (!fits).then(|| format!("found {found:?}, {verdict}: {detail}"))
}

fn inspect(guards: &Guards, of: &dyn Fn(&str) -> Option<Value>) -> Inspection {
    let server = ServerId::parse("files").unwrap();
    let resource = Resource::Tool(server.clone(), Arc::from("lookup"));
    let part = |value: Value| RawJson::parse(value.to_string(), &Limits::for_results()).unwrap();
    let mut tool = of("tool").unwrap_or_else(|| json!({"inputSchema": {"type": "object"}}));
    tool["name"] = json!("lookup");
    let root = of("root").map(|root| Arc::from(root.as_str().unwrap()));
    let around = Around {
        tool: Some(Arc::new(Tool::new(part(tool.clone())))),
        place: Place { root, ..Place::default() },
        ..Around::default()
    };
    let (surface, method, message) = match (of("arguments"), of("result"), of("definition"), of("filled")) {
        (Some(arguments), ..) => (Surface::Request, "tools/call", json!({"name": "lookup", "arguments": arguments})),
        (_, Some(result), ..) => (Surface::Result, "tools/call", result),
        (.., Some(_), _) => (Surface::Definition, "tools/list", tool),
        (.., Some(filled)) => (Surface::Reply, "elicitation/create", json!({"action": "accept", "content": filled})),
        _ => (Surface::Request, "tools/call", json!({"name": "lookup"})),
    };
    let message = part(message);
    let asked = of("asked").map(|asked| part(json!({"requestedSchema": asked})));
    let settings = GuardSettings::default();
    let whole = Content::outside(surface, method, &server, &settings, &message);
    let content = Content { resource: Some(&resource), asked: asked.as_ref().map(RawJson::as_raw), ..whole };
    guards.inspect(&content, &around, "mark")
}
