use serde_json::json;

use super::*;

fn written(schema: &Value) -> String {
    let members = members_of(schema);
    let shown: Vec<String> = members
        .iter()
        .map(|(name, member)| {
            let mark = if member.presence == Presence::Optional { "?" } else { "" };
            format!("{name}{mark}: {}", shown(&member.of))
        })
        .collect();
    shown.join(", ")
}

fn shown(of: &ArgumentType) -> String {
    match of {
        ArgumentType::Text => "String".to_owned(),
        ArgumentType::Whole => "Long".to_owned(),
        ArgumentType::Truth => "Bool".to_owned(),
        ArgumentType::Decimal => "decimal".to_owned(),
        ArgumentType::List(element) => format!("Set<{}>", shown(element)),
        ArgumentType::Record(members) => {
            let names: Vec<String> =
                members.iter().map(|(name, member)| format!("{name}: {}", shown(&member.of))).collect();
            format!("{{{}}}", names.join(", "))
        }
    }
}

#[test]
fn what_becomes_of_a_property() {
    let cases = [
        (json!({"type": "string"}), "a?: String"),
        (json!({"type": "integer"}), "a?: Long"),
        (json!({"type": "number"}), "a?: decimal"),
        (json!({"type": "boolean"}), "a?: Bool"),
        (json!({"enum": ["x", "y"]}), "a?: String"),
        (json!({"enum": ["x", null]}), "a?: String"),
        (json!({"enum": ["x", 1]}), ""),
        (json!({"const": "x"}), "a?: String"),
        (json!({"const": 1}), ""),
        (json!({"type": ["string", "null"]}), "a?: String"),
        (json!({"type": ["string", "integer"]}), ""),
        (json!({"type": "null"}), ""),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), "a?: String"),
        (json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), ""),
        (json!({"oneOf": [{"type": "null"}, {"type": "array", "items": {"type": "string"}}]}), "a?: Set<String>"),
        (json!({"type": "array", "items": {"type": "integer"}}), "a?: Set<Long>"),
        (json!({"type": "array", "items": {"type": ["integer", "null"]}}), ""),
        (json!({"type": "array"}), ""),
        (json!({"type": "array", "items": [{"type": "integer"}]}), ""),
        (json!({"type": "array", "items": {"type": "string"}, "prefixItems": [{}]}), ""),
        (json!({"type": "object", "properties": {"b": {"type": "string"}}}), "a?: {b: String}"),
        (json!({"properties": {"b": {"type": "string"}}}), "a?: {b: String}"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), ""),
        (json!({"type": "string", "anyOf": [{"minLength": 1}, {"format": "uri"}]}), "a?: String"),
        (json!({"$ref": "#/$defs/Colour"}), "a?: String"),
        (json!({"$ref": "#/definitions/Size"}), "a?: Long"),
        (json!({"$ref": "https://example.org/x"}), ""),
        (json!({"$ref": "#/properties/a"}), ""),
        (json!({"$ref": "#/$defs/Loop"}), ""),
        (json!({"$ref": 1}), ""),
        (json!(true), ""),
        (json!({}), ""),
    ];
    for (property, expected) in cases {
        let schema = json!({
            "type": "object",
            "properties": {"a": property},
            "$defs": {"Colour": {"enum": ["red"]}, "Loop": {"$ref": "#/$defs/Loop"}},
            "definitions": {"Size": {"type": "integer"}},
        });
        assert_eq!(written(&schema), expected, "{property}");
    }
}

#[test]
fn required_members_are_always_there_unless_null_is_allowed() {
    let schema = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": ["string", "null"]}},
        "required": ["a", "c"],
    });
    assert_eq!(written(&schema), "a: String, b?: String, c?: String");
}

#[test]
fn what_is_no_object_types_nothing() {
    for schema in [json!(null), json!(true), json!({"type": "string"}), json!({"type": "object"}), json!([])] {
        assert_eq!(written(&schema), "", "{schema}");
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let mut schema = json!({"type": "string"});
        for _ in 0..levels {
            schema = json!({"type": "array", "items": schema});
        }
        json!({"type": "object", "properties": {"a": schema}})
    };
    assert_ne!(written(&nested(ARGUMENT_DEPTH_MAX - 1)), "");
    assert_eq!(written(&nested(ARGUMENT_DEPTH_MAX)), "");
}

#[test]
fn members_are_bounded() {
    let schema = |count: usize| {
        let properties: Map<String, Value> =
            (0..count).map(|number| (format!("p{number}"), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": properties})
    };
    assert_eq!(members_of(&schema(ARGUMENT_MEMBERS_MAX)).len(), ARGUMENT_MEMBERS_MAX);
    assert_eq!(members_of(&schema(ARGUMENT_MEMBERS_MAX + 1)).len(), ARGUMENT_MEMBERS_MAX);
}
