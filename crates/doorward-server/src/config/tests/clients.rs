//! Servers from the files of MCP clients.

use super::*;

fn from_client(text: &str) -> Place {
    let place = Place::new("client").file("project/clients.json", text);
    place.file("project/doorward.toml", "servers_from = \"clients.json\"\n")
}

fn ids(place: &Place) -> Vec<String> {
    place.load().unwrap().config.servers.iter().map(|server| server.id.to_string()).collect()
}

#[test]
fn the_common_forms_are_read() {
    let text = r#"{"mcpServers": {
        "github": {"command": "npx", "args": ["-y", "server-github"], "env": {"TOKEN": "${env:GH}", "PORT": 80}, "cwd": "w"},
        "remote": {"type": "http", "url": "https://example.com/mcp", "headers": {"Authorization": "Bearer ${GH}"}},
        "windsurf": {"serverUrl": "https://example.com/a"},
        "gemini": {"httpUrl": "https://example.com/b", "trust": true},
        "older": {"type": "sse", "url": "https://example.com/sse"}
    }, "other": [1, 2.5, null]}"#;
    let place = from_client(text).with("GH", "t0ken");
    let Loaded { config, warnings, .. } = place.load().unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(ids(&place), ["gemini", "github", "older", "remote", "windsurf"]);
    let Way::Child { command, environment, directory } = &config.servers[1].way else { panic!() };
    assert_eq!(command, &["npx", "-y", "server-github"]);
    let named: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    assert!(named.contains(&("TOKEN", "t0ken")) && named.contains(&("PORT", "80")), "{named:?}");
    assert!(directory.as_ref().unwrap().ends_with("w"));
    let Way::Http { headers, transport: Transport::Auto, .. } = &config.servers[3].way else { panic!() };
    assert_eq!(headers[0].1.reveal(), "Bearer t0ken");
    let Way::Http { transport: Transport::Sse, .. } = &config.servers[2].way else { panic!() };
}

#[test]
fn the_file_can_be_the_configuration() {
    let place = Place::new("direct").file("project/x.json", r#"{"servers": {"a": {"command": "x"}}}"#);
    let request = Request { file: Some("x.json".into()), overrides: Vec::new() };
    assert_eq!(load(&request, &place.surroundings).unwrap().config.servers.len(), 1);
}

#[test]
fn names_become_ids_with_a_notice() {
    let place = from_client(r#"{"mcpServers": {"My Server_2": {"command": "x"}, "plain": {"command": "x"}}}"#);
    assert_eq!(ids(&place), ["my-server-2", "plain"]);
    let told = told(&place.load().unwrap().warnings, &place.folder);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("'My Server_2' is known as 'my-server-2' here"), "{told:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "{\n  // mine\n  \"mcpServers\": {}\n}",
            "clients.json:2:3: this file is read as strict JSON, which has no comments; \
             take the comment out, or write the servers into doorward.toml, where comments are allowed",
        ),
        (
            "{\"mcpServers\": {\n \"a\": {\"command\": \"x\"},\n}}",
            "clients.json:3:1: a comma stands before a closing bracket; \
             take the last comma out; some clients ignore the whole file because of it",
        ),
        (
            "{\"mcpServers\": {\"a\": {\"command\": \"x\", \"command\": \"y\"}}}",
            "clients.json:1:39: a key stands twice in the same object; \
             keep one of the two; which of them a client reads is not defined",
        ),
        (
            "{\"mcpServers\": {\"a b\": {\"command\": \"x\"}, \"A-B\": {\"command\": \"y\"}}}",
            "clients.json:1:42: 'a b' and 'A-B' both become the server id 'a-b'; rename one of them",
        ),
        (
            "{}",
            "clients.json:1:1: this file holds no servers; a client's file holds its servers in \"mcpServers\" or \"servers\"",
        ),
        (
            "{\"mcpServers\": {}, \"servers\": {}}",
            "clients.json:1:20: this file holds \"mcpServers\" and \"servers\"; keep one of the two",
        ),
        (
            "{\"mcpServers\": {\"é\": {\"command\": \"x\"}}}",
            "clients.json:1:17: no server id can be made of 'é'; give it a name with letters or digits",
        ),
        (
            "{\"mcpServers\": {\"a\": {\"type\": \"ws\", \"url\": \"http://x\"}}}",
            "clients.json:1:31: this transport is not supported; \
             use the server's Streamable HTTP address (often .../mcp) and \"type\": \"http\"",
        ),
        (
            "{\"servers\": {\"a\": {\"command\": \"x\", \"args\": [\"${input:key}\"]}}}",
            "clients.json:1:45: doorward does not know the reference '${input…'; \
             write ${env:NAME} or ${file:PATH}, or put the value itself into a file and name it with file:PATH",
        ),
    ] {
        let place = from_client(text);
        let told: Vec<String> = errors(&place)
            .into_iter()
            .filter(|told| !told.contains("is known as"))
            .map(|told| told.replace("project/", ""))
            .collect();
        assert_eq!(told, [expected], "{text}");
    }
}

#[test]
fn disabled_servers_and_unused_words_are_told() {
    let place = from_client(
        r#"{"mcpServers": {"a": {"command": "x", "disabled": true}, "b": {"command": "x", "envFile": "y", "disabled": false}}}"#,
    );
    assert_eq!(ids(&place), ["b"]);
    let told = told(&place.load().unwrap().warnings, &place.folder);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("'a' is disabled") && told[1].contains("'envFile'"), "{told:?}");
}

#[test]
fn an_id_in_both_places_is_an_error() {
    let place = Place::new("both")
        .file("project/clients.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#)
        .file("project/doorward.toml", "servers_from = \"clients.json\"\n[servers.a]\ncommand = [\"y\"]\n");
    assert!(errors(&place)[0].contains("'a' stands in the configuration already"), "{:?}", errors(&place));
}
