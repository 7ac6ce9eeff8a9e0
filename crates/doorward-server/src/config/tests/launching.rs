//! What `run` makes of its command line.

use super::*;

fn request(words: &[&str]) -> RunRequest {
    let command = words.iter().map(OsString::from).collect();
    let target = RunTarget::Command { command, environment: Vec::new() };
    RunRequest { server: None, target, settings: Request::default() }
}

fn told_of(place: &Place, request: &RunRequest) -> Vec<String> {
    told(load_run(request, &place.surroundings).unwrap_err().problems(), &place.folder)
}

#[test]
fn servers_are_named_after_what_is_started() {
    let place = Place::new("named");
    for (words, expected) in [
        (&["/usr/bin/mcp-server-git", "--repository", "x"][..], "mcp-server-git"),
        (&["npx", "-y", "@modelcontextprotocol/server-everything@2026.8.31", "stdio"], "server-everything"),
        (&["uvx", "mcp-server-time"], "mcp-server-time"),
        (&["python3", "/srv/My Server.py"], "my-server"),
        (&["node", "dist/index.js"], "index"),
        (&["docker", "run", "-i", "image"], "docker"),
        (&["npx"], "npx"),
    ] {
        let (config, _) = load_run(&request(words), &place.surroundings).unwrap();
        assert_eq!(config.server.id.as_str(), expected, "{words:?}");
    }
    let url = RunTarget::Url { url: "https://mcp.example.com:8/mcp".to_owned(), headers: Vec::new() };
    let (config, _) = load_run(&RunRequest { target: url, ..request(&[]) }, &place.surroundings).unwrap();
    assert_eq!(config.server.id.as_str(), "mcp-example-com-8");
    assert_eq!(config.policy.preset, Preset::Guarded);
}

#[test]
fn the_child_gets_the_usual_few_variables_and_what_is_named() {
    let place = Place::new("child").with("TOKEN", "t0ken").with("OTHER", "x").with("LANG", "C");
    let environment = vec!["TOKEN".to_owned(), "A=b=c".to_owned(), "COPY=env:TOKEN".to_owned()];
    let target = RunTarget::Command { command: vec!["x".into()], environment };
    let (config, _) = load_run(&RunRequest { target, ..request(&[]) }, &place.surroundings).unwrap();
    let Way::Child { environment, .. } = &config.server.way else { panic!() };
    let names: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    let home = place.path("home").display().to_string();
    let expected =
        [("A", "b=c"), ("COPY", "t0ken"), ("HOME", home.as_str()), ("LANG", "C"), ("PATH", "/bin"), ("TOKEN", "t0ken")];
    assert_eq!(names, expected);
}

#[test]
fn a_project_file_does_not_decide_what_run_allows() {
    let place = Place::new("project")
        .file("project/doorward.toml", "[policy]\npreset = \"observe\"\n")
        .file("home/.config/doorward/config.toml", "[policy]\npreset = \"read-only\"\n");
    let (config, _) = load_run(&request(&["x"]), &place.surroundings).unwrap();
    assert_eq!(config.policy.preset, Preset::ReadOnly);
    assert_eq!(place.load().unwrap().config.policy.preset, Preset::Observe);
}

#[test]
fn what_is_wrong_is_told_with_the_flag() {
    let place = Place::new("wrong");
    let named = RunRequest { server: Some("My Server".to_owned()), ..request(&["x"]) };
    assert!(told_of(&place, &named)[0].starts_with("--server: --server: 'My Server' is no server id"));
    let environment = vec!["MISSING".to_owned(), "=x".to_owned()];
    let target = RunTarget::Command { command: vec!["x".into()], environment };
    assert_eq!(told_of(&place, &RunRequest { target, ..request(&[]) }).len(), 2);
    let target = RunTarget::Url { url: "x".to_owned(), headers: vec!["a".to_owned(), "b=env:MISSING".to_owned()] };
    let wrong = RunRequest { server: Some("x".to_owned()), target, ..request(&[]) };
    assert_eq!(told_of(&place, &wrong).len(), 3);
}

#[test]
fn a_secret_on_the_command_line_is_warned_of() {
    let place = Place::new("plain").with("TOKEN", "t0ken");
    let with = |header: &str| {
        let target = RunTarget::Url { url: "https://x".to_owned(), headers: vec![header.to_owned()] };
        load_run(&RunRequest { target, ..request(&[]) }, &place.surroundings).unwrap().1.len()
    };
    assert_eq!((with("Authorization=Bearer x"), with("Authorization=env:TOKEN"), with("X-Team=blue")), (1, 0, 0));
}

fn connect(url: &str) -> ConnectRequest {
    ConnectRequest { url: url.to_owned(), ..ConnectRequest::default() }
}

#[test]
fn credentials_in_plain_text_are_warned_of_beyond_this_machine() {
    let place = Place::new("connect").with("DOORWARD_TOKEN", "t0ken");
    for (url, warned) in [
        ("http://gateway.example/mcp", true),
        ("http://127.0.0.1.evil.example/mcp", true),
        ("http://10.0.0.1/mcp", true),
        ("https://gateway.example/mcp", false),
        ("http://localhost:8420/mcp", false),
        ("http://127.0.0.1:8420/mcp", false),
        ("http://[::1]:8420/mcp", false),
    ] {
        let (config, warnings) = load_connect(&connect(url), &place.surroundings).unwrap();
        assert_eq!(!warnings.is_empty(), warned, "{url}: {warnings:?}");
        let Way::Http { headers, .. } = &config.server.way else { panic!() };
        assert_eq!(headers, &[("Authorization".to_owned(), Secret::new("Bearer t0ken"))]);
    }
    let place = Place::new("connect-open");
    assert!(load_connect(&connect("http://gateway.example/mcp"), &place.surroundings).unwrap().1.is_empty());
}

#[test]
fn two_credentials_are_an_error_and_a_header_wins_over_the_variable() {
    let place = Place::new("connect-two").with("DOORWARD_TOKEN", "t0ken").file("project/token", "other\n");
    let mut request = connect("http://localhost/mcp");
    request.headers = vec!["authorization=env:DOORWARD_TOKEN".to_owned()];
    let (config, _) = load_connect(&request, &place.surroundings).unwrap();
    let Way::Http { headers, .. } = &config.server.way else { panic!() };
    assert_eq!(headers, &[("authorization".to_owned(), Secret::new("t0ken"))]);
    request.token_file = Some("token".into());
    let errors = load_connect(&request, &place.surroundings).unwrap_err();
    let told = told(errors.problems(), &place.folder);
    let said = "--token-file: --token-file: there is an Authorization header as well; \
                leave one of --token-file and --header Authorization=… out";
    assert_eq!(told, [said]);
}
