use doorward_core::record::Disposition;
use doorward_core::refusal::Code;
use serde_json::json;

use super::*;
use crate::engine::tests::event;

fn rule(detection: &Value) -> Result<SigmaRule, SigmaError> {
    SigmaRule::read(&json!({"title": "t", "logsource": {"product": "doorward"}, "detection": detection}))
}

fn matches(detection: &Value, event: &Event) -> bool {
    rule(detection).unwrap().matches(event)
}

#[test]
fn fields_modifiers_lists_and_maps_mean_what_sigma_says() {
    let mut seen = event(0, "files", "read_Secret");
    (seen.disposition, seen.code) = (Disposition::Refuse, Some(Code::Forbidden));
    seen.findings = vec!["secrets/aws".into(), "unicode/bidi".into()];
    let cases = [
        (json!({"server": "files"}), true),
        (json!({"server": "FILES", "tool": "read_secret"}), true),
        (json!({"server": "files", "tool": "write"}), false),
        (json!({"server": ["mail", "files"]}), true),
        (json!([{"server": "mail"}, {"tool": "read*"}]), true),
        (json!({"tool|startswith": "read"}), true),
        (json!({"tool|endswith": "secret"}), true),
        (json!({"tool|contains": ["x", "d_s"]}), true),
        (json!({"tool|contains|all": ["x", "d_s"]}), false),
        (json!({"finding|startswith|all": ["secrets/", "unicode/"]}), true),
        (json!({"tool": "r?ad_*t"}), true),
        (json!({"tool": "r?d*"}), false),
        (json!({"code": "DW1202", "disposition": "refuse"}), true),
        (json!({"request_bytes|gt": 299}), true),
        (json!({"request_bytes|lt": 300}), false),
        (json!({"request_bytes": 300}), true),
        (json!({"rule": null}), true),
        (json!({"code": null}), false),
    ];
    for (search, expected) in cases {
        assert_eq!(matches(&json!({"a": search, "condition": "a"}), &seen), expected, "{search}");
    }
}

#[test]
fn conditions_mean_what_sigma_says() {
    let seen = event(0, "files", "read");
    let with = |condition: &str| {
        let detection = json!({
            "yes_server": {"server": "files"}, "yes_tool": {"tool": "read"}, "no": {"tool": "write"},
            "condition": condition,
        });
        matches(&detection, &seen)
    };
    for holds in [
        "yes_tool",
        "not no",
        "yes_tool and not no",
        "no or yes_tool",
        "1 of them",
        "all of yes_*",
        "1 of *",
        "no and no or yes_tool",
        "not (no or not yes_tool)",
        "yes_tool AND yes_server",
    ] {
        assert!(with(holds), "{holds}");
    }
    for fails in ["no", "all of them", "yes_tool and no", "not yes_tool or no", "no and (no or yes_tool)"] {
        assert!(!with(fails), "{fails}");
    }
}

#[test]
fn what_is_not_supported_is_named() {
    let unsupported = |detection: Value| match rule(&detection) {
        Err(SigmaError::Unsupported(what)) => what,
        other => panic!("{detection}: {other:?}"),
    };
    assert_eq!(unsupported(json!({"a": {"tool|re": "x"}, "condition": "a"})), "the modifier `re`");
    assert_eq!(unsupported(json!({"a": {"tool|base64": "x"}, "condition": "a"})), "the modifier `base64`");
    assert_eq!(unsupported(json!({"a": ["word"], "condition": "a"})), "a search for words without a field");
    assert_eq!(
        unsupported(json!({"a": {"tool": "x"}, "condition": "a | count() > 5"})),
        "an aggregation in a condition"
    );
    assert_eq!(unsupported(json!({"a": {"tool": "x"}, "condition": "2 of them"})), "`2 of`");
    assert_eq!(unsupported(json!({"a": {"tool": "x"}, "condition": ["a"]})), "a condition that is no text");
    assert_eq!(unsupported(json!({"a": {"tool": "x"}, "condition": "a", "timeframe": "5m"})), "`timeframe`");
    assert_eq!(unsupported(json!({"a": {"tool|contains": "x*"}, "condition": "a"})), "a wildcard beside a modifier");
    assert_eq!(unsupported(json!({"a": {"tool": "a\\*"}, "condition": "a"})), "a backslash");
    let field = rule(&json!({"a": {"CommandLine": "x"}, "condition": "a"}));
    assert_eq!(field.unwrap_err(), SigmaError::Field("CommandLine".to_owned()));
}

#[test]
fn what_is_no_rule_for_records_is_refused() {
    let other = json!({"title": "t", "logsource": {"product": "windows"}, "detection": {}});
    assert_eq!(SigmaRule::read(&other).unwrap_err(), SigmaError::OtherLog);
    for bad in ["", "a and", "(a", "a)", "b", "not", "1 of b*", "a a"] {
        let read = rule(&json!({"a": {"tool": "x"}, "condition": bad}));
        assert!(matches!(read, Err(SigmaError::Malformed(_))), "{bad}: {read:?}");
    }
    for bad in
        [json!({"a": {}, "condition": "a"}), json!({"a": {"tool": []}, "condition": "a"}), json!({"a": {"tool": "x"}})]
    {
        assert!(matches!(rule(&bad), Err(SigmaError::Malformed(_))), "{bad}");
    }
}

#[test]
fn rules_are_bounded() {
    let values = |count: usize| json!({"a": {"tool": vec!["x"; count]}, "condition": "a"});
    assert!(rule(&values(SIGMA_VALUES_MAX)).is_ok());
    assert_eq!(rule(&values(SIGMA_VALUES_MAX + 1)).unwrap_err(), SigmaError::TooLarge("values"));
    let nested =
        |depth: usize| json!({"a": {"tool": "x"}, "condition": format!("{}a{}", "(".repeat(depth), ")".repeat(depth))});
    assert!(rule(&nested(SIGMA_DEPTH_MAX)).is_ok());
    assert!(matches!(rule(&nested(SIGMA_DEPTH_MAX + 2)), Err(SigmaError::TooLarge(_))));
    let long = json!({"a": {"tool": "x"}, "condition": "a or ".repeat(SIGMA_CONDITION_BYTES_MAX) + "a"});
    assert!(matches!(rule(&long), Err(SigmaError::TooLarge(_))));
}
