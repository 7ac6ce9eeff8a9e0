//! What the translation writes is valid in the revision it is written for, by the published schemas.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use doorward_mcp::bridge::{self, Stamp};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::{Limits, Message};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::input::{repository, request, response};

const LEGACY: [Revision; 4] =
    [Revision::V2024_11_05, Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25];

/// Method, and what the schemas call its request and result after.
const METHODS: [(&str, &str); 9] = [
    ("tools/list", "ListTools"),
    ("tools/call", "CallTool"),
    ("prompts/list", "ListPrompts"),
    ("prompts/get", "GetPrompt"),
    ("resources/list", "ListResources"),
    ("resources/templates/list", "ListResourceTemplates"),
    ("resources/read", "ReadResource"),
    ("completion/complete", "Complete"),
    ("initialize", "Initialize"),
];

#[test]
fn what_the_cases_expect_is_valid() {
    let Some(mut schemas) = Schemas::open() else { return };
    let latest = "schema-2026-07-28";
    for (file, schema) in [("request_to_legacy", "schema-2025-11-25"), ("request_to_modern", latest)] {
        schemas.each(file, "", |case| {
            let method = case["input"]["method"].as_str()?;
            Some((schema.to_owned(), request_definition(method)?, case["expected"].clone()))
        });
    }
    schemas.each("response_to_modern", "result", |case| {
        Some((latest.to_owned(), result_definition(case)?, case["expected"]["result"].clone()))
    });
    schemas.each("response_to_legacy", "result", |case| {
        Some((schema_of(case["to"].as_str()?), result_definition(case)?, case["expected"]["result"].clone()))
    });
    schemas.each("discover_result", "", |case| {
        Some((latest.to_owned(), "DiscoverResult".to_owned(), case["expected"].clone()))
    });
    schemas.each("initialize_result", "", |case| {
        Some((schema_of(case["revision"].as_str()?), "InitializeResult".to_owned(), case["expected"].clone()))
    });
    schemas.each("question_to_modern", "", |case| {
        Some((latest.to_owned(), "InputRequest".to_owned(), case["expected"].clone()))
    });
    schemas.each("question_to_legacy", "", |case| {
        Some(("schema-2025-11-25".to_owned(), "ServerRequest".to_owned(), case["expected"].clone()))
    });
    schemas.each("capabilities", "legacy", |case| {
        Some(("schema-2025-11-25".to_owned(), "ClientCapabilities".to_owned(), case["legacy"].clone()))
    });
    assert!(schemas.checked > 80, "only {} were checked", schemas.checked);
}

#[test]
fn tasks_are_valid_in_both_eras() {
    let Some(mut schemas) = Schemas::open() else { return };
    let of = |schema: &str, definition: &str, case: &Value| {
        Some((schema.to_owned(), definition.to_owned(), case["expected"]["result"].clone()))
    };
    schemas.each("created_to_modern", "result", |case| of("tasks", "CreateTaskResult", case));
    schemas.each("fetched_to_modern", "result", |case| of("tasks", "GetTaskResult", case));
    schemas.each("created_to_legacy", "result", |case| of("schema-2025-11-25", "CreateTaskResult", case));
    schemas.each("fetched_to_legacy", "result", |case| of("schema-2025-11-25", "GetTaskResult", case));
    assert!(schemas.checked > 10, "only {} were checked", schemas.checked);
}

#[test]
fn the_examples_of_the_modern_era_are_valid_in_every_legacy_revision() {
    let Some(mut schemas) = Schemas::open() else { return };
    let (mut requests, mut responses) = (0, 0);
    let methods: BTreeMap<String, &str> =
        METHODS.into_iter().map(|(method, name)| (format!("{name}ResultResponse"), method)).collect();
    for (folder, bytes) in examples(&schemas.folder) {
        match Message::parse(bytes.clone(), &Limits::default()) {
            Ok(Message::Request(_)) => requests += u32::from(there_and_back(&mut schemas, &folder, &bytes)),
            Ok(Message::Response(_)) => {
                let Some(method) = methods.get(&folder) else { continue };
                responses += 1;
                down_to_each(&mut schemas, method, &folder, &bytes);
            }
            Ok(Message::Notification(_)) | Err(_) => {}
        }
    }
    assert!(requests >= 8 && responses >= 8, "{requests} requests and {responses} responses");
}

/// A modern request in legacy words and back. `false` when it has no equal.
fn there_and_back(schemas: &mut Schemas, folder: &str, bytes: &[u8]) -> bool {
    let Ok(legacy) = bridge::request_to_legacy(&request(bytes.to_vec())) else { return false };
    let legacy = request(legacy.message().bytes().to_vec());
    for revision in LEGACY {
        let written = serde_json::from_slice(legacy.bytes()).unwrap();
        schemas.check(&schema_of(revision.as_str()), folder, &written, folder);
    }
    let info = r#"{"name":"c","version":"1"}"#.to_owned();
    let stamp =
        Stamp { capabilities: "{}".to_owned(), client_info: Some(info), log_level: Some("\"info\"".to_owned()) };
    let modern = bridge::request_to_modern(&legacy, &stamp, None).unwrap();
    let written = serde_json::from_slice(modern.message().bytes()).unwrap();
    schemas.check("schema-2026-07-28", folder, &written, folder);
    true
}

/// A modern response in the words of each legacy revision, and from there in modern words again.
fn down_to_each(schemas: &mut Schemas, method: &str, folder: &str, bytes: &[u8]) {
    let definition = folder.strip_suffix("Response").unwrap();
    for revision in LEGACY {
        let legacy = bridge::response_to_legacy(method, &response(bytes.to_vec()), revision).unwrap();
        let result = serde_json::from_str(legacy.result().unwrap().text()).unwrap();
        schemas.check(&schema_of(revision.as_str()), definition, &result, folder);
        let modern = bridge::response_to_modern(method, &legacy, Some(r#"{"name":"s","version":"1"}"#)).unwrap();
        let result = serde_json::from_str(modern.result().unwrap().text()).unwrap();
        schemas.check("schema-2026-07-28", definition, &result, folder);
    }
}

/// The published schemas, and how much was held against them.
struct Schemas {
    folder: PathBuf,
    validators: BTreeMap<(String, String), Validator>,
    checked: u32,
}

impl Schemas {
    fn open() -> Option<Self> {
        let beside_the_repository = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
        let shared = std::env::var_os("DOORWARD_SHARED").map_or_else(beside_the_repository, PathBuf::from);
        let folder = shared.join("protocol/schemas");
        if folder.is_dir() {
            return Some(Self { folder, validators: BTreeMap::new(), checked: 0 });
        }
        assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
        println!("skipped: the schemas of both eras needs ../shared");
        None
    }

    /// Checks what each case of a file expects; `part` is the member that must be there.
    fn each(&mut self, file: &str, part: &str, what: impl Fn(&Value) -> Option<(String, String, Value)>) {
        let text = fs::read_to_string(repository().join(format!("fixtures/bridge/{file}.json"))).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases {
            let expected = case.get("expected").unwrap_or(&case);
            if expected.is_null() || case.get("unbridged").is_some() || case.get("expected_text").is_some() {
                continue;
            }
            if !part.is_empty() && expected.get(part).is_none() {
                continue;
            }
            if let Some((schema, definition, value)) = what(&case) {
                self.check(&schema, &definition, &value, &format!("{file}: {}", case["name"]));
            }
        }
    }

    fn check(&mut self, schema: &str, definition: &str, value: &Value, name: &str) {
        let key = (schema.to_owned(), definition.to_owned());
        let folder = &self.folder;
        let validator = self.validators.entry(key).or_insert_with(|| validator(folder, schema, definition));
        let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: no {definition} of {schema}: {errors:?} in {value}");
        self.checked += 1;
    }
}

fn validator(folder: &Path, schema: &str, definition: &str) -> Validator {
    let file = match schema {
        "tasks" => "tasks.schema.json".to_owned(),
        _ => format!("{schema}.json"),
    };
    let published: Value = serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap();
    let place = if published.get("$defs").is_some() { "$defs" } else { "definitions" };
    assert!(published[place].get(definition).is_some(), "{schema} has no {definition}");
    let mut root = Map::new();
    root.insert(place.to_owned(), published[place].clone());
    root.insert("$ref".to_owned(), json!(format!("#/{place}/{definition}")));
    jsonschema::validator_for(&Value::Object(root)).unwrap()
}

fn schema_of(revision: &str) -> String {
    assert!(Revision::parse(revision).is_some_and(|revision| revision.era() == Era::Legacy));
    format!("schema-{revision}")
}

fn request_definition(method: &str) -> Option<String> {
    METHODS.iter().find(|(known, _)| *known == method).map(|(_, name)| format!("{name}Request"))
}

fn result_definition(case: &Value) -> Option<String> {
    let method = case["method"].as_str()?;
    METHODS.iter().find(|(known, _)| *known == method).map(|(_, name)| format!("{name}Result"))
}

/// The folder and the bytes of each example.
fn examples(schemas: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in fs::read_dir(schemas.join("examples-2026-07-28/examples")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for example in fs::read_dir(&folder).unwrap() {
            found.push((name.clone(), fs::read(example.unwrap().path()).unwrap()));
        }
    }
    found
}
