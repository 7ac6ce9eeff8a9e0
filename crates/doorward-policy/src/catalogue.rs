//! What one server offers, as far as policy needs to know it.
//!
//! A catalogue is the only place where a tool's name, effect and argument types are fixed; a tool that is not in it does
//! not exist for policy. It is built from what the server says about itself, so it is bounded and trusts no annotation.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::access::ACTIONS;
use doorward_core::ids::ServerId;
use doorward_mcp::views::tools::ToolDefinition;
use serde_json::Value;

use crate::argument_type::{Members, count, members_of};
use crate::effect::{Assessment, Effect, Evidence, Hints, Parameter, Reach, assess, assess_trusted};
use crate::limits::{CATALOGUE_MEMBERS_MAX, CATALOGUE_TOOLS_MAX, INPUT_SCHEMA_MAX, TOOL_NAME_MAX};
use crate::place::ServerPlace;
use crate::trust::Trust;

/// What policy knows of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFacts {
    /// Its effect, why it counts so, and whether it reaches out.
    pub assessment: Assessment,
    /// The same if its server's annotations count as given.
    pub if_trusted: Assessment,
    /// Its typed arguments.
    pub arguments: Members,
}

/// The tools of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    server: ServerId,
    tools: BTreeMap<Arc<str>, Arc<ToolFacts>>,
    left_out: Vec<LeftOut>,
}

/// A tool that is not in the catalogue although the server offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, cut to the limit.
    pub name: String,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why a tool is not in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// The name is empty or longer than the limit.
    NameLength,
    /// `server/tool` reads like a protocol method, and one id must not mean two things.
    NameIsMethod,
    /// The name was given before in the same list.
    NameTwice,
    /// The server offers more than the limit.
    TooMany,
}

impl Catalogue {
    /// Reads a server's definitions, in the order given. A tool named twice is left out altogether: nobody can say which
    /// of the two a call would reach. What comes after [`CATALOGUE_TOOLS_MAX`] or [`CATALOGUE_MEMBERS_MAX`] is left out.
    #[must_use]
    pub fn from_definitions<'a>(
        server: ServerId,
        definitions: impl IntoIterator<Item = &'a ToolDefinition<'a>>,
    ) -> Self {
        let mut catalogue = Self { server, tools: BTreeMap::new(), left_out: Vec::new() };
        let mut twice = Vec::new();
        let mut members = 0_usize;
        for definition in definitions {
            let name = definition.name.as_ref();
            match catalogue.refusal(name) {
                None => {
                    let facts = ToolFacts::of(definition);
                    members = members.saturating_add(count(&facts.arguments));
                    if members > CATALOGUE_MEMBERS_MAX {
                        catalogue.leave_out(name, WhyLeftOut::TooMany);
                        break;
                    }
                    catalogue.tools.insert(Arc::from(name), Arc::new(facts));
                }
                Some(why) => {
                    if why == WhyLeftOut::NameTwice {
                        twice.push(name);
                    }
                    catalogue.leave_out(name, why);
                    if why == WhyLeftOut::TooMany {
                        break;
                    }
                }
            }
        }
        for name in twice {
            catalogue.tools.remove(name);
        }
        catalogue
    }

    /// The same tools as the operator sees them. A word about a tool that is not here says nothing.
    #[must_use]
    pub fn under(&self, place: &ServerPlace) -> Self {
        let seen = |(name, facts): (&Arc<str>, &Arc<ToolFacts>)| {
            let inferred = match place.trust {
                Trust::Untrusted => facts.assessment,
                Trust::Trusted => facts.if_trusted,
            };
            let assessment = place.tools.get(name).copied().unwrap_or_default().over(inferred);
            (Arc::clone(name), Arc::new(ToolFacts { assessment, ..ToolFacts::clone(facts) }))
        };
        let tools = self.tools.iter().map(seen).collect();
        Self { server: self.server.clone(), tools, left_out: self.left_out.clone() }
    }

    /// Whose tools these are.
    #[must_use]
    pub const fn server(&self) -> &ServerId {
        &self.server
    }

    /// The tools, by the server's own names.
    #[must_use]
    pub const fn tools(&self) -> &BTreeMap<Arc<str>, Arc<ToolFacts>> {
        &self.tools
    }

    /// What the server offers and policy will not know.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn refusal(&self, name: &str) -> Option<WhyLeftOut> {
        if name.is_empty() || name.len() > TOOL_NAME_MAX {
            return Some(WhyLeftOut::NameLength);
        }
        if reads_like_method(&self.server, name) {
            return Some(WhyLeftOut::NameIsMethod);
        }
        if self.tools.contains_key(name) {
            return Some(WhyLeftOut::NameTwice);
        }
        (self.tools.len() >= CATALOGUE_TOOLS_MAX).then_some(WhyLeftOut::TooMany)
    }

    fn leave_out(&mut self, name: &str, why: WhyLeftOut) {
        if self.left_out.len() < CATALOGUE_TOOLS_MAX {
            self.left_out.push(LeftOut { name: name.chars().take(TOOL_NAME_MAX).collect(), why });
        }
    }
}

impl ToolFacts {
    fn of(definition: &ToolDefinition<'_>) -> Self {
        let Some(schema) = read_schema(definition) else {
            let assessment =
                Assessment { effect: Effect::Destructive, evidence: Evidence::UnreadableSchema, reach: Reach::Open };
            return Self { assessment, if_trusted: assessment, arguments: Members::new() };
        };
        let hints = Hints {
            read_only: definition.annotations.read_only,
            destructive: definition.annotations.destructive,
            open_world: definition.annotations.open_world,
        };
        let parameters = parameters_of(&schema);
        let assessment = assess(&definition.name, hints, &parameters);
        let if_trusted = assess_trusted(&definition.name, hints, &parameters);
        Self { assessment, if_trusted, arguments: members_of(&schema) }
    }
}

/// The input schema; an empty one when the server gives none, `None` when it is too long or no JSON.
fn read_schema(definition: &ToolDefinition<'_>) -> Option<Value> {
    let Some(written) = definition.input_schema else { return Some(Value::Null) };
    if written.bytes().len() > INPUT_SCHEMA_MAX {
        return None;
    }
    serde_json::from_slice(written.bytes()).ok()
}

fn parameters_of(schema: &Value) -> Vec<Parameter<'_>> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| Parameter {
            name,
            description: schema.get("description").and_then(Value::as_str).unwrap_or_default(),
        })
        .collect()
}

fn reads_like_method(server: &ServerId, tool: &str) -> bool {
    ACTIONS
        .iter()
        .any(|rule| rule.method.strip_prefix(server.as_str()).and_then(|rest| rest.strip_prefix('/')) == Some(tool))
}

#[cfg(test)]
mod tests;
