//! Which source wins, and that it is told.

use super::*;
use crate::pins::{First, Meanwhile, PinRules};

fn listens(place: &Place, request: &Request) -> (u16, String) {
    let Loaded { config, shown, .. } = load(request, &place.surroundings).unwrap();
    let line = shown.iter().find(|line| line.key == "listen.http").unwrap();
    let origin = line.origin.to_string().replace(&format!("{}/", place.folder.display()), "");
    (config.listen.http.port(), origin)
}

fn flag(port: u16) -> Request {
    let words = vec![format!("127.0.0.1:{port}")];
    Request { file: None, overrides: vec![Override { key: Key::ListenHttp, flag: "--listen", words }] }
}

#[test]
fn every_setting_may_stand_in_a_file() {
    for key in Key::ALL {
        let (table, name) = key.place();
        let head = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        // No setting has this form, so each is known by its complaint about it.
        let text = format!("{head}{name} = {{ nothing = 1 }}\n[servers.a]\ncommand = [\"x\"]\n");
        let told = errors(&Place::new("every").file("project/doorward.toml", &text));
        assert!(!told.is_empty(), "{table}.{name} is passed over");
        assert!(!told.iter().any(|told| told.contains("there is no key")), "{told:?}");
    }
}

#[test]
fn pins_are_read_from_files_and_the_environment() {
    let text = "[pins]\nfirst = \"approve\"\nmeanwhile = \"approved\"\n[servers.a]\ncommand = [\"x\"]\n";
    let place = Place::new("pins").file("project/doorward.toml", text);
    let rules = |place: &Place| place.load().unwrap().config.pins;
    assert_eq!(rules(&place), PinRules { first: First::Approve, meanwhile: Meanwhile::Approved });
    let place = place.with("DOORWARD_PINS_FIRST", "off");
    assert_eq!(rules(&place), PinRules { first: First::Off, meanwhile: Meanwhile::Approved });
    let mistaken = Place::new("pins-mistaken").file("project/doorward.toml", &text.replace("\"approve\"", "\"ask\""));
    assert!(errors(&mistaken)[0].contains("ask"), "{:?}", errors(&mistaken));
}

#[test]
fn flags_win_over_variables_over_project_over_user_over_machine() {
    let http = |port: u16| format!("[listen]\nhttp = \"127.0.0.1:{port}\"\n");
    let mut place = Place::new("order");
    let none = Request::default();
    assert_eq!(listens(&place, &none), (8420, "default".to_owned()));
    place = place.file("etc/config.toml", &http(1));
    assert_eq!(listens(&place, &none), (1, "etc/config.toml:2:8".to_owned()));
    place = place.file("home/.config/doorward/config.toml", &http(2));
    assert_eq!(listens(&place, &none), (2, "home/.config/doorward/config.toml:2:8".to_owned()));
    place = place.file("project/doorward.toml", &http(3));
    assert_eq!(listens(&place, &none), (3, "./doorward.toml:2:8".to_owned()));
    place = place.with("DOORWARD_LISTEN_HTTP", "127.0.0.1:4");
    assert_eq!(listens(&place, &none), (4, "the variable DOORWARD_LISTEN_HTTP".to_owned()));
    assert_eq!(listens(&place, &flag(5)), (5, "--listen".to_owned()));
}

#[test]
fn a_named_file_stands_alone() {
    let place = Place::new("alone")
        .file("etc/config.toml", "[servers.machine]\ncommand = [\"x\"]\n")
        .file("project/doorward.toml", "[servers.project]\ncommand = [\"x\"]\n")
        .file("project/own.toml", "[servers.own]\ncommand = [\"x\"]\n");
    let ids = |request: &Request, place: &Place| -> Vec<String> {
        let servers = load(request, &place.surroundings).unwrap().config.servers;
        servers.iter().map(|server| server.id.to_string()).collect()
    };
    assert_eq!(ids(&Request::default(), &place), ["machine", "project"]);
    let named = Request { file: Some("own.toml".into()), overrides: Vec::new() };
    assert_eq!(ids(&named, &place), ["own"]);
    let place = place.with("DOORWARD_CONFIG", "own.toml");
    assert_eq!(ids(&Request::default(), &place), ["own"]);
    let missing = Request { file: Some("none.toml".into()), overrides: Vec::new() };
    let errors = load(&missing, &place.surroundings).unwrap_err();
    assert!(told(errors.problems(), &place.folder)[0].contains("none.toml cannot be read"));
}

#[test]
fn a_server_is_taken_whole_from_the_highest_source() {
    let place = Place::new("taken")
        .file("etc/config.toml", "[servers.a]\ncommand = [\"old\"]\nenv = { SECRET = \"env:NOT_SET\" }\n")
        .file("project/doorward.toml", "[servers.a]\ncommand = [\"new\"]\n");
    let servers = place.load().unwrap().config.servers;
    let Way::Child { command, environment, .. } = &servers[0].way else { panic!() };
    assert_eq!(command, &["new"]);
    assert!(!environment.iter().any(|(name, _)| name == "SECRET"));
}

#[test]
fn lists_in_variables_are_separated_by_commas() {
    let place = Place::new("lists").with("DOORWARD_LISTEN_HOSTS", "a.example, b.example:1,");
    assert_eq!(place.load().unwrap().config.listen.hosts, ["a.example", "b.example:1"]);
}

#[test]
fn a_misspelt_variable_is_told() {
    let place = Place::new("misspelt").with("DOORWARD_POLICY_PRESTE", "locked");
    let told = told(&place.load().unwrap().warnings, &place.folder);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("did you mean DOORWARD_POLICY_PRESET?"), "{told:?}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let place = Place::new("empty").with("DOORWARD_LISTEN_HTTP", "");
    assert_eq!(listens(&place, &Request::default()).0, 8420);
}

#[test]
fn state_lies_where_the_system_says() {
    let cases = [
        (None, None, "home/.local/state/doorward"),
        (Some("/x/state"), None, "/x/state/doorward"),
        (Some("relative"), None, "home/.local/state/doorward"),
        (Some("/x/state"), Some("/var/lib/doorward:/var/lib/more"), "/var/lib/doorward"),
    ];
    for (xdg, unit, expected) in cases {
        let mut place = Place::new("state");
        for (name, value) in [("XDG_STATE_HOME", xdg), ("STATE_DIRECTORY", unit)] {
            if let Some(value) = value {
                place = place.with(name, value);
            }
        }
        assert_eq!(state_directory(&place.surroundings), Some(place.path(expected)));
    }
}

#[test]
fn without_a_home_the_places_must_be_named() {
    let mut place = Place::new("homeless");
    place.surroundings.variables.remove("HOME");
    assert_eq!(errors(&place).len(), 2, "{:?}", errors(&place));
    let place = place.with("DOORWARD_STORE_URL", "sqlite:///x/r.db").with("DOORWARD_LISTEN_AUTH", "none");
    assert!(place.load().is_ok());
}
