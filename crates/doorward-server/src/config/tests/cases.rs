//! What a file may hold, and what is said of one that holds something else.

use doorward_policy::FlowPolicy;

use super::*;

/// Loads `text` as the project's file and wants exactly one error.
fn refused(text: &str, expected: &str) {
    let place = Place::new("refused").file("project/doorward.toml", text);
    assert_eq!(errors(&place), [expected], "{text}");
}

#[test]
fn nothing_configured_is_closed() {
    let place = Place::new("nothing");
    let config = place.load().unwrap().config;
    assert_eq!(config.listen.http.to_string(), "127.0.0.1:8420");
    assert_eq!(config.listen.auth, Auth::Token(place.path("home/.local/state/doorward/token")));
    assert_eq!(config.admin, AdminConfig::Http("127.0.0.1:8421".parse().unwrap()));
    assert_eq!(config.policy.preset, Preset::Locked);
    let [trifecta, secrets] = [FlowPolicy::Trifecta, FlowPolicy::NoSecretsOut].map(FlowPolicy::source);
    assert_eq!(config.policy.inputs.sources, [Preset::Locked.source(), trifecta, secrets]);
    assert_eq!(config.store.url.path(), Some(place.path("home/.local/state/doorward/records.db").as_path()));
    assert!(config.servers.is_empty());
    assert!(config.listen.hosts.is_empty() && config.listen.origins.is_empty());
}

#[test]
fn a_whole_file_is_read() {
    let text = r#"
        [listen]
        http = "localhost:9000"
        auth = "none"
        hosts = ["gate.example.com", "gate.example.com:444"]
        origins = ["https://app.example.com"]
        [admin]
        http = "off"
        [store]
        url = "sqlite://records/r.db"
        durability = "strict"
        [policy]
        preset = "read-only"
        files = ["rules/own.cedar"]
        [servers.notes]
        command = ["notes", "--quiet"]
        env = { TOKEN = "env:NOTES_TOKEN", PLAIN = "value", KEY = "file:key.txt", TWO = "a-${env:NOTES_TOKEN}-${file:key.txt}" }
        inherit = ["PATH"]
        directory = "data"
        timeout_s = 7
        [servers.remote]
        url = "https://example.com/mcp?key=1"
        headers = { Authorization = "env:NOTES_TOKEN" }
    "#;
    let place = Place::new("whole")
        .with("NOTES_TOKEN", "t0ken")
        .file("project/doorward.toml", text)
        .file("project/key.txt", "k3y\n")
        .file("project/rules/own.cedar", "// nothing\n");
    let Loaded { config, shown, warnings } = place.load().unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.listen.http.to_string(), "127.0.0.1:9000");
    assert_eq!((config.listen.auth, config.admin), (Auth::None, AdminConfig::Off));
    assert_eq!(config.store.url.path(), Some(place.path("project/records/r.db").as_path()));
    assert_eq!(config.store.durability, doorward_store::Durability::Strict);
    let own = doorward_policy::Source { name: "rules/own.cedar".to_owned(), text: "// nothing\n".to_owned() };
    let [trifecta, secrets] = [FlowPolicy::Trifecta, FlowPolicy::NoSecretsOut].map(FlowPolicy::source);
    assert_eq!(config.policy.inputs.sources, [Preset::ReadOnly.source(), trifecta, secrets, own]);
    let [notes, remote] = config.servers.as_slice() else { panic!("{:?}", config.servers) };
    let Way::Child { command, environment, directory } = &notes.way else { panic!("{notes:?}") };
    assert_eq!(command, &["notes", "--quiet"]);
    let shown_environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    let expected = [("KEY", "k3y"), ("PATH", "/bin"), ("PLAIN", "value"), ("TOKEN", "t0ken"), ("TWO", "a-t0ken-k3y")];
    assert_eq!(shown_environment, expected);
    assert!(directory.as_ref().unwrap().ends_with("data"));
    assert_eq!(notes.silence, Duration::from_secs(7));
    let Way::Http { url, headers, transport: Transport::Auto } = &remote.way else { panic!("{remote:?}") };
    assert_eq!(url, "https://example.com/mcp?key=1");
    assert_eq!(headers, &[("Authorization".to_owned(), Secret::new("t0ken"))]);
    // Neither what is shown nor what is debugged gives a secret away.
    let talk = format!("{shown:?}{:?}", config.servers);
    assert!(!talk.contains("t0ken") && !talk.contains("k3y"), "{talk}");
    assert!(!shown.iter().any(|line| line.value.contains("key=1")));
    assert_eq!(config.files.len(), 3, "{:?}", config.files);
}

#[test]
fn what_the_conformance_run_writes_is_accepted() {
    let text = "[listen]\nhttp = \"127.0.0.1:4000\"\nauth = \"none\"\n[admin]\nhttp = \"127.0.0.1:0\"\n\
                [policy]\npreset = \"observe\"\n[store]\nurl = \"sqlite:///tmp/x.db\"\n\
                [servers.fixture]\nurl = \"http://127.0.0.1:5000/mcp\"\n";
    let place = Place::new("conformance").file("project/doorward.toml", text);
    let config = place.load().unwrap().config;
    assert_eq!((config.policy.preset, config.servers.len()), (Preset::Observe, 1));
}

#[test]
fn counters_are_read() {
    let text = "[policy.counters]\nmails = \"allowed mail/send within 1h\"\n\
                reads = \"asked resources/read within 7d by everyone\"\n";
    let inputs = Place::new("counters").file("project/doorward.toml", text).load().unwrap().config.policy.inputs;
    assert_eq!(inputs.counters.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["mails", "reads"]);
    let told: Vec<_> = inputs.counted.iter().map(|counter| (counter.within.as_secs(), counter.by.len())).collect();
    assert_eq!(told, [(3_600, 2), (604_800, 0)]);
    for wrong in [
        "allowed mail/send",
        "often mail/send within 1h",
        "allowed mail within 1h",
        "allowed a/b within 0s",
        "allowed a/b within 32d",
        "allowed a/b within 1h by tool",
        "allowed a/b within 1h by",
    ] {
        let text = format!("[policy.counters]\nn = \"{wrong}\"\n");
        assert!(Place::new("counters").file("project/doorward.toml", &text).load().is_err(), "{wrong}");
    }
}

#[test]
fn what_facts_need_is_read() {
    let text = "[policy.patterns]\nkey = \"key-[0-9]+\"\n\
                [servers.files]\ncommand = [\"x\"]\nroot = \"data/./in\"\n\
                [servers.db]\nurl = \"http://127.0.0.1:1/mcp\"\nsql = \"postgres\"\nfiles = \"here\"\n\
                [servers.far]\nurl = \"http://127.0.0.1:1/mcp\"\n";
    let place = Place::new("facts").file("project/doorward.toml", text);
    let inputs = place.load().unwrap().config.policy.inputs;
    assert_eq!(inputs.patterns.keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["key"]);
    let of = |id: &str| inputs.places.get(&doorward_core::ids::ServerId::parse(id).unwrap()).unwrap();
    assert_eq!(of("files").root.as_deref(), place.path("project/data/in").to_str());
    assert_eq!(of("files").files, doorward_policy::Files::Here);
    assert_eq!((of("db").dialect, of("db").files), (doorward_policy::Dialect::Postgres, doorward_policy::Files::Here));
    assert_eq!(*of("far"), doorward_policy::ServerPlace::default());
}

#[test]
fn unknown_keys_are_errors_with_the_word_that_was_meant() {
    refused(
        "[listen]\nhtp = \"127.0.0.1:1\"\n",
        "./doorward.toml:2:1: there is no key 'htp' in [listen]; did you mean 'http'?",
    );
    refused("[lissten]\n", "./doorward.toml:1:2: there is no key 'lissten'; did you mean 'listen'?");
    refused(
        "[servers.a]\ncommand = [\"x\"]\nenviron = {}\n",
        "./doorward.toml:3:1: there is no key 'environ' in [servers.a]; \
         the keys here are command, url, env, inherit, directory, headers, timeout_s, transport, \
         root, files, sql, trust, tools, guards, labels",
    );
    refused(
        "zzz = 1\n",
        "./doorward.toml:1:1: there is no key 'zzz'; \
         the keys here are listen, identity, admin, store, policy, guards, pins, approvals, flow, aggregate, sinks, servers, views, servers_from",
    );
}

/// A file, and the one thing to be said of it.
const OUT_OF_PLACE: &[(&str, &str)] = &[
    (
        "[listen]\nhttp = 8420\n",
        "./doorward.toml:2:8: listen.http is a string, and here is a number; put the value in quotes",
    ),
    (
        "[listen]\nhttp = \"8420\"\n",
        "./doorward.toml:2:8: listen.http is an address and a port, and '8420' is not; \
             write for example \"127.0.0.1:8420\" or \"[::1]:8420\"",
    ),
    (
        "[listen]\nhttp = \"0.0.0.0:80\"\nauth = \"none\"\n",
        "./doorward.toml:3:8: auth = \"none\" would let everyone who reaches 0.0.0.0:80 call every server; \
             use auth = \"token\", or listen on 127.0.0.1",
    ),
    (
        "[listen]\nauth = \"basic\"\n",
        "./doorward.toml:2:8: there is no way of authentication called 'basic'; write \"token\", \"identity\" or \"none\"",
    ),
    (
        "[listen]\nhosts = \"a\"\n",
        "./doorward.toml:2:9: listen.hosts is an array of strings, and here is a string; write it in brackets, for example [\"a\", \"b\"]",
    ),
    (
        "[listen]\nhosts = [\"https://a\"]\n",
        "./doorward.toml:2:10: 'https://a' cannot stand in listen.hosts; write a name or name:port, without scheme and path",
    ),
    (
        "[listen]\norigins = [\"a\"]\n",
        "./doorward.toml:2:12: 'a' cannot stand in listen.origins; write scheme://host or scheme://host:port, without a path",
    ),
    (
        "[store]\ndurability = \"fast\"\n",
        "./doorward.toml:2:14: there is no durability 'fast'; write \"relaxed\" or \"strict\"",
    ),
    (
        "[store]\nflush_ms = 10001\n",
        "./doorward.toml:2:12: flush_ms is at most 10000; it is how many milliseconds of records a crash may lose",
    ),
    (
        "[store]\nflush_ms = -1\n",
        "./doorward.toml:2:12: store.flush_ms is a whole number, and here is a number; write it without quotes, for example 50",
    ),
    (
        "[store]\ndurability = \"strict\"\nflush_ms = 1\n",
        "./doorward.toml:3:12: flush_ms has a meaning only with relaxed durability; remove it, or set durability = \"relaxed\"",
    ),
    (
        "[servers.a]\ncommand = [\"true\"]\ntrust = \"full\"\n",
        "./doorward.toml:3:9: trust cannot be 'full'; it is one of untrusted, trusted",
    ),
    (
        "[servers.a]\ncommand = [\"true\"]\ntools.x = { effect = \"reads\" }\n",
        "./doorward.toml:3:22: effect cannot be 'reads'; it is one of read, write, destructive",
    ),
    (
        "[policy]\ndenied = \"quiet\"\n",
        "./doorward.toml:2:10: policy.denied cannot be 'quiet'; it is \"explain\" (say why) or \"hide\" (say that there is no such thing)",
    ),
    (
        "[policy.patterns]\na = \"(\"\n",
        "./doorward.toml:2:5: the pattern 'a' cannot be read: regex parse error:\n    (\n    ^\nerror: unclosed group; \
             the syntax is that of the Rust crate regex: no look-around, no references back",
    ),
    (
        "[policy.patterns]\n\"a b\" = \"x\"\n",
        "./doorward.toml:2:9: 'a b' is no name of a pattern; use letters, digits and '_'",
    ),
    (
        "[servers.a]\ncommand = [\"x\"]\nroot = \"/srv/../etc\"\n",
        "./doorward.toml:3:8: root is a folder without '..'; write its whole path",
    ),
    (
        "[servers.a]\ncommand = [\"x\"]\nfiles = \"there\"\n",
        "./doorward.toml:3:9: files cannot be 'there'; it is one of here, elsewhere",
    ),
    (
        "[servers.a]\ncommand = [\"x\"]\nsql = \"oracle\"\n",
        "./doorward.toml:3:7: sql cannot be 'oracle'; it is one of any, postgres, mysql, sqlite, mssql",
    ),
    (
        "[policy]\ntimezone = \"Europe/Belin\"\n",
        "./doorward.toml:2:12: there is no time zone \"Europe/Belin\"; did you mean 'Europe/Berlin'?",
    ),
    ("[policy]\npreset = \"gaurded\"\n", "./doorward.toml:2:10: there is no preset 'gaurded'; did you mean 'guarded'?"),
    (
        "[servers.Big]\nurl = \"http://a\"\n",
        "./doorward.toml:1:10: 'Big' is no server id: a server id holds only a-z, 0-9 and '-', and does not begin with '-'; call it 'big'",
    ),
    (
        "[servers.a]\n",
        "./doorward.toml:1:10: [servers.a] says neither command nor url; add command = [\"program\", \"argument\"] or url = \"https://host/mcp\"",
    ),
    (
        "[servers.a]\nurl = \"http://a\"\ncommand = [\"a\"]\n",
        "./doorward.toml:3:1: [servers.a] has a command and a url; keep the one by which the server is reached",
    ),
    (
        "[servers.a]\nurl = \"http://a\"\nenv = {}\n",
        "./doorward.toml:3:1: 'env' has a meaning only beside 'command'; remove it, or reach the server by command",
    ),
    (
        "[servers.a]\ncommand = [\"a\"]\ntransport = \"sse\"\n",
        "./doorward.toml:3:1: 'transport' has a meaning only beside 'url'; remove it, or reach the server by url",
    ),
    (
        "[servers.a]\nurl = \"http://a\"\ntransport = \"ws\"\n",
        "./doorward.toml:3:13: there is no transport 'ws'; it is \"auto\", \"http\" (Streamable HTTP alone) or \"sse\" \
         (HTTP+SSE of 2024-11-05 alone)",
    ),
    (
        "[servers.a]\ncommand = \"npx -y b\"\n",
        "./doorward.toml:2:11: command is an array, and here is a string; write the program and each argument by itself: command = [\"npx\", \"-y\", \"b\"]",
    ),
    (
        "[servers.a]\ncommand = []\n",
        "./doorward.toml:2:11: command names no program; begin it with the program to start",
    ),
    (
        "[servers.a]\nurl = \"a.example\"\n",
        "./doorward.toml:2:7: a url begins with http:// or https://; write the whole address",
    ),
    (
        "[servers.a]\ncommand = [\"a\"]\ntimeout_s = 0\n",
        "./doorward.toml:3:13: timeout_s is between 1 and 3600; it is how many seconds a server may be silent during a call",
    ),
    (
        "[servers.a]\ncommand = [\"a\"]\ndirectory = \"~/x\"\n",
        "./doorward.toml:3:13: '~' is not expanded here; write the whole path",
    ),
    (
        "[servers.a]\ncommand = [\"a\"]\nenv = { A = true }\n",
        "./doorward.toml:3:13: env.A is a string, and here is true; put the value in quotes",
    ),
];

#[test]
fn values_out_of_place_are_errors() {
    for (text, expected) in OUT_OF_PLACE {
        refused(text, expected);
    }
}

#[test]
fn bounds_hold_one_below_and_one_above() {
    for (seconds, accepted) in [(3600, true), (3601, false)] {
        let text = format!("[servers.a]\ncommand = [\"a\"]\ntimeout_s = {seconds}\n");
        let place = Place::new("silence").file("project/doorward.toml", &text);
        assert_eq!(place.load().is_ok(), accepted, "{seconds}");
    }
    for (milliseconds, accepted) in [(10_000, true), (10_001, false)] {
        let place = Place::new("flush").with("DOORWARD_STORE_FLUSH_MS", &milliseconds.to_string());
        assert_eq!(place.load().is_ok(), accepted, "{milliseconds}");
    }
    for (servers, accepted) in [(limits::SERVERS_MAX, true), (limits::SERVERS_MAX + 1, false)] {
        let text: String = (0..servers).map(|number| format!("[servers.s{number}]\ncommand = [\"a\"]\n")).collect();
        let place = Place::new("servers").file("project/doorward.toml", &text);
        assert_eq!(place.load().is_ok(), accepted, "{servers}");
    }
    let largest = usize::try_from(limits::CONFIG_FILE_BYTES_MAX).unwrap();
    for (size, accepted) in [(largest, true), (largest + 1, false)] {
        let place = Place::new("size").file("project/doorward.toml", &format!("#{}", "x".repeat(size - 1)));
        assert_eq!(place.load().is_ok(), accepted, "{size}");
    }
    let largest = usize::try_from(limits::SECRET_FILE_BYTES_MAX).unwrap();
    for (size, accepted) in [(largest, true), (largest + 1, false)] {
        let text = "[servers.a]\ncommand = [\"a\"]\nenv = { A = \"file:secret\" }\n";
        let place = Place::new("secret").file("project/doorward.toml", text).file("project/secret", &"x".repeat(size));
        assert_eq!(place.load().is_ok(), accepted, "{size}");
    }
}

#[test]
fn references_that_lead_nowhere_are_errors_without_the_value() {
    let env = |value: &str| format!("[servers.a]\ncommand = [\"a\"]\nenv = {{ A = \"{value}\" }}\n");
    refused(
        &env("env:MISSING"),
        "./doorward.toml:3:13: the variable MISSING is not set; \
         set MISSING in the environment that starts doorward, or use file:PATH",
    );
    refused(
        &env("${input:token}"),
        "./doorward.toml:3:13: doorward does not know the reference '${input…'; \
         write ${env:NAME} or ${file:PATH}, or put the value itself into a file and name it with file:PATH",
    );
    let place = Place::new("nofile").file("project/doorward.toml", &env("file:none"));
    assert!(errors(&place)[0].contains("none cannot be read"), "{:?}", errors(&place));
}

#[test]
fn every_error_is_told_at_once() {
    let text = "[listen]\nhttp = \"x\"\n[store]\nurl = \"mysql://x\"\n[policy]\npreset = \"x\"\n[servers.a]\n";
    let place = Place::new("all").file("project/doorward.toml", text);
    assert_eq!(errors(&place).len(), 4, "{:?}", errors(&place));
}

#[test]
fn broken_toml_is_shown_with_its_place() {
    let place = Place::new("broken").file("project/doorward.toml", "[listen\nhttp = 1\n");
    assert!(errors(&place)[0].starts_with("./doorward.toml:1:8: "), "{:?}", errors(&place));
}

#[test]
fn secrets_in_plain_text_and_open_addresses_are_warned_of() {
    let warned = |text: &str| {
        let place = Place::new("warned").file("project/doorward.toml", text);
        told(&place.load().unwrap().warnings, &place.folder)
    };
    let plain = warned("[servers.a]\nurl = \"http://a\"\nheaders = { X-Api-Key = \"s3cret\", X-Team = \"blue\" }\n");
    assert_eq!(plain.len(), 1, "{plain:?}");
    assert!(plain[0].contains("X-Api-Key") && !plain[0].contains("s3cret"), "{plain:?}");
    assert_eq!(warned("[listen]\nhttp = \"0.0.0.0:80\"\n").len(), 1);
    assert_eq!(warned("[admin]\nhttp = \"0.0.0.0:80\"\n").len(), 1);
    assert!(warned("[listen]\nhttp = \"[::1]:80\"\n").is_empty());
}

#[test]
fn a_missing_policy_file_is_an_error() {
    let place = Place::new("nopolicy").file("project/doorward.toml", "[policy]\nfiles = [\"a.cedar\"]\n");
    assert!(errors(&place)[0].contains("a.cedar cannot be read"), "{:?}", errors(&place));
}
