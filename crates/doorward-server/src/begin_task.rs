//! The tool with which a unit of work is opened by name.
//!
//! Responsible for how it looks: its definition, what a call of it asks for, what is answered, and the argument in which a
//! model passes its handle on, which every tool is shown with. It must never let that argument reach a server.

mod open;

use std::ops::Range;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_flow::contexts::{Channel, Opened, Task, UnfitTask};
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::{Segments, Splice};

use crate::hints::{ARGUMENT, META_CONTEXT};
pub(crate) use open::{Asking, open};

/// What it is called. No tool of a joint endpoint is, since those have their server before their name.
pub const NAME: &str = "begin_task";

/// How it is listed.
pub const DEFINITION: &str = r#"{"name":"begin_task","title":"Begin a task","description":"Opens a task of its own, so that what is read for it is kept apart from other work. Returns a handle; pass it in later calls of the task as the argument doorward_context.","inputSchema":{"type":"object","properties":{"purpose":{"type":"string","minLength":1,"maxLength":4096,"description":"What the task is for, in a sentence or two."},"tools":{"type":"array","maxItems":128,"items":{"type":"string","minLength":1,"maxLength":256},"description":"The tools it needs; any, if none are named."},"budget":{"type":"object","properties":{"calls":{"type":"integer","minimum":0,"description":"How many calls it may make at most."}},"additionalProperties":false},"doorward_context":{"type":"string","description":"The handle of the task that this one is part of, as begin_task returned it."}},"required":["purpose"],"additionalProperties":false},"annotations":{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false}}"#;

/// How the argument is listed among those of every other tool.
const PROPERTY: &str = r#""doorward_context":{"type":"string","description":"The handle of the task that this call is part of, as begin_task returned it."}"#;

/// Whether it stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is offered, on the last page.
    Listed,
    /// A server has a tool of that name, which wins.
    Absent,
}

/// Whether `request` calls it.
#[must_use]
pub fn is_called(request: &Request) -> bool {
    request.method() == "tools/call" && request.param("name").and_then(|name| name.as_str()).as_deref() == Some(NAME)
}

/// The answer to `tools/list` with it, and with its argument among those of every tool. What cannot be read stays as it is.
#[must_use]
pub fn with_own(answer: Segments, own: Own) -> Segments {
    let bytes = answer.into_bytes();
    let shown = match Message::parse(bytes.clone(), &Limits::for_results()) {
        Ok(Message::Response(answer)) => listed(&answer, own),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    };
    shown.unwrap_or_else(|| Segments::from(bytes))
}

/// The same for an answer that was read; `None` when that cannot be done.
#[must_use]
pub fn listed(answer: &Response, own: Own) -> Option<Segments> {
    let tools = answer.result_member("tools").filter(|tools| tools.kind() == Kind::Array)?;
    let mut splice = Splice::new(answer.bytes());
    if own == Own::Listed && !goes_on(answer) && !tools.elements().any(is_it) {
        let comma = if tools.elements().next().is_some() { "," } else { "" };
        splice.replace(after(tools)?, format!("{DEFINITION}{comma}")).ok()?;
    }
    for tool in tools.elements() {
        if let Some((place, with)) = tool.member("inputSchema").and_then(argument) {
            splice.replace(place, with).ok()?;
        }
    }
    Some(splice.finish())
}

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
    let complete = match era {
        Era::Modern => r#""resultType":"complete","#,
        Era::Legacy => "",
    };
    format!(
        r#"{{{complete}"content":[{{"type":"text","text":{}}}],"structuredContent":{{"context":{handle}}},"isError":false}}"#,
        quote(&text)
    )
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

fn goes_on(answer: &Response) -> bool {
    answer.result_member("nextCursor").is_some_and(|cursor| cursor.kind() == Kind::String)
}

fn is_it(tool: Raw<'_>) -> bool {
    tool.member("name").and_then(|name| name.as_str()).as_deref() == Some(NAME)
}

/// Where the argument goes in the schema of a tool, and what is written there; `None` where there is no room for it.
fn argument(schema: Raw<'_>) -> Option<Edit> {
    if schema.kind() != Kind::Object {
        return None;
    }
    let comma = |object: Raw<'_>| if object.members().next().is_some() { "," } else { "" };
    match schema.member("properties") {
        Some(properties) if properties.kind() == Kind::Object => match properties.member(ARGUMENT) {
            Some(_) => None,
            None => Some((after(properties)?, format!("{PROPERTY}{}", comma(properties)))),
        },
        Some(_) => None,
        None => Some((after(schema)?, format!(r#""properties":{{{PROPERTY}}}{}"#, comma(schema)))),
    }
}

/// The place behind the bracket that opens it.
fn after(opened: Raw<'_>) -> Option<Range<usize>> {
    let start = opened.range().start.checked_add(1)?;
    Some(start..start)
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

    fn answer(result: &Value) -> Response {
        let text = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
        match Message::parse(text, &Limits::default()) {
            Ok(Message::Response(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn names(segments: Segments) -> Vec<String> {
        let answer: Value = serde_json::from_slice(&segments.into_bytes()).unwrap();
        let tools = answer["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn it_is_listed_beside_the_tools_of_a_server_and_never_in_place_of_one() {
        let definition: Value = serde_json::from_str(DEFINITION).unwrap();
        assert_eq!(definition["name"], NAME);
        let shown = |result: Value, own| names(listed(&answer(&result), own).unwrap());
        assert_eq!(shown(json!({ "tools": [] }), Own::Listed), [NAME]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }] }), Own::Listed), [NAME, "a"]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }] }), Own::Absent), ["a"]);
        assert_eq!(shown(json!({ "tools": [{ "name": NAME }] }), Own::Listed), [NAME]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }], "nextCursor": "2" }), Own::Listed), ["a"]);
        for result in [json!({}), json!({ "tools": 1 })] {
            assert!(listed(&answer(&result), Own::Listed).is_none(), "{result}");
        }
    }

    #[test]
    fn every_tool_is_listed_with_the_argument() {
        let schemas = [
            (json!({ "type": "object", "properties": { "a": {} }, "additionalProperties": false }), 2),
            (json!({ "properties": {} }), 1),
            (json!({ "type": "object" }), 1),
            (json!({}), 1),
            (json!({ "properties": { ARGUMENT: {} } }), 1),
        ];
        for (schema, count) in schemas {
            let result = json!({ "tools": [{ "name": "a", "inputSchema": schema }] });
            let shown = listed(&answer(&result), Own::Absent).unwrap().into_bytes();
            let shown: Value = serde_json::from_slice(&shown).unwrap();
            let properties = shown["result"]["tools"][0]["inputSchema"]["properties"].as_object().unwrap();
            assert!(properties.contains_key(ARGUMENT) && properties.len() == count, "{shown}");
        }
        for schema in [json!(true), json!({ "properties": 1 })] {
            let result = json!({ "tools": [{ "name": "a", "inputSchema": schema }] });
            let shown = listed(&answer(&result), Own::Absent).unwrap().into_bytes();
            assert_eq!(shown, answer(&result).bytes(), "what cannot be understood stays");
        }
    }

    fn any(name: &str) -> Option<Box<str>> {
        Some(name.into())
    }

    #[test]
    fn a_call_says_what_the_task_is() {
        let request = call(&json!({ "purpose": "Book a room", "tools": ["book"], "budget": { "calls": 1 } }));
        assert!(is_called(&request));
        let task = asked(&request, Channel::Call, &any).unwrap();
        assert_eq!((task.purpose(), task.channel(), task.tools().len()), ("Book a room", Channel::Call, 1));
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
