//! The table `[flow]`: which ready-made policies on the flow of data are in force, and how units of work are told apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::limits::PRINCIPAL_PART_MAX;
use doorward_flow::ledger::limits::{BOUND_BYTES_MAX, IDENTIFIERS_MAX, SUNK_MAX, WALLS_MAX};
use doorward_flow::ledger::{Bounds, Wall, Walls};
use doorward_policy::{FlowPolicy, Preset};

use super::build::Builder;
use super::key::Key;
use super::node::nearest;
use super::origin::Origin;
use super::settings::{toml_list, toml_text};

/// How units of work are told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextRules {
    /// The clients, by the name in their credentials, that always say truly which unit of work a message belongs to.
    pub honest_clients: BTreeSet<Arc<str>>,
    /// Which sides stay apart.
    pub walls: Walls,
    /// Whether callers may open units of work by name.
    pub begin_task: bool,
    /// Whether callers may ask bounded questions about hidden results.
    pub project: bool,
    /// Whether values that good work has shown count later.
    pub learn: bool,
    /// From which counts of one unit of work on the ledger speaks.
    pub bounds: Bounds,
}

/// Claims that say who, for whom, when and how (RFC 7519 §4.1, RFC 8693 §4, RFC 9068 §2.2).
const OTHER_CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "client_id",
    "scope",
    "scp",
    "act",
    "may_act",
    "cnf",
    "groups",
    "roles",
    "entitlements",
    "acr",
    "amr",
    "auth_time",
];

impl Builder<'_> {
    /// How units of work are told apart, and what stays apart in them.
    pub(super) fn context_rules(&mut self, preset: Option<Preset>) -> ContextRules {
        ContextRules {
            honest_clients: self.honest_clients(),
            walls: self.walls(),
            begin_task: self.flag(Key::FlowBeginTask, false),
            project: self.flag(Key::FlowProject, false),
            learn: self.flag(Key::FlowLearn, preset != Some(Preset::Observe)),
            bounds: self.bounds(),
        }
    }

    /// The bounds of one unit of work.
    fn bounds(&mut self) -> Bounds {
        let usual = Bounds::default();
        let records = IDENTIFIERS_MAX as u64;
        Bounds {
            steps: self.bound(Key::FlowBoundsSteps, usual.steps, records),
            staged: self.bound(Key::FlowBoundsStaged, usual.staged, records),
            linked: self.bound(Key::FlowBoundsLinked, usual.linked, records),
            sunk: self.bound(Key::FlowBoundsSunk, usual.sunk, SUNK_MAX as u64),
            bytes: self.bound(Key::FlowBoundsBytes, usual.bytes, BOUND_BYTES_MAX),
        }
    }

    fn bound(&mut self, key: Key, usual: u64, most: u64) -> u64 {
        let (bound, origin) = self.number(key, usual);
        if (1..=most).contains(&bound) {
            return bound;
        }
        let advice = format!("write 1 to {most}, or leave it out for {usual}");
        self.problems.error(origin, format!("{key} cannot be {bound}"), advice);
        usual
    }

    /// The declared conflicts: between groups of servers, and between the values of fields.
    fn walls(&mut self) -> Walls {
        let mut walls = Vec::new();
        let mut sides: Vec<BTreeSet<ServerId>> = Vec::new();
        for element in self.list(Key::FlowConflictSides) {
            let names = element.text.split(',').map(str::trim);
            let side: Option<BTreeSet<ServerId>> = names.map(|name| ServerId::parse(name).ok()).collect();
            match side {
                Some(side) if sides.iter().all(|other| other.is_disjoint(&side)) => sides.push(side),
                Some(_) => {
                    let message = format!("'{}' names a server of another side", element.text.escape_debug());
                    self.problems.error(element.origin, message, "a server is on one side");
                }
                None => {
                    let message = format!("'{}' is no side of a conflict", element.text.escape_debug());
                    self.problems.error(element.origin, message, "name servers, with commas between them");
                }
            }
        }
        match sides.len() {
            0 => {}
            1 => {
                let advice = "name at least two sides in flow.conflict_sides";
                let origin = self.origin(Key::FlowConflictSides);
                self.problems.error(origin, "a conflict has one side only".to_owned(), advice);
            }
            _ => walls.push(Wall::Servers(sides)),
        }
        walls.extend(self.list(Key::FlowConflictFields).into_iter().map(|field| Wall::Field(field.text.into())));
        Walls::new(walls).unwrap_or_else(|| {
            let message = format!("there are more than {WALLS_MAX} conflicts");
            let origin = self.origin(Key::FlowConflictFields);
            self.problems.error(origin, message, "name fewer fields in flow.conflict_fields");
            Walls::default()
        })
    }

    /// The claim that names the unit of work. Those that say something else of every token would make one unit of all work, or
    /// one of each token.
    pub(super) fn task_claim(&mut self, issuers: usize) -> Option<String> {
        if !self.has(Key::FlowTaskClaim) {
            self.show(Key::FlowTaskClaim, toml_text(""), &Origin::Default);
            return None;
        }
        let (name, origin) = self.text(Key::FlowTaskClaim, "");
        let fits = (1..=PRINCIPAL_PART_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
        let flaw = if !fits {
            Some(format!("'{}' cannot be the name of a claim", name.escape_debug()))
        } else if OTHER_CLAIMS.contains(&name.as_str()) {
            Some(format!("the claim '{name}' names no unit of work"))
        } else if issuers == 0 {
            Some(format!("no token can have the claim '{name}': there is no issuer"))
        } else {
            None
        };
        if let Some(message) = flaw {
            let advice =
                "name the claim in which your issuers say what a token's task is, or leave flow.task_claim out";
            self.problems.error(origin, message, advice);
            return None;
        }
        Some(name)
    }

    fn honest_clients(&mut self) -> BTreeSet<Arc<str>> {
        let mut honest_clients = BTreeSet::new();
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
        honest_clients
    }

    /// The ready-made policies on the flow of data that are in force: by default those that cost honest work least, and none
    /// with a preset that only looks on.
    pub(super) fn flow_policies(&mut self, preset: Option<Preset>) -> Vec<FlowPolicy> {
        if !self.settings.contains_key(&Key::FlowPolicies) {
            let usual = match preset {
                Some(Preset::Observe) | None => Vec::new(),
                Some(Preset::Guarded | Preset::ReadOnly | Preset::Locked) => {
                    vec![FlowPolicy::Trifecta, FlowPolicy::NoSecretsOut]
                }
            };
            self.show(Key::FlowPolicies, toml_list(usual.iter().map(|policy| policy.name())), &Origin::Default);
            return usual;
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
