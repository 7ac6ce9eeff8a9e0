//! `doorward demo --once`.

use super::stage::Stage;

#[test]
fn the_session_is_played_with_what_was_promised() {
    let stage = Stage::new("demo");
    let mut command = stage.command(&["demo", "--once", "--listen", "127.0.0.1:0"]);
    let ended = super::stage::end(command.env("TMPDIR", stage.path()).spawn().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    for (called, decision) in [
        ("notes/list_notes", "allowed"),
        ("notes/read_note", "allowed"),
        ("notes/write_note", "allowed"),
        ("notes/delete_note", "refused   DW1202"),
        ("notes/archive_note", "allowed"),
        ("mail/send_mail", "refused   DW1202"),
        ("mail/list_mail", "allowed"),
    ] {
        let shown = |line: &str| line.contains(called) && line.contains(decision);
        assert!(ended.out.lines().any(shown), "{called} {decision}: {}", ended.out);
    }
    assert!(ended.out.contains("instead: Call archive_note instead."), "{}", ended.out);
    let (_, rest) = ended.out.split_once("doorward audit tail --store ").unwrap();
    let records =
        stage.run(&["audit", "query", "--store", rest.lines().next().unwrap(), "--code", "DW1202", "--count"]);
    assert_eq!(records.out, "2\n", "{records:?}");
}
