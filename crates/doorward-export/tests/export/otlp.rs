//! OTLP over HTTP: each signal to its own address, and none twice because another failed.
#![expect(clippy::unwrap_used, reason = "tests")]

use doorward_export::{Exporters, HttpTarget, Otlp, Signal, SinkConfig, Target, Trust};
use serde_json::Value;

use crate::receiver::{Act, Got, Receiver};
use crate::sample::{Scratch, append, exchange, id, pace, sink, until};

fn to(url: &str) -> SinkConfig {
    let target = HttpTarget::new(url, std::iter::empty(), Trust::default()).unwrap();
    sink("otel", Target::Otlp(Otlp { target, signals: vec![Signal::Traces, Signal::Logs, Signal::Metrics] }))
}

fn sent<'g>(got: &'g [Got], path: &str) -> Vec<&'g Got> {
    let line = format!("POST /records/v1/{path} ");
    got.iter().filter(|got| got.taken && got.head.starts_with(&line)).collect()
}

fn texts(got: &[&Got], list: &str, member: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for got in got {
        let body: Value = serde_json::from_str(&got.body).unwrap();
        let items = body.pointer(list).unwrap().as_array().unwrap();
        texts.extend(items.iter().map(|item| item.pointer(member).unwrap().as_str().unwrap().to_owned()));
    }
    texts
}

#[tokio::test]
async fn every_signal_arrives_once_although_one_of_them_fails() {
    let acts = [Act::Take, Act::Say(503, ""), Act::Take, Act::Say(429, "")];
    let (scratch, receiver) = (Scratch::new(), Receiver::new(acts).await);
    let store = scratch.store().await;
    append(&store, 0..30);
    until(|| store.depth() == 0).await;
    let exporters = Exporters::start(store.clone(), vec![to(&receiver.url())], pace()).await.unwrap();
    until(|| exporters.standings().iter().all(|standing| standing.seq == 30)).await;
    exporters.stop().await;
    let got = receiver.got();
    let traces = texts(&sent(&got, "traces"), "/resourceSpans/0/scopeSpans/0/spans", "/traceId");
    assert_eq!(traces, (0..30).map(|number| exchange(number).to_string()).collect::<Vec<_>>());
    let logs = sent(&got, "logs");
    assert_eq!(logs.len(), 1);
    for number in 0..30 {
        assert!(logs.iter().any(|log| log.body.contains(&id(number))), "{number}");
    }
    assert_eq!(sent(&got, "metrics").len(), 1);
    store.close().await.unwrap();
}
