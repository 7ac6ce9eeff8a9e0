//! Messages with something in every member that their schema knows.

use std::path::{Path, PathBuf};

use doorward_core::access::Direction;
use doorward_mcp::revision::Revision;
use serde_json::{Map, Value, json};

/// Stands where bytes are written in base64.
pub(crate) const BYTES: &str = "cGxhaW4=";

/// Stands where an address is.
pub(crate) const ADDRESS: &str = "file:///plain";

/// One message, or a message and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) revision: Revision,
    /// Of the message that was asked or told.
    pub(crate) direction: Direction,
    pub(crate) said: Said,
}

#[derive(Debug, Clone)]
pub(crate) enum Said {
    Asked(Value),
    Answered { to: Value, answer: Value },
}

/// All messages of our own and of the published schemas.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = own();
    for revision in Revision::ALL {
        if let Some(folder) = schemas() {
            let text = std::fs::read_to_string(folder.join(format!("schema-{revision}.json"))).unwrap();
            samples.extend(of_schema(revision, &serde_json::from_str(&text).unwrap()));
        }
    }
    samples
}

/// The published schemas, which lie beside the repository; `None` where they are absent.
pub(crate) fn schemas() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("DOORWARD_SHARED").map_or_else(beside, PathBuf::from).join("protocol/schemas");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "slots: ../shared is missing");
    None
}

/// What no published schema has, and all there is where those are absent.
fn own() -> Vec<Sample> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/guards/slots.json");
    let listed: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    listed.iter().map(Sample::read).collect()
}

impl Said {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Asked(message) if message.get("id").is_some() => "request",
            Self::Asked(_) => "notification",
            Self::Answered { answer, .. } if answer.get("error").is_some() => "error",
            Self::Answered { .. } => "result",
        }
    }
}

impl Sample {
    /// The method that it is about.
    pub(crate) fn method(&self) -> &str {
        match &self.said {
            Said::Asked(message) | Said::Answered { to: message, .. } => message["method"].as_str().unwrap(),
        }
    }

    /// `{"revision", "direction", "message", "answer"?}`
    fn read(listed: &Value) -> Self {
        let direction = match listed["direction"].as_str().unwrap() {
            "to-server" => Direction::ToServer,
            "to-client" => Direction::ToClient,
            other => panic!("{other}"),
        };
        let message = listed["message"].clone();
        let said = match listed.get("answer") {
            None => Said::Asked(message),
            Some(answer) => Said::Answered { to: message, answer: answer.clone() },
        };
        Self { revision: Revision::parse(listed["revision"].as_str().unwrap()).unwrap(), direction, said }
    }
}

/// Every message and answer of a published schema.
fn of_schema(revision: Revision, schema: &Value) -> Vec<Sample> {
    let defs = schema.get("$defs").or_else(|| schema.get("definitions")).unwrap();
    let schema = Schema { defs };
    let mut samples = Vec::new();
    for (union, direction) in [
        ("ClientRequest", Direction::ToServer),
        ("ClientNotification", Direction::ToServer),
        ("ServerRequest", Direction::ToClient),
        ("ServerNotification", Direction::ToClient),
    ] {
        for name in schema.members_of(union) {
            let messages = schema.messages(&name);
            let asked = messages.iter().cloned().map(Said::Asked);
            let answered = match (name.strip_suffix("Request"), messages.first()) {
                (Some(stem), Some(to)) => schema.answers(stem, to),
                (_, _) => Vec::new(),
            };
            let said = asked.chain(answered);
            samples.extend(said.map(|said| Sample { revision, direction, said }));
        }
    }
    samples
}

struct Schema<'a> {
    defs: &'a Value,
}

impl Schema<'_> {
    fn members_of(&self, union: &str) -> Vec<String> {
        let Some(union) = self.defs.get(union) else { return Vec::new() };
        let name = |part: &Value| part["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        match union.get("anyOf").and_then(Value::as_array) {
            Some(parts) => parts.iter().map(name).collect(),
            None => union.get("$ref").map(|_| name(union)).into_iter().collect(),
        }
    }

    fn messages(&self, name: &str) -> Vec<Value> {
        let definition = &self.defs[name];
        let method = definition["properties"]["method"]["const"].as_str().unwrap();
        let params = definition["properties"].get("params").map(|params| self.values(params, &mut Vec::new()));
        let params = params.unwrap_or_else(|| vec![json!({})]);
        let whole = |params: Value| match name.ends_with("Request") {
            true => json!({"jsonrpc": "2.0", "id": "one", "method": method, "params": params}),
            false => json!({"jsonrpc": "2.0", "method": method, "params": params}),
        };
        params.into_iter().map(whole).collect()
    }

    fn answers(&self, stem: &str, to: &Value) -> Vec<Said> {
        let method = to["method"].as_str().unwrap();
        let mut kinds = vec![format!("{stem}Result")];
        if matches!(method, "tools/call" | "prompts/get" | "resources/read") {
            kinds.push("InputRequiredResult".to_owned());
        }
        if method == "tools/call" {
            kinds.push("CreateTaskResult".to_owned());
        }
        kinds.retain(|kind| self.defs.get(kind).is_some());
        if kinds.is_empty() {
            kinds.push("Result".to_owned());
        }
        let mut answers = Vec::new();
        for kind in kinds {
            for mut result in self.values(&self.defs[&kind], &mut Vec::new()) {
                if let Some(named) = result.get_mut("resultType") {
                    *named = json!(if kind == "InputRequiredResult" { "input_required" } else { "complete" });
                }
                answers.push(json!({"jsonrpc": "2.0", "id": 7, "result": result}));
            }
        }
        for error in [
            json!({"code": -32603, "message": "plain", "data": {"more": ["plain", {"still": "plain"}]}}),
            json!({"code": -32042, "message": "plain", "data": {"elicitations": [
                {"mode": "url", "elicitationId": "plain", "url": ADDRESS, "message": "plain"}]}}),
        ] {
            answers.push(json!({"jsonrpc": "2.0", "id": 7, "error": error}));
        }
        answers.into_iter().map(|answer| Said::Answered { to: to.clone(), answer }).collect()
    }

    /// Values that have every member; where there are alternatives, each stands in one of them.
    fn values(&self, schema: &Value, within: &mut Vec<String>) -> Vec<Value> {
        if let Some(named) = schema.get("$ref").and_then(Value::as_str) {
            let name = named.rsplit('/').next().unwrap();
            if within.iter().filter(|outer| *outer == name).count() > 1 {
                return Vec::new();
            }
            within.push(name.to_owned());
            let values = self.values(&self.defs[name], within);
            within.pop();
            return values;
        }
        if let Some(one) = schema.get("const") {
            return vec![one.clone()];
        }
        if let Some(known) = schema.get("enum").and_then(Value::as_array) {
            return known.first().cloned().into_iter().collect();
        }
        if let Some(parts) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)).and_then(Value::as_array) {
            return parts.iter().flat_map(|part| self.values(part, within)).collect();
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            Some(Value::Array(kinds)) if kinds.contains(&json!("string")) => "string",
            Some(Value::Array(kinds)) => kinds[0].as_str().unwrap(),
            _ if schema.get("properties").is_some() => "object",
            _ => "anything",
        };
        match kind {
            "string" => match schema.get("format").and_then(Value::as_str) {
                Some("byte") => vec![json!(BYTES)],
                Some("uri" | "uri-template") => vec![json!(ADDRESS)],
                _ => vec![json!("plain")],
            },
            "object" => self.objects(schema, within),
            "array" => {
                vec![Value::Array(schema.get("items").map_or_else(Vec::new, |items| self.values(items, within)))]
            }
            "boolean" => vec![json!(true)],
            "integer" | "number" => vec![json!(1)],
            "null" => vec![Value::Null],
            _ => vec![json!({"more": ["plain", {"still": "plain"}]})],
        }
    }

    fn objects(&self, schema: &Value, within: &mut Vec<String>) -> Vec<Value> {
        let mut members: Vec<(String, Vec<Value>)> = Vec::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let values = self.values(property, within);
            if !values.is_empty() {
                members.push((name.clone(), values));
            }
        }
        if let Some(more) = schema.get("additionalProperties").filter(|more| more.is_object()) {
            let values = self.values(more, within);
            members.extend(values.into_iter().enumerate().map(|(at, value)| (format!("member{at}"), vec![value])));
        }
        let most = members.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
        let one = |at: usize| {
            let member = |(name, values): &(String, Vec<Value>)| (name.clone(), values[at % values.len()].clone());
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        };
        (0..most).map(one).collect()
    }
}
