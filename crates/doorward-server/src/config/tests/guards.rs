//! What is done about findings, and whose word counts.

use doorward_core::access::Direction::{self, ToClient, ToServer};
use doorward_core::guard::{Action, GuardName, GuardSettings, Severity};
use doorward_guards::Preset;

use super::*;

const SERVER: &str = "[servers.s]\ncommand = [\"x\"]\n";

fn options(name: &str, text: &str) -> GuardOptions {
    Place::new(name).file("project/doorward.toml", text).load().unwrap().config.guards
}

fn faults(name: &str, text: &str) -> Vec<String> {
    errors(&Place::new(name).file("project/doorward.toml", text))
}

fn secrets(settings: &GuardSettings, direction: Direction, severity: Severity) -> Option<Action> {
    settings.action(GuardName::Secrets, direction, severity)
}

#[test]
fn whoever_says_nothing_has_the_standard() {
    assert_eq!(options("guards-none", "").settings, Preset::Standard.settings());
    assert_eq!(options("guards-observe", "[guards]\npreset = \"observe\"\n").settings, Preset::Observe.settings());
    let place = Place::new("guards-variable").with("DOORWARD_GUARDS_PRESET", "strict");
    assert_eq!(place.load().unwrap().config.guards.settings, Preset::Strict.settings());
}

#[test]
fn what_is_said_of_one_direction_wins_wherever_it_stands() {
    let text = "[guards.secrets]\nresults = { high = \"spotlight\" }\nhigh = \"observe\"\nlow = \"off\"\n\
                [guards.all]\nmedium = \"hold\"\n[guards.unicode]\nrequests = \"block\"\n";
    let settings = options("guards-one", text).settings;
    assert_eq!(secrets(&settings, ToClient, Severity::High), Some(Action::Spotlight));
    assert_eq!(secrets(&settings, ToServer, Severity::High), Some(Action::Observe));
    assert_eq!(secrets(&settings, ToServer, Severity::Low), None);
    assert_eq!(secrets(&settings, ToServer, Severity::Medium), Some(Action::Hold));
    assert_eq!(settings.action(GuardName::Unicode, ToServer, Severity::Low), Some(Action::Block));
    assert_eq!(settings.action(GuardName::Unicode, ToClient, Severity::High), Some(Action::Redact));
}

#[test]
fn a_nearer_file_wins_word_by_word() {
    let place = Place::new("guards-files")
        .file("etc/config.toml", "[guards]\nsecrets = \"observe\"\n")
        .file("project/doorward.toml", "[guards.secrets]\nhigh = \"block\"\n");
    let Loaded { config, shown, .. } = place.load().unwrap();
    assert_eq!(secrets(&config.guards.settings, ToClient, Severity::High), Some(Action::Block));
    assert_eq!(secrets(&config.guards.settings, ToClient, Severity::Medium), Some(Action::Observe));
    let line = |key: &str| shown.iter().find(|line| line.key == key).map(|line| line.value.clone());
    assert_eq!(line("guards.secrets.high").as_deref(), Some("\"block\""));
    assert_eq!(line("guards.secrets").as_deref(), Some("\"observe\""));
    assert_eq!(line("guards.preset").as_deref(), Some("\"standard\""));
}

#[test]
fn servers_and_tools_have_words_of_their_own() {
    let text = format!(
        "{SERVER}[servers.s.guards.secrets]\nhigh = \"observe\"\n[servers.s.tools.t.guards]\npersonal = \"off\"\n"
    );
    let options = options("guards-server", &text);
    let said = options.servers.values().next().unwrap();
    assert_eq!(secrets(&said.settings, ToServer, Severity::High), Some(Action::Observe));
    let tool = said.tools.get("t").unwrap();
    assert!(tool.is_off(GuardName::Personal, ToServer));
    // What it does not speak of it leaves to what is said of everything.
    let joined = options.settings.under(&said.settings).under(tool);
    assert_eq!(secrets(&joined, ToServer, Severity::Medium), Some(Action::Block));
    assert_eq!(secrets(&joined, ToServer, Severity::High), Some(Action::Observe));
}

#[test]
fn what_a_guard_can_be_told_stands_beside_what_is_done() {
    let text = "[guards.personal]\nhigh = \"observe\"\nown_domains = [\"example.org\"]\nallowed = [\"+1 555\"]\n\
                placeholders = \"word\"\n[guards.personal.kinds]\nemail = \"off\"\nname = \"high\"\n";
    let options = options("guards-told", text);
    let personal = &options.personal;
    assert_eq!(
        (&personal.own_domains[..], &personal.allowed[..]),
        (&["example.org".into()][..], &["+1 555".into()][..])
    );
    assert_eq!(personal.placeholders, doorward_guards::personal::Placeholders::Word);
    let severity = |name: &str| personal.severities.iter().find(|(kind, _)| kind.name() == name).map(|(_, said)| *said);
    assert_eq!((severity("email"), severity("name")), (None, Some(Severity::High)));
    assert_eq!(options.settings.action(GuardName::Personal, ToServer, Severity::High), Some(Action::Observe));
}

#[test]
fn what_nobody_knows_is_an_error_with_advice() {
    let server = format!("{SERVER}[servers.s.guards.secrts]\nhigh = \"block\"\n");
    let tool = format!("{SERVER}[servers.s.tools.t.guards.secrets]\nhigh = \"blok\"\n");
    for (text, wanted) in [
        ("[guards]\npreset = \"strikt\"\n", "guards have no preset 'strikt'; did you mean 'strict'?"),
        ("[guards.secret]\nhigh = \"block\"\n", "there is no key 'secret' in [guards]; did you mean 'secrets'?"),
        ("[guards.secrets]\nhih = \"block\"\n", "there is no key 'hih' in [guards.secrets]; did you mean 'high'?"),
        ("[guards.secrets.results]\nrequests = \"block\"\n", "there is no key 'requests' in [guards.secrets.results]"),
        ("[guards.secrets]\nhigh = \"redacted\"\n", "guards.secrets.high cannot be 'redacted'; did you mean 'redact'?"),
        ("[guards.secrets]\nhigh = true\n", "guards.secrets.high is a string, and here is true"),
        ("guards = 7\n", "[guards] is a table"),
        ("[guards.personal]\nown_domain = []\n", "did you mean 'own_domains'?"),
        ("[guards.personal]\nplaceholders = \"words\"\n", "did you mean 'word'?"),
        ("[guards.personal.kinds]\nemial = \"off\"\n", "did you mean 'email'?"),
        ("[guards.personal.kinds]\nemail = \"hihg\"\n", "did you mean 'high'?"),
        ("[guards.secrets]\nallowed = []\n", "there is no key 'allowed' in [guards.secrets]"),
        ("[guards.size]\nbytes = 7\n", "[guards.size.bytes] is a table"),
        ("[guards.size]\ndepth = { refuse = 0 }\n", "guards.size.depth.refuse is 0"),
        ("[guards.size]\ntokens = { refuze = 7 }\n", "did you mean 'refuse'?"),
        (&server, "there is no key 'secrts' in [servers.s.guards]; did you mean 'secrets'?"),
        (&tool, "cannot be 'blok'; did you mean 'block'?"),
    ] {
        let told = faults("guards-faults", text).join("\n");
        assert!(told.contains(wanted), "{told}");
    }
}

#[test]
fn which_results_are_marked_is_a_setting() {
    use doorward_guards::Spotlighting;
    assert_eq!(options("guards-findings", "[guards]\n").spotlight, Spotlighting::Findings);
    assert_eq!(options("guards-always", "[guards]\nspotlight = \"always\"\n").spotlight, Spotlighting::Always);
}

#[test]
fn a_server_may_be_marked_otherwise() {
    use doorward_guards::Spotlighting;
    let server = "[servers.s]\ncommand = [\"x\"]\n";
    let set = options("guards-marked", &format!("{server}[servers.s.guards]\nspotlight = \"always\"\n"));
    assert_eq!(set.servers.values().map(|server| server.spotlight).collect::<Vec<_>>(), [Some(Spotlighting::Always)]);
    let tool = format!("{server}[servers.s.tools.t.guards]\nspotlight = \"always\"\n");
    let told = faults("guards-marked-tool", &tool).join("\n");
    assert!(told.contains("there is no key 'spotlight'"), "{told}");
    let wrong = format!("{server}[servers.s.guards]\nspotlight = \"never\"\n");
    let told = faults("guards-marked-never", &wrong).join("\n");
    assert!(told.contains("it is one of findings, always"), "{told}");
}

#[test]
fn sizes_are_settings() {
    let text = "[guards.size]\nbytes = { note = 10, refuse = 20 }\ngrowth = { refuse = 50 }\n";
    let size = options("guards-size", text).size;
    assert_eq!((size.bytes.note, size.bytes.refuse), (10, Some(20)));
    assert_eq!(options("guards-size-small", "[guards.size]\ndepth = { refuse = 8 }\n").size.depth.note, 8);
    assert_eq!((size.growth.note, size.growth.refuse), (20, Some(50)));
    assert_eq!(size.depth, doorward_guards::size::Options::default().depth);
}

#[test]
fn who_gets_values_for_tokens_is_named() {
    use doorward_guards::personal::{Category, Placeholders};
    let text = "[guards.personal]\nplaceholders = \"token\"\n[servers.s]\ncommand = [\"x\"]\n[servers.s.guards]\nrestore = \
                [\"email\"]\n[servers.s.tools.t.guards]\nrestore = [\"phone\", \"card\"]\n";
    let personal = options("guards-tokens", text).personal;
    assert_eq!(personal.placeholders, Placeholders::Token);
    let told = personal.told.values().next().unwrap();
    assert_eq!(told.server.iter().collect::<Vec<_>>(), [&Category::Email]);
    assert_eq!(told.tools["t"].iter().collect::<Vec<_>>(), [&Category::Phone, &Category::Card]);
    let wrong = "[servers.s]\ncommand = [\"x\"]\n[servers.s.guards]\nrestore = [\"emial\"]\n";
    let told = faults("guards-tokens-kinds", wrong).join("\n");
    assert!(told.contains("'emial' is no kind of personal data") && told.contains("did you mean 'email'?"), "{told}");
}

#[test]
fn a_log_tells_the_place_of_every_error_and_what_to_do() {
    let place = Place::new("guards-line").file("project/doorward.toml", "[guards.secrets]\nhihg = \"block\"\n");
    let line = place.load().unwrap_err().in_a_line();
    assert!(line.contains("doorward.toml:2:1: there is no key 'hihg'"), "{line}");
    assert!(line.contains("(did you mean 'high'?)"), "{line}");
}
