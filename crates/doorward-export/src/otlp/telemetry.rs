//! One record as a span and as a log record. Pure.

use doorward_store::RecordView;

use super::names;
use super::wire::{Attribute, KIND_SERVER, LogRecord, STATUS_ERROR, Span, Status, Value, Values};
use crate::ident;
use crate::limits::ATTRIBUTE_CHARS_MAX;
use crate::telling::{self, Weight};

/// The exchange that a record ends.
pub(super) fn span(record: &RecordView) -> Span {
    let end = nanos(record);
    let (trace_id, span_id) = ids(record);
    let target = target(record).filter(|(key, _)| *key != names::RESOURCE_URI).map(|(_, name)| name);
    let error = error_type(record);
    Span {
        trace_id,
        span_id,
        name: target.map_or_else(|| short(&record.action), |target| short(&format!("{} {target}", record.action))),
        kind: KIND_SERVER,
        start_time_unix_nano: end.saturating_sub(record.elapsed_micros.saturating_mul(1000)),
        end_time_unix_nano: end,
        attributes: attributes(record),
        status: error.map(|_| Status { code: STATUS_ERROR, message: short(&record.reasons.join(" ")) }),
    }
}

/// What a record tells.
pub(super) fn log_record(record: &RecordView) -> LogRecord {
    let (severity_number, severity_text) = match telling::weight(record) {
        Weight::Fine => (9, "INFO"),
        Weight::Error => (10, "INFO2"),
        Weight::Trouble => (13, "WARN"),
        Weight::Grave => (17, "ERROR"),
    };
    let (trace_id, span_id) = ids(record);
    let more = [
        (names::ID, Some(text(&ident::of(record)))),
        (names::SEQ, u64::try_from(record.seq).ok().map(Value::Number)),
        (names::PHASE, Some(text(&record.phase))),
        (names::REASONS, list(&record.reasons)),
        (names::ARGUMENTS, record.arguments_digest.as_deref().map(text)),
    ];
    let mut attributes = attributes(record);
    attributes.extend(present(more));
    LogRecord {
        time_unix_nano: nanos(record),
        observed_time_unix_nano: nanos(record),
        severity_number,
        severity_text,
        body: text(&telling::sentence(record)),
        attributes,
        trace_id,
        span_id,
        event_name: names::EVENT,
    }
}

/// What names the operation and how it ended, for metrics: as few values as there are.
pub(super) fn operation(record: &RecordView) -> Vec<Attribute> {
    let tool = target(record).filter(|(key, _)| *key != names::RESOURCE_URI);
    present([
        (names::METHOD, Some(text(&record.action))),
        (tool.map_or(names::TOOL, |(key, _)| key), tool.map(|(_, name)| text(name))),
        (names::PROTOCOL_VERSION, record.revision.as_deref().map(text)),
        (names::ERROR_TYPE, error_type(record).map(|error| text(&error))),
    ])
}

fn attributes(record: &RecordView) -> Vec<Attribute> {
    let details = &record.details;
    let findings: Vec<String> =
        record.findings.iter().map(|finding| format!("{}/{}", finding.guard, finding.rule)).collect();
    let named = target(record);
    let code = record.code.as_deref();
    present([
        (names::METHOD, Some(text(&record.action))),
        (named.map_or(names::TOOL, |(key, _)| key), named.map(|(_, name)| text(name))),
        (names::OPERATION, (record.action == "tools/call").then(|| text(names::EXECUTE_TOOL))),
        (names::PROTOCOL_VERSION, record.revision.as_deref().map(text)),
        (names::TRANSPORT, Some(text(if record.face == "stdio" { "pipe" } else { "tcp" }))),
        (names::ERROR_TYPE, error_type(record).map(|error| text(&error))),
        (names::STATUS_CODE, code.map(|code| text(code.trim_start_matches("DW")))),
        (names::USER, Some(text(&record.principal))),
        (names::PROOF, Some(text(&record.proof))),
        (names::TENANT, details.tenant.as_deref().map(text)),
        (names::AGENT, details.agent.as_deref().map(text)),
        (names::CLIENT, details.client.as_ref().map(|client| text(&client.name))),
        (names::SERVER, record.server.as_deref().map(text)),
        (names::DIRECTION, Some(text(&record.direction))),
        (names::DISPOSITION, Some(text(&record.disposition))),
        (names::CODE, code.map(text)),
        (names::RULES, list(&record.rules)),
        (names::FINDINGS, list(&findings)),
        (names::CONTEXT, record.flow.as_ref().map(|flow| text(&flow.context))),
        (names::REQUEST_SIZE, Some(Value::Number(record.request_bytes))),
        (names::ANSWER_SIZE, Some(Value::Number(record.answer_bytes))),
        (names::UPSTREAM, Some(Value::Number(record.upstream_micros))),
    ])
}

fn present<const N: usize>(all: [(&'static str, Option<Value>); N]) -> Vec<Attribute> {
    all.into_iter().filter_map(|(key, value)| Some(Attribute { key, value: value? })).collect()
}

/// What the operation is about, and under which name that goes.
fn target(record: &RecordView) -> Option<(&'static str, &str)> {
    let name = record.resource.as_deref()?;
    match record.action.split('/').next() {
        Some("tools") => Some((names::TOOL, name)),
        Some("prompts") => Some((names::PROMPT, name)),
        Some("resources") => Some((names::RESOURCE_URI, name)),
        Some(_) | None => None,
    }
}

/// The kind of failure; `None` when there is none.
fn error_type(record: &RecordView) -> Option<String> {
    match (record.disposition.as_str(), &record.code) {
        (_, Some(code)) => Some(code.clone()),
        ("answer-error", None) if record.action == "tools/call" => Some(names::TOOL_ERROR.to_owned()),
        ("answer-error" | "refuse" | "fail", None) => Some(names::OTHER_ERROR.to_owned()),
        (_, None) => None,
    }
}

/// The trace and the span that an exchange is.
fn ids(record: &RecordView) -> (String, String) {
    let span = record.exchange.get(16..).filter(|half| half.bytes().any(|digit| digit != b'0'));
    (record.exchange.clone(), span.unwrap_or("0000000000000001").to_owned())
}

fn nanos(record: &RecordView) -> u64 {
    telling::micros(record).saturating_mul(1000)
}

fn text(text: &str) -> Value {
    Value::Text(short(text))
}

fn short(text: &str) -> String {
    text.chars().take(ATTRIBUTE_CHARS_MAX).collect()
}

fn list(texts: &[String]) -> Option<Value> {
    let values: Vec<Value> = texts.iter().map(|one| text(one)).collect();
    (!values.is_empty()).then_some(Value::List(Values { values }))
}
