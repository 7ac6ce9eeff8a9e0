//! Presets.
use crate::desk::{call, catalogue, is_allowed};
use doorward_policy::{Engine, Preset};
use serde_json::json;

#[test]
fn smoke() {
    let files = catalogue(
        "files",
        &json!([
            {"name": "read_file", "inputSchema": {"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}},
            {"name": "write_file", "inputSchema": {"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}},
            {"name": "delete_file", "inputSchema": {"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}},
        ]),
    );
    for preset in Preset::ALL {
        let engine = match Engine::load(&[preset.source()], &[files.clone()], &[]) {
            Ok(e) => e,
            Err(e) => panic!("{:#?}", e),
        };
        println!("{preset} {:?}", engine.warnings());
        for t in ["read_file", "write_file", "delete_file", "nope"] {
            let d = engine.decide(&call("files", t, None));
            println!("{t} {} {d:?} {:?}", is_allowed(&d), engine.could_allow(&call("files", t, None)));
        }
    }
    let engine = crate::desk::locked_with(
        r#"permit(principal, action == Action::"files/read_file", resource) when {context.arguments.path like "/a/*"}; forbid(principal, action in Action::"tools/call", resource) when {context.arguments has path && context.arguments.path like "*..*"};"#,
        &[files],
    );
    for p in ["/a/b", "/b", "/a/../b"] {
        println!("{p} {:?}", engine.decide(&call("files", "read_file", Some(&json!({"path": p})))));
    }
    println!("{:?}", engine.could_allow(&call("files", "read_file", None)));
    println!("{:?}", engine.could_allow(&call("files", "write_file", None)));
}
