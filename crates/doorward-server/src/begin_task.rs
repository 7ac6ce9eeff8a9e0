//! The tool with which a unit of work is opened by name.
//!
//! Responsible for how it looks: its definition, what a call of it asks for, what is answered, and the argument in which a
//! model passes its handle on. It opens nothing itself, and must never let that argument reach a server.

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_flow::contexts::{Channel, Opened, Task, UnfitTask};
use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::{Segments, Splice};

use crate::hints::{ARGUMENT, META_CONTEXT};

/// What it is called. No tool of a joint endpoint is, since those have their server before their name.
pub const NAME: &str = "begin_task";

/// How it is listed.
pub const DEFINITION: &str = r#"{"name":"begin_task","title":"Begin a task","description":"Opens a task of its own, so that what is read for it is kept apart from other work. Returns a handle; pass it in later calls of the task as the argument doorward_context.","inputSchema":{"type":"object","properties":{"purpose":{"type":"string","minLength":1,"maxLength":4096,"description":"What the task is for, in a sentence or two."},"tools":{"type":"array","maxItems":128,"items":{"type":"string","minLength":1,"maxLength":256},"description":"The tools it needs; any, if none are named."},"budget":{"type":"object","properties":{"calls":{"type":"integer","minimum":0,"description":"How many calls it may make at most."}},"additionalProperties":false}},"required":["purpose"],"additionalProperties":false},"annotations":{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false}}"#;

/// Whether `request` calls it.
#[must_use]
pub fn is_called(request: &Request) -> bool {
    request.method() == "tools/call" && request.param("name").and_then(|name| name.as_str()).as_deref() == Some(NAME)
}

/// The answer to `tools/list` with it; `None` when that cannot be done, or the server has a tool of that name.
#[must_use]
pub fn listed(answer: &Response) -> Option<Segments> {
    let tools = answer.result_member("tools").filter(|tools| tools.kind() == Kind::Array)?;
    let named = |tool: Raw<'_>| tool.member("name").and_then(|name| name.as_str()).as_deref() == Some(NAME);
    if tools.elements().any(named) {
        return None;
    }
    let comma = if tools.elements().next().is_some() { "," } else { "" };
    let start = tools.range().start.checked_add(1)?;
    let mut splice = Splice::new(answer.bytes());
    splice.replace(start..start, format!("{DEFINITION}{comma}")).ok()?;
    Some(splice.finish())
}

/// The task that a call asks for.
///
/// # Errors
/// [`Code::BadParams`], with what is wrong.
pub fn asked(request: &Request, channel: Channel) -> Result<Task, Refusal> {
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

/// The call without the argument that names its context, which is for the gateway alone; `None` when it has none.
#[must_use]
pub fn stripped(request: &Request) -> Option<Request> {
    if request.method() != "tools/call" {
        return None;
    }
    let arguments = request.param("arguments").filter(|arguments| arguments.kind() == Kind::Object)?;
    arguments.member(ARGUMENT)?;
    let kept: Vec<String> = arguments
        .named_values()
        .filter(|(name, _)| name.as_str().as_deref() != Some(ARGUMENT))
        .map(|(name, value)| format!("{}:{}", name.text(), value.text()))
        .collect();
    let mut splice = Splice::new(request.bytes());
    splice.replace(arguments.range(), Bytes::from(format!("{{{}}}", kept.join(",")))).ok()?;
    match Message::parse(splice.finish().into_bytes(), &Limits::for_results()) {
        Ok(Message::Request(stripped)) => Some(stripped),
        Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => None,
    }
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
        assert_eq!(names(listed(&answer(&json!({ "tools": [] }))).unwrap()), [NAME]);
        assert_eq!(names(listed(&answer(&json!({ "tools": [{ "name": "a" }] }))).unwrap()), [NAME, "a"]);
        for result in [json!({ "tools": [{ "name": NAME }] }), json!({}), json!({ "tools": 1 })] {
            assert!(listed(&answer(&result)).is_none(), "{result}");
        }
    }

    #[test]
    fn a_call_says_what_the_task_is() {
        let request = call(&json!({ "purpose": "Book a room", "tools": ["book"], "budget": { "calls": 1 } }));
        assert!(is_called(&request));
        let task = asked(&request, Channel::Call).unwrap();
        assert_eq!((task.purpose(), task.channel(), task.tools().len()), ("Book a room", Channel::Call, 1));
        assert!(asked(&call(&json!({ "purpose": "x" })), Channel::Call).is_ok());
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
            let refusal = asked(&call(&arguments), Channel::Call).unwrap_err();
            assert_eq!(refusal.code, Code::BadParams, "{arguments}");
        }
    }

    #[test]
    fn the_argument_of_the_gateway_reaches_no_server() {
        let request = call(&json!({ "a": { ARGUMENT: 1 }, ARGUMENT: "ctx-1", "b": 1.50 }));
        let stripped = stripped(&request).unwrap();
        assert_eq!(stripped.param("arguments").unwrap().text(), r#"{"a":{"doorward_context":1},"b":1.5}"#);
        for arguments in [json!({}), json!({ "a": 1 }), json!([ARGUMENT])] {
            assert!(super::stripped(&call(&arguments)).is_none(), "{arguments}");
        }
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
