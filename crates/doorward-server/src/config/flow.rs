//! The table `[flow]`: which ready-made policies on the flow of data are in force, and how units of work are told apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::limits::PRINCIPAL_PART_MAX;
use doorward_policy::FlowPolicy;

use super::build::Builder;
use super::key::Key;
use super::node::nearest;
use super::origin::Origin;
use super::settings::toml_list;

/// How units of work are told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextRules {
    /// The clients, by the name in their credentials, that always say truly which unit of work a message belongs to.
    pub honest_clients: BTreeSet<Arc<str>>,
}

impl Builder<'_> {
    /// How units of work are told apart.
    pub(super) fn context_rules(&mut self) -> ContextRules {
        let mut honest_clients = BTreeSet::new();
        if !self.settings.contains_key(&Key::FlowHonestClients) {
            self.show(Key::FlowHonestClients, toml_list(std::iter::empty()), &Origin::Default);
            return ContextRules { honest_clients };
        }
        for element in self.list(Key::FlowHonestClients) {
            let name = element.text;
            let fits = (1..=PRINCIPAL_PART_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
            if fits {
                honest_clients.insert(Arc::from(name));
            } else {
                let message = format!("'{}' cannot be the name of a client", name.escape_debug());
                let advice = "name clients as their tokens do: the value of azp or client_id";
                self.problems.error(element.origin, message, advice);
            }
        }
        ContextRules { honest_clients }
    }

    /// The ready-made policies on the flow of data that are in force.
    pub(super) fn flow_policies(&mut self) -> Vec<FlowPolicy> {
        if !self.settings.contains_key(&Key::FlowPolicies) {
            self.show(Key::FlowPolicies, toml_list(std::iter::empty()), &Origin::Default);
            return Vec::new();
        }
        let mut named = Vec::new();
        for element in self.list(Key::FlowPolicies) {
            match FlowPolicy::ALL.into_iter().find(|policy| policy.name() == element.text) {
                Some(policy) if named.contains(&policy) => {}
                Some(policy) => named.push(policy),
                None => {
                    let names = FlowPolicy::ALL.map(FlowPolicy::name);
                    let advice = match nearest(&element.text, &names) {
                        Some(near) => format!("did you mean '{near}'?"),
                        None => format!("the flow policies are {}", names.join(", ")),
                    };
                    let message = format!("there is no flow policy '{}'", element.text.escape_debug());
                    self.problems.error(element.origin, message, advice);
                }
            }
        }
        named
    }
}
