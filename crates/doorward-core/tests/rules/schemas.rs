//! Refused calls against the published schemas.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use doorward_core::ids::ExchangeId;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::Id;
use doorward_mcp::revision::Era;
use serde_json::{Value, json};

/// The published schemas, which lie beside the repository; `None` where they are absent.
fn schemas() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("DOORWARD_SHARED").map_or_else(beside, PathBuf::from).join("protocol/schemas");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "refusal schemas: ../shared is missing");
    // Losing this line loses nothing but a hint.
    let _ = writeln!(std::io::stderr(), "skipped: refusal schemas needs ../shared");
    None
}

#[test]
fn refusals_are_valid_messages_of_their_era() {
    let Some(folder) = schemas() else { return };
    for (era, file) in [(Era::Legacy, "schema-2025-11-25.json"), (Era::Modern, "schema-2026-07-28.json")] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        let validator = |name: &str, schema: &mut Value| {
            schema["$ref"] = json!(format!("#/$defs/{name}"));
            jsonschema::validator_for(schema).unwrap()
        };
        let result = validator("CallToolResult", &mut schema);
        let error = validator("JSONRPCErrorResponse", &mut schema);
        assert!(!result.is_valid(&json!({"content": 7})), "the schema refuses nothing");
        for code in Code::ALL {
            let refusal = Refusal::new(*code).with_detail("A \"detail\".").with_reference(ExchangeId::from_parts(1, 1));
            let shown = |id: Option<&Id>, method: &str| -> Value {
                serde_json::from_slice(&refusal.render(id, Shape::of(method, *code, era), None)).unwrap()
            };
            let called = shown(Some(&Id::from("a")), "tools/call");
            match called.get("result") {
                Some(called) => assert!(result.is_valid(called), "{file}: {called}"),
                None => assert!(error.is_valid(&called), "{file}: {called}"),
            }
            let listed = shown(Some(&Id::from(1_u64)), "tools/list");
            assert!(error.is_valid(&listed), "{file}: {listed}");
            let unreadable = shown(None, "tools/list");
            assert!(error.is_valid(&unreadable), "{file}: {unreadable}");
        }
    }
}
