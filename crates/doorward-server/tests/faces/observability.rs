//! What the dashboard and the alert rules ask for is there.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::{Session, call};
use super::rig::Plan;
use super::sinks::Receiver;

/// Every metric that `text` names.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = text.match_indices("doorward_").map(|(at, _)| &text[at..]);
    names.map(|rest| rest.chars().take_while(|c| is_part(*c)).collect()).collect()
}

#[tokio::test]
async fn every_metric_of_the_examples_is_served() {
    let receiver = Receiver::new(200).await;
    let mut plan = Plan::new().with_child("bare", "bare-upstream", &["--stdio"]);
    plan.config.sinks = vec![receiver.sink(doorward_export::Behind::Spool)];
    let rig = plan.start().await;
    let mut session = Session::open(&rig, "bare").await;
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLQ");
    session.call(&call(1, "echo", json!({ "message": key }))).await;
    session.call(&call(2, "none", json!({}))).await;
    let metrics = rig.metrics().await;
    let served = named(&metrics);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/observability/");
    let text = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let (rules, dashboard) = (text("alerts.yml"), text("dashboard.json"));
    let _: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let wanted: BTreeSet<String> = named(&rules).union(&named(&dashboard)).cloned().collect();
    assert!(wanted.len() > 12, "{wanted:?}");
    let missing: Vec<_> = wanted.difference(&served).collect();
    assert!(missing.is_empty(), "{missing:?} of {metrics}");
    rig.stop().await;
}
