//! The evaluation itself, on traces that come with it.

use std::path::{Path, PathBuf};

use super::figures::{self, Variant};
use super::trace::Traces;
use super::{plain, report, wrong};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn numbers(name: &str) -> (Traces, serde_json::Value) {
    let traces = Traces::read(&fixture(name)).unwrap();
    let all: Vec<_> = Variant::ALL.iter().map(|variant| figures::of(&traces, *variant)).collect();
    for told in [report::text(&all), report::misses(&all), report::plain(&plain::of(&traces)), wrong::text(&traces)] {
        assert!(!told.is_empty());
    }
    let numbers = report::numbers(&all, traces.unreadable.len());
    (traces, numbers)
}

#[test]
fn an_attack_is_stopped_and_the_honest_task_is_not_asked_about() {
    let (traces, numbers) = numbers("flows");
    assert_eq!(traces.unreadable, Vec::<String>::new());
    // The pack of mcp-server-sqlite speaks of read_query; nothing speaks of the others.
    assert_eq!(traces.tools, (4, 1));
    for (name, value) in [
        ("benign_calls_asked", 0.0),
        ("benign_calls_refused", 0.0),
        ("benign_tasks_disturbed", 0.0),
        ("attacks_stopped", 1.0),
        ("attacks_stopped_with_task", 1.0),
        ("attacks_stopped_encoded", 1.0),
        ("attacks_stopped_fallback", 1.0),
        ("post_attacks_refused_by_endorsement", 1.0),
        ("refused_by_endorsement", 0.0),
    ] {
        assert_eq!(numbers.get(name).and_then(serde_json::Value::as_f64), Some(value), "{name}");
    }
}

#[test]
fn without_the_users_words_the_honest_task_is_asked_about() {
    let traces = Traces::read(&fixture("flows")).unwrap();
    let wordless = figures::of(&traces, Variant::Wordless);
    let (_, counts) = wordless.suites.first().unwrap();
    assert_eq!((counts.calls.part, counts.calls.of, counts.refused.part), (1, 1, 0));
}

#[test]
fn what_is_no_trace_is_counted_and_told_and_nothing_odd_stops_the_rest() {
    let (traces, numbers) = numbers("flows-odd");
    assert_eq!((traces.benign.len(), traces.attacked.len()), (2, 2));
    let lines = traces.unreadable.iter().filter(|why| why.starts_with("odd.jsonl:")).count();
    assert_eq!(lines, 12, "{:#?}", traces.unreadable);
    assert!(traces.unreadable.len() > lines, "definitions that are none are told too");
    assert!(traces.suites().iter().all(|suite| !suite.is_empty() && !suite.contains(['\n', '{'])));
    let told = numbers.get("unreadable").and_then(serde_json::Value::as_u64);
    assert_eq!(told, u64::try_from(traces.unreadable.len()).ok());
}

#[test]
fn a_folder_without_traces_is_a_clear_error() {
    for (name, word) in [("flows/tools", "holds no traces"), ("flows-none", "cannot read")] {
        let error = Traces::read(&fixture(name)).err().unwrap();
        assert!(error.contains(word), "{error}");
    }
}
