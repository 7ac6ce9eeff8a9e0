use super::built_in::FILES;
use super::{Flaw, Pack, Reached, built_in, matching};

/// The files of `packs/`.
fn files() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn every_file_of_packs_is_built_in() {
    let known: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(files(), known);
}

#[test]
fn every_built_in_pack_can_be_read_and_has_the_name_of_its_file() {
    for (name, text) in FILES {
        let pack = Pack::parse(text).map_err(|flaws| format!("packs/{name}.toml: {flaws:#?}"));
        assert_eq!(*pack.unwrap().name, **name);
    }
    assert_eq!(built_in().len(), FILES.len());
}

#[test]
fn no_two_built_in_packs_speak_of_the_same_server() {
    let all = built_in();
    for (at, pack) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            let (one, two) = (&pack.matches, &other.matches);
            for (left, right) in [
                (&one.packages, &two.packages),
                (&one.images, &two.images),
                (&one.commands, &two.commands),
                (&one.hosts, &two.hosts),
            ] {
                let shared = left.iter().find(|word| right.contains(word));
                assert_eq!(shared, None, "{} and {}", pack.name, other.name);
            }
        }
    }
}

const HEAD: &str = "[pack]\nname = \"a\"\nabout = \"of a\"\nreviewed = \"2026-11-23, me, from a 1.0\"\n";

fn flaws(rest: &str) -> Vec<Flaw> {
    Pack::parse(&format!("{HEAD}{rest}")).err().unwrap_or_default()
}

/// Refused in this line, with this in its message.
fn refused(rest: &str, line: usize, message: &str) {
    let flaws = flaws(rest);
    let found = flaws.iter().any(|flaw| flaw.line == line && flaw.message.contains(message) && !flaw.advice.is_empty());
    assert!(found, "{rest}\n{flaws:#?}");
}

fn accepted(rest: &str) {
    assert_eq!(flaws(rest), [], "{rest}");
}

#[test]
fn a_reader_against_its_name_needs_a_reason() {
    refused("[tools.send_mail]\nact = \"read\"", 6, "not that of a reader");
    accepted("[tools.send_mail]\nact = \"read\"\nbecause = \"It shows what was sent, nothing more.\"");
    accepted("[tools.get_mail]\nact = \"read\"");
    accepted("[tools.mailbox]\nact = \"read\"");
    refused("[tools.send_mail]\negress = false", 6, "speaks of sending");
    refused("[tools.get_page]\nlinks = \"own\"", 6, "asks less");
    refused("[tools.put]\nmakes = true", 6, "something new");
    accepted("[tools.create_note]\nmakes = true");
}

#[test]
fn trust_is_of_fields_and_never_of_prose() {
    for integrity in ["authoritative", "internal"] {
        let because = "because = \"It says so in its source.\"";
        refused(&format!("[tools.get]\n{because}\nresult = {{ integrity = \"{integrity}\" }}"), 7, "whole result");
        refused(&format!("[tools.get.fields]\n\"/id\" = {{ integrity = \"{integrity}\" }}"), 6, "without a reason");
        accepted(&format!("[tools.get.fields]\n\"/id\" = {{ integrity = \"{integrity}\", {because} }}"));
        refused(&format!("[tools.get.fields]\n\"/*/body\" = {{ integrity = \"{integrity}\", {because} }}"), 6, "prose");
        refused(
            &format!("[tools.get.fields]\n\"/comments/0\" = {{ integrity = \"{integrity}\", {because} }}"),
            6,
            "prose",
        );
    }
    refused("[tools.get]\nresult = { integrity = \"third-party\" }", 6, "whole result");
    refused(
        "[tools.get.fields]\n\"/*\" = { integrity = \"internal\", because = \"All of it is ours.\" }",
        6,
        "names no field",
    );
    refused("[tools.get]\nresult = { confidentiality = \"public\" }", 6, "reason");
    refused("[tools.get.fields]\n\"/id\" = { confidentiality = \"public\" }", 6, "reason");
    accepted("[tools.get]\nresult = { confidentiality = \"secret\", categories = [\"pii\"] }");
}

#[test]
fn arguments_that_decide_less_than_they_are_called_need_a_reason() {
    refused("[tools.put]\nroles = { \"/recipient\" = \"content\" }", 6, "decides more");
    refused("[tools.put]\nroles = { \"/mail/*/to\" = \"control\" }", 6, "decides more");
    refused("[tools.put]\nroles = { \"/password\" = \"selector\" }", 6, "decides more");
    accepted("[tools.put]\nroles = { \"/recipient\" = \"command\", \"/zzz\" = \"content\", \"/body\" = \"target\" }");
    accepted("[tools.put]\nbecause = \"It is a note to oneself.\"\nroles = { \"/recipient\" = \"content\" }");
}

#[test]
fn what_is_not_understood_is_refused_in_its_line() {
    refused("[tools.get]\nacts = \"read\"", 6, "no key 'acts'");
    refused("[tools.get]\nact = \"look\"", 6, "act cannot be 'look'");
    refused("[tools.get]\negress = \"yes\"", 6, "true or false");
    refused("[tools.get]\nroles = { \"path\" = \"target\" }", 6, "JSON pointer");
    refused("[tools.get]\nroles = { \"/path\" = \"victim\" }", 6, "cannot be 'victim'");
    refused("[tools.get]\nresult = { categories = [\"P I I\"] }", 6, "no category");
    refused("[tools.get]\nresult = { audience = [\"me\"] }", 6, "no key 'audience'");
    refused("[tools.get]\nact = \"read\"\nbecause = \"yes\"", 7, "sentence");
    refused("[tools.\"get it\"]\nact = \"read\"", 5, "name of a tool");
    refused("[tools.get]\nact = read", 6, "");
    refused("[servers.x]\n[tools.get]\nact = \"read\"", 5, "no key 'servers'");
    refused("", 1, "no tool");
    refused("matches = { packages = [\"a@1\"] }\n[tools.get]\nact = \"read\"", 5, "not one of packages");
    refused("matches = { names = [\"a\"] }\n[tools.get]\nact = \"read\"", 5, "no key 'names'");
}

#[test]
fn a_head_without_its_parts_is_refused() {
    let tool = "[tools.get]\nact = \"read\"\n";
    for (head, message) in [
        ("", "no [pack]"),
        ("[pack]\nabout = \"a\"\nreviewed = \"2026-11-23, me, from a 1.0\"\n", "no name"),
        ("[pack]\nname = \"a\"\nabout = \"a\"\n", "no reviewed"),
        ("[pack]\nname = \"A b\"\nabout = \"a\"\nreviewed = \"2026-11-23, me, from a 1.0\"\n", "no name of a pack"),
        ("[pack]\nname = \"auto\"\nabout = \"a\"\nreviewed = \"2026-11-23, me, from a 1.0\"\n", "no name of a pack"),
        ("[pack]\nname = \"a\"\nabout = \"a\"\nreviewed = \"lately\"\n", "when, by whom"),
        ("[pack]\nname = \"a\"\nabout = \" \"\nreviewed = \"2026-11-23, me, from a 1.0\"\n", "about has"),
    ] {
        let flaws = Pack::parse(&format!("{head}{tool}")).unwrap_err();
        assert!(flaws.iter().any(|flaw| flaw.message.contains(message)), "{message}: {flaws:#?}");
    }
}

#[test]
fn a_pack_as_long_as_allowed_is_read_and_one_byte_more_is_not() {
    let text = format!("{HEAD}[tools.get]\nact = \"read\"\n");
    let padded = |length: usize| format!("{text}#{}", "x".repeat(length - text.len() - 1));
    assert!(Pack::parse(&padded(crate::limits::PACK_BYTES_MAX)).is_ok());
    assert!(Pack::parse(&padded(crate::limits::PACK_BYTES_MAX + 1)).is_err());
}

#[test]
fn a_server_is_known_by_what_the_operator_wrote() {
    let found = |words: &[&str]| matching(Reached::Command(words)).map(|pack| &*pack.name);
    for words in [
        &["npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv"][..],
        &["/usr/bin/npx", "-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "/srv"],
        &["C:\\node\\npx.cmd", "@modelcontextprotocol/server-filesystem"],
        &["docker", "run", "-i", "--rm", "mcp/filesystem:latest", "/srv"],
        &["docker", "run", "mcp/filesystem@sha256:00"],
        &["npx", "-y", "@modelcontextprotocol/server-filesystem", "mcp-server-fetch"],
        &["/opt/bin/mcp-server-filesystem", "/srv"],
    ] {
        assert_eq!(found(words), Some("filesystem"), "{words:?}");
    }
    assert_eq!(found(&["python3", "-m", "mcp_server_fetch"]), Some("fetch"));
    assert_eq!(found(&["uvx", "mcp-server-fetch==2025.4.7"]), Some("fetch"));
}

#[test]
fn a_server_that_only_mentions_another_is_not_taken_for_it() {
    let found = |words: &[&str]| matching(Reached::Command(words)).map(|pack| &*pack.name);
    for words in [
        &["node", "other.js", "@modelcontextprotocol/server-filesystem"][..],
        &["npx", "-y", "@modelcontextprotocol/server-filesystem-x"],
        &["npx", "-y", "@evil/server-filesystem"],
        &["docker", "run", "evil/mcp/filesystem"],
        &["python3", "mcp_server_fetch.py", "mcp_server_fetch"],
        &["npx", "-y", "other", "@modelcontextprotocol/server-filesystem"],
        &["docker", "run", "-v", "mcp/filesystem", "other"],
        &["docker", "run", "--entrypoint=sh", "mcp/filesystem", "-c", "other"],
        &["npx", "--package=other", "@modelcontextprotocol/server-filesystem"],
        &["npx", "--registry=https://other.example", "@modelcontextprotocol/server-filesystem"],
        &["npx", "-y", "@modelcontextprotocol/server-filesystem@npm:other"],
        &["uvx", "--from=other", "mcp-server-fetch"],
        &["uvx", "--index-url=https://other.example", "mcp-server-fetch"],
        &["uvx", "mcp-server-fetch@git+https://other.example/fetch"],
        &[],
    ] {
        assert_eq!(found(words), None, "{words:?}");
    }
    let pack = Pack::parse(
        "[pack]\nname = \"a\"\nabout = \"a\"\nreviewed = \"2026-11-23, me, from a 1.0\"\nmatches = { hosts = [\"mcp.a.example\"] }\n[tools.get]\nact = \"read\"",
    )
    .unwrap();
    let reached = |url| pack.matches.admits(Reached::Url(url));
    assert!(reached("https://mcp.a.example/mcp"));
    assert!(reached("https://MCP.A.example:8443"));
    assert!(!reached("https://mcp.a.example@evil.example/mcp"));
    assert!(!reached("https://mcp.a.example.evil.example/mcp"));
    assert!(!reached("https://evil.example/https://mcp.a.example/"));
    assert!(!reached("http://mcp.a.example/mcp"));
    assert!(!reached("ftp://mcp.a.example/"));
}
