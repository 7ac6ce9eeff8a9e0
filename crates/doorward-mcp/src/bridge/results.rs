//! Responses of a server, said in the other era.
//!
//! Responsible for what every result must have or must not have, and for error codes. What a tool or a prompt gives
//! is shaped in `shapes`, lists of tools in `lists`. It must never turn an error into a result.

use super::edit::{self, Change, Edits, Member, Meta};
use super::{Row, Unbridged, lists, shapes};
use crate::compose::quote;
use crate::message::{Outcome, Response};
use crate::raw::{Kind, Raw};
use crate::revision::Revision;
use crate::views::input_required::ResultType;

pub(super) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
pub(super) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// The keys of `_meta` that only modern results have.
pub(super) const RESULT_META: [&str; 2] = [SERVER_INFO, SUBSCRIPTION_ID];

/// The methods whose modern results say how long they keep.
const CACHEABLE: [&str; 6] =
    ["server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];

/// The codes that 2026-07-28 keeps for itself; in the legacy era they meant nothing, or something else.
const RESERVED: std::ops::RangeInclusive<i64> = -32099..=-32020;

const RESOURCE_NOT_FOUND: i64 = -32002;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;

/// A legacy server's response in modern words: complete, not to be cached, and from `server_info` (an
/// Implementation, as JSON). Error -32002 becomes -32602, a code that is reserved since becomes -32603, every other
/// code stays.
///
/// # Errors
/// The result is a task that nobody asked for.
pub fn response_to_modern(method: &str, response: &Response, server_info: Option<&str>) -> Result<Response, Unbridged> {
    let row = Row::of_method(method);
    let mut edits = Edits::of(response.bytes());
    match response.outcome() {
        Outcome::Error { code, raw, .. } => {
            edit_code(&mut edits, raw, modern_code(code));
        }
        Outcome::Result(result) => {
            let has_content = response.result_member("content").is_some();
            if method == "tools/call" && !has_content && result.member("task").is_some() {
                return Err(Unbridged::new(Row::Tasks, "the server made a task of a call that asked for none"));
            }
            if method == "tools/list" {
                lists::to_modern(&mut edits, result);
            }
            let mut added = vec![complete()];
            if CACHEABLE.contains(&method) {
                added.extend(cache_hints());
            }
            let set = server_info.map(|info| (SERVER_INFO, info.to_owned())).into_iter().collect();
            edits.members_and_meta(result, |_| Change::Keep, &added, Meta { drop: &[SUBSCRIPTION_ID], set });
        }
    }
    super::response(row, edits.finish(row)?)
}

/// A modern server's response in the words of `to`: without what only modern results have, and in shapes that `to`
/// can carry; of its tools, those that can be called. An error code that is reserved since 2026-07-28 becomes -32603: it speaks of headers, versions and
/// capabilities of a request that the gateway wrote. -32602 stays also for a resource that is not found.
///
/// # Errors
/// The result asks for input or is a task: those are answered, not passed on. Or it is of an unknown type.
pub fn response_to_legacy(method: &str, response: &Response, to: Revision) -> Result<Response, Unbridged> {
    let row = Row::of_method(method);
    let usable = if method == "tools/list" { lists::usable(response)? } else { None };
    let response = usable.as_ref().unwrap_or(response);
    let mut edits = Edits::of(response.bytes());
    match response.outcome() {
        Outcome::Error { code, raw, .. } => edit_code(&mut edits, raw, unreserved(code)),
        Outcome::Result(result) => {
            check_complete(result)?;
            let shape = shapes::shape(&mut edits, method, result, to);
            let cacheable = CACHEABLE.contains(&method);
            let change = |name: &str| match name {
                "resultType" => Change::Drop,
                "ttlMs" | "cacheScope" if cacheable => Change::Drop,
                _ => shape.change(name),
            };
            let meta = Meta { drop: &RESULT_META, set: Vec::new() };
            edits.members_and_meta(result, change, shape.added(), meta);
        }
    }
    super::response(row, edits.finish(row)?)
}

/// `resultType`, for an answer.
pub(super) fn complete() -> Member<'static> {
    ("resultType", quote("complete"))
}

/// A legacy server says nothing of caching, so nothing may be kept or shared.
pub(super) fn cache_hints() -> [Member<'static>; 2] {
    [("ttlMs", "0".to_owned()), ("cacheScope", quote("private"))]
}

/// The `_meta` of a modern result of which `result` was the legacy one, as JSON; `None` when it has none.
pub(super) fn meta_to_modern(result: Raw<'_>, server_info: Option<&str>) -> Option<String> {
    let set: Vec<Member<'_>> = server_info.map(|info| (SERVER_INFO, info.to_owned())).into_iter().collect();
    match result.member("_meta").filter(|meta| meta.kind() == Kind::Object) {
        Some(meta) => edit::edited(meta, |key| if key == SUBSCRIPTION_ID { Change::Drop } else { Change::Keep }, &set),
        None if set.is_empty() => None,
        None => Some(edit::object_of(&set)),
    }
}

/// The `_meta` of a legacy result of which `result` was the modern one, as JSON; `None` when it has none.
pub(super) fn meta_to_legacy(result: Raw<'_>) -> Option<String> {
    let meta = result.member("_meta").filter(|meta| meta.kind() == Kind::Object)?;
    let change = |key: &str| if RESULT_META.contains(&key) { Change::Drop } else { Change::Keep };
    edit::edited(meta, change, &[]).filter(|meta| meta != "{}")
}

fn check_complete(result: Raw<'_>) -> Result<(), Unbridged> {
    let refuse = |row, detail: &str| Err(Unbridged::new(row, detail));
    match ResultType::from_result(result) {
        Ok(ResultType::Complete) => Ok(()),
        Ok(ResultType::InputRequired) => refuse(Row::ResultShapes, "the result asks for input"),
        Ok(ResultType::Task) => refuse(Row::Tasks, "the result is a task"),
        Ok(ResultType::Unknown(_)) => refuse(Row::ResultShapes, "the result is of a type that no revision defines"),
        Err(error) => refuse(Row::ResultShapes, &error.to_string()),
    }
}

/// A legacy error object in modern words, as JSON.
pub(super) fn error_to_modern(error: Raw<'_>) -> String {
    let code = error.member("code").and_then(|code| code.as_i64()).and_then(modern_code);
    let added: Vec<Member<'_>> = code.map(|code| ("code", code.to_string())).into_iter().collect();
    edit::edited(error, |_| Change::Keep, &added).unwrap_or_else(|| error.text().to_owned())
}

fn modern_code(code: i64) -> Option<i64> {
    if code == RESOURCE_NOT_FOUND { Some(INVALID_PARAMS) } else { unreserved(code) }
}

fn unreserved(code: i64) -> Option<i64> {
    RESERVED.contains(&code).then_some(INTERNAL_ERROR)
}

fn edit_code(edits: &mut Edits, error: Raw<'_>, code: Option<i64>) {
    let current = error.member("code").filter(|code| code.kind() == Kind::Number);
    if let (Some(current), Some(code)) = (current, code) {
        edits.value(current, code.to_string());
    }
}
