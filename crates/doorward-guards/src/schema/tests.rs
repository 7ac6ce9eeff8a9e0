//! What the schema guard promises whatever the schema and the value are, held against another implementation.

use std::time::{Duration, Instant};

use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::check::{Grade, TooMuch, check};
use super::compile::{Unusable, compile};
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_NODES_MAX, SCHEMA_PATTERNS_MAX};

fn raw(value: &Value) -> RawJson {
    RawJson::parse(value.to_string(), &Limits::for_results()).unwrap()
}

fn compiled(schema: &Value) -> Result<super::Schema, Unusable> {
    let kept = raw(schema);
    compile(&kept, kept.as_raw())
}

/// Whether a value fits; what is only said in another type, or by another member, does not fit here.
fn fits(schema: &Value, value: &Value) -> Option<bool> {
    let schema = compiled(schema).ok()?;
    let violations = check(&schema, raw(value).as_raw()).ok()?;
    Some(violations.iter().all(|one| one.grade == Grade::Undeclared))
}

/// Small values out of few words, so that they often fit.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        prop::sample::select(vec![0.5, 1.0, 2.5]).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "b", "ab", "12", "ä"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(member(), inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn member() -> impl Strategy<Value = String> + Clone {
    prop::sample::select(vec!["a", "b", "c", "ab"]).prop_map(str::to_owned)
}

fn schema() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["string", "integer", "number", "boolean", "array", "object", "null"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        word.clone().prop_map(|word| json!({"type": word})),
        prop::collection::hash_set(word, 1..3).prop_map(|words| json!({"type": words})),
        prop::collection::hash_set(value().prop_map(|one| one.to_string()), 1..3)
            .prop_map(|all| json!({"enum": all.iter().map(|one| one.parse::<Value>().unwrap()).collect::<Vec<_>>()})),
        value().prop_map(|one| json!({"const": one})),
        (-2_i64..3, 0_i64..3).prop_map(|(low, high)| json!({"minimum": low, "exclusiveMaximum": high})),
        (0_u64..2, 0_u64..3).prop_map(|(low, high)| json!({"minLength": low, "maxLength": high})),
        prop::sample::select(vec!["^a", "^[ab]*$", r"^\d+$", r"\w"]).prop_map(|one| json!({"pattern": one})),
        (0_u64..2, 0_u64..3).prop_map(|(low, high)| json!({"minItems": low, "maxProperties": high})),
        prop::sample::select(vec![0.5, 2.0]).prop_map(|one| json!({"multipleOf": one})),
        Just(json!({"$ref": "#/$defs/a"})),
        prop::collection::hash_set(member(), 1..3).prop_map(|names| json!({"required": names})),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..3);
        let named = prop::collection::btree_map(member(), inner.clone(), 1..3);
        prop_oneof![
            several.clone().prop_map(|all| json!({"allOf": all})),
            several.clone().prop_map(|all| json!({"anyOf": all})),
            several.clone().prop_map(|all| json!({"oneOf": all})),
            inner.clone().prop_map(|one| json!({"not": one})),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
            (named.clone(), inner.clone())
                .prop_map(|(all, rest)| json!({"properties": all, "additionalProperties": rest})),
            (named.clone(), several.clone())
                .prop_map(|(all, more)| json!({"properties": all, "anyOf": more, "unevaluatedProperties": false})),
            inner.clone().prop_map(|one| json!({"patternProperties": {"^a": one}, "propertyNames": {"maxLength": 1}})),
            named.prop_map(|all| json!({"dependentSchemas": all})),
            (several.clone(), inner.clone()).prop_map(|(all, rest)| json!({"prefixItems": all, "items": rest})),
            (several, inner.clone())
                .prop_map(|(all, more)| json!({"prefixItems": all, "allOf": [more], "unevaluatedItems": false})),
            (inner, 0_u64..3)
                .prop_map(|(one, least)| json!({"contains": one, "minContains": least, "uniqueItems": true})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_fits_here_fits_elsewhere(schema in schema(), part in schema(), value in value()) {
        let schema = json!({"allOf": [schema], "$defs": {"a": {"anyOf": [part, {"type": "string"}]}}});
        let Ok(other) = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex()).build(&schema) else {
            return Ok(());
        };
        if let Some(here) = fits(&schema, &value) {
            let more_than_one = check(&compiled(&schema).unwrap(), raw(&value).as_raw()).unwrap();
            prop_assert_eq!(here, other.is_valid(&value), "{}\n{}\n{:?}", schema, value, more_than_one);
        }
    }

    #[test]
    fn no_sentence_repeats_what_a_value_says(schema in schema(), secret in "[a-z]{12,20}") {
        let schema = json!({"allOf": [schema], "$defs": {"a": {"type": "string"}}});
        let value = json!({"a": secret, secret.clone(): secret, "b": [secret]});
        let Ok(compiled) = compiled(&schema) else { return Ok(()) };
        for one in check(&compiled, raw(&value).as_raw()).unwrap_or_default() {
            prop_assert!(!one.must.contains(&secret) && !one.path.contains(&secret), "{one:?}");
        }
    }
}

#[test]
fn a_schema_beyond_a_limit_is_not_used() {
    let size = |padding: usize| json!({"description": "x".repeat(padding)});
    let room = SCHEMA_BYTES_MAX - size(0).to_string().len();
    assert!(compiled(&size(room)).is_ok());
    assert_eq!(compiled(&size(room + 1)).unwrap_err(), Unusable::TooLarge);

    let deep = |levels: usize| (0..levels).fold(json!(true), |below, _| json!({"not": below}));
    assert!(compiled(&deep(SCHEMA_DEPTH_MAX)).is_ok());
    assert_eq!(compiled(&deep(SCHEMA_DEPTH_MAX + 1)).unwrap_err(), Unusable::TooLarge);

    let wide = |nodes: usize| json!({"allOf": vec![json!({}); nodes - 1]});
    assert!(compiled(&wide(SCHEMA_NODES_MAX)).is_ok());
    assert_eq!(compiled(&wide(SCHEMA_NODES_MAX + 1)).unwrap_err(), Unusable::TooLarge);

    let patterns = |count: usize| json!({"allOf": vec![json!({"pattern": "a"}); count]});
    assert!(!compiled(&patterns(SCHEMA_PATTERNS_MAX)).unwrap().is_partial);
    assert!(compiled(&patterns(SCHEMA_PATTERNS_MAX + 1)).unwrap().is_partial);
}

/// Each level asks twice for the next: 2^25 looks at the value.
#[test]
fn a_schema_that_asks_for_endless_work_is_given_up_in_time() {
    let doubled = |at: usize| json!({"allOf": [{"$ref": format!("#/$defs/{}", at + 1)}, {"$ref": format!("#/$defs/{}", at + 1)}]});
    let mut levels: serde_json::Map<String, Value> = (0..25).map(|at| (at.to_string(), doubled(at))).collect();
    levels.insert("25".to_owned(), json!({"type": "object"}));
    let schema = json!({"$ref": "#/$defs/0", "$defs": levels});
    let started = Instant::now();
    assert_eq!(check(&compiled(&schema).unwrap(), raw(&json!({})).as_raw()), Err(TooMuch));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());

    // The same by the depth of the value.
    let schema = json!({"properties": {"a": {"$ref": "#"}}, "patternProperties": {"a": {"$ref": "#"}}});
    let deep = (0..60).fold(json!({}), |below, _| json!({"a": below}));
    assert_eq!(check(&compiled(&schema).unwrap(), raw(&deep).as_raw()), Err(TooMuch));
}

#[test]
fn a_large_honest_value_is_held_against_its_schema() {
    let schema = json!({"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "integer"}, "name": {"type": "string", "pattern": "^[a-z0-9-]+$"}}, "required": ["id"]}});
    let rows: Vec<Value> = (0..5000).map(|id| json!({"id": id, "name": format!("row-{id}")})).collect();
    assert_eq!(check(&compiled(&schema).unwrap(), raw(&json!(rows)).as_raw()), Ok(Vec::new()));
}
