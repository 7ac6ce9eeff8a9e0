//! Records on their way out of a running gateway: they arrive, say no payload, and may hold calls back.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_export::{
    Behind, Form, HttpTarget, OcsfFile, Otlp, Records, Signal, SinkConfig, Syslog, Target, Trust, Webhook,
};
use doorward_store::SinkStart;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::client::{Ask, Http, Session, call, denial};
use super::rig::{Plan, Rig, eventually};

/// A receiver that answers everything with one status, and keeps what it was sent.
pub(crate) struct Receiver {
    url: String,
    status: Arc<Mutex<u16>>,
    sent: Arc<Mutex<String>>,
}

impl Receiver {
    pub(crate) async fn new(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let (status, sent) = (Arc::new(Mutex::new(status)), Arc::new(Mutex::new(String::new())));
        let (answers, keeps) = (status.clone(), sent.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, answers.clone(), keeps.clone()));
            }
        });
        Self { url, status, sent }
    }

    pub(crate) fn sink(&self, behind: Behind) -> SinkConfig {
        let target = HttpTarget::new(&self.url, std::iter::empty(), Trust::default()).unwrap();
        SinkConfig {
            name: "siem".to_owned(),
            target: Target::Webhook(Webhook { target, key: None, form: Form::Records }),
            start: SinkStart::Oldest,
            records: Records::All,
            behind,
        }
    }

    /// Sinks of every other kind, to here where they need somebody.
    fn other_kinds(&self, file: PathBuf, syslog: u16) -> Vec<SinkConfig> {
        let target = || HttpTarget::new(&self.url, std::iter::empty(), Trust::default()).unwrap();
        let sink = |name: &str, target| SinkConfig { name: name.to_owned(), target, ..self.sink(Behind::Spool) };
        let signals = vec![Signal::Traces, Signal::Logs, Signal::Metrics];
        let host = "127.0.0.1".to_owned();
        vec![
            sink("events", Target::Ocsf(OcsfFile { path: file, bytes: 1 << 20, keep: 1 })),
            sink("hook", Target::Webhook(Webhook { target: target(), key: None, form: Form::Ocsf })),
            sink("log", Target::Syslog(Syslog { host, port: syslog, trust: None, hostname: None })),
            sink("otel", Target::Otlp(Otlp { target: target(), signals })),
        ]
    }

    fn sent(&self) -> String {
        self.sent.lock().unwrap().clone()
    }
}

async fn receive(mut stream: TcpStream, status: Arc<Mutex<u16>>, sent: Arc<Mutex<String>>) {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        if !is_whole(&bytes) {
            continue;
        }
        let status = *status.lock().unwrap();
        if status == 200 {
            sent.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes));
        }
        bytes.clear();
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Whether a request has all of its body.
fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

/// A receiver of syslog: what it has heard.
async fn syslog() -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::<Mutex<String>>::default());
    let kept = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = String::new();
            if stream.read_to_string(&mut text).await.is_ok() {
                kept.lock().unwrap().push_str(&text);
            }
        }
    });
    (port, heard)
}

async fn readiness(rig: &Rig) -> (u16, String) {
    let answer = Http::open(rig.admin).await.ask(&Ask::get("/readyz")).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn what_is_recorded_arrives_without_a_payload_and_is_counted() {
    let receiver = Receiver::new(200).await;
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.config.sinks = vec![receiver.sink(Behind::Spool)];
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "bare").await;
    session.call(&call(1, "echo", json!({ "message": "planted-s3cret" }))).await;
    let outcome = rig.outcomes(1).await.remove(0);
    let sent = eventually("the record at the receiver", || async {
        let sent = receiver.sent();
        sent.contains(&format!("{}-outcome", outcome.exchange)).then_some(sent)
    })
    .await;
    assert!(sent.contains(&format!("{}-intent", outcome.exchange)), "{sent}");
    assert!(!sent.contains("planted-s3cret"), "{sent}");
    let metrics = eventually("the metrics", || async {
        let metrics = rig.metrics().await;
        metrics.contains("doorward_sink_behind{sink=\"siem\"} 0").then_some(metrics)
    })
    .await;
    for line in [
        "doorward_sink_up{sink=\"siem\"} 1",
        "doorward_sink_parked{sink=\"siem\"} 0",
        "doorward_sink_failures_total{sink=\"siem\"} 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(readiness(&rig).await.0, 200);
    rig.stop().await;
}

#[tokio::test]
async fn no_payload_leaves_in_any_form() {
    let receiver = Receiver::new(200).await;
    let (port, heard) = syslog().await;
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    let file = plan.scratch().path("events.jsonl");
    plan.config.sinks = receiver.other_kinds(file.clone(), port);
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "bare").await;
    session.call(&call(1, "echo", json!({ "message": "planted-s3cret" }))).await;
    let outcome = rig.outcomes(1).await.remove(0);
    eventually("every sink", || async {
        let (sent, heard) = (receiver.sent(), heard.lock().unwrap().clone());
        let file = std::fs::read_to_string(&file).unwrap_or_default();
        let ways = [&file, &heard, &sent];
        let id = format!("{}-outcome", outcome.exchange);
        let otlp = ["resourceSpans", "resourceLogs", "resourceMetrics", "\"class_uid\":6003"];
        let arrived = ways.iter().all(|way| way.contains(&id)) && otlp.iter().all(|word| sent.contains(word));
        assert!(ways.iter().all(|way| !way.contains("planted-s3cret")), "{ways:?}");
        arrived.then_some(())
    })
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn a_sink_that_must_keep_up_refuses_calls_until_it_has() {
    let receiver = Receiver::new(503).await;
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.config.sinks = vec![receiver.sink(Behind::Refuse { records: 8, wait: Duration::from_secs(3600) })];
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "bare").await;
    let echo = call(1, "echo", json!({ "message": "x" }));
    let rig = &rig;
    let mut refused = None;
    for _ in 0..2000 {
        let answer = session.call(&echo).await;
        if answer["result"]["isError"] == true {
            refused = Some(answer);
            break;
        }
    }
    assert_eq!(denial(&refused.unwrap()).0, "DW1301");
    let (status, said) = readiness(rig).await;
    assert!(status == 503 && said.contains("the sink 'siem' is"), "{status} {said}");
    *receiver.status.lock().unwrap() = 200;
    eventually("calls again", || async { (readiness(rig).await.0 == 200).then_some(()) }).await;
    assert_ne!(session.call(&echo).await["result"]["isError"], true);
}
