//! The tool with which a unit of work is opened by name.
//!
//! Responsible for how it looks: its definition, what a call of it asks for, what is answered, and taking what names a
//! unit of work out of messages. It must never let that reach a server.

mod open;

use std::ops::Range;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_flow::contexts::{Channel, Opened, Task, UnfitTask};
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Splice;

use crate::hints::{ARGUMENT, META_CONTEXT};
use crate::own_tools;
pub(crate) use open::opened;

/// What it is called. No tool of a joint endpoint is, since those have their server before their name.
pub const NAME: &str = "begin_task";

/// How it is listed.
pub const DEFINITION: &str = r#"{"name":"begin_task","title":"Begin a task","description":"Opens a task of its own, so that what is read for it is kept apart from other work. Returns a handle; pass it in later calls of the task as the argument doorward_context.","inputSchema":{"type":"object","properties":{"purpose":{"type":"string","minLength":1,"maxLength":4096,"description":"What the task is for, in a sentence or two."},"tools":{"type":"array","maxItems":128,"items":{"type":"string","minLength":1,"maxLength":256},"description":"The tools it needs; any, if none are named."},"budget":{"type":"object","properties":{"calls":{"type":"integer","minimum":0,"description":"How many calls it may make at most."}},"additionalProperties":false},"doorward_context":{"type":"string","description":"The handle of the task that this one is part of, as begin_task returned it."}},"required":["purpose"],"additionalProperties":false},"annotations":{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false}}"#;

/// The task that a call asks for. `tool` says how a task names the tool that goes by a name.
///
/// # Errors
/// [`Code::BadParams`], with what is wrong.
pub fn asked(request: &Request, channel: Channel, tool: &dyn Fn(&str) -> Option<Box<str>>) -> Result<Task, Refusal> {
    let wrong = |detail: &str| Refusal::new(Code::BadParams).with_detail(detail);
    let arguments = request.param("arguments").filter(|arguments| arguments.kind() == Kind::Object);
    let arguments = arguments.ok_or_else(|| wrong("A task has a purpose."))?;
    let known = ["purpose", "tools", "budget", ARGUMENT];
    if arguments.members().any(|(name, _)| !known.contains(&name.as_ref())) {
        return Err(wrong("A task has a purpose, tools and a budget, and nothing else."));
    }
    let purpose = arguments.member("purpose").and_then(|purpose| purpose.as_str());
    let purpose = purpose.ok_or_else(|| wrong("The purpose of a task is a text."))?;
    let tools = tools(arguments.member("tools")).ok_or_else(|| wrong("The tools of a task are a list of names."))?;
    let named: Option<Vec<Box<str>>> = tools.iter().map(|name| tool(name)).collect();
    let tools = named.ok_or_else(|| wrong("A tool that is named is none of this endpoint."))?;
    let calls = calls(arguments.member("budget")).ok_or_else(|| wrong("The budget of a task is a number of calls."))?;
    Task::new(&purpose, tools.iter().map(AsRef::as_ref), calls, channel).map_err(|unfit| self::unfit(&unfit))
}

/// Why no task was opened.
#[must_use]
pub fn unfit(unfit: &UnfitTask) -> Refusal {
    let text = unfit.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
    Refusal::new(Code::BadParams).with_detail(sentence)
}

/// The result that tells of what was opened.
#[must_use]
pub fn told(opened: &Opened, era: Era) -> String {
    let handle = quote(&opened.handle.to_string());
    let text = format!(
        "The task has begun. Pass {handle} as the argument {ARGUMENT} in each call of it, \
         or let your client put it into _meta as {META_CONTEXT}."
    );
    own_tools::result(&text, &format!(r#"{{"context":{handle}}}"#), era)
}

/// The request without what names its context, which is for the gateway alone: the argument of a call, and the member of
/// `_meta`. `None` when it has neither.
///
/// # Errors
/// [`Code::BadParams`] when it cannot be taken out.
pub fn stripped(request: &Request) -> Result<Option<Request>, Refusal> {
    let arguments = match request.method() {
        "tools/call" => request.param("arguments"),
        _ => None,
    };
    let taken = [arguments.and_then(|from| without(from, ARGUMENT)), meta(request.meta())];
    match again(request.bytes(), taken)? {
        Some(Message::Request(stripped)) => Ok(Some(stripped)),
        Some(Message::Notification(_) | Message::Response(_)) => Err(stuck()),
        None => Ok(None),
    }
}

/// The notification, likewise.
///
/// # Errors
/// [`Code::BadParams`] when it cannot be taken out.
pub fn stripped_notification(notification: &Notification) -> Result<Option<Notification>, Refusal> {
    match again(notification.bytes(), [meta(notification.meta()), None])? {
        Some(Message::Notification(stripped)) => Ok(Some(stripped)),
        Some(Message::Request(_) | Message::Response(_)) => Err(stuck()),
        None => Ok(None),
    }
}

/// What stands where in the place of an object.
type Edit = (Range<usize>, String);

fn meta(meta: Option<Raw<'_>>) -> Option<Edit> {
    without(meta?, META_CONTEXT)
}

/// The object without one of its members; `None` when it does not have it.
fn without(object: Raw<'_>, member: &str) -> Option<Edit> {
    if object.kind() != Kind::Object {
        return None;
    }
    object.member(member)?;
    let kept: Vec<String> = object
        .named_values()
        .filter(|(name, _)| name.as_str().as_deref() != Some(member))
        .map(|(name, value)| format!("{}:{}", name.text(), value.text()))
        .collect();
    Some((object.range(), format!("{{{}}}", kept.join(","))))
}

/// The message with these edits; `None` when there are none.
fn again(bytes: &Bytes, edits: [Option<Edit>; 2]) -> Result<Option<Message>, Refusal> {
    if edits.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut splice = Splice::new(bytes);
    for (place, with) in edits.into_iter().flatten() {
        splice.replace(place, with).map_err(|_| stuck())?;
    }
    Message::parse(splice.finish().into_bytes(), &Limits::for_results()).map(Some).map_err(|_| stuck())
}

fn stuck() -> Refusal {
    Refusal::new(Code::BadParams).with_detail("What names its context cannot be taken out of it.")
}

fn tools(list: Option<Raw<'_>>) -> Option<Vec<Box<str>>> {
    let Some(list) = list else { return Some(Vec::new()) };
    if list.kind() != Kind::Array {
        return None;
    }
    list.elements().map(|name| name.as_str().map(|name| Box::from(name.as_ref()))).collect()
}

fn calls(budget: Option<Raw<'_>>) -> Option<Option<u32>> {
    let Some(budget) = budget else { return Some(None) };
    if budget.kind() != Kind::Object || budget.members().any(|(name, _)| name != "calls") {
        return None;
    }
    match budget.member("calls") {
        None => Some(None),
        Some(calls) => u32::try_from(calls.as_u64()?).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::{Principal, Proof};
    use doorward_core::time::Timestamp;
    use doorward_flow::contexts::{Body, Bounds, Contexts, Honesty};
    use serde_json::{Value, json};

    use super::*;

    fn call(arguments: &Value) -> Request {
        let params = json!({ "name": NAME, "arguments": arguments });
        let text = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        match Message::parse(text, &Limits::default()) {
            Ok(Message::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn any(name: &str) -> Option<Box<str>> {
        Some(name.into())
    }

    #[test]
    fn a_call_says_what_the_task_is() {
        let request = call(&json!({ "purpose": "Book a room", "tools": ["book"], "budget": { "calls": 1 } }));
        let task = asked(&request, Channel::Call, &any).unwrap();
        assert_eq!(
            (task.purpose(), task.channel(), task.token().tools().unwrap().len()),
            ("Book a room", Channel::Call, 1)
        );
        assert!(asked(&call(&json!({ "purpose": "x" })), Channel::Call, &any).is_ok());
    }

    #[test]
    fn what_is_no_task_is_refused() {
        let cases = [
            json!({}),
            json!([]),
            json!({ "purpose": "" }),
            json!({ "purpose": 1 }),
            json!({ "purpose": "x", "tools": "all" }),
            json!({ "purpose": "x", "tools": [1] }),
            json!({ "purpose": "x", "budget": 3 }),
            json!({ "purpose": "x", "budget": { "calls": -1 } }),
            json!({ "purpose": "x", "budget": { "euros": 1 } }),
            json!({ "purpose": "x", "more": 1 }),
            json!({ "purpose": "x".repeat(4097) }),
        ];
        for arguments in cases {
            let refusal = asked(&call(&arguments), Channel::Call, &any).unwrap_err();
            assert_eq!(refusal.code, Code::BadParams, "{arguments}");
        }
        let lost = asked(&call(&json!({ "purpose": "x", "tools": ["a"] })), Channel::Call, &|_| None).unwrap_err();
        assert_eq!(lost.code, Code::BadParams);
    }

    #[test]
    fn the_argument_of_the_gateway_reaches_no_server() {
        let request = call(&json!({ "a": { ARGUMENT: 1 }, ARGUMENT: "ctx-1", "b": 1.50 }));
        let stripped = stripped(&request).unwrap().unwrap();
        assert_eq!(stripped.param("arguments").unwrap().text(), r#"{"a":{"doorward_context":1},"b":1.5}"#);
        for arguments in [json!({}), json!({ "a": 1 }), json!([ARGUMENT])] {
            assert!(super::stripped(&call(&arguments)).unwrap().is_none(), "{arguments}");
        }
    }

    #[test]
    fn what_a_client_says_of_the_context_reaches_no_server() {
        let parsed = |text: &str| Message::parse(text.to_owned(), &Limits::default()).unwrap();
        let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"dev.doorward/context":"c","k":1.50}}}"#;
        let Message::Request(list) = parsed(list) else { panic!() };
        let expected = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"k":1.50}}}"#;
        assert_eq!(stripped(&list).unwrap().unwrap().bytes(), expected);
        let told = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"dev.doorward/context":"c"}}}"#;
        let Message::Notification(told) = parsed(told) else { panic!() };
        let expected = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{}}}"#;
        assert_eq!(stripped_notification(&told).unwrap().unwrap().bytes(), expected);
    }

    struct Nothing;

    impl Body for Nothing {
        fn bytes(&self) -> usize {
            0
        }

        fn shed(&mut self) {}
    }

    #[test]
    fn the_answer_holds_the_handle() {
        let contexts = Contexts::new(&[0; 32], Bounds::default(), |_| Nothing);
        let (who, now) = (Principal::new("ann", Proof::LocalToken), Timestamp::from_micros(0));
        let place = contexts.resolve(&who, &doorward_core::flow::Hints::default(), Honesty::Unproven, now);
        let task = Task::new("x", [], None, Channel::Call).unwrap();
        let opened = contexts.open(&place, task, [1; 16], now).unwrap();
        for era in [Era::Legacy, Era::Modern] {
            let result: Value = serde_json::from_str(&told(&opened, era)).unwrap();
            assert_eq!(result["structuredContent"]["context"], opened.handle.to_string());
            assert!(result["content"][0]["text"].as_str().unwrap().contains(&opened.handle.to_string()));
            assert_eq!(result.get("resultType").is_some(), era == Era::Modern);
        }
    }
}
