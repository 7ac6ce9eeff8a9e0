//! The log of the records, as whoever audits it uses it: exported, verified with a key kept elsewhere, proven record by record.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::audit::recorded;
use super::stage::Stage;

/// A stage whose log is exported to `log`, and its key.
fn exported(name: &str) -> (Stage, String) {
    let stage = recorded(name);
    let key = stage.run(&["audit", "key"]).out.trim().to_owned();
    assert!(key.starts_with("doorward/"), "{key}");
    let ended = stage.run(&["audit", "export", "log"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (stage, key)
}

fn verified(stage: &Stage, more: &[&str]) -> (Option<i32>, Value) {
    let ended = stage.run(&[&["audit", "verify", "log", "--json"], more].concat());
    (ended.code, serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}")))
}

/// Makes another code of the first in a file.
fn alter(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.windows(15).position(|word| word == b"\"code\":\"DW1201\"").unwrap();
    *bytes.get_mut(at + 13).unwrap() = b'9';
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_exported_log_is_sound_under_its_own_key_alone() {
    let (stage, key) = exported("log-sound");
    let (code, report) = verified(&stage, &["--key", &key]);
    assert_eq!((code, &report["sound"]), (Some(0), &Value::Bool(true)), "{report}");
    let count = stage.run(&["audit", "query", "--count"]).out;
    assert_eq!(report["records"].to_string(), count.trim());
    let other = exported("log-other").1;
    let (code, report) = verified(&stage, &["--key", &other]);
    assert_eq!((code, &report["sound"]), (Some(1), &Value::Bool(false)), "{report}");
    let unnamed = stage.run(&["audit", "verify", "log"]);
    assert_eq!(unnamed.code, Some(2), "a key beside the log proves nothing: {unnamed:?}");
    assert_eq!(stage.run(&["audit", "export", "log"]).code, Some(2), "nothing is written over");
    let people = stage.run(&["audit", "verify", "log", "--key", "log/key"]);
    assert!(people.out.contains("whole and unchanged"), "{people:?}");
}

#[test]
fn the_record_that_was_altered_is_named() {
    let (stage, key) = exported("log-altered");
    let bundle = stage.path().join("log/tile/entries/000.p");
    let file = fs::read_dir(bundle).unwrap().next().unwrap().unwrap().path();
    alter(&file);
    let (code, report) = verified(&stage, &["--key", &key]);
    assert_eq!(code, Some(1));
    let faults = report["faults"].as_array().unwrap();
    assert!(matches!(&faults[..], [one] if one.as_str().unwrap().contains("was altered")), "{report}");
    assert_eq!(
        report["records"].as_u64().map(|sound| sound + 1),
        report["size"].as_u64(),
        "all others are as they were"
    );
}

#[test]
fn a_store_whose_records_were_changed_is_not_sound() {
    let stage = recorded("log-store");
    let ended = stage.run(&["audit", "verify"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let earlier = stage.run(&["audit", "export", "earlier"]);
    assert_eq!(earlier.code, Some(0), "{earlier:?}");
    let seen = stage.run(&["audit", "verify", "--seen", "earlier/checkpoint"]);
    assert_eq!(seen.code, Some(0), "{seen:?}");
    alter(&stage.path().join(".local/state/doorward/records.db"));
    let altered = stage.run(&["audit", "verify"]);
    assert_eq!(altered.code, Some(1), "{altered:?}");
    assert!(altered.out.contains("was altered"), "{altered:?}");
}

/// Changes the last byte of the first place where these bytes stand in a file.
fn change(file: &Path, wanted: &[u8]) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.windows(wanted.len()).position(|word| word == wanted).unwrap();
    *bytes.get_mut(at + wanted.len() - 1).unwrap() = b'X';
    fs::write(file, bytes).unwrap();
}

#[test]
fn what_is_shown_otherwise_than_it_was_logged_is_told() {
    let stage = recorded("log-shown");
    // The columns of method and tool stand beside each other; what was logged is left as it is.
    change(&stage.path().join(".local/state/doorward/records.db"), b"tools/calldelete_note");
    assert!(stage.run(&["audit", "tail"]).out.contains("delete_notX"));
    let told = stage.run(&["audit", "verify"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("shown with another resource"), "{told:?}");
}

#[test]
fn the_key_of_a_store_is_that_of_its_file_and_not_what_the_database_says() {
    let stage = recorded("log-key");
    let key = stage.run(&["audit", "key"]).out.trim().to_owned();
    let file = stage.path().join(".local/state/doorward/records.db.log-key");
    fs::remove_file(&file).unwrap();
    let without = stage.run(&["audit", "verify"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    let with = stage.run(&["audit", "verify", "--key", &key]);
    assert_eq!(with.code, Some(0), "{with:?}");
}

#[test]
fn a_witness_that_is_named_must_have_signed() {
    let (stage, key) = exported("log-witness");
    let (code, _) = verified(&stage, &["--key", &key, "--witness", &key]);
    assert_eq!(code, Some(0), "the log's own key signs as well");
    let other = exported("log-witness-other").1;
    let (code, report) = verified(&stage, &["--key", &key, "--witness", &other]);
    assert_eq!(code, Some(1), "{report}");
    let (code, report) = verified(&stage, &["--key", &key, "--witness", &other, "--quorum", "0"]);
    assert_eq!(code, Some(0), "{report}");
    let ended = stage.run(&["audit", "verify", "log", "--key", &key, "--quorum", "1"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn names_in_an_export_do_not_write_on_the_terminal() {
    let (stage, key) = exported("log-names");
    fs::write(stage.path().join("log/tile/\u{1b}[2Jwhole"), "x").unwrap();
    let ended = stage.run(&["audit", "verify", "log", "--key", &key]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn an_export_is_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let stage = recorded("log-modes");
    fs::create_dir(stage.path().join("mine")).unwrap();
    assert_eq!(stage.run(&["audit", "export", "mine", "--openings"]).code, Some(0));
    for name in ["key", "checkpoint", "openings/0"] {
        let mode = fs::metadata(stage.path().join("mine").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    std::os::unix::fs::symlink("/dev/zero", stage.path().join("mine/7.proof")).unwrap();
    let checked = stage.run(&["audit", "check", "mine", "--key", "mine/key"]);
    assert_eq!(checked.code, Some(1), "what is no file is not read: {checked:?}");
}

#[test]
fn a_record_is_proven_to_a_stranger_who_sees_one_field_of_it() {
    let (stage, key) = exported("log-proof");
    let refused = stage.run(&["audit", "query", "--code", "DW1201", "--json"]).out;
    let refused: Value = serde_json::from_str(refused.lines().next().unwrap()).unwrap();
    let exchange = refused["exchange"].as_str().unwrap();
    let ended = stage.run(&["audit", "prove", exchange, "proofs", "--disclose", "resource"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let check = || stage.run(&["audit", "check", "proofs", "--key", &key, "--json"]);
    let good = check();
    let told: Value = serde_json::from_str(good.out.trim()).unwrap();
    assert_eq!((good.code, &told["holds"]), (Some(0), &Value::Bool(true)), "{told}");
    assert_eq!((&told["code"], &told["shown"]["resource"]), (&"DW1201".into(), &"\"delete_note\"".into()));
    let files = fs::read_dir(stage.path().join("proofs")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.collect();
    let all: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(!all.contains("\"local\""), "who it was is not shown: {all}");
    for end in ["entry", "openings", "proof"] {
        let file = files.iter().find(|file| file.extension().is_some_and(|found| found == end)).unwrap();
        let text = fs::read_to_string(file).unwrap();
        let changed = match end {
            "openings" => text.replace("delete_note", "delete_nothing"),
            "entry" => text.replace("DW1201", "DW1202"),
            _ => text.replacen("index ", "index 1", 1),
        };
        assert_ne!(changed, text);
        fs::write(file, changed).unwrap();
        let bad = check();
        assert_eq!(bad.code, Some(1), "{end}: {bad:?}");
        fs::write(file, text).unwrap();
    }
    assert_eq!(check().code, Some(0));
    let unknown = stage.run(&["audit", "prove", exchange, "others", "--disclose", "password"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

#[test]
fn without_records_there_is_nothing_to_verify() {
    let ended = Stage::new("log-none").run(&["audit", "verify"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
}
