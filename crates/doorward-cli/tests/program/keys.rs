//! `doorward keys`, as an operator types it.

use serde_json::Value;

use crate::stage::Stage;

#[test]
fn a_key_is_made_shown_once_listed_and_taken_back() {
    let stage = Stage::new("keys");
    let made =
        stage.run(&["keys", "create", "builder", "--agent", "--group", "ci", "--scope", "read", "--server", "git"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let key = made.out.trim_end();
    let id = key.split('_').nth(1).unwrap();
    assert!(key.starts_with("dwk_") && key.len() == 66 && !key.contains('\n'), "{made:?}");
    assert!(made.err.contains(id) && !made.err.contains(key), "{made:?}");
    let state = || {
        let listed = stage.run(&["keys", "list", "--json"]);
        assert!(!listed.out.contains(key) && !listed.err.contains(key), "{listed:?}");
        serde_json::from_str::<Value>(listed.out.trim()).unwrap()
    };
    let listed = state();
    for (member, expected) in [("id", id), ("kind", "agent"), ("name", "builder"), ("state", "good")] {
        assert_eq!(listed[member], expected, "{listed}");
    }
    assert_eq!((&listed["groups"][0], &listed["servers"][0]), (&Value::from("ci"), &Value::from("git")));
    assert!(listed["expires"].is_string());
    let table = stage.run(&["keys", "list"]).out;
    assert!(table.contains(id) && table.contains("agent builder") && !table.contains(key), "{table}");
    assert_eq!(stage.run(&["keys", "revoke", id]).code, Some(0));
    assert_eq!(state()["state"], "revoked");
    assert_eq!(stage.run(&["keys", "revoke", "nobody"]).code, Some(1));
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    let stage = Stage::new("keys-refused");
    for wrong in [
        &["keys", "create", "corp/ann"][..],
        &["keys", "create", ""],
        &["keys", "create", "a", "--user", "--agent"],
        &["keys", "create", "a", "--expires", "soon"],
        &["keys", "create", "a", "--expires", "0d"],
        &["keys", "create", "a", "--group", "corp/dev"],
        &["keys", "create", "a", "--scope", "two words"],
        &["keys", "create", "a", "--server", "No Server"],
    ] {
        assert_eq!(stage.run(wrong).code, Some(2), "{wrong:?}");
    }
    assert_eq!(stage.run(&["keys", "create", "a", "--store", "sqlite::memory:"]).code, Some(3));
}
