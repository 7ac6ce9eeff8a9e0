//! The Cedar schema: the vocabulary, and one action per offered tool with its typed arguments.
//!
//! Every effect group always holds one action that no request has, so that a rule about a group is valid before any tool
//! of that kind is offered. Those actions have no arguments.

use std::collections::BTreeSet;

use cedar_policy::Schema;
use serde_json::{Map, Value, json};

use crate::argument_type::{Members, record_to_schema};
use crate::catalogue::{Catalogue, ToolFacts};
use crate::effect::{Effect, Reach};
use crate::facts::{self, Kind};
use crate::flow;
use crate::inputs::PolicyInputs;
use crate::vocabulary::{EGRESS, PRINCIPALS, PROTOCOL, QUESTIONS, TOOLS, group_of, methods, resource_types};

/// One tool's action.
pub(crate) struct ToolAction<'a> {
    /// `server/tool`
    pub(crate) id: String,
    /// What is known of it; `None` for a tool that rules name and no catalogue holds.
    pub(crate) facts: Option<&'a ToolFacts>,
}

impl<'a> ToolAction<'a> {
    /// The actions of all tools of `catalogue`.
    pub(crate) fn all_of(catalogue: &'a Catalogue) -> impl Iterator<Item = Self> {
        catalogue.tools().iter().map(|(name, facts)| Self { id: tool_id(catalogue, name), facts: Some(facts) })
    }
}

/// The Cedar id of a tool and of its action.
pub(crate) fn tool_id(catalogue: &Catalogue, name: &str) -> String {
    format!("{}/{name}", catalogue.server())
}

/// The action groups of a tool.
pub(crate) fn groups_of(effect: Effect, reach: Reach) -> Vec<&'static str> {
    let mut groups = vec![TOOLS, effect.as_str()];
    if reach == Reach::Open {
        groups.push(EGRESS);
    }
    groups
}

/// Builds the schema, with facts of those kinds; `None` if Cedar cannot read it, which is not expected, as every part is generated.
pub(crate) fn build<'a>(
    tools: impl IntoIterator<Item = ToolAction<'a>>,
    inputs: &PolicyInputs,
    kinds: &BTreeSet<Kind>,
) -> Option<Schema> {
    let shared = shared_attributes(inputs);
    let mut actions = Map::new();
    for group in [TOOLS, PROTOCOL, QUESTIONS, EGRESS, "read", "write", "destructive"] {
        actions.insert(group.to_owned(), json!({}));
    }
    for method in methods() {
        actions.insert(method.to_owned(), method_action(method, &shared));
    }
    for effect in [Effect::Read, Effect::Write, Effect::Destructive] {
        for reach in [Reach::Closed, Reach::Open] {
            let action = tool_action(&groups_of(effect, reach), &Members::new(), &shared, kinds);
            actions.insert(placeholder(effect, reach), action);
        }
    }
    for tool in tools {
        let action = match tool.facts {
            Some(tool) => {
                tool_action(&groups_of(tool.assessment.effect, tool.assessment.reach), &tool.arguments, &shared, kinds)
            }
            None => tool_action(&[TOOLS], &Members::new(), &shared, kinds),
        };
        actions.entry(tool.id).or_insert(action);
    }
    let common = facts::common_types(kinds, inputs.patterns.keys());
    let namespace = json!({ "commonTypes": common, "entityTypes": entity_types(), "actions": actions });
    Schema::from_json_value(json!({ "": namespace })).ok()
}

/// How Cedar writes the beginning of every placeholder.
pub(crate) const PLACEHOLDER: &str = "Action::\"any ";

/// The id of an action that no request has. No tool's id can equal it: it holds no slash.
fn placeholder(effect: Effect, reach: Reach) -> String {
    match reach {
        Reach::Closed => format!("any {effect} tool"),
        Reach::Open => format!("any {effect} tool that reaches out"),
    }
}

fn entity_types() -> Value {
    let in_server = |attributes: Value| json!({ "memberOfTypes": ["Server"], "shape": record(attributes) });
    let who = json!({
        "memberOfTypes": ["Group", "Tenant"],
        "shape": record(json!({
            "proof": text(),
            "scopes": { "type": "Set", "element": text() },
            "tenant": { "type": "Entity", "name": "Tenant", "required": false },
            "issuer": { "type": "String", "required": false },
        })),
    });
    json!({
        "User": who,
        "Agent": who,
        "Group": {},
        "Tenant": {},
        "Server": {},
        "Tool": in_server(json!({ "name": text(), "effect": text(), "openWorld": { "type": "Boolean" } })),
        "Resource": in_server(json!({ "uri": text(), "scheme": text() })),
        "Prompt": in_server(json!({ "name": text() })),
    })
}

fn method_action(method: &str, facts: &Map<String, Value>) -> Value {
    let groups: Vec<Value> = group_of(method).into_iter().map(|group| json!({ "id": group })).collect();
    json!({
        "memberOf": groups,
        "appliesTo": {
            "principalTypes": PRINCIPALS,
            "resourceTypes": resource_types(method),
            "context": { "type": "Record", "attributes": facts },
        },
    })
}

fn tool_action(groups: &[&str], arguments: &Members, shared: &Map<String, Value>, kinds: &BTreeSet<Kind>) -> Value {
    let groups: Vec<Value> = groups.iter().map(|group| json!({ "id": group })).collect();
    let mut attributes = shared.clone();
    attributes.insert("arguments".to_owned(), record_to_schema(arguments));
    attributes.extend(facts::records(kinds, arguments));
    json!({
        "memberOf": groups,
        "appliesTo": {
            "principalTypes": PRINCIPALS,
            "resourceTypes": ["Tool"],
            "context": { "type": "Record", "attributes": attributes },
        },
    })
}

/// The attributes every context has.
fn shared_attributes(inputs: &PolicyInputs) -> Map<String, Value> {
    let long = || json!({ "type": "Long" });
    let counts: Map<String, Value> = inputs.counters.iter().map(|name| (name.to_string(), long())).collect();
    let time = json!({ "hour": long(), "minute": long(), "weekday": long(), "date": text() });
    let actors = json!({ "type": "Set", "element": { "type": "Entity", "name": "Agent" } });
    let attributes = [
        ("face", text()),
        ("era", text()),
        ("at", json!({ "type": "Extension", "name": "datetime" })),
        ("time", record(time)),
        ("origin", json!({ "type": "String", "required": false })),
        ("client", optional(record(json!({ "name": text(), "version": text() })))),
        ("agent", json!({ "type": "Entity", "name": "Agent", "required": false })),
        ("delegation", record(json!({ "depth": long(), "actors": actors }))),
        ("counts", record(Value::Object(counts))),
        ("ctx", record(flow::context_type())),
        ("endorse", record(flow::endorsement_type())),
        ("ledger", record(flow::ledger_type())),
    ];
    attributes.into_iter().map(|(name, of)| (name.to_owned(), of)).collect()
}

fn text() -> Value {
    json!({ "type": "String" })
}

fn record(attributes: Value) -> Value {
    json!({ "type": "Record", "attributes": attributes })
}

fn optional(mut of: Value) -> Value {
    if let Some(fields) = of.as_object_mut() {
        fields.insert("required".to_owned(), Value::Bool(false));
    }
    of
}
