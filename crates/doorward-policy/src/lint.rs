//! Names in rules that name nothing: a server, tool or action that does not exist is a slip of the pen, and a rule with a
//! slip would silently never match.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::EntityUid;
use doorward_core::ids::ServerId;

use crate::finding::{Finding, Place, Severity};
use crate::inputs::PolicyInputs;
use crate::mentions::Seen;
use crate::rule::{Rule, server_part};
use crate::suggest::nearest;
use crate::surroundings::Surroundings;
use crate::vocabulary::{GROUPS, methods};

/// What the names in one rule turned out to be.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// What names nothing.
    pub(crate) findings: Vec<Finding>,
    /// Tools' action ids that rules name and no catalogue holds, though their server may offer them.
    pub(crate) unseen: BTreeSet<String>,
    /// Servers the rule names whose tools are not known now.
    pub(crate) unknown_servers: BTreeSet<ServerId>,
    /// All configured servers the rule names.
    pub(crate) servers: BTreeSet<ServerId>,
}

/// Looks up every name in `rule`.
pub(crate) fn names_in(rule: &Rule, around: &Surroundings, inputs: &PolicyInputs) -> Names {
    let mut names = Names { findings: unknown_counters(rule, inputs), ..Names::default() };
    let mut seen = BTreeSet::new();
    for literal in rule.policy.entity_literals() {
        let written = literal.to_string();
        if seen.insert(written.clone()) {
            Lookup { rule, around, literal: &literal, written: &written }.run(&mut names);
        }
    }
    names
}

/// Counters that the rule looks at and nobody declared.
fn unknown_counters(rule: &Rule, inputs: &PolicyInputs) -> Vec<Finding> {
    let Seen::Named(names) = &rule.mentions.counts else { return Vec::new() };
    let known = || inputs.counters.iter().map(AsRef::as_ref);
    let unknown = names.iter().filter(|name| !inputs.counters.contains(name.as_str()));
    unknown
        .map(|name| {
            let advice = nearest(name, known()).map_or_else(
                || format!("declare it as [policy.counters.{name}]; those declared are: {}", listed(known())),
                |name| format!("did you mean context.counts.{name}?"),
            );
            let place = narrowed(&rule.place, &format!("counts.{name}"));
            Finding::new(Severity::Error, &place, format!("there is no counter \"{name}\"")).with_advice(advice)
        })
        .collect()
}

/// One name in one rule.
struct Lookup<'a> {
    rule: &'a Rule,
    around: &'a Surroundings,
    literal: &'a EntityUid,
    written: &'a str,
}

impl Lookup<'_> {
    fn run(&self, names: &mut Names) {
        let id = self.literal.id().unescaped();
        match self.literal.type_name().basename() {
            "Server" | "Resource" | "Prompt" => self.server(id, names),
            "Tool" => self.tool(id, names),
            "Action" if self.is_fixed_action(id) => {}
            "Action" if id.contains('/') && !self.is_almost_method(id) => self.tool(id, names),
            "Action" => names.findings.push(self.no_such_action(id)),
            // A user is known when it comes; an unknown entity type is Cedar's to report.
            _ => {}
        }
    }

    fn is_fixed_action(&self, id: &str) -> bool {
        GROUPS.contains(&id) || methods().any(|method| method == id)
    }

    /// `tools/cal` is a slip in a method, not a tool of a server called `tools`, unless there is one.
    fn is_almost_method(&self, id: &str) -> bool {
        self.around.server(server_part(id)).is_none() && methods().any(|method| server_part(method) == server_part(id))
    }

    /// Notes the server an id belongs to, or that there is none; the server if there is one.
    fn server(&self, id: &str, names: &mut Names) {
        let _ = self.known_server(id, names);
    }

    fn known_server(&self, id: &str, names: &mut Names) -> Option<ServerId> {
        let part = server_part(id);
        let Some(server) = self.around.server(part) else {
            let advice = nearest(part, self.around.server_names()).map_or_else(
                || format!("the servers are: {}", listed(self.around.server_names())),
                |name| format!("did you mean \"{name}\"?"),
            );
            names.findings.push(
                self.finding(format!("{}: there is no server \"{part}\" in the configuration", self.written))
                    .with_advice(advice),
            );
            return None;
        };
        if self.around.catalogue(server.as_str()).is_none() {
            names.unknown_servers.insert(server.clone());
        }
        names.servers.insert(server.clone());
        Some(server)
    }

    fn tool(&self, id: &str, names: &mut Names) {
        let Some(server) = self.known_server(id, names) else { return };
        let tool = id.split_once('/').map_or("", |(_, tool)| tool);
        match self.around.catalogue(server.as_str()) {
            Some(catalogue) if catalogue.tools().contains_key(tool) => {}
            Some(catalogue) => {
                names.unseen.insert(id.to_owned());
                let known = || catalogue.tools().keys().map(Arc::as_ref);
                let advice = nearest(tool, known()).map_or_else(
                    || format!("its tools are: {}", listed(known())),
                    |name| format!("did you mean \"{server}/{name}\"?"),
                );
                names.findings.push(
                    self.finding(format!("{}: the server \"{server}\" offers no tool \"{tool}\"", self.written))
                        .with_advice(advice),
                );
            }
            None => {
                names.unseen.insert(id.to_owned());
            }
        }
    }

    fn no_such_action(&self, id: &str) -> Finding {
        let advice = nearest(id, GROUPS.into_iter().chain(methods())).map_or_else(
            || "an action is a method (\"resources/read\"), a tool (\"server/tool\") or a group (\"read\")".to_owned(),
            |name| format!("did you mean \"{name}\"?"),
        );
        self.finding(format!("{}: there is no such action", self.written)).with_advice(advice)
    }

    fn finding(&self, message: String) -> Finding {
        Finding::new(Severity::Error, &self.place(), message).with_code("unknown-name")
    }

    /// The name's own place in the text, or the rule's when it is written in another way than Cedar would.
    fn place(&self) -> Place {
        narrowed(&self.rule.place, self.written)
    }
}

/// The part of `place` that reads `written`; all of it when there is none.
fn narrowed(place: &Place, written: &str) -> Place {
    let part = place.span.clone().and_then(|span| {
        let start = span.start + place.text.get(span)?.find(written)?;
        Some(start..start + written.len())
    });
    Place { span: part.or_else(|| place.span.clone()), ..place.clone() }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<&str> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    match (names.as_slice(), more) {
        ([], _) => "none".to_owned(),
        (_, 0) => names.join(", "),
        (_, more) => format!("{} and {more} more", names.join(", ")),
    }
}
