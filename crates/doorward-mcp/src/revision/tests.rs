use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::{Direction, Era, HttpTransport, MethodKind, Revision, TASKS_EXTENSION};

#[test]
fn names_round_trip_in_order() {
    for revision in Revision::ALL {
        assert_eq!(Revision::parse(revision.as_str()), Some(revision));
        assert_eq!(revision.to_string(), revision.as_str());
    }
    assert!(Revision::ALL.is_sorted_by(|earlier, later| earlier < later && earlier.as_str() < later.as_str()));
    for unknown in ["", "2026-07-28 ", "2026-7-28", "2099-01-01", "draft"] {
        assert_eq!(Revision::parse(unknown), None, "{unknown:?}");
    }
}

#[test]
fn eras_batches_and_transports() {
    for revision in Revision::ALL {
        let modern = revision > Revision::LATEST_LEGACY;
        assert_eq!(revision.era(), if modern { Era::Modern } else { Era::Legacy }, "{revision}");
        assert_eq!(revision.accepts_batches(), revision == Revision::V2025_03_26, "{revision}");
        assert_eq!(revision.http().transport == HttpTransport::StreamableStateless, modern, "{revision}");
        assert_eq!(revision.http().every_request.contains(&"Mcp-Method"), modern, "{revision}");
    }
    assert_eq!(Some(&Revision::LATEST), Revision::ALL.last());
}

#[test]
fn a_method_is_found_only_with_its_direction_and_kind() {
    let latest = Revision::LATEST;
    let to_server = Direction::ClientToServer;
    let to_client = Direction::ServerToClient;
    let cases = [
        ("known", Revision::V2024_11_05, to_server, MethodKind::Request, "tools/call", true),
        ("other direction", Revision::V2024_11_05, to_client, MethodKind::Request, "tools/call", false),
        ("other kind", Revision::V2024_11_05, to_server, MethodKind::Notification, "tools/call", false),
        ("other case", latest, to_server, MethodKind::Request, "Tools/call", false),
        ("removed", latest, to_server, MethodKind::Request, "ping", false),
        ("both ways", Revision::V2025_11_25, to_client, MethodKind::Request, "ping", true),
        ("added", Revision::V2025_06_18, to_client, MethodKind::Request, "elicitation/create", true),
        ("not yet", Revision::V2025_03_26, to_client, MethodKind::Request, "elicitation/create", false),
        ("no server requests any more", latest, to_client, MethodKind::Request, "sampling/createMessage", false),
        ("of an extension", latest, to_server, MethodKind::Request, "tasks/get", true),
        ("not in the extension", latest, to_server, MethodKind::Request, "tasks/list", false),
    ];
    for (name, revision, direction, kind, method, expected) in cases {
        assert_eq!(revision.method(direction, kind, method).is_some(), expected, "{name}");
    }
}

#[test]
fn every_table_has_exactly_the_methods_of_its_schema() {
    let Some(schemas) = schemas("revision tables") else {
        return;
    };
    let sides = [
        ("ClientRequest", Direction::ClientToServer, MethodKind::Request),
        ("ServerRequest", Direction::ServerToClient, MethodKind::Request),
        ("ClientNotification", Direction::ClientToServer, MethodKind::Notification),
        ("ServerNotification", Direction::ServerToClient, MethodKind::Notification),
    ];
    for revision in Revision::ALL {
        let definitions = definitions(&schemas, revision);
        for (definition, direction, kind) in sides {
            let expected: BTreeSet<&str> = methods_of(&definitions, definition);
            let listed: Vec<&str> = revision
                .methods()
                .iter()
                .filter(|method| method.direction == direction && method.kind == kind && method.extension.is_none())
                .map(|method| method.name)
                .collect();
            assert_eq!(listed.len(), expected.len(), "{revision} {definition}: a method is listed twice or lacking");
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected, "{revision} {definition}");
        }
    }
}

#[test]
fn required_result_members_are_those_of_the_schema() {
    let Some(schemas) = schemas("required result members") else {
        return;
    };
    for revision in Revision::ALL {
        let definitions = definitions(&schemas, revision);
        for method in revision.methods().iter().filter(|method| method.extension.is_none()) {
            let expected = match result_definition(revision, method.name) {
                Some(definition) => required_of(&definitions, &definitions[definition]),
                None => BTreeSet::new(),
            };
            let listed: BTreeSet<String> = method.required_result.iter().map(ToString::to_string).collect();
            assert_eq!(listed, expected, "{revision} {}", method.name);
        }
    }
}

#[test]
fn the_tasks_extension_has_exactly_the_methods_of_its_schema() {
    let Some(schemas) = schemas("tasks extension") else {
        return;
    };
    let schema = read(&schemas.join("tasks.schema.json"));
    let definitions = &schema["$defs"];
    let expected: BTreeSet<(&str, BTreeSet<String>)> = [
        ("GetTaskRequest", Some("GetTaskResult")),
        ("UpdateTaskRequest", Some("UpdateTaskResult")),
        ("CancelTaskRequest", Some("CancelTaskResult")),
        ("TaskStatusNotification", None),
    ]
    .into_iter()
    .map(|(request, result)| {
        let method = definitions[request]["allOf"][1]["properties"]["method"]["const"].as_str().unwrap();
        (method, result.map(|result| required_of(definitions, &definitions[result])).unwrap_or_default())
    })
    .collect();
    let listed: BTreeSet<(&str, BTreeSet<String>)> = Revision::V2026_07_28
        .methods()
        .iter()
        .filter(|method| method.extension == Some(TASKS_EXTENSION))
        .map(|method| (method.name, method.required_result.iter().map(ToString::to_string).collect()))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn name_sources_are_methods_of_the_revision() {
    for revision in Revision::ALL {
        for source in revision.http().name_sources {
            let method = revision.method(Direction::ClientToServer, MethodKind::Request, source.method);
            assert!(method.is_some(), "{revision} {}", source.method);
        }
    }
}

/// The folder of published schemas, which is kept beside the repository and not in it.
fn schemas(suite: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("DOORWARD_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let schemas = shared.join("protocol/schemas");
    if schemas.is_dir() {
        return Some(schemas);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{suite}: ../shared is missing");
    println!("skipped: {suite} needs ../shared");
    None
}

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn definitions(schemas: &std::path::Path, revision: Revision) -> Value {
    let schema = read(&schemas.join(format!("schema-{revision}.json")));
    schema.get("$defs").or_else(|| schema.get("definitions")).unwrap().clone()
}

/// The `method` constants that a definition names, itself or through `anyOf` and `$ref`.
fn methods_of<'a>(definitions: &'a Value, definition: &str) -> BTreeSet<&'a str> {
    let Some(definition) = definitions.get(definition) else {
        return BTreeSet::new();
    };
    let alone = std::slice::from_ref(definition);
    let alternatives = definition["anyOf"].as_array().map_or(alone, Vec::as_slice);
    alternatives
        .iter()
        .map(|alternative| resolve(definitions, alternative)["properties"]["method"]["const"].as_str().unwrap())
        .collect()
}

/// What a definition requires; of alternatives, what all of them require.
fn required_of(definitions: &Value, definition: &Value) -> BTreeSet<String> {
    let definition = resolve(definitions, definition);
    let own = definition["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
    let parts = definition["allOf"].as_array().into_iter().flatten();
    let mut required: BTreeSet<String> = own.chain(parts.flat_map(|part| required_of(definitions, part))).collect();
    let alternatives = definition["anyOf"].as_array().into_iter().flatten();
    let in_all = alternatives.map(|part| required_of(definitions, part)).reduce(|left, right| &left & &right);
    required.extend(in_all.unwrap_or_default());
    required
}

fn resolve<'a>(definitions: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => &definitions[reference.rsplit('/').next().unwrap()],
        None => schema,
    }
}

/// The definition of a method's result; `None` where the result is empty or depends on another request.
fn result_definition(revision: Revision, method: &str) -> Option<&'static str> {
    Some(match method {
        "initialize" => "InitializeResult",
        "server/discover" => "DiscoverResult",
        "tools/list" => "ListToolsResult",
        "tools/call" => "CallToolResult",
        "resources/list" => "ListResourcesResult",
        "resources/templates/list" => "ListResourceTemplatesResult",
        "resources/read" => "ReadResourceResult",
        "prompts/list" => "ListPromptsResult",
        "prompts/get" => "GetPromptResult",
        "completion/complete" => "CompleteResult",
        "subscriptions/listen" => "SubscriptionsListenResult",
        "sampling/createMessage" => "CreateMessageResult",
        "elicitation/create" => "ElicitResult",
        "roots/list" => "ListRootsResult",
        "tasks/get" => "GetTaskResult",
        "tasks/list" => "ListTasksResult",
        "tasks/cancel" => "CancelTaskResult",
        "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe" | "tasks/result" => return None,
        notification if notification.starts_with("notifications/") => return None,
        other => panic!("{revision} {other}: which result?"),
    })
}
