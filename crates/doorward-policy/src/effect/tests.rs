use super::*;

const SILENT: Hints = Hints { read_only: None, destructive: None, open_world: None };
const READ_ONLY: Hints = Hints { read_only: Some(true), destructive: None, open_world: None };
const NOT_READ_ONLY: Hints = Hints { read_only: Some(false), destructive: None, open_world: None };
const GENTLE: Hints = Hints { read_only: Some(false), destructive: Some(false), open_world: None };
const DESTRUCTIVE: Hints = Hints { read_only: Some(false), destructive: Some(true), open_world: None };

fn check(name: &str, hints: Hints, parameters: &[(&str, &str)], effect: Effect, evidence: Evidence) {
    let parameters: Vec<Parameter<'_>> =
        parameters.iter().map(|(name, description)| Parameter { name, description }).collect();
    let found = assess(name, hints, &parameters);
    assert_eq!((found.effect, found.evidence), (effect, evidence), "{name} {hints:?} {parameters:?}");
}

fn effect_of(name: &str) -> Effect {
    assess(name, SILENT, &[]).effect
}

#[test]
fn names_that_read() {
    for name in [
        "read_file",
        "list_directory",
        "get_file_info",
        "getUser",
        "GetUser",
        "search-files",
        "files.search",
        "git_log",
        "git_diff_staged",
        "git_status",
        "git_show",
        "fetch",
        "describe_table",
        "list_drop_offs",
        "get_reset_status",
        "search_deleted_items",
        "query_logs",
        "is_alive",
        "convert_time",
        "HTTPGet",
        "issue_read",
    ] {
        assert_eq!(effect_of(name), Effect::Read, "{name}");
    }
}

#[test]
fn names_that_write() {
    for name in [
        "write_file",
        "create_issue",
        "add_observations",
        "git_commit",
        "git_add",
        "git_checkout",
        "create_directory",
        "move_file",
        "send_email",
        "echo",
        "toggle-simulated-logging",
        "update_user_info",
        "format_code",
        "run_tests",
        "format_date",
        "cancel_calendar_event",
        "",
        "___",
        "日本語",
        "skill",
        "reforce",
        "information",
        "create_deleted_view",
    ] {
        assert_eq!(effect_of(name), Effect::Write, "{name}");
    }
}

#[test]
fn names_that_destroy() {
    for name in [
        "delete_file",
        "deleteFile",
        "DeleteFile",
        "DELETE_FILE",
        "delete",
        "deletefile",
        "file.delete",
        "files/delete",
        "git_reset",
        "git_force_push",
        "drop_table",
        "rm",
        "rmdir",
        "purge_queue",
        "bulkDelete",
        "kill_process",
        "uninstall",
        "truncateTable",
        "revoke_token",
        "execute_sql",
        "exec",
        "run_shell",
        "bash",
        "read_and_delete",
        "list_delete",
        "list_users_then_purge",
        "get_or_remove",
        "format_disk",
        "overwriteFile",
        "db_wipe",
        "move_or_erase",
        "create_or_drop",
        "write_and_force",
        "deleteURLs",
        "removeall",
        "clear_cache",
    ] {
        assert_eq!(effect_of(name), Effect::Destructive, "{name}");
    }
}

#[test]
fn annotations_never_make_it_better() {
    let word = Evidence::Word;
    let hint = Evidence::Annotation;
    check("delete_file", READ_ONLY, &[], Effect::Destructive, word("delete"));
    check("delete_file", GENTLE, &[], Effect::Destructive, word("delete"));
    check("write_file", READ_ONLY, &[], Effect::Write, word("write"));
    check("run", READ_ONLY, &[("command", "")], Effect::Destructive, Evidence::Argument("command"));
    check("write_file", DESTRUCTIVE, &[], Effect::Destructive, hint("destructiveHint"));
    check("read_file", DESTRUCTIVE, &[], Effect::Destructive, hint("destructiveHint"));
    check("read_file", NOT_READ_ONLY, &[], Effect::Write, hint("readOnlyHint"));
    check("snapshot", READ_ONLY, &[], Effect::Read, hint("readOnlyHint"));
    check("snapshot", GENTLE, &[], Effect::Write, hint("readOnlyHint"));
    check("snapshot", SILENT, &[], Effect::Write, Evidence::Nothing);
    check("read_file", READ_ONLY, &[], Effect::Read, word("read"));
}

#[test]
fn arguments_that_can_do_anything() {
    let sql = ("query", "The SQL query to execute");
    let argument = Evidence::Argument;
    let word = Evidence::Word;
    check("query", SILENT, &[("sql", "")], Effect::Destructive, argument("sql"));
    check("query", READ_ONLY, &[sql], Effect::Destructive, argument("query"));
    check("query", SILENT, &[("query", "Words to look for")], Effect::Read, word("query"));
    check("write_query", SILENT, &[sql], Effect::Destructive, argument("query"));
    check("read_query", SILENT, &[sql], Effect::Read, word("read"));
    check("create_table", SILENT, &[sql], Effect::Write, word("create"));
    check("list_tables", SILENT, &[], Effect::Read, word("list"));
    check("search_code", SILENT, &[("query", "SQL or text")], Effect::Read, word("search"));
    check("browser_evaluate", READ_ONLY, &[("script", "")], Effect::Destructive, argument("script"));
    check("run_python", SILENT, &[("code", "")], Effect::Destructive, argument("code"));
    check("interpreter", SILENT, &[("code", "")], Effect::Destructive, argument("code"));
    check("sandbox", SILENT, &[("code", "Code to execute")], Effect::Destructive, argument("code"));
    check("redeem_coupon", SILENT, &[("code", "The coupon's code")], Effect::Write, Evidence::Nothing);
    check("create_gist", SILENT, &[("code", "")], Effect::Write, word("create"));
    check("get_country", SILENT, &[("code", "ISO code")], Effect::Read, word("get"));
    check("send_keys", SILENT, &[("Command", "")], Effect::Write, word("send"));
    check("terminal", SILENT, &[("Command", "")], Effect::Destructive, argument("command"));
}

#[test]
fn what_reaches_out() {
    let open = Hints { open_world: Some(true), ..SILENT };
    let closed = Hints { open_world: Some(false), ..SILENT };
    let cases: &[(&str, Hints, &[&str], Reach)] = &[
        ("read_file", SILENT, &["path"], Reach::Closed),
        ("read_file", open, &["path"], Reach::Open),
        ("read_file", closed, &["path"], Reach::Closed),
        ("send_email", SILENT, &[], Reach::Open),
        ("send_email", closed, &[], Reach::Open),
        ("postTweet", SILENT, &[], Reach::Open),
        ("remind", SILENT, &["recipients"], Reach::Open),
        ("load", SILENT, &["URL"], Reach::Open),
        ("git_commit", SILENT, &["message"], Reach::Closed),
    ];
    for (name, hints, parameters, expected) in cases {
        let parameters: Vec<Parameter<'_>> =
            parameters.iter().map(|name| Parameter { name, description: "" }).collect();
        assert_eq!(assess(name, *hints, &parameters).reach, *expected, "{name} {hints:?}");
    }
}
