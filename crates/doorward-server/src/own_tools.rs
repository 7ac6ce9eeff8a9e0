//! The tools of the gateway itself.
//!
//! Responsible for which there are, and for how lists of tools look with them: their definitions, and the argument in which
//! a model passes the handle of a task on, which every tool is shown with. They must never stand in the place of a
//! server's tool: where one has the same name, it wins.

mod answer;

use std::borrow::Cow;
use std::ops::Range;

use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::{Segments, Splice};

use crate::hints::ARGUMENT;
use crate::{begin_task, project};
pub(crate) use answer::{Allowance, Asking, Done, answer};

/// How the argument is listed among those of every other tool.
const PROPERTY: &str = r#""doorward_context":{"type":"string","description":"The handle of the task that this call is part of, as begin_task returned it."}"#;

/// A tool of the gateway itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnTool {
    /// Opens a unit of work by name.
    BeginTask,
    /// Tells a little of a hidden result.
    Project,
}

impl OwnTool {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::BeginTask, Self::Project];

    /// What it is called. No tool of a joint endpoint is, since those have their server before their name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeginTask => begin_task::NAME,
            Self::Project => project::NAME,
        }
    }

    /// The one that `request` calls.
    #[must_use]
    pub fn called(request: &Request) -> Option<Self> {
        let name = (request.method() == "tools/call").then(|| request.param("name")?.as_str()).flatten()?;
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// How it is listed beside `offered`.
    fn definition(self, offered: &[Self]) -> Cow<'static, str> {
        match self {
            Self::BeginTask => begin_task::DEFINITION.into(),
            Self::Project if offered.contains(&Self::BeginTask) => {
                let first = r#""properties":{"#;
                project::DEFINITION.replacen(first, &format!("{first}{PROPERTY},"), 1).into()
            }
            Self::Project => project::DEFINITION.into(),
        }
    }
}

/// The answer to `tools/list` with those that are `offered`, on the last page, and with what they add to every tool. One
/// that `is_taken` is a server's there. What cannot be read stays as it is.
#[must_use]
pub fn with_own(answer: Segments, offered: &[OwnTool], is_taken: &dyn Fn(OwnTool) -> bool) -> Segments {
    let bytes = answer.into_bytes();
    let shown = match Message::parse(bytes.clone(), &Limits::for_results()) {
        Ok(Message::Response(answer)) => listed(&answer, offered, is_taken),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
    };
    shown.unwrap_or_else(|| Segments::from(bytes))
}

/// The same for an answer that was read; `None` when that cannot be done.
#[must_use]
pub fn listed(answer: &Response, offered: &[OwnTool], is_taken: &dyn Fn(OwnTool) -> bool) -> Option<Segments> {
    let tools = answer.result_member("tools").filter(|tools| tools.kind() == Kind::Array)?;
    let mut splice = Splice::new(answer.bytes());
    let is_there = |own: OwnTool| is_taken(own) || tools.elements().any(|tool| is_it(tool, own));
    let own = offered.iter().filter(|own| !goes_on(answer) && !is_there(**own));
    let own: Vec<Cow<'_, str>> = own.map(|own| own.definition(offered)).collect();
    if !own.is_empty() {
        let comma = if tools.elements().next().is_some() { "," } else { "" };
        splice.replace(after(tools)?, format!("{}{comma}", own.join(","))).ok()?;
    }
    for tool in tools.elements().filter(|_| offered.contains(&OwnTool::BeginTask)) {
        if let Some((place, with)) = tool.member("inputSchema").and_then(argument) {
            splice.replace(place, with).ok()?;
        }
    }
    Some(splice.finish())
}

/// A result, as text and as `structured` content.
pub(crate) fn result(text: &str, structured: &str, era: Era) -> String {
    let complete = match era {
        Era::Modern => r#""resultType":"complete","#,
        Era::Legacy => "",
    };
    let text = quote(text);
    format!(
        r#"{{{complete}"content":[{{"type":"text","text":{text}}}],"structuredContent":{structured},"isError":false}}"#
    )
}

fn goes_on(answer: &Response) -> bool {
    answer.result_member("nextCursor").is_some_and(|cursor| cursor.kind() == Kind::String)
}

fn is_it(tool: Raw<'_>, own: OwnTool) -> bool {
    tool.member("name").and_then(|name| name.as_str()).as_deref() == Some(own.name())
}

/// Where the argument goes in the schema of a tool, and what is written there; `None` where there is no room for it.
fn argument(schema: Raw<'_>) -> Option<(Range<usize>, String)> {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BOTH: [OwnTool; 2] = OwnTool::ALL;

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

    fn free(_: OwnTool) -> bool {
        false
    }

    #[test]
    fn they_are_listed_beside_the_tools_of_a_server_and_never_in_place_of_one() {
        let [task, fact] = BOTH.map(OwnTool::name);
        for (own, offered) in [(task, &BOTH[..]), (fact, &BOTH), (fact, &[OwnTool::Project])] {
            let tool = BOTH.into_iter().find(|tool| tool.name() == own).unwrap();
            let definition: Value = serde_json::from_str(&tool.definition(offered)).unwrap();
            assert_eq!(definition["name"], own);
            let takes_context = definition["inputSchema"]["properties"][ARGUMENT].is_object();
            assert_eq!(takes_context, offered.contains(&OwnTool::BeginTask), "{definition}");
        }
        let shown = |result: Value, offered: &[OwnTool], is_taken: &dyn Fn(OwnTool) -> bool| {
            names(listed(&answer(&result), offered, is_taken).unwrap())
        };
        assert_eq!(shown(json!({ "tools": [] }), &BOTH, &free), [task, fact]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }] }), &BOTH, &free), [task, fact, "a"]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }] }), &[OwnTool::Project], &free), [fact, "a"]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }] }), &BOTH, &|_| true), ["a"]);
        assert_eq!(shown(json!({ "tools": [{ "name": task }] }), &BOTH, &free), [fact, task]);
        assert_eq!(shown(json!({ "tools": [{ "name": "a" }], "nextCursor": "2" }), &BOTH, &free), ["a"]);
        for result in [json!({}), json!({ "tools": 1 })] {
            assert!(listed(&answer(&result), &BOTH, &free).is_none(), "{result}");
        }
    }

    #[test]
    fn only_where_tasks_are_opened_has_every_tool_their_argument() {
        let result = json!({ "tools": [{ "name": "a", "inputSchema": {} }] });
        let shown = listed(&answer(&result), &[OwnTool::Project], &|_| true).unwrap().into_bytes();
        assert_eq!(shown, answer(&result).bytes());
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
            let shown = listed(&answer(&result), &BOTH, &|_| true).unwrap().into_bytes();
            let shown: Value = serde_json::from_slice(&shown).unwrap();
            let properties = shown["result"]["tools"][0]["inputSchema"]["properties"].as_object().unwrap();
            assert!(properties.contains_key(ARGUMENT) && properties.len() == count, "{shown}");
        }
        for schema in [json!(true), json!({ "properties": 1 })] {
            let result = json!({ "tools": [{ "name": "a", "inputSchema": schema }] });
            let shown = listed(&answer(&result), &BOTH, &|_| true).unwrap().into_bytes();
            assert_eq!(shown, answer(&result).bytes(), "what cannot be understood stays");
        }
    }
}
