//! One record as a message of RFC 5424. Pure.

use doorward_store::RecordView;

use crate::ident;
use crate::limits::{SYSLOG_MESSAGE_BYTES_MAX, SYSLOG_VALUE_CHARS_MAX};
use crate::telling::{self, Weight};

/// "Log audit" (§6.2.1).
const FACILITY: u8 = 13;

/// The id of our structured data. 32473 is the number set aside for those who have none of their own (RFC 5612).
const ELEMENT: &str = "doorward@32473";

/// The whole message, at most [`SYSLOG_MESSAGE_BYTES_MAX`] bytes.
pub(super) fn of(record: &RecordView, hostname: Option<&str>) -> String {
    let severity = match telling::weight(record) {
        Weight::Fine => 6,
        Weight::Error => 5,
        Weight::Trouble => 4,
        Weight::Grave => 3,
    };
    let priority = FACILITY * 8 + severity;
    let at = word(&record.at, 32);
    let hostname = word(hostname.unwrap_or("-"), 255);
    let phase = word(&record.phase, 32);
    let mut text = format!("<{priority}>1 {at} {hostname} doorward - {phase} [{ELEMENT}");
    for (name, value) in values(record) {
        text.push_str(&format!(" {name}=\"{}\"", escaped(&value)));
    }
    text.push_str("] \u{feff}");
    let room = SYSLOG_MESSAGE_BYTES_MAX.saturating_sub(text.len());
    text.push_str(cut(&plain(&telling::sentence(record)), room));
    text
}

/// The values that there are.
fn values(record: &RecordView) -> Vec<(&'static str, String)> {
    let details = &record.details;
    let findings: Vec<String> = record
        .findings
        .iter()
        .map(|finding| format!("{}/{}:{}", finding.guard, finding.rule, finding.action))
        .collect();
    let all = [
        ("id", Some(ident::of(record))),
        ("exchange", Some(record.exchange.clone())),
        ("seq", Some(record.seq.to_string())),
        ("disposition", Some(record.disposition.clone())),
        ("user", Some(record.principal.clone())),
        ("proof", Some(record.proof.clone())),
        ("tenant", details.tenant.clone()),
        ("agent", details.agent.clone()),
        ("client", details.client.as_ref().map(|client| client.name.clone())),
        ("face", Some(record.face.clone())),
        ("direction", Some(record.direction.clone())),
        ("server", record.server.clone()),
        ("method", Some(record.action.clone())),
        ("resource", record.resource.clone()),
        ("code", record.code.clone()),
        ("rules", Some(record.rules.join(" "))),
        ("reason", Some(record.reasons.join(" "))),
        ("findings", Some(findings.join(" "))),
        ("arguments", record.arguments_digest.clone()),
        ("context", record.flow.as_ref().map(|flow| flow.context.clone())),
        ("micros", Some(record.elapsed_micros.to_string())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}

/// A value between quotes (§6.3.3): cut, without control characters, the three that end it escaped.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars().take(SYSLOG_VALUE_CHARS_MAX) {
        match character {
            '"' | '\\' | ']' => text.extend(['\\', character]),
            character if character.is_control() => text.push(' '),
            character => text.push(character),
        }
    }
    text
}

/// A field of the header: printable ASCII without spaces, never empty (§6).
fn word(text: &str, most: usize) -> String {
    let kept: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if kept.is_empty() { "-".to_owned() } else { kept }
}

fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The longest beginning of at most `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    let end =
        text.char_indices().map(|(at, character)| at + character.len_utf8()).take_while(|end| *end <= most).last();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> RecordView {
        let text = r#"{"seq":7,"version":4,"at":"2026-07-28T09:30:00.123456Z","exchange":"019fa80b2ac000000000000000000001",
            "phase":"outcome","disposition":"refuse","principal":"ann","proof":"token","revision":null,"face":"http",
            "direction":"to-server","server":"git","action":"tools/call","resource":"a\"b\\c]d\nе","arguments_digest":null,
            "code":"DW1202","rules":["own/git"],"reasons":[],"request_bytes":1,"answer_bytes":2,"elapsed_micros":4500,"upstream_micros":3}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_message_is_as_rfc_5424_has_it() {
        let message = of(&record(), Some("gate one"));
        let expected = "<108>1 2026-07-28T09:30:00.123456Z gateone doorward - outcome [doorward@32473 \
            id=\"019fa80b2ac000000000000000000001-outcome\" exchange=\"019fa80b2ac000000000000000000001\" seq=\"7\" \
            disposition=\"refuse\" user=\"ann\" proof=\"token\" face=\"http\" direction=\"to-server\" server=\"git\" \
            method=\"tools/call\" resource=\"a\\\"b\\\\c\\]d е\" code=\"DW1202\" rules=\"own/git\" micros=\"4500\"] \
            \u{feff}ann: tools/call a\"b\\c]d е on git: refuse DW1202";
        assert_eq!(message, expected);
        assert!(of(&record(), None).contains("Z - doorward - outcome"));
    }

    #[test]
    fn messages_are_bounded_whatever_a_record_says() {
        let long = "\u{10ffff}\"".repeat(5000);
        let record = RecordView {
            principal: long.clone(),
            server: Some(long.clone()),
            action: long.clone(),
            resource: Some(long.clone()),
            rules: vec![long.clone()],
            reasons: vec![long],
            ..record()
        };
        let message = of(&record, None);
        assert!(
            message.len() <= SYSLOG_MESSAGE_BYTES_MAX && message.len() > SYSLOG_MESSAGE_BYTES_MAX - 4,
            "{}",
            message.len()
        );
        assert_eq!(escaped(&"x".repeat(SYSLOG_VALUE_CHARS_MAX + 1)).len(), SYSLOG_VALUE_CHARS_MAX);
    }
}
