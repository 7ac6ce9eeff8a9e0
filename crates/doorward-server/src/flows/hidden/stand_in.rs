//! What stands in the place of a hidden answer.
//!
//! Responsible for reading such an answer and for what is told of it: a handle, whether it is an error, its size and where
//! it has values. It must never copy a byte of the answer.

use bytes::Bytes;
use doorward_core::guard::Edit;
use doorward_flow::hide::{self, HiddenId};
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Outcome, Response};
use doorward_mcp::raw::{Kind, Raw, RawJson};
use doorward_mcp::splice::Splice;

use super::error_code;

/// Members of a result that say that another is to come, or that something is asked.
const UNFINISHED: [&str; 5] = ["inputRequests", "requestState", "task", "taskId", "status"];

/// The answer as the guards leave it; `None` when that cannot be read.
pub(super) fn read(message: &Bytes, edits: &[Edit]) -> Option<Response> {
    let mut splice = Splice::new(message);
    for edit in edits {
        splice.replace(edit.range.clone(), edit.json.clone()).ok()?;
    }
    match Message::parse(splice.finish().into_bytes(), &Limits::for_results()) {
        Ok(Message::Response(response)) => Some(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    }
}

/// What is kept of the answer: the result, or the message of an error as its text. `None` for what is no whole result.
pub(super) fn value(answer: &Response) -> Option<RawJson> {
    match answer.outcome() {
        Outcome::Result(result) => is_whole(result).then(|| answer.keep(result).detached()),
        Outcome::Error { raw, .. } => {
            let text = raw.member("message").filter(|message| message.kind() == Kind::String)?;
            let block = format!(r#"{{"content":[{{"type":"text","text":{}}}]}}"#, text.text());
            RawJson::parse(block, &Limits::for_results()).ok()
        }
    }
}

/// The result or error that is shown instead.
pub(super) fn shown(answer: &Response, value: &RawJson, id: HiddenId, declared: Option<&RawJson>) -> Option<String> {
    match answer.outcome() {
        Outcome::Result(result) => {
            let told = told("result", value, id, declared);
            let is_error = result.member("isError").and_then(|flag| flag.as_bool()) == Some(true);
            let error = if is_error { r#","isError":true"# } else { "" };
            let complete = if result.member("resultType").is_some() { r#""resultType":"complete","# } else { "" };
            let content =
                [told.clone(), advice(id)].map(|text| format!(r#"{{"type":"text","text":{}}}"#, quote(&text)));
            Some(format!(r#"{{{complete}"content":[{}],"structuredContent":{told}{error}}}"#, content.join(",")))
        }
        Outcome::Error { code, .. } => {
            let told = told("error", value, id, None);
            let message = quote("The server answered with an error, which is hidden.");
            Some(format!(r#"{{"code":{},"message":{message},"data":{told}}}"#, error_code(code)))
        }
    }
}

/// `{handle, type, size, schema}`.
fn told(sort: &str, value: &RawJson, id: HiddenId, declared: Option<&RawJson>) -> String {
    let places = hide::places(value.as_raw(), declared.map(RawJson::as_raw));
    let schema: Vec<String> =
        places.iter().map(|(pointer, sort)| format!("{}:{}", quote(pointer), quote(sort))).collect();
    let (handle, size) = (quote(&id.to_string()), value.bytes().len());
    format!(r#"{{"handle":{handle},"type":"{sort}","size":{size},"schema":{{{}}}}}"#, schema.join(","))
}

fn advice(id: HiddenId) -> String {
    format!(
        "The result is hidden. To use a value of it, pass the handle, '#' and a place that the schema names as the whole of \
         an argument, as in {id}#/text."
    )
}

/// Whether a result is the whole answer.
fn is_whole(result: Raw<'_>) -> bool {
    let is_complete = match result.member("resultType") {
        Some(named) => named.as_str().as_deref() == Some("complete"),
        None => true,
    };
    is_complete && result.kind() == Kind::Object && UNFINISHED.iter().all(|name| result.member(name).is_none())
}
