//! How units of work are told apart.

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
