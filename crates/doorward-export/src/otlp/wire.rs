//! The JSON encoding of OTLP (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): camelCase, numbers of 64
//! bits as strings, ids in hexadecimal digits, enumerations as numbers.

use serde::{Serialize, Serializer};

/// `SPAN_KIND_SERVER`.
pub(super) const KIND_SERVER: u8 = 2;
/// `STATUS_CODE_ERROR`.
pub(super) const STATUS_ERROR: u8 = 2;
/// `AGGREGATION_TEMPORALITY_DELTA`.
pub(super) const DELTA: u8 = 1;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attribute {
    pub(super) key: &'static str,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) enum Value {
    #[serde(rename = "stringValue")]
    Text(String),
    #[serde(rename = "intValue", serialize_with = "as_text")]
    Number(u64),
    #[serde(rename = "arrayValue")]
    List(Values),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Values {
    pub(super) values: Vec<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) name: String,
    pub(super) kind: u8,
    #[serde(serialize_with = "as_text")]
    pub(super) start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(super) end_time_unix_nano: u64,
    pub(super) attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
}

#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) code: u8,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogRecord {
    #[serde(serialize_with = "as_text")]
    pub(super) time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(super) observed_time_unix_nano: u64,
    pub(super) severity_number: u8,
    pub(super) severity_text: &'static str,
    pub(super) body: Value,
    pub(super) attributes: Vec<Attribute>,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) event_name: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) description: &'static str,
    pub(super) histogram: Histogram,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Histogram {
    pub(super) data_points: Vec<Point>,
    pub(super) aggregation_temporality: u8,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    pub(super) attributes: Vec<Attribute>,
    #[serde(serialize_with = "as_text")]
    pub(super) start_time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(super) time_unix_nano: u64,
    #[serde(serialize_with = "as_text")]
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    #[serde(serialize_with = "as_texts")]
    pub(super) bucket_counts: Vec<u64>,
    pub(super) explicit_bounds: Vec<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn as_texts<S: Serializer>(numbers: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(u64::to_string))
}
