//! `doorward detect`, over the records of a run.

use serde_json::Value;

use super::stage::{PROGRAM, Stage};

/// A session that tries one tool again and again with other arguments, and is refused each time.
fn probing(name: &str) -> Stage {
    let stage = Stage::new(name);
    let begin = [
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
    ];
    let tries = (1..=12).map(|id| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"delete_note","arguments":{{"title":"plan {id}"}}}}}}"#
        )
    });
    let messages: Vec<String> = begin.into_iter().chain(tries).collect();
    let ended = stage.converse(&["run", "--server", "notes", "--", PROGRAM, "demo-server", "notes"], &messages);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    stage
}

#[test]
fn history_tells_of_probing_and_an_ordinary_session_of_nothing() {
    let stage = probing("detect-probing");
    let told = stage.run(&["detect", "replay"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("probing"), "{told:?}");
    let lines = stage.run(&["detect", "replay", "--json"]).out;
    let alert: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&alert["detector"], &alert["tool"]), (&"probing".into(), &"delete_note".into()), "{alert}");
    let shown = alert["records"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    assert_eq!(stage.run(&["audit", "show", &shown]).code, Some(0), "its records can be looked at");
    let without = stage.run(&["detect", "replay", "--without", "probing"]);
    assert_eq!((without.code, without.out.as_str()), (Some(0), ""), "{without:?}");
    assert_eq!(stage.run(&["detect", "replay", "--without", "everything"]).code, Some(2));
    let ordinary = super::audit::recorded("detect-ordinary").run(&["detect", "replay"]);
    assert_eq!((ordinary.code, ordinary.out.as_str()), (Some(0), ""), "{ordinary:?}");
}

#[test]
fn every_detector_is_listed_with_what_it_looks_for() {
    let listed = Stage::new("detect-list").run(&["detect", "list"]);
    assert_eq!(listed.code, Some(0));
    assert!(listed.out.contains("probing") && listed.out.contains("invariant"), "{listed:?}");
}
