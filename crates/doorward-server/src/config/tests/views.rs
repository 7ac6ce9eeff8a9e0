//! `[aggregate]` and `[views.NAME]`.

use doorward_core::joint::{AppTools, Part, Plan, Tool, Tools};

use super::*;

const SERVERS: &str = "[servers.git]\ncommand = [\"a\"]\n[servers.notes]\ncommand = [\"a\"]\n";

fn tool(server: &str, name: &str) -> Tool {
    Tool { server: ServerId::parse(server).unwrap(), name: name.to_owned() }
}

/// Loads two servers and `text` as the project's file and wants exactly one error.
fn refused(text: &str, expected: &str) {
    let place = Place::new("refused-view").file("project/doorward.toml", &format!("{SERVERS}{text}"));
    assert_eq!(errors(&place), [expected], "{text}");
}

#[test]
fn without_a_word_all_servers_are_joined() {
    let config = Place::new("unjoined").load().unwrap().config;
    assert_eq!(config.aggregate, AggregateConfig::default());
    assert_eq!((config.aggregate.endpoint, config.aggregate.unavailable), (Endpoint::Served, Unavailable::Keep));
    assert_eq!((config.aggregate.wait, config.aggregate.app_tools), (Duration::from_secs(3), AppTools::Guard));
    assert!(config.views.is_empty());
}

#[test]
fn the_aggregate_is_read_from_files_and_the_environment() {
    let text = "[aggregate]\nenabled = false\nunavailable = \"leave\"\nwait_s = 9\napp_tools = \"hide\"\n";
    let place = Place::new("aggregate").with("DOORWARD_AGGREGATE_ENABLED", "true").file("project/doorward.toml", text);
    let Loaded { config, shown, .. } = place.load().unwrap();
    let wait = Duration::from_secs(9);
    let (endpoint, unavailable, app_tools) = (Endpoint::Served, Unavailable::Leave, AppTools::Hide);
    assert_eq!(config.aggregate, AggregateConfig { endpoint, unavailable, wait, app_tools });
    let line = shown.iter().find(|line| line.key == "aggregate.enabled").unwrap();
    assert_eq!(
        (line.value.as_str(), line.origin.to_string().as_str()),
        ("true", "the variable DOORWARD_AGGREGATE_ENABLED")
    );
    let place = Place::new("aggregate-word").with("DOORWARD_AGGREGATE_ENABLED", "yes");
    let expected = "the variable DOORWARD_AGGREGATE_ENABLED: the variable DOORWARD_AGGREGATE_ENABLED: \
                    aggregate.enabled is true or false; write one of these two words";
    assert_eq!(errors(&place), [expected]);
}

#[test]
fn a_whole_view_is_read() {
    let text = r#"
        [views.daily]
        servers = ["notes", "git"]
        tools = ["git/log", "notes/add"]
        rename = { "git/log" = "history" }
        describe = { "notes/add" = "Adds a note." }
        prompts = false
        resources = false
        [views.daily.arguments."git/log"]
        path = "/srv/\"a\""
        n = 5
        share = 0.5
        all = true
        deep = { list = ["x", 1], empty = {} }
        [views.all]
        servers = ["git"]
    "#;
    let place = Place::new("view").file("project/doorward.toml", &format!("{SERVERS}{text}"));
    let Loaded { config, shown, warnings } = place.load().unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let [all, daily] = config.views.as_slice() else { panic!("{:?}", config.views) };
    assert_eq!((all.id.as_str(), &all.rules.tools, all.rules.prompts), ("all", &Tools::All, Part::Shown));
    let rules = &daily.rules;
    assert_eq!(rules.servers.iter().map(ServerId::as_str).collect::<Vec<_>>(), ["git", "notes"]);
    assert_eq!(rules.tools, Tools::Only([tool("git", "log"), tool("notes", "add")].into()));
    assert_eq!(rules.renamed, [(tool("git", "log"), "history".to_owned())].into());
    assert_eq!(rules.described, [(tool("notes", "add"), "Adds a note.".to_owned())].into());
    assert_eq!((rules.prompts, rules.resources), (Part::Hidden, Part::Hidden));
    let arguments: Vec<_> = rules.fixed[&tool("git", "log")].iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let deep = r#"{"list":["x",1],"empty":{}}"#;
    let expected = [("all", "true"), ("deep", deep), ("n", "5"), ("path", r#""/srv/\"a\"""#), ("share", "0.5")];
    assert_eq!(arguments, expected);
    Plan::view(rules.clone()).unwrap();
    let lines: Vec<_> =
        shown.iter().filter(|line| line.key.starts_with("views.daily")).map(|l| l.value.as_str()).collect();
    assert!(lines.contains(&r#"["git/log as history"]"#), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("srv")), "an argument is shown by name alone: {lines:?}");
}

#[test]
fn a_view_is_taken_whole_from_the_highest_source() {
    let place = Place::new("view-layers")
        .file("etc/config.toml", &format!("{SERVERS}[views.v]\nservers = [\"git\"]\nprompts = false\n"))
        .file("project/doorward.toml", "[views.v]\nservers = [\"notes\"]\n");
    let config = place.load().unwrap().config;
    let [view] = config.views.as_slice() else { panic!("{:?}", config.views) };
    assert_eq!((view.rules.servers.len(), view.rules.prompts), (1, Part::Shown));
}

/// What stands in a file after the two servers, and the one thing to be said of it. The file goes on at line 5.
const OUT_OF_PLACE: &[(&str, &str)] = &[
    (
        "[aggregate]\nunavailable = \"gone\"\n",
        "./doorward.toml:6:15: aggregate.unavailable cannot be 'gone'; write \"keep\" or \"leave\"",
    ),
    (
        "[aggregate]\napp_tools = \"show\"\n",
        "./doorward.toml:6:13: aggregate.app_tools cannot be 'show'; write \"guard\" or \"keep\" or \"hide\"",
    ),
    (
        "[aggregate]\nenabled = \"no\"\n",
        "./doorward.toml:6:11: aggregate.enabled is true or false, and here is a string; write it without quotes",
    ),
    (
        "[aggregate]\nwait_ms = 3\n",
        "./doorward.toml:6:1: there is no key 'wait_ms' in [aggregate]; did you mean 'wait_s'?",
    ),
    (
        "[views.My]\nservers = [\"git\"]\n",
        "./doorward.toml:5:8: 'My' is no name of a view; \
         use 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter or digit",
    ),
    ("[views.v]\n", "./doorward.toml:5:8: [views.v] names no servers; add servers = [\"one\", \"another\"]"),
    (
        "[views.v]\nservers = []\n",
        "./doorward.toml:5:8: [views.v] names no servers; add servers = [\"one\", \"another\"]",
    ),
    (
        "[views.v]\nservers = \"git\"\n",
        "./doorward.toml:6:11: servers is an array of strings, and here is a string; \
         write it in brackets, for example [\"a\", \"b\"]",
    ),
    (
        "[views.v]\nservers = [\"git\", \"note\"]\ntools = [\"note/x\"]\n",
        "./doorward.toml:6:19: there is no server 'note'; did you mean 'notes'?",
    ),
    (
        "[views.v]\nservers = [\"calendar\"]\n",
        "./doorward.toml:6:12: there is no server 'calendar'; add [servers.calendar], or take it out",
    ),
    (
        "[views.v]\nservers = [\"git\"]\ntool = []\n",
        "./doorward.toml:7:1: there is no key 'tool' in [views.v]; did you mean 'tools'?",
    ),
    (
        "[views.v]\nservers = [\"git\"]\ntools = [\"log\"]\n",
        "./doorward.toml:7:10: 'log' names no tool; write \"server/tool\", the tool as its server calls it",
    ),
    (
        "[views.v]\nservers = [\"git\"]\ntools = [\"git/\"]\n",
        "./doorward.toml:7:10: 'git/' names no tool; write \"server/tool\", the tool as its server calls it",
    ),
    (
        "[views.v]\nservers = [\"git\"]\ntools = [\"notes/add\"]\n",
        "./doorward.toml:7:10: 'notes/add' is a tool of a server that is not in this view; \
         add 'notes' to servers, or take the tool out",
    ),
    (
        "[views.v]\nservers = [\"git\"]\ntools = [\"git/log\"]\nrename = { \"git/push\" = \"p\" }\n",
        "./doorward.toml:8:25: 'git/push' is not among the tools of this view; \
         add \"git/push\" to tools, or take it out",
    ),
    (
        "[views.v]\nservers = [\"git\"]\nrename = { \"git/push\" = \"p u\" }\n",
        "./doorward.toml:7:25: a tool name has 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-', unlike 'p u'; \
         choose another name",
    ),
    (
        "[views.v]\nservers = [\"git\"]\nrename = { \"git/push\" = \"git__log\" }\n",
        "./doorward.toml:7:25: 'git__log' could be the name of another tool, \
         because it begins with a server of this view and '__'; choose another name",
    ),
    (
        "[views.v]\nservers = [\"git\"]\nrename = { \"git/push\" = \"p\", \"git/pull\" = \"p\" }\n",
        "./doorward.toml:7:43: 'p' would name two tools; choose another name",
    ),
    (
        "[views.v]\nservers = [\"git\"]\nrename = { \"git/push\" = 1 }\n",
        "./doorward.toml:7:25: each value of this table is a string, and here is a number; put the value in quotes",
    ),
    (
        "[views.v]\nservers = [\"git\"]\narguments = { \"git/push\" = 1 }\n",
        "./doorward.toml:7:28: arguments of git/push is a table, and here is a number; give it named members",
    ),
    (
        "[views.v]\nservers = [\"git\"]\narguments = { \"git/push\" = { at = [2020-01-01] } }\n",
        "./doorward.toml:7:35: the argument 'at' is or holds a date; write it as a string or a number that JSON has",
    ),
    (
        "[views.v]\nservers = [\"git\"]\narguments = { \"git/push\" = { n = inf } }\n",
        "./doorward.toml:7:34: the argument 'n' is or holds no finite number; \
         write it as a string or a number that JSON has",
    ),
    (
        "[views.v]\nservers = [\"git\"]\narguments = { \"git/push\" = { n = 1, N = 2 } }\n",
        "./doorward.toml:7:15: two fixed arguments of 'git/push' differ only in letter case; \
         keep the one that the tool's schema has",
    ),
    (
        "[views.v]\nservers = [\"git\"]\nprompts = \"no\"\n",
        "./doorward.toml:7:11: prompts is true or false, and here is a string; write it without quotes",
    ),
];

#[test]
fn what_a_view_cannot_be_is_told_where_it_stands() {
    for (text, expected) in OUT_OF_PLACE {
        refused(text, expected);
    }
}

#[test]
fn bounds_of_joint_endpoints_hold_one_below_and_one_above() {
    let accepted = |text: &str| {
        Place::new("view-bounds").file("project/doorward.toml", &format!("{SERVERS}{text}")).load().is_ok()
    };
    for (seconds, fits) in [(0, false), (1, true), (60, true), (61, false)] {
        assert_eq!(accepted(&format!("[aggregate]\nwait_s = {seconds}\n")), fits, "{seconds}");
    }
    for (views, fits) in [(limits::VIEWS_MAX, true), (limits::VIEWS_MAX + 1, false)] {
        let text: String = (0..views).map(|number| format!("[views.v{number}]\nservers = [\"git\"]\n")).collect();
        assert_eq!(accepted(&text), fits, "{views}");
    }
    for (entries, fits) in [(limits::VIEW_ENTRIES_MAX, true), (limits::VIEW_ENTRIES_MAX + 1, false)] {
        let tools: Vec<String> = (0..entries).map(|number| format!("\"git/t{number}\"")).collect();
        let tools = tools.join(", ");
        assert_eq!(accepted(&format!("[views.v]\nservers = [\"git\"]\ntools = [{tools}]\n")), fits, "{entries}");
        let names: String = (0..entries).map(|number| format!("\"git/t{number}\" = \"n{number}\"\n")).collect();
        assert_eq!(accepted(&format!("[views.v]\nservers = [\"git\"]\n[views.v.rename]\n{names}")), fits, "{entries}");
    }
}
