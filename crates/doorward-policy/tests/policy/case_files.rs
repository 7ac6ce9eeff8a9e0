//! Files of cases: how they are read, and what comes of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_policy::{Case, CaseFile, Engine};
use serde_json::json;

use crate::desk::{catalogue, locked_with, source};

const POLICY: &str = r#"
@id("ann-sends")
@obligation("approve:owner")
permit (principal == User::"ann", action == Action::"mail/send", resource)
when { context.arguments.to == "bob" && context.at < datetime("2026-06-01") };
@id("nothing-by-pipe")
forbid (principal, action, resource in Server::"mail")
when { context.face == "stdio" };
@id("unused")
permit (principal == User::"zoe", action == Action::"mail/send", resource);
"#;

fn engine() -> Engine {
    let tool = json!([{ "name": "send", "inputSchema": { "type": "object", "properties": { "to": { "type": "string" } }, "required": ["to"] } }]);
    locked_with(POLICY, &[catalogue("mail", &tool)])
}

fn cases(text: &str) -> Vec<Case> {
    match CaseFile::read(&source("own.test.toml", text)) {
        Ok(file) => file.cases,
        Err(findings) => panic!("{findings:?}"),
    }
}

/// The faults of every case, by name.
fn judged(text: &str) -> Vec<(String, Vec<String>)> {
    let engine = engine();
    cases(text).iter().map(|case| (case.name.clone(), case.judge(&engine).faults)).collect()
}

#[test]
fn variants_lie_over_their_case_and_that_over_the_defaults() {
    let text = r#"
        [defaults]
        who = "ann"
        tool = "mail/send"
        arguments = { to = "bob" }
        [kinds]
        stranger = { user = "eve", groups = ["guests"] }
        [[case]]
        name = "sends"
        expect = "allow"
        rule = "ann-sends"
        obligations = ["approve:owner"]
        shown = true
        [[case]]
        name = "refused"
        expect = "DW1201"
        each = [
          { who = "stranger" },
          { arguments.to = "eve" },
          { name = "late", at = 2026-06-01T00:00:00Z },
          { face = "stdio", expect = "DW1202", rule = "nothing-by-pipe" },
          { arguments = '{"to": 1}', expect = "DW1203" },
        ]
    "#;
    let judged = judged(text);
    let names: Vec<&str> = judged.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sends", "refused [1]", "refused [2]", "refused [late]", "refused [4]", "refused [5]"]);
    for (name, faults) in judged {
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

#[test]
fn what_is_not_as_expected_is_told() {
    let case = |expected: &str| {
        let text =
            format!("[[case]]\nwho = \"ann\"\ntool = \"mail/send\"\narguments = {{ to = \"bob\" }}\n{expected}\n");
        judged(&text).remove(0).1
    };
    for (expected, told) in [
        ("expect = \"deny\"", "expected deny"),
        ("expect = \"limit\"", "expected allow within a limit"),
        ("expect = \"DW1201\"", "expected DW1201"),
        ("expect = \"allow\"\nrule = \"unused\"", "expected the rule \"unused\" to decide"),
        ("expect = \"allow\"\nobligations = []", "expected the duties [], there are [approve:owner]"),
        ("expect = \"allow\"\nshown = false", "expected it not to be shown in lists"),
    ] {
        assert_eq!(case(expected), [told], "{expected}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_advice() {
    let right = "tool = \"mail/send\"\nexpect = \"deny\"\n";
    for (text, message, advice, line) in [
        (
            "[[case]]\ntol = \"mail/send\"\nexpect = \"deny\"\n".to_owned(),
            "a case has no \"tol\"",
            "did you mean tool?",
            2,
        ),
        (format!("[default]\n[[case]]\n{right}"), "a file of cases has no \"default\"", "did you mean defaults?", 1),
        (format!("[[case]]\n{right}who = {{ usr = \"a\" }}"), "who has no \"usr\"", "did you mean user?", 4),
        (format!("[[case]]\n{right}who = 1"), "who is a name or a table", "write \"ann\"", 4),
        (format!("[[case]]\n{right}who = {{ user = \"a\", proof = \"x\" }}"), "\"x\" is no proof", "the proofs are", 4),
        (format!("[[case]]\n{right}at = \"noon\""), "this is no moment", "write 2026", 4),
        (format!("[[case]]\n{right}face = \"web\""), "\"web\" is no face", "write http or stdio", 4),
        (
            format!("[[case]]\n{right}arguments = '{{\"a\":1,\"a\":2}}'"),
            "no rule would be asked",
            "the gateway refuses",
            4,
        ),
        (format!("[[case]]\n{right}counts.a = -1"), "a count is a whole number", "write 3", 4),
        (format!("[[case]]\n{right}hosts.a = [\"b\"]"), "not all of these are addresses", "write [", 4),
        ("[[case]]\nexpect = \"deny\"\n".to_owned(), "the case does not say what is asked for", "add tool", 1),
        ("[[case]]\ntool = \"mail/send\"\n".to_owned(), "the case does not say what it expects", "add expect", 1),
        (
            "[[case]]\ntool = \"mail/send\"\nexpect = \"maybe\"\n".to_owned(),
            "nothing ends as \"maybe\"",
            "write allow",
            3,
        ),
        (
            "[[case]]\naction = \"resources/red\"\nexpect = \"deny\"\n".to_owned(),
            "there is no method",
            "write a method",
            2,
        ),
        ("case = 1".to_owned(), "the cases are a list", "begin each with", 1),
        ("[[case]\n".to_owned(), "", "", 1),
    ] {
        let findings = CaseFile::read(&source("own.test.toml", &text)).map(|_| ()).unwrap_err();
        let found = findings.iter().any(|finding| {
            finding.to_string().contains(message)
                && finding.advice().unwrap_or_default().starts_with(advice)
                && finding.line() == Some(line)
        });
        assert!(found, "{text}: {findings:?}");
    }
}

#[test]
fn rules_that_decide_in_no_case_are_named() {
    let engine = engine();
    let deciding = BTreeSet::from([Arc::from("ann-sends"), Arc::from("nothing-by-pipe")]);
    let left = engine.rules_beside(&deciding);
    let left: Vec<(&str, usize)> = left.iter().map(|rule| (rule.id.as_ref(), rule.line)).collect();
    assert_eq!(left, [("unused", 9)]);
}
