//! Lists of tools.
//!
//! Responsible for order, for the tools that a modern client may not be shown, and for `execution`, which only
//! 2025-11-25 has. It must never change a definition otherwise.

use super::edit::{self, Change, Edits};
use super::{Row, Unbridged};
use crate::headers;
use crate::message::Response;
use crate::raw::{Kind, Raw};

/// Whether a tool of 2025-11-25 can be called as a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskSupport {
    /// It cannot. Also when its definition says nothing.
    Forbidden,
    /// It can, and can be called plainly.
    Optional,
    /// It can only be called so.
    Required,
}

const EXECUTION: &str = "execution";

/// What a tool's definition says about tasks.
#[must_use]
pub fn task_support(definition: Raw<'_>) -> TaskSupport {
    let support = definition.path(&[EXECUTION, "taskSupport"]).and_then(|support| support.as_str());
    match support.as_deref() {
        Some("required") => TaskSupport::Required,
        Some("optional") => TaskSupport::Optional,
        Some(_) | None => TaskSupport::Forbidden,
    }
}

/// The names of the tools in a result of `tools/list` that can only be called as tasks, in their order.
#[must_use]
pub fn tools_with_required_tasks(result: Raw<'_>) -> Vec<String> {
    let Some(tools) = result.member("tools") else {
        return Vec::new();
    };
    let required = tools.elements().filter(|tool| task_support(*tool) == TaskSupport::Required);
    required.filter_map(name).collect()
}

/// A page of a modern server's tools, all of which a client of 2025-11-25 may call as tasks: the server has the tasks
/// extension, and decides itself at each call.
///
/// # Errors
/// The response cannot be edited.
pub fn offer_tasks(response: &Response) -> Result<Response, Unbridged> {
    let mut edits = Edits::of(response.bytes());
    let optional = [(EXECUTION, r#"{"taskSupport":"optional"}"#.to_owned())];
    let tools = response.result_member("tools").into_iter().flat_map(|tools| tools.elements());
    tools
        .filter(|tool| tool.kind() == Kind::Object)
        .for_each(|definition| edits.members(definition, |_| Change::Keep, &optional));
    super::response(Row::Tasks, edits.finish(Row::Tasks)?)
}

/// Leaves out what a modern client would have to leave out itself, takes `execution` out, and puts the tools of the
/// page in the order of their names.
pub(super) fn to_modern(edits: &mut Edits, result: Raw<'_>) {
    let Some(tools) = result.member("tools").filter(|tools| tools.kind() == Kind::Array) else {
        return;
    };
    let definitions: Vec<Raw<'_>> = tools.elements().collect();
    let keep: Vec<bool> = definitions.iter().map(|definition| is_listed(*definition)).collect();
    let names: Vec<Option<String>> = definitions.iter().map(|definition| name(*definition)).collect();
    if names.is_sorted() {
        edits.elements(tools, &keep);
        let kept = definitions.iter().zip(&keep).filter(|(_, keep)| **keep);
        kept.for_each(|(definition, _)| strip_execution(edits, *definition));
        return;
    }
    let mut ordered: Vec<_> = definitions.iter().zip(&names).zip(&keep).filter(|(_, keep)| **keep).collect();
    ordered.sort_by_key(|((_, name), _)| *name);
    let texts: Vec<String> = ordered.iter().map(|((definition, _), _)| without_execution(**definition)).collect();
    edits.value(tools, format!("[{}]", texts.join(",")));
}

/// A page of a modern server's tools without those whose headers nobody could send: whoever speaks 2026-07-28 over HTTP
/// must leave them out (basic/transports), and towards the server that is the gateway. `None` when all can stay.
///
/// # Errors
/// The response cannot be edited.
pub(super) fn usable(response: &Response) -> Result<Option<Response>, Unbridged> {
    let Some(tools) = response.result_member("tools").filter(|tools| tools.kind() == Kind::Array) else {
        return Ok(None);
    };
    let keep: Vec<bool> = tools.elements().map(is_listed).collect();
    if keep.iter().all(|keep| *keep) {
        return Ok(None);
    }
    let mut edits = Edits::of(response.bytes());
    edits.elements(tools, &keep);
    super::response(Row::Tools, edits.finish(Row::Tools)?).map(Some)
}

fn is_listed(definition: Raw<'_>) -> bool {
    definition.member("inputSchema").is_none_or(|schema| headers::invalid_tool(schema).is_none())
}

fn strip_execution(edits: &mut Edits, definition: Raw<'_>) {
    if definition.member(EXECUTION).is_some() {
        edits.members(definition, change, &[]);
    }
}

fn without_execution(definition: Raw<'_>) -> String {
    match definition.member(EXECUTION) {
        Some(_) => edit::edited(definition, change, &[]).unwrap_or_else(|| definition.text().to_owned()),
        None => definition.text().to_owned(),
    }
}

fn change(name: &str) -> Change {
    if name == EXECUTION { Change::Drop } else { Change::Keep }
}

fn name(definition: Raw<'_>) -> Option<String> {
    definition.member("name")?.as_str().map(std::borrow::Cow::into_owned)
}
