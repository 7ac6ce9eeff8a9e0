//! Effects, held against tools that people have labelled by hand (`../shared/flows/tools`).

use std::path::PathBuf;

use doorward_policy::effect::{Effect, Hints, Parameter, assess};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("DOORWARD_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = shared.join("flows/tools");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is missing", folder.display());
    println!("skipped: real tools needs ../shared");
    None
}

fn judged(tool: &Value) -> Effect {
    let properties = tool["inputSchema"]["properties"].as_object();
    let parameters: Vec<Parameter<'_>> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Parameter { name, description: schema["description"].as_str().unwrap_or_default() })
        .collect();
    assess(tool["name"].as_str().unwrap(), Hints::default(), &parameters).effect
}

#[test]
fn labelled_tools() {
    let Some(folder) = folder() else { return };
    let mut disturbed = Vec::new();
    let mut missed = Vec::new();
    let mut understated = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let tools: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        for tool in tools.as_array().unwrap() {
            count += 1;
            let name = tool["name"].as_str().unwrap().to_owned();
            match (tool["labels"]["effect"].as_str().unwrap_or_default(), judged(tool)) {
                ("destructive", Effect::Read | Effect::Write) => missed.push(name),
                ("destructive" | "admin", Effect::Destructive) => {}
                ("read", Effect::Read | Effect::Write) => {}
                (_, Effect::Destructive) => disturbed.push(name),
                (_, Effect::Read) => understated.push(name),
                (_, Effect::Write) => {}
            }
        }
    }
    for names in [&mut disturbed, &mut missed] {
        names.sort();
        names.dedup();
    }
    assert!(count > 100, "only {count} tools");
    assert_eq!(disturbed, ["remove_stock_from_watchlist"], "ordinary work that counts as destructive");
    assert_eq!(missed, ["cancel_booking", "cancel_calendar_event"], "destruction that counts as ordinary");
    assert_eq!(understated, [""; 0], "writing that counts as reading");
}
