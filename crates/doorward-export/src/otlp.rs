//! Records as traces, logs and metrics of OpenTelemetry, over OTLP/HTTP with the JSON encoding.
//!
//! An exchange is a trace of its own, and its id the trace's; the second half of it is the span's. So what is sent twice
//! has the same ids. Metrics are sums of one batch (delta), which have no ids: what is sent twice counts twice.

mod names;
mod numbers;
mod telemetry;
mod wire;

use bytes::Bytes;
use doorward_store::RecordView;
use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::config::{Otlp, Signal};
use crate::deliver::Packed;
use crate::failure::Failure;
use crate::http::Poster;
use wire::{Attribute, Value};

/// A receiver of OpenTelemetry.
#[derive(Debug)]
pub(crate) struct OtlpSink {
    poster: Poster,
    /// Where each signal goes, and the last record of which it has confirmed that signal.
    signals: Vec<(Signal, Uri, i64)>,
}

/// What a receiver says of what it did not take. It must not be sent again.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    partial_success: Partial,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Partial {
    error_message: String,
    rejected_spans: serde_json::Value,
    rejected_log_records: serde_json::Value,
    rejected_data_points: serde_json::Value,
}

impl OtlpSink {
    /// # Errors
    /// In words, why it cannot be spoken to.
    pub(crate) fn new(config: &Otlp) -> Result<Self, String> {
        let signals = config.signals.iter().map(|signal| {
            let path = match signal {
                Signal::Traces => "/v1/traces",
                Signal::Logs => "/v1/logs",
                Signal::Metrics => "/v1/metrics",
            };
            config.target.below(path).map(|url| (*signal, url, -1)).map_err(|error| error.to_string())
        });
        Ok(Self { poster: Poster::new(&config.target)?, signals: signals.collect::<Result<_, _>>()? })
    }

    /// Sends the first of `records`, as many as fit into one message of every signal; how many those were.
    pub(crate) async fn deliver(&mut self, records: &[RecordView]) -> Result<usize, Failure> {
        let count = fitting(records)?;
        let batch = records.get(..count).unwrap_or_default();
        let last = batch.last().map_or(0, |record| record.seq);
        for (signal, url, through) in &mut self.signals {
            // What one signal has confirmed it is not sent again because another has not. Trials have no number.
            let new: Vec<&RecordView> =
                batch.iter().filter(|record| record.seq == 0 || record.seq > *through).collect();
            if let Some(body) = message(*signal, &new)? {
                let answer = self.poster.post(url, body, Vec::new()).await?;
                tell_of_rejected(*signal, &answer);
            }
            *through = (*through).max(last);
        }
        Ok(count)
    }
}

/// How many of `records` fit into a message of log records, the largest of the signals.
fn fitting(records: &[RecordView]) -> Result<usize, Failure> {
    let mut packed = Packed::array("", "");
    for record in records {
        if !packed.add(&written(&telemetry::log_record(record))?) {
            break;
        }
    }
    Ok(packed.finish().0)
}

/// The message of one signal; `None` when there is nothing in it.
fn message(signal: Signal, records: &[&RecordView]) -> Result<Option<Bytes>, Failure> {
    let (outer, inner, items) = match signal {
        Signal::Traces => {
            let ended = records.iter().filter(|record| record.phase == "outcome");
            ("resourceSpans", ("scopeSpans", "spans"), ended.map(|record| written(&telemetry::span(record))).collect())
        }
        Signal::Logs => {
            let told = records.iter().map(|record| written(&telemetry::log_record(record)));
            ("resourceLogs", ("scopeLogs", "logRecords"), told.collect())
        }
        Signal::Metrics => {
            let metric = numbers::durations(records);
            let metrics = metric.iter().map(written).collect();
            ("resourceMetrics", ("scopeMetrics", "metrics"), metrics)
        }
    };
    let items: Vec<String> = Result::<Vec<String>, Failure>::from_iter::<Vec<Result<String, Failure>>>(items)?;
    if items.is_empty() {
        return Ok(None);
    }
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        Attribute { key: names::SERVICE_NAME, value: Value::Text("doorward".to_owned()) },
        Attribute { key: names::SERVICE_VERSION, value: Value::Text(version.to_owned()) },
    ];
    let (scope, list) = inner;
    let body = format!(
        r#"{{"{outer}":[{{"resource":{{"attributes":{}}},"{scope}":[{{"scope":{{"name":"doorward","version":"{version}"}},"{list}":[{}]}}]}}]}}"#,
        written(&resource)?,
        items.join(",")
    );
    Ok(Some(Bytes::from(body)))
}

fn written(item: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(item).map_err(|error| Failure::of("a record cannot be written", &error))
}

/// OTLP forbids to send again what a receiver took in part, so all there is to do is to tell.
fn tell_of_rejected(signal: Signal, answer: &[u8]) {
    let Ok(Answer { partial_success: partial }) = serde_json::from_slice(answer) else { return };
    let rejected = [&partial.rejected_spans, &partial.rejected_log_records, &partial.rejected_data_points];
    let some = rejected.iter().any(|number| {
        number.as_u64().is_some_and(|number| number > 0) || number.as_str().is_some_and(|text| text != "0")
    });
    if some {
        tracing::error!(?signal, reason = partial.error_message, "a receiver of OTLP took a batch only in part");
    }
}

#[cfg(test)]
mod tests;
