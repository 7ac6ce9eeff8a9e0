//! Commands that only speak: help, codes, configuration.

use super::stage::Stage;

#[test]
fn what_cannot_be_understood_ends_with_2() {
    let stage = Stage::new("usage");
    for arguments in [
        &["nothing"][..],
        &[],
        &["run"],
        &["run", "--url", "http://x", "--", "command"],
        &["explain", "DW9999"],
        &["audit", "show", "xyz"],
        &["audit", "query", "--code", "DW9999", "--store", "sqlite:///x.db"],
        &["audit", "query", "--since", "yesterday", "--store", "sqlite:///x.db"],
        &["audit", "query", "--disposition", "maybe", "--store", "sqlite:///x.db"],
        &["demo", "--listen", "0.0.0.0:1"],
        &["serve", "-q", "-v"],
    ] {
        let ended = stage.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(!ended.err.is_empty());
    }
}

#[test]
fn help_is_data_and_shows_the_exit_codes() {
    let ended = Stage::new("help").run(&["--help"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains("130  interrupted by SIGINT") && !ended.out.contains("demo-server"), "{}", ended.out);
}

#[test]
fn codes_are_explained() {
    let stage = Stage::new("explain");
    for text in ["DW1202", "dw1202", "1202"] {
        let ended = stage.run(&["explain", text]);
        assert_eq!(ended.code, Some(0));
        assert!(ended.out.starts_with("# DW1202: "), "{}", ended.out);
    }
    let listed = stage.run(&["explain"]);
    assert!(listed.out.lines().count() > 30 && listed.out.contains("DW1301  The call could not be recorded"));
}

#[test]
fn the_version_is_told() {
    let stage = Stage::new("version");
    let told = stage.run(&["version"]).out;
    assert_eq!(told, format!("doorward {}\n", env!("CARGO_PKG_VERSION")));
    let object: serde_json::Value = serde_json::from_str(&stage.run(&["version", "--json"]).out).unwrap();
    assert_eq!(object["doorward"], env!("CARGO_PKG_VERSION"));
    assert_eq!(object["protocol_revisions"].as_array().unwrap().len(), 5);
}

#[test]
fn completions_are_printed() {
    let stage = Stage::new("completions");
    for shell in ["bash", "zsh", "fish"] {
        let ended = stage.run(&["completions", shell]);
        assert_eq!(ended.code, Some(0));
        assert!(ended.out.contains("audit"), "{shell}");
    }
}

#[test]
fn configuration_is_shown_with_its_origin() {
    let stage = Stage::with_servers("origin", "[listen]\nhttp = \"127.0.0.1:9000\"");
    let ended = stage.run(&["config", "show", "--origin", "--preset", "read-only"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let line = |key: &str| {
        let line = ended.out.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{}", ended.out));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("listen.http"), "listen.http = \"127.0.0.1:9000\" # ./doorward.toml:2:8");
    assert_eq!(line("policy.preset"), "policy.preset = \"read-only\" # --preset");
    assert_eq!(line("admin.http"), "admin.http = \"127.0.0.1:8421\" # default");
    assert!(line("servers.mail.command").contains("demo-server"));
    let shown = stage.run(&["config", "show", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(object["settings"][0]["key"], "listen.http");
}

#[test]
fn a_faulty_configuration_ends_with_3_and_shows_the_place() {
    let stage = Stage::with_servers("faulty", "[listen]\nhtp = 1");
    for arguments in [&["config", "validate"][..], &["serve"], &["check"], &["config", "show"]] {
        let ended = stage.run(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (Some(3), ""), "{arguments:?}");
        for part in ["there is no key 'htp' in [listen]", "./doorward.toml:2:1", "did you mean 'http'?", "1 error"] {
            assert!(ended.err.contains(part), "{arguments:?} {part}: {}", ended.err);
        }
        assert!(!ended.err.contains('\u{1b}'), "no colours without a terminal");
    }
}

#[test]
fn colours_can_be_forced() {
    let stage = Stage::with_servers("colours", "[listen]\nhtp = 1");
    assert!(stage.run(&["config", "validate", "--color", "always"]).err.contains('\u{1b}'));
}

#[test]
fn a_good_configuration_is_said_to_be_good() {
    let ended = Stage::with_servers("good", "").run(&["config", "validate"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "the configuration can be used: 2 servers, preset locked\n")
    );
}
