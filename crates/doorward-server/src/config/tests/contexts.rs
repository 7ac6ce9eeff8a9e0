//! How units of work are told apart.

use super::*;
use crate::config::BeginTask;

#[test]
fn nobody_is_honest_unless_an_operator_says_so() {
    let config = Place::new("contexts-usual").load().unwrap().config;
    assert!(config.contexts.honest_clients.is_empty());
    assert_eq!(config.contexts.begin_task, BeginTask::Omit);
}

#[test]
fn honest_clients_and_the_tool_are_read() {
    let text = "[flow]\nhonest_clients = [\"desk\", \"https://phone.example/client\"]\nbegin_task = true\n";
    let Loaded { config, shown, .. } = Place::new("contexts-whole").file("project/doorward.toml", text).load().unwrap();
    let clients: Vec<&str> = config.contexts.honest_clients.iter().map(AsRef::as_ref).collect();
    assert_eq!(clients, ["desk", "https://phone.example/client"]);
    assert_eq!(config.contexts.begin_task, BeginTask::Offer);
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
