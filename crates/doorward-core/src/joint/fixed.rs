//! Arguments that a view sets itself.
//!
//! Responsible for taking them out of the schema a client sees and putting them into its calls. It must never let a client
//! have a say in them.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Request;
use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::Plan;
use super::edits::Edits;
use super::inward::bad_params;
use super::view::Tool;
use crate::ids::ServerId;
use crate::refusal::Refusal;

impl Plan {
    /// The input schema of a tool as a client of this face knows it: without the arguments that the face sends itself.
    #[must_use]
    pub fn shown_schema(&self, server: &ServerId, name: &str, schema: RawJson) -> RawJson {
        let tool = Tool { server: server.clone(), name: name.to_owned() };
        if !self.rules.fixed.contains_key(&tool) {
            return schema;
        }
        let read = |bytes: Bytes| RawJson::parse(bytes, &Limits { depth: Limits::DEEPEST, ..Limits::for_results() });
        let shown = || {
            let definition = read(Bytes::from(format!(r#"{{"inputSchema":{}}}"#, schema.as_raw().text()))).ok()?;
            let mut edits = Edits::new(definition.bytes());
            self.hide_fixed(&mut edits, definition.as_raw(), &tool);
            let shown = read(edits.finish().into_bytes()).ok()?;
            Some(shown.part(shown.as_raw().member("inputSchema")?))
        };
        shown().unwrap_or(schema)
    }

    /// Puts the fixed arguments of `tool` into a call.
    pub(super) fn fix_arguments(&self, edits: &mut Edits, request: &Request, tool: &Tool) -> Result<(), Refusal> {
        let Some(fixed) = self.rules.fixed.get(tool).filter(|fixed| !fixed.is_empty()) else {
            return Ok(());
        };
        let members = members(fixed);
        match request.param("arguments") {
            Some(arguments) if arguments.kind() == Kind::Object => {
                refuse_sent(arguments, fixed)?;
                edits.prepend(arguments, &members);
            }
            Some(_) => return Err(bad_params("params.arguments must be an object.")),
            None => {
                let params = request.params().ok_or_else(|| bad_params("It needs params."))?;
                edits.prepend(params, &format!(r#""arguments":{{{members}}}"#));
            }
        }
        Ok(())
    }

    /// Takes the fixed arguments of `tool` out of the schema in its definition.
    pub(super) fn hide_fixed(&self, edits: &mut Edits, definition: Raw<'_>, tool: &Tool) {
        let Some(fixed) = self.rules.fixed.get(tool) else { return };
        let Some(schema) = definition.member("inputSchema") else { return };
        if let Some(properties) = schema.member("properties") {
            edits.keep_members(properties, |name| !fixed.contains_key(name));
        }
        if let Some(required) = schema.member("required") {
            edits.keep_elements(required, |name| name.as_str().is_none_or(|name| !fixed.contains_key(name.as_ref())));
        }
    }
}

/// As members of an object, without its braces.
pub(super) fn members(fixed: &BTreeMap<String, String>) -> String {
    let members: Vec<String> = fixed.iter().map(|(key, json)| format!("{}:{json}", quote(key))).collect();
    members.join(",")
}

/// A server that ignores case would read a miscased argument in place of ours.
fn refuse_sent(arguments: Raw<'_>, fixed: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let names: Vec<&str> = fixed.keys().map(String::as_str).collect();
    let sent = names.iter().any(|name| arguments.member(name).is_some()) || arguments.miscased_member(&names).is_some();
    if sent { Err(bad_params("It sends an argument that this endpoint sets itself; leave it out.")) } else { Ok(()) }
}
