use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::json;

use super::*;

fn catalogue(server: &str, tools: &[Value]) -> Catalogue {
    let limits = Limits::default();
    let tools: Vec<RawJson> = tools.iter().map(|tool| RawJson::parse(tool.to_string(), &limits).unwrap()).collect();
    let definitions: Vec<ToolDefinition<'_>> =
        tools.iter().map(|tool| ToolDefinition::from_raw(tool.as_raw()).unwrap()).collect();
    Catalogue::from_definitions(ServerId::parse(server).unwrap(), &definitions)
}

fn named(name: &str) -> Value {
    json!({"name": name, "inputSchema": {"type": "object"}})
}

fn why(catalogue: &Catalogue) -> Vec<WhyLeftOut> {
    catalogue.left_out().iter().map(|left_out| left_out.why).collect()
}

#[test]
fn holds_no_more_tools_than_its_limit() {
    let many = |count: usize| (0..count).map(|number| named(&format!("t{number}"))).collect::<Vec<_>>();
    let full = catalogue("s", &many(CATALOGUE_TOOLS_MAX));
    assert_eq!((full.tools().len(), full.left_out().len()), (CATALOGUE_TOOLS_MAX, 0));
    let over = catalogue("s", &many(CATALOGUE_TOOLS_MAX + 5));
    assert_eq!(over.tools().len(), CATALOGUE_TOOLS_MAX);
    assert_eq!(why(&over), [WhyLeftOut::TooMany]);
}

#[test]
fn holds_no_more_members_than_its_limit() {
    let properties =
        |count: usize| (0..count).map(|number| (format!("p{number}"), json!({"type": "string"}))).collect();
    let tool = |name: String| {
        let within = Value::Object(properties(399));
        let list = json!({"type": "array", "items": {"type": "object", "properties": within}});
        json!({"name": name, "inputSchema": {"type": "object", "properties": {"all": list}}})
    };
    let fitting = CATALOGUE_MEMBERS_MAX / 400;
    let many = |count: usize| (0..count).map(|number| tool(format!("t{number}"))).collect::<Vec<_>>();
    assert_eq!(why(&catalogue("s", &many(fitting))), []);
    let over = catalogue("s", &many(fitting + 5));
    assert_eq!(over.tools().len(), fitting);
    assert_eq!(why(&over), [WhyLeftOut::TooMany]);
}

#[test]
fn names_have_a_length() {
    let longest = catalogue("s", &[named(&"x".repeat(TOOL_NAME_MAX))]);
    assert_eq!(longest.tools().len(), 1);
    let longer = catalogue("s", &[named(&"x".repeat(TOOL_NAME_MAX + 1)), named("")]);
    assert!(longer.tools().is_empty());
    assert_eq!(why(&longer), [WhyLeftOut::NameLength, WhyLeftOut::NameLength]);
}

#[test]
fn a_name_given_twice_is_nobodys() {
    let twice = catalogue("s", &[named("a"), named("b"), named("a"), named("a")]);
    assert_eq!(twice.tools().keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["b"]);
    assert_eq!(why(&twice), [WhyLeftOut::NameTwice, WhyLeftOut::NameTwice]);
}

#[test]
fn a_tool_cannot_pass_for_a_method() {
    let tools = [named("call"), named("list"), named("other")];
    let clashing = catalogue("tools", &tools);
    assert_eq!(clashing.tools().keys().map(AsRef::as_ref).collect::<Vec<&str>>(), ["other"]);
    assert_eq!(why(&clashing), [WhyLeftOut::NameIsMethod, WhyLeftOut::NameIsMethod]);
    assert_eq!(catalogue("tool", &tools).tools().len(), 3);
}

#[test]
fn a_schema_too_long_to_read_counts_as_destructive() {
    let sized = |length: usize| {
        let mut schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "x": ""});
        let filler = length - schema.to_string().len();
        schema["x"] = Value::String("x".repeat(filler));
        catalogue("s", &[json!({"name": "get_a", "inputSchema": schema})])
    };
    let read = sized(INPUT_SCHEMA_MAX);
    assert_eq!(read.tools()["get_a"].assessment.effect, Effect::Read);
    assert_eq!(read.tools()["get_a"].arguments.len(), 1);
    let unread = sized(INPUT_SCHEMA_MAX + 1);
    assert_eq!(unread.tools()["get_a"].assessment.evidence, Evidence::UnreadableSchema);
    assert_eq!(unread.tools()["get_a"].assessment.effect, Effect::Destructive);
    assert!(unread.tools()["get_a"].arguments.is_empty());
}
