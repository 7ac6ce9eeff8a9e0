//! `[sinks.NAME]`: where records go besides the store.

use std::time::Duration;

use doorward_export::{Behind, OcsfFile, Records, Signal, Syslog, Target, Trust};

use super::*;

fn place(name: &str, text: &str) -> Place {
    Place::new(name).file("project/doorward.toml", text)
}

#[test]
fn a_whole_webhook_is_read_and_shown_without_its_secrets() {
    let text = r#"
        [sinks.siem]
        kind = "webhook"
        url = "https://siem.example/in?key=${env:SIEM_KEY}"
        headers = { Authorization = "env:SIEM_TOKEN" }
        secret = "file:key"
        start = "newest"
        records = "outcomes"
        behind = "refuse"
        behind_max = 5
        behind_max_s = 7
    "#;
    let place = place("sinks", text)
        .with("SIEM_TOKEN", "Bearer t0ken")
        .with("SIEM_KEY", "k3y")
        .file("project/key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let Loaded { config, shown, warnings } = place.load().unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let [sink] = config.sinks.as_slice() else { panic!("{:?}", config.sinks) };
    assert_eq!((sink.name.as_str(), sink.records), ("siem", Records::Outcomes));
    assert_eq!(sink.behind, Behind::Refuse { records: 5, wait: Duration::from_secs(7) });
    let Target::Webhook(webhook) = &sink.target else { panic!("{sink:?}") };
    assert_eq!(webhook.target.url().to_string(), "https://siem.example/in?key=k3y");
    assert!(config.files.iter().any(|file| file.ends_with("project/key")), "{:?}", config.files);
    let shown = format!("{shown:?}");
    assert!(shown.contains("sinks.siem.url") && shown.contains("\\\"https://siem.example/in\\\""), "{shown}");
    let all = format!("{config:?} {shown}");
    assert!(!all.contains("t0ken") && !all.contains("MfKQ9r8G") && !shown.contains("k3y"), "{all}");
}

#[test]
fn what_cannot_be_a_sink_is_told_with_its_place() {
    for (text, expected) in [
        (
            "kind = \"webhook\"\nurll = \"http://127.0.0.1/\"\n",
            "./doorward.toml:3:1: there is no key 'urll' in [sinks.a]; did you mean 'url'?",
        ),
        (
            "url = \"http://127.0.0.1/\"\n",
            "./doorward.toml:1:8: [sinks.a] has no kind; add kind = \"…\", one of otlp, ocsf, syslog, webhook",
        ),
        (
            "kind = \"fax\"\n",
            "./doorward.toml:2:8: kind cannot be 'fax'; write \"otlp\" or \"ocsf\" or \"syslog\" or \"webhook\"",
        ),
        ("kind = \"webhook\"\nurl = \"http://u@127.0.0.1/\"\n", "./doorward.toml:3:7: the url holds a user name"),
        (
            "kind = \"webhook\"\nurl = \"http://127.0.0.1/\"\nsecret = \"plain\"\n",
            "./doorward.toml:4:10: secret stands in the configuration itself",
        ),
        (
            "kind = \"webhook\"\nurl = \"http://127.0.0.1/\"\nheaders = { Host = \"x\" }\n",
            "./doorward.toml:4:11: the header 'Host' is written by the gateway",
        ),
        (
            "kind = \"webhook\"\nurl = \"http://127.0.0.1/\"\nbehind_max = 5\n",
            "./doorward.toml:4:14: behind_max has a meaning only with behind = \"refuse\"",
        ),
        (
            "kind = \"webhook\"\nurl = \"http://127.0.0.1/\"\nbehind = \"refuse\"\nbehind_max = 0\n",
            "./doorward.toml:5:14: behind_max is from 1 to",
        ),
        ("kind = \"otlp\"\nurl = \"https://a/\"\nsignals = [\"spans\"]\n", "there is no signal 'spans'"),
        ("kind = \"otlp\"\nurl = \"https://a/\"\nsignals = []\n", "signals is empty"),
        ("kind = \"otlp\"\nurl = \"https://a/\"\nsecret = \"env:HOME\"\n", "there is no key 'secret'"),
        ("kind = \"ocsf\"\n", "[sinks.a] has no path"),
        ("kind = \"ocsf\"\npath = \"e\"\nmax_mb = 0\n", "max_mb is from 1 to"),
        ("kind = \"ocsf\"\npath = \"e\"\nkeep = 1001\n", "keep is from 1 to 1000"),
        ("kind = \"syslog\"\n", "[sinks.a] has no address"),
        ("kind = \"syslog\"\naddress = \"h:port\"\n", "address cannot be 'h:port'"),
        ("kind = \"syslog\"\naddress = \"h\"\nplaintext = true\ntls = {}\n", "a sink speaks TLS or not"),
        ("kind = \"webhook\"\nurl = \"https://a/\"\ntls = { ca = \"none.pem\" }\n", "none.pem cannot be read"),
    ] {
        let place = place("sinks-wrong", &format!("[sinks.a]\n{text}"));
        let errors = errors(&place);
        assert!(errors.iter().any(|error| error.contains(expected)), "{text}: {errors:?}");
    }
    let named = errors(&place("sinks-name", "[sinks.A_b]\nkind = \"webhook\"\n"));
    assert!(named[0].contains("'A_b' is no name of a sink"), "{named:?}");
}

#[test]
fn records_in_the_clear_and_secrets_in_the_file_are_warned_of() {
    let text =
        "[sinks.a]\nkind = \"webhook\"\nurl = \"http://siem.example/\"\nheaders = { Authorization = \"Bearer x\" }\n";
    let place = place("sinks-warn", text);
    let warnings = told(&place.load().unwrap().warnings, &place.folder);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.contains("cross the network in the clear")), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.contains("holds a secret in plain text")), "{warnings:?}");
}

#[test]
fn two_sinks_with_one_file_are_refused_with_their_place() {
    let text = "[sinks.a]\nkind = \"ocsf\"\npath = \"e.jsonl\"\n[sinks.b]\nkind = \"ocsf\"\npath = \"./e.jsonl\"\n";
    let told = errors(&place("sinks-same", text));
    let expected = "./doorward.toml:4:8: [sinks.b] and [sinks.a] have the same path; give each its own file";
    assert_eq!(told, [expected]);
    assert!(place("sinks-other", &text.replace("./e", "f")).load().is_ok());
}

#[test]
fn sinks_are_bounded() {
    let sinks = |count: usize| {
        let one = |number| format!("[sinks.s{number}]\nkind = \"webhook\"\nurl = \"https://a.example/\"\n");
        place("sinks-many", &(0..count).map(one).collect::<String>()).load()
    };
    assert!(sinks(16).is_ok());
    assert!(sinks(17).is_err());
}

#[test]
fn every_kind_is_read() {
    let text = r#"
        [sinks.a]
        kind = "otlp"
        url = "https://collector.example:4318"
        signals = ["traces", "metrics"]
        [sinks.b]
        kind = "ocsf"
        path = "events.jsonl"
        max_mb = 2
        keep = 3
        [sinks.c]
        kind = "syslog"
        address = "[::1]"
        plaintext = true
        hostname = "gate-1"
        [sinks.d]
        kind = "syslog"
        address = "siem.example"
    "#;
    let place = place("sinks-kinds", text);
    let Loaded { config, warnings, .. } = place.load().unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let [a, b, c, d] = config.sinks.as_slice() else { panic!("{:?}", config.sinks) };
    let Target::Otlp(otlp) = &a.target else { panic!("{a:?}") };
    assert_eq!(otlp.signals, [Signal::Traces, Signal::Metrics]);
    let file = OcsfFile { path: place.path("project/events.jsonl"), bytes: 2 * 1024 * 1024, keep: 3 };
    assert_eq!(b.target, Target::Ocsf(file));
    let syslog = Syslog { host: "::1".into(), port: 601, trust: None, hostname: Some("gate-1".into()) };
    assert_eq!(c.target, Target::Syslog(syslog));
    let secure = Syslog { host: "siem.example".into(), port: 6514, trust: Some(Trust::default()), hostname: None };
    assert_eq!(d.target, Target::Syslog(secure));
}
