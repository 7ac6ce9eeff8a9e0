//! Events held against the schema: `fixtures/ocsf/schema-1.8.0.json`.

use doorward_store::{Client, Details, FindingView};

use super::*;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../fixtures/ocsf/schema-1.8.0.json")).unwrap()
}

fn record() -> RecordView {
    let text = r#"{"seq":7,"version":4,"at":"2026-07-28T09:30:00.123456Z","exchange":"019fa80b2ac000000000000000000001",
        "phase":"outcome","disposition":"answer","principal":"corp/ann","proof":"token","revision":"2026-07-28","face":"http",
        "direction":"to-server","server":"git","action":"tools/call","resource":"git_log","arguments_digest":"ab","code":null,
        "rules":["own/git"],"reasons":[],"request_bytes":1,"answer_bytes":2,"elapsed_micros":4500,"upstream_micros":3}"#;
    serde_json::from_str(text).unwrap()
}

fn samples() -> Vec<RecordView> {
    let details = Details {
        kind: Some("agent".into()),
        tenant: Some("acme".into()),
        agent: Some("builder".into()),
        groups: vec!["dev".into()],
        issuer: Some("corp".into()),
        client: Some(Client { name: "editor".into(), version: "1".into() }),
        origin: Some("https://app.example".into()),
        ..Details::default()
    };
    let finding = |severity: &str| FindingView {
        guard: "secrets".into(),
        rule: "aws-key".into(),
        severity: severity.into(),
        confidence: 90,
        action: "block".into(),
        pointer: "/a".into(),
        start: 0,
        end: 4,
    };
    let refused = RecordView {
        disposition: "refuse".into(),
        code: Some("DW1202".into()),
        reasons: vec!["A rule forbids this.".into()],
        details,
        ..record()
    };
    vec![
        record(),
        RecordView { phase: "intent".into(), disposition: "allow".into(), ..record() },
        RecordView { action: "resources/read".into(), resource: Some("file:///a".into()), ..record() },
        RecordView { action: "tools/list".into(), resource: None, server: None, revision: None, ..record() },
        RecordView { disposition: "answer-error".into(), ..record() },
        RecordView { disposition: "fail".into(), code: Some("DW1401".into()), ..record() },
        RecordView { findings: vec![finding("high"), finding("low")], ..record() },
        RecordView { findings: vec![finding("medium")], ..refused.clone() },
        refused,
    ]
}

/// What of `value` the schema does not have, or has and `value` lacks.
fn flaws(schema: &Value, shape: &Value, value: &Value, at: &str, flaws: &mut Vec<String>) {
    let members = value.as_object().unwrap();
    let attributes = shape["attributes"].as_object().unwrap();
    for (name, attribute) in attributes {
        if attribute["requirement"] == "required" && !members.contains_key(name) {
            flaws.push(format!("{at}.{name} is missing"));
        }
    }
    if let Some(some) = shape["at_least_one"].as_array()
        && !some.iter().any(|name| members.contains_key(name.as_str().unwrap()))
    {
        flaws.push(format!("{at} has none of {some:?}"));
    }
    for (name, member) in members {
        let at = format!("{at}.{name}");
        let Some(attribute) = attributes.get(name) else {
            flaws.push(format!("{at} is unknown"));
            continue;
        };
        let elements = match attribute["array"].as_bool() {
            Some(true) => member.as_array().cloned().unwrap_or_else(|| vec![Value::Null]),
            Some(false) | None => vec![member.clone()],
        };
        for element in elements {
            one(schema, attribute, &element, &at, flaws);
        }
    }
}

fn one(schema: &Value, attribute: &Value, element: &Value, at: &str, flaws: &mut Vec<String>) {
    let fits = match attribute["type"].as_str().unwrap() {
        "object" if attribute["object"] == "object" => element.is_object(),
        "object" => {
            let shape = &schema["objects"][attribute["object"].as_str().unwrap()];
            self::flaws(schema, shape, element, at, flaws);
            true
        }
        "integer_t" | "long_t" | "timestamp_t" => element.is_i64() || element.is_u64(),
        "boolean_t" => element.is_boolean(),
        "string_t" => element.is_string(),
        other => panic!("{at}: a type the test does not know: {other}"),
    };
    if !fits {
        flaws.push(format!("{at} is {element}"));
    }
    if let (Some(known), Some(number)) =
        (attribute["enum"].as_array(), element.as_i64().map(|number| number.to_string()))
        && !known.iter().any(|one| one.as_str() == Some(&number))
    {
        flaws.push(format!("{at} cannot be {number}"));
    }
}

#[test]
fn events_are_as_the_schema_has_them() {
    let schema = schema();
    assert_eq!(schema["version"], VERSION);
    let mut seen = 0;
    for record in samples() {
        for event in events(&record).unwrap() {
            let event: Value = serde_json::from_str(&event).unwrap();
            let class = match event["class_uid"].as_u64().unwrap() {
                6003 => "api_activity",
                2004 => "detection_finding",
                other => panic!("{other}"),
            };
            let number = event["class_uid"].as_u64().unwrap();
            assert_eq!(event["category_uid"].as_u64().unwrap(), number / 1000);
            assert_eq!(number % 1000, schema["classes"][class]["uid"].as_u64().unwrap());
            assert_eq!(event["type_uid"].as_u64().unwrap(), number * 100 + event["activity_id"].as_u64().unwrap());
            let mut found = Vec::new();
            flaws(&schema, &schema["classes"][class], &event, class, &mut found);
            assert_eq!(found, Vec::<String>::new(), "{event:#}");
            seen += 1;
        }
    }
    assert_eq!(seen, 12);
}

#[test]
fn the_check_finds_what_is_wrong() {
    let schema = schema();
    let event: Value = serde_json::from_str(&events(&record()).unwrap()[0]).unwrap();
    for (pointer, value) in
        [("/activity_id", json!(7)), ("/api", json!({})), ("/time", json!("now")), ("/actor/user/name", json!(1))]
    {
        let mut broken = event.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        let mut found = Vec::new();
        flaws(&schema, &schema["classes"]["api_activity"], &broken, "event", &mut found);
        assert!(!found.is_empty(), "{pointer}");
    }
}

#[test]
fn ids_are_stable_and_apart() {
    let refused = samples().pop().unwrap();
    let uids = || -> Vec<String> {
        let uid = |event: String| serde_json::from_str::<Value>(&event).unwrap()["metadata"]["uid"].to_string();
        events(&refused).unwrap().into_iter().map(uid).collect()
    };
    assert_eq!(
        uids(),
        ["\"019fa80b2ac000000000000000000001-outcome\"", "\"019fa80b2ac000000000000000000001-outcome-finding\""]
    );
}
