//! What an entry shows and hides, and how strictly it is read.

use std::sync::Arc;

use super::*;
use crate::access::ClientName;
use crate::flow::{ContextId, FlowNote, Label};
use crate::guard::{Action as GuardAction, Confidence, Finding, GuardName, Severity};
use crate::limits::{ENTRY_BYTES_MAX, ENTRY_NUMBER_MAX, RECORD_FIELD_MAX, RECORD_RULES_MAX};
use crate::principal::{Principal, Proof};
use crate::refusal::Code;

fn record() -> Record {
    Record {
        at: Timestamp::from_micros(1_700_000_000_123_456),
        exchange: ExchangeId::from_parts(1_700_000_000_123, 42),
        phase: Phase::Outcome,
        disposition: Disposition::Refuse,
        principal: Principal::new("alice", Proof::LocalToken),
        revision: Some("2025-11-25"),
        face: "http",
        origin: None,
        client: Some(Arc::new(ClientName::new("editor \"x\"", "1.0"))),
        direction: "to-server",
        server: Some(Arc::from("git")),
        action: Arc::from("tools/call"),
        resource: Some(Arc::from("push")),
        arguments_digest: Some([0xab; 32]),
        code: Some(Code::UnknownMethod),
        rules: vec![Arc::from("no-force-push")],
        reasons: vec![Arc::from("Pushing with force is not allowed.")],
        findings: Vec::new(),
        flow: None,
        request_bytes: 512,
        answer_bytes: 0,
        elapsed_micros: 321,
        upstream_micros: 0,
    }
}

fn full() -> Record {
    let finding = Finding {
        guard: GuardName::Secrets,
        rule: "aws-access-key".into(),
        severity: Severity::High,
        confidence: Confidence::CERTAIN,
        pointer: Arc::from("/arguments/text"),
        range: 3..23,
    };
    let flow = FlowNote {
        context: ContextId::from_bytes([9; 16]),
        trail: "1.2".into(),
        label: Label::default(),
        missing: Vec::new(),
        sources: Vec::new(),
    };
    Record {
        origin: Some(Arc::from("https://app.example")),
        findings: vec![(finding, GuardAction::Block)],
        flow: Some(Box::new(flow)),
        ..record()
    }
}

const SALT: RecordSalt = RecordSalt::from_bytes([5; 32]);

/// The bytes may never change: logs hold them. A new form is a new version.
#[test]
fn the_bytes_of_version_1_are_these() {
    let (entry, _) = Entry::of(&record(), &SALT);
    let text = std::str::from_utf8(entry.as_bytes()).unwrap();
    let (open, hidden) = text.split_once(r#","commitments":"#).unwrap();
    let code = Code::UnknownMethod;
    assert_eq!(
        open,
        format!(
            "{}{}{code}{}{}",
            r#"{"version":1,"at":1700000000123456,"exchange":"018bcfe5687b0000000000000000002a","phase":"outcome","#,
            r#""disposition":"refuse","revision":"2025-11-25","face":"http","direction":"to-server","action":"tools/call","code":""#,
            r#"","rules":["no-force-push"],"request_bytes":512,"answer_bytes":0,"elapsed_micros":321,"#,
            r#""upstream_micros":0,"context":"""#
        )
    );
    let known = include_str!("known.txt").trim_end();
    assert_eq!(hidden, known);
    assert!(entry.as_bytes().starts_with(ENTRY_START));
}

#[test]
fn nothing_that_is_committed_to_stands_in_the_open() {
    let (entry, openings) = Entry::of(&full(), &SALT);
    let text = std::str::from_utf8(entry.as_bytes()).unwrap();
    for secret in ["alice", "local-token", "editor", "app.example", "git", "\"push\"", "abab", "Pushing", "aws", "1.2"]
    {
        assert!(!text.contains(secret), "{secret}");
    }
    let shown: Vec<&str> = openings.values().map(|(_, value)| value).collect();
    assert_eq!(shown[0], r#"{"kind":"user","name":"alice"}"#);
    assert_eq!(shown[2], r#"{"name":"editor \"x\"","version":"1.0"}"#);
    assert!(shown.iter().all(|value| serde_json::from_str::<serde_json::Value>(value).is_ok()));
    assert!(!format!("{:?}", openings.salt()).contains('5'));
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    for record in [record(), full()] {
        let (bytes, _) = Entry::of(&record, &SALT);
        let entry = Entry::parse(bytes.as_bytes()).unwrap();
        assert_eq!((entry.at, entry.exchange, entry.phase), (record.at, record.exchange, record.phase));
        assert_eq!((entry.disposition, entry.action.as_str()), (record.disposition, "tools/call"));
        assert_eq!(entry.code, record.code.map(|code| code.to_string()));
        assert_eq!(entry.context, record.flow.map(|flow| flow.context.to_string()));
        assert_eq!((entry.request_bytes, entry.elapsed_micros, entry.rules.len()), (512, 321, 1));
    }
}

#[test]
fn absence_does_not_show() {
    let (without, openings) = Entry::of(&record(), &SALT);
    let (with, _) = Entry::of(&full(), &SALT);
    let context = ContextId::from_bytes([9; 16]).to_string().len();
    assert_eq!(without.as_bytes().len() + context, with.as_bytes().len());
    let nothing = openings.disclose(Field::Origin);
    assert_eq!(nothing.value, "null");
    assert_eq!(nothing.check(without.as_bytes()), Ok(()));
    assert_eq!(nothing.check(with.as_bytes()), Err(DisclosureError::Other(Field::Origin)));
}

#[test]
fn one_field_is_shown_alone_and_to_its_entry_alone() {
    let (entry, openings) = Entry::of(&full(), &SALT);
    let (other, _) = Entry::of(&full(), &RecordSalt::from_bytes([6; 32]));
    let mut salts = std::collections::BTreeSet::new();
    for (disclosure, field) in openings.disclose_all().into_iter().zip(Field::ALL) {
        assert_eq!(disclosure, openings.disclose(field));
        assert_eq!(disclosure.check(entry.as_bytes()), Ok(()));
        assert_eq!(disclosure.check(other.as_bytes()), Err(DisclosureError::Other(field)));
        assert_eq!(Disclosure::parse(&disclosure.to_string()), Ok(disclosure.clone()));
        for wrong in [
            Disclosure { value: format!("{} ", disclosure.value), ..disclosure.clone() },
            Disclosure { salt: [0; 32], ..disclosure.clone() },
            Disclosure { field: Field::ALL[(field as usize + 1) % 10], ..disclosure.clone() },
        ] {
            assert!(wrong.check(entry.as_bytes()).is_err());
        }
        salts.insert(disclosure.salt);
    }
    assert_eq!(salts.len(), Field::ALL.len());
}

#[test]
fn openings_are_kept_as_one_line() {
    for record in [record(), full()] {
        let (_, openings) = Entry::of(&record, &SALT);
        let line = openings.to_json();
        assert!(!line.contains('\n'));
        assert_eq!(Openings::parse(&line), Ok(openings));
    }
    for wrong in ["", "{}", r#"{"version":2,"salt":"","values":{}}"#, r#"{"version":1,"salt":"AAAA","values":{}}"#] {
        assert_eq!(Openings::parse(wrong), Err(OpeningsError), "{wrong}");
    }
}

#[test]
fn other_bytes_are_no_entry() {
    let (entry, _) = Entry::of(&full(), &SALT);
    let text = String::from_utf8(entry.into_bytes()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    for wrong in [
        with(r#""rules""#, r#""more":1,"rules""#),
        with(r#""phase":"outcome","#, ""),
        with(r#""face":"http""#, r#""face":"http","face":"http""#),
        with("512", "512.0"),
        with("commitments\":{", "commitments\":{\"more\":\"\","),
        String::new(),
        "[]".to_owned(),
    ] {
        assert!(matches!(Entry::parse(wrong.as_bytes()), Err(EntryError::Form(_))), "{wrong}");
    }
    for wrong in [with(",", ", "), format!("{text}\n"), with("http", "\\u0068ttp")] {
        assert_eq!(Entry::parse(wrong.as_bytes()), Err(EntryError::Spelling), "{wrong}");
    }
    for (wrong, member) in [
        (with(r#""outcome""#, r#""outcomes""#), "phase"),
        (with(r#""refuse""#, r#""refused""#), "disposition"),
        (with("018bcfe5", "018BCFE5"), "exchange"),
        (with("0909", "090x"), "context"),
        (with("1700000000123456", "9007199254740992"), "at"),
        (with(":512,", ":9007199254740992,"), "request_bytes"),
    ] {
        assert_eq!(Entry::parse(wrong.as_bytes()), Err(EntryError::Value(member)));
    }
    let newer = with(r#""version":1,"#, r#""version":2,"new":true,"#);
    assert_eq!(Entry::parse(newer.as_bytes()), Err(EntryError::Version(2)));
}

#[test]
fn the_largest_record_fits_a_bundle_and_is_read_back() {
    let hostile: Arc<str> = Arc::from("\u{1}".repeat(RECORD_FIELD_MAX * 2));
    let record = Record {
        at: Timestamp::from_micros(i64::MAX),
        action: Arc::clone(&hostile),
        rules: vec![hostile; RECORD_RULES_MAX + 1],
        request_bytes: u64::MAX,
        ..full()
    };
    let (bytes, _) = Entry::of(&record, &SALT);
    assert!(bytes.as_bytes().len() <= ENTRY_BYTES_MAX, "{}", bytes.as_bytes().len());
    let entry = Entry::parse(bytes.as_bytes()).unwrap();
    assert_eq!((entry.rules.len(), entry.request_bytes), (RECORD_RULES_MAX, ENTRY_NUMBER_MAX));
    assert!(entry.action.ends_with('…'));
}
