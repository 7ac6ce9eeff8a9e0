//! The table `[flow]`: which ready-made policies on the flow of data are in force.

use doorward_policy::{FlowPolicy, Preset};

use super::build::Builder;
use super::key::Key;
use super::node::nearest;
use super::origin::Origin;
use super::settings::toml_list;

impl Builder<'_> {
    /// The ready-made policies on the flow of data; under `observe` none, unless they are named.
    pub(super) fn flow_policies(&mut self, preset: Option<Preset>) -> Vec<FlowPolicy> {
        if self.settings.contains_key(&Key::FlowPolicies) {
            return self.named_flow_policies();
        }
        let usual = match preset {
            Some(Preset::Observe) | None => Vec::new(),
            Some(Preset::Guarded | Preset::ReadOnly | Preset::Locked) => FlowPolicy::USUAL.to_vec(),
        };
        let value = toml_list(usual.iter().map(|policy| policy.name()));
        self.show(Key::FlowPolicies, value, &Origin::Default);
        usual
    }

    fn named_flow_policies(&mut self) -> Vec<FlowPolicy> {
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
