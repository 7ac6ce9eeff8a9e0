//! What each preset lets pass, over every method and over the tools of real servers.
//!
//! The tools are those of the published servers, with their annotations and the names of their arguments, as of
//! November 2026.

use doorward_core::access::{ACTIONS, Direction, Observed, Resource, Target};
use doorward_core::exchange::Visibility;
use doorward_policy::{Engine, Preset};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::desk::{call, catalogue, id, is_allowed, request};

/// A tool: its name, what it says of itself (`r` only reads, `w` writes gently, `d` destroys, `-` nothing), its arguments.
type Offered = (&'static str, char, &'static [(&'static str, &'static str)]);

const SQL: &[(&str, &str)] = &[("query", "SQL query to execute")];

const FILESYSTEM: &[Offered] = &[
    ("read_text_file", 'r', &[("path", "")]),
    ("list_directory", 'r', &[("path", "")]),
    ("directory_tree", 'r', &[("path", "")]),
    ("search_files", 'r', &[("path", ""), ("pattern", "")]),
    ("create_directory", 'w', &[("path", "")]),
    ("write_file", 'd', &[("path", ""), ("content", "")]),
    ("move_file", 'd', &[("source", ""), ("destination", "")]),
];
const MEMORY: &[Offered] = &[
    ("create_entities", '-', &[]),
    ("add_observations", '-', &[]),
    ("delete_entities", '-', &[]),
    ("read_graph", '-', &[]),
    ("search_nodes", '-', &[("query", "The search query")]),
    ("open_nodes", '-', &[]),
];
const GIT: &[Offered] = &[
    ("git_status", 'r', &[]),
    ("git_diff_unstaged", 'r', &[]),
    ("git_log", '-', &[]),
    ("git_commit", 'w', &[("message", "")]),
    ("git_add", '-', &[]),
    ("git_reset", '-', &[]),
    ("git_create_branch", '-', &[]),
    ("git_checkout", '-', &[]),
];
const TIME: &[Offered] = &[("get_current_time", '-', &[]), ("convert_time", '-', &[])];
const SQLITE: &[Offered] = &[
    ("read_query", '-', SQL),
    ("write_query", '-', SQL),
    ("create_table", '-', SQL),
    ("list_tables", '-', &[]),
    ("describe_table", '-', &[]),
    ("append_insight", '-', &[]),
];
const EVERYTHING: &[Offered] = &[
    ("echo", '-', &[("message", "")]),
    ("get-sum", '-', &[]),
    ("get-env", '-', &[]),
    ("trigger-sampling-request", '-', &[]),
    ("toggle-simulated-logging", '-', &[]),
];

const SERVERS: &[(&str, &[Offered])] = &[
    ("filesystem", FILESYSTEM),
    ("memory", MEMORY),
    ("git", GIT),
    ("time", TIME),
    ("sqlite", SQLITE),
    ("everything", EVERYTHING),
];

/// What `guarded` refuses of all that.
const REFUSED_BY_GUARDED: &[&str] =
    &["filesystem/write_file", "filesystem/move_file", "memory/delete_entities", "git/git_reset", "sqlite/write_query"];

/// What `read-only` shows of all that.
const SHOWN_BY_READ_ONLY: &[&str] = &[
    "filesystem/read_text_file",
    "filesystem/list_directory",
    "filesystem/directory_tree",
    "filesystem/search_files",
    "memory/read_graph",
    "memory/search_nodes",
    "git/git_status",
    "git/git_diff_unstaged",
    "git/git_log",
    "time/get_current_time",
    "time/convert_time",
    "sqlite/read_query",
    "sqlite/list_tables",
    "sqlite/describe_table",
    "everything/get-sum",
    "everything/get-env",
];

fn tool((name, says, arguments): &Offered) -> Value {
    let properties: serde_json::Map<String, Value> = arguments
        .iter()
        .map(|(name, description)| ((*name).to_owned(), json!({"type": "string", "description": description})))
        .collect();
    let annotations = match says {
        'r' => json!({"readOnlyHint": true}),
        'w' => json!({"readOnlyHint": false, "destructiveHint": false}),
        'd' => json!({"readOnlyHint": false, "destructiveHint": true}),
        _ => json!({}),
    };
    json!({"name": name, "annotations": annotations, "inputSchema": {"type": "object", "properties": properties}})
}

fn engine(preset: Preset) -> Engine {
    let catalogues: Vec<_> =
        SERVERS.iter().map(|(server, tools)| catalogue(server, &tools.iter().map(tool).collect::<Value>())).collect();
    let engine = Engine::load(&vec![preset.source()].into(), &catalogues, &[]).unwrap();
    assert!(engine.warnings().is_empty(), "{preset}: {:?}", engine.warnings());
    engine
}

/// The tools a preset allows, having checked that lists and calls agree.
fn allowed(preset: Preset) -> Vec<String> {
    let engine = engine(preset);
    let all = SERVERS.iter().flat_map(|(server, tools)| tools.iter().map(move |tool| (*server, tool.0)));
    all.filter(|(server, tool)| {
        let request = call(server, tool, None);
        let allowed = is_allowed(&engine.decide(&request, &Observed::default()));
        assert_eq!(engine.could_allow(&request) == Visibility::Show, allowed, "{preset} {server}/{tool}");
        allowed
    })
    .map(|(server, tool)| format!("{server}/{tool}"))
    .collect()
}

#[test]
fn tools_of_real_servers() {
    let all = allowed(Preset::Observe);
    assert_eq!(all.len(), SERVERS.iter().map(|(_, tools)| tools.len()).sum::<usize>());
    let guarded = allowed(Preset::Guarded);
    let refused: Vec<&String> = all.iter().filter(|tool| !guarded.contains(tool)).collect();
    assert_eq!(refused, REFUSED_BY_GUARDED);
    assert_eq!(allowed(Preset::ReadOnly), SHOWN_BY_READ_ONLY);
    assert_eq!(allowed(Preset::Locked), [""; 0]);
}

/// The methods a preset refuses, on a server without any rule of its own.
fn refused_methods(preset: Preset) -> Vec<&'static str> {
    let engine = engine(preset);
    let mut refused = Vec::new();
    for rule in ACTIONS.iter().filter(|rule| rule.target != Target::Tool) {
        let name: Arc<str> = Arc::from("x://y");
        let resource = match rule.target {
            Target::Server | Target::Subscription => Resource::Server(id("git")),
            Target::Resource => Resource::Resource(id("git"), name),
            Target::Prompt | Target::Reference | Target::Tool => Resource::Prompt(id("git"), name),
        };
        let request = request("ann", rule.direction, rule.kind, rule.method, resource);
        if !is_allowed(&engine.decide(&request, &Observed::default())) {
            refused.push(rule.method);
        }
    }
    refused
}

#[test]
fn methods_beside_tools() {
    let uses = ["resources/read", "prompts/get", "completion/complete", "resources/subscribe"];
    let questions = ["sampling/createMessage", "elicitation/create", "roots/list"];
    assert_eq!(refused_methods(Preset::Observe), [""; 0]);
    assert_eq!(refused_methods(Preset::Guarded), ["sampling/createMessage"]);
    assert_eq!(refused_methods(Preset::ReadOnly), questions);
    assert_eq!(refused_methods(Preset::Locked), [uses.as_slice(), questions.as_slice()].concat());
}

#[test]
fn the_protocol_itself_may_be_forbidden() {
    let git = catalogue("git", &json!([]));
    let engine = crate::desk::locked_with("forbid (principal, action == Action::\"tools/list\", resource);", &[git]);
    let list = |method| {
        let resource = Resource::Server(id("git"));
        engine.decide(
            &request("ann", Direction::ToServer, doorward_core::access::Kind::Request, method, resource),
            &Observed::default(),
        )
    };
    assert!(!is_allowed(&list("tools/list")));
    assert!(is_allowed(&list("prompts/list")));
}

#[test]
fn presets_have_names() {
    for preset in Preset::ALL {
        assert_eq!(preset.name().parse(), Ok(preset));
    }
    assert!("Guarded".parse::<Preset>().is_err());
}

#[test]
fn an_engine_is_shared_by_all_connections() {
    fn shared<T: Send + Sync>() {}
    shared::<Engine>();
}
