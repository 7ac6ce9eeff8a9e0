//! How units of work are told apart.

use doorward_core::ids::ServerId;
use doorward_flow::ledger::{Wall, Walls};

use super::*;

#[test]
fn nobody_is_honest_unless_an_operator_says_so() {
    let config = Place::new("contexts-usual").load().unwrap().config;
    assert!(config.contexts.honest_clients.is_empty());
}

#[test]
fn honest_clients_are_read() {
    let text = "[flow]\nhonest_clients = [\"desk\", \"https://phone.example/client\"]\n";
    let Loaded { config, shown, .. } = Place::new("contexts-whole").file("project/doorward.toml", text).load().unwrap();
    let clients: Vec<&str> = config.contexts.honest_clients.iter().map(AsRef::as_ref).collect();
    assert_eq!(clients, ["desk", "https://phone.example/client"]);
    let line = shown.iter().find(|line| line.key == "flow.honest_clients").unwrap();
    assert_eq!(line.value, r#"["desk", "https://phone.example/client"]"#);
}

#[test]
fn tasks_are_opened_only_where_that_is_said() {
    let load = |place: Place| place.load().unwrap().config.contexts.begin_task;
    assert!(!load(Place::new("tasks-usual")));
    let place = || Place::new("tasks-on").file("project/doorward.toml", "[flow]\nbegin_task = true\n");
    assert!(load(place()));
    assert!(!load(place().with("DOORWARD_FLOW_BEGIN_TASK", "false")), "without a word on clients as well");
    let place = Place::new("tasks-no").file("project/doorward.toml", "[flow]\nbegin_task = 1\n");
    assert_eq!(errors(&place).len(), 1);
}

#[test]
fn questions_about_hidden_results_are_answered_only_where_that_is_said() {
    let load = |place: Place| place.load().unwrap().config.contexts.project;
    assert!(!load(Place::new("project-usual")));
    assert!(load(Place::new("project-on").file("project/doorward.toml", "[flow]\nproject = true\n")));
}

const ISSUER: &str = "[listen]\nauth = \"identity\"\n[identity]\nresource = \"https://gateway.example\"\n\
                      [identity.issuers.corp]\nissuer = \"https://corp.example\"\n";

#[test]
fn the_claim_that_names_a_task_is_read() {
    assert_eq!(Place::new("claim-usual").load().unwrap().config.identity.task_claim, None);
    for name in ["mission", "https://corp.example/task", "ext.mission"] {
        let text = format!("{ISSUER}[flow]\ntask_claim = \"{name}\"\n");
        let Loaded { config, shown, .. } =
            Place::new("claim-named").file("project/doorward.toml", &text).load().unwrap();
        assert_eq!(config.identity.task_claim.as_deref(), Some(name));
        let line = shown.iter().find(|line| line.key == "flow.task_claim").unwrap();
        assert_eq!(line.value, format!("\"{name}\""));
    }
}

#[test]
fn a_claim_that_names_no_task_is_an_error() {
    let advice = "name the claim in which your issuers say what a token's task is, or leave flow.task_claim out";
    for (issuer, name, told) in [
        (ISSUER, "", "'' cannot be the name of a claim"),
        (ISSUER, "sub", "the claim 'sub' names no unit of work"),
        (ISSUER, "jti", "the claim 'jti' names no unit of work"),
        ("", "mission", "no token can have the claim 'mission': there is no issuer"),
    ] {
        let text = format!("{issuer}[flow]\ntask_claim = \"{name}\"\n");
        let line = text.lines().count();
        let place = Place::new("claim-wrong").file("project/doorward.toml", &text);
        assert_eq!(errors(&place), [format!("./doorward.toml:{line}:14: {told}; {advice}")]);
    }
    let place = Place::new("claim-number").file("project/doorward.toml", "[flow]\ntask_claim = 7\n");
    assert_eq!(errors(&place).len(), 1);
}

#[test]
fn good_work_teaches_unless_the_preset_only_looks_on_or_somebody_says_so() {
    let of = |name: &str, text: &str| {
        Place::new(name).file("project/doorward.toml", text).load().unwrap().config.contexts.learn
    };
    assert!(of("learn-usual", ""));
    assert!(!of("learn-observe", "[policy]\npreset = \"observe\"\n"));
    assert!(of("learn-asked", "[policy]\npreset = \"observe\"\n[flow]\nlearn = true\n"));
    assert!(!of("learn-off", "[flow]\nlearn = false\n"));
}

#[test]
fn the_bounds_of_a_unit_of_work_are_read_and_bounded() {
    use doorward_flow::ledger::{Bounds, Caps};
    assert_eq!(Place::new("bounds-usual").load().unwrap().config.contexts.bounds, Bounds::default());
    assert_eq!(Caps::of_context(Bounds::default()), Caps::default());
    let text = "[flow.bounds]\nsteps = 80\nstaged = 4096\nlinked = 1\nsunk = 192\nbytes = 2097152\n";
    let config = Place::new("bounds-all").file("project/doorward.toml", text).load().unwrap().config;
    let bounds = Bounds { steps: 80, staged: 4096, linked: 1, sunk: 192, bytes: 2 << 20 };
    assert_eq!(config.contexts.bounds, bounds);
    let caps = Caps::of_context(bounds);
    assert_eq!((caps.context.steps, caps.day.steps, caps.month.steps), (80, 160, 4_000), "in proportion");
    assert_eq!((caps.day.bytes, caps.month.linked), (8 << 20, u64::MAX));
    for (line, told) in [
        ("steps = 0", "flow.bounds.steps cannot be 0; write 1 to 4096, or leave it out for 40"),
        ("staged = 4097", "flow.bounds.staged cannot be 4097; write 1 to 4096, or leave it out for 50"),
        ("linked = 0", "flow.bounds.linked cannot be 0; write 1 to 4096, or leave it out for 25"),
        ("sunk = 193", "flow.bounds.sunk cannot be 193; write 1 to 192, or leave it out for 25"),
        ("bytes = 0", "flow.bounds.bytes cannot be 0; write 1 to 1099511627776, or leave it out for 1048576"),
    ] {
        let place = Place::new("bounds-wrong").file("project/doorward.toml", &format!("[flow.bounds]\n{line}\n"));
        let column = line.find('=').unwrap() + 3;
        assert_eq!(errors(&place), [format!("./doorward.toml:2:{column}: {told}")]);
    }
}

#[test]
fn what_no_token_can_name_is_an_error() {
    let place = Place::new("contexts-name").file("project/doorward.toml", "[flow]\nhonest_clients = [\"\"]\n");
    let expected = "./doorward.toml:2:19: '' cannot be the name of a client; \
                    name clients as their tokens do: the value of azp or client_id";
    assert_eq!(errors(&place), [expected]);
}

#[test]
fn flow_policies_are_named() {
    let text = "[flow]\npolicies = [\"trifecta\", \"harvest\", \"trifecta\"]\n";
    let Loaded { config, .. } = Place::new("flow-policies").file("project/doorward.toml", text).load().unwrap();
    let names: Vec<&str> = config.policy.inputs.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["locked.cedar", "trifecta.cedar", "harvest.cedar"]);
    let place = Place::new("flow-policy").file("project/doorward.toml", "[flow]\npolicies = [\"trifekta\"]\n");
    let expected = "./doorward.toml:2:13: there is no flow policy 'trifekta'; did you mean 'trifecta'?";
    assert_eq!(errors(&place), [expected]);
}

#[test]
fn policies_on_flow_are_in_force_unless_the_preset_only_looks_on() {
    let of = |name: &str, text: &str| -> Vec<String> {
        let Loaded { config, .. } = Place::new(name).file("project/doorward.toml", text).load().unwrap();
        config.policy.inputs.sources.iter().map(|source| source.name.clone()).collect()
    };
    let guarded = of("flow-guarded", "[policy]\npreset = \"guarded\"\n");
    assert_eq!(guarded, ["guarded.cedar", "trifecta.cedar", "no-secrets-out.cedar"]);
    assert_eq!(of("flow-observe", "[policy]\npreset = \"observe\"\n"), ["observe.cedar"]);
    assert_eq!(of("flow-none", "[flow]\npolicies = []\n"), ["locked.cedar"]);
}

#[test]
fn sides_of_a_conflict_are_read() {
    let text = "[flow]\nconflict_sides = [\"a, a-mail\", \"b\"]\nconflict_fields = [\"client_id\"]\n";
    let Loaded { config, .. } = Place::new("flow-sides").file("project/doorward.toml", text).load().unwrap();
    let side = |names: &[&str]| names.iter().map(|name| ServerId::parse(name).unwrap()).collect();
    let servers = Wall::Servers(vec![side(&["a", "a-mail"]), side(&["b"])]);
    assert_eq!(config.contexts.walls, Walls::new(vec![servers, Wall::Field("client_id".into())]).unwrap());
}

#[test]
fn a_conflict_that_is_none_is_an_error() {
    for (sides, expected) in [
        (
            r#"["a"]"#,
            "./doorward.toml:2:18: a conflict has one side only; name at least two sides in flow.conflict_sides",
        ),
        (r#"["a", "a, b"]"#, "./doorward.toml:2:24: 'a, b' names a server of another side; a server is on one side"),
    ] {
        let text = format!("[flow]\nconflict_sides = {sides}\n");
        let place = Place::new("flow-one-side").file("project/doorward.toml", &text);
        assert!(errors(&place).iter().any(|error| error == expected), "{:?}", errors(&place));
    }
}
