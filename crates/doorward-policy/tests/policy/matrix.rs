//! The matrix says of every kind and tool what the engine says of every call.

use doorward_core::principal::{Principal, Proof};
use doorward_policy::{Engine, Outlook};
use serde_json::json;

use crate::desk::{catalogue, locked_with};

const POLICY: &str = r#"
@id("all-read") permit (principal, action in Action::"read", resource);
@id("ann-by-planner") @limit("10 per hour")
permit (principal == User::"ann", action == Action::"files/write", resource)
when { context has agent && context.agent == Agent::"planner" && context.at < datetime("2027-01-01") };
@id("dev") @obligation("approve:owner")
permit (principal in Group::"dev", action == Action::"files/write", resource);
@id("not-by-pipe") forbid (principal, action == Action::"files/read", resource) when { context.face == "stdio" };
@id("no-drop") forbid (principal, action == Action::"files/drop", resource);
@id("ann-drops") permit (principal == User::"ann", action in Action::"destructive", resource);
@id("small") permit (principal == User::"zoe", action == Action::"files/write", resource)
when { context.arguments.size < 10 };
@id("never-small") forbid (principal == User::"zoe", action == Action::"files/write", resource)
when { context.arguments.size < 10 };
"#;

fn engine() -> Engine {
    let size = json!({ "type": "object", "properties": { "size": { "type": "integer" } }, "required": ["size"] });
    let tools = json!([
        { "name": "read", "inputSchema": { "type": "object" } },
        { "name": "list", "inputSchema": { "type": "object" } },
        { "name": "write", "inputSchema": size },
        { "name": "drop", "inputSchema": { "type": "object" } },
    ]);
    locked_with(POLICY, &[catalogue("files", &tools)])
}

#[test]
fn a_line_says_all_of_a_tool() {
    let text = engine().matrix(&[("eve".to_owned(), Principal::new("eve", Proof::LocalToken))]).to_string();
    let lines: Vec<&str> = text.lines().collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("# kind: ")).collect();
    assert_eq!(
        kinds,
        ["anyone", "eve", "User::\"ann\"", "User::\"ann\" by Agent::\"planner\"", "User::\"zoe\"", "in Group::\"dev\""]
    );
    let of = |tool: &str| -> Vec<&str> {
        let line = lines.iter().find(|line| line.starts_with(&format!("files/{tool} "))).unwrap();
        line.get(60..).unwrap().split(" | ").collect()
    };
    assert_eq!(of("list"), ["anyone: allow by all-read"]);
    assert_eq!(of("read"), ["anyone: conditional on all-read, not-by-pipe"]);
    assert_eq!(of("drop"), ["anyone: deny by no-drop"]);
    assert_eq!(
        of("write"),
        [
            "anyone: deny",
            "User::\"ann\" by Agent::\"planner\": conditional on ann-by-planner with limit:10 per hour",
            "in Group::\"dev\": approve by dev with approve:owner",
        ]
    );
}

#[test]
fn what_two_rules_make_impossible_is_denied() {
    let matrix = engine().matrix(&[]);
    let zoe = matrix.kinds.iter().position(|kind| kind == "User::\"zoe\"").unwrap();
    let write = matrix.rows.iter().find(|row| row.tool == "files/write").unwrap();
    assert_eq!(write.cells[zoe].outlook, Outlook::Deny);
}
