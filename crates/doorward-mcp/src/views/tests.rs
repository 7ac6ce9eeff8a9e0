use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ViewError;
use super::completion::{CompletionReference, CompletionRequest, CompletionResult};
use super::discover::{DiscoverResult, UnsupportedVersion};
use super::initialize::{InitializeRequest, InitializeResult};
use super::input_required::{InputMethod, InputRequired, InputResponses, ResultType};
use super::meta::{LogLevel, RequestMeta, subscription_id};
use super::notifications::{Cancelled, ElicitationComplete, LogMessage, Progress, ResourceUpdated, SetLogLevel};
use super::prompts::{PromptList, PromptRequest, PromptResult};
use super::resources::{
    ResourceBody, ResourceContents, ResourceDefinition, ResourceList, ResourceReadResult, ResourceRequest,
    ResourceTemplateList,
};
use super::subscriptions::{SubscriptionAcknowledged, SubscriptionFilter, closed_subscription};
use super::tasks::{Task, TaskList, TaskRequest, TaskStatus, TaskUpdate};
use super::tools::{ToolCall, ToolDefinition, ToolList};
use crate::{Limits, Raw, RawJson};

fn json(text: &str) -> RawJson {
    RawJson::parse(text.to_owned(), &Limits::default()).unwrap_or_else(|rejection| panic!("{text}: {rejection}"))
}

/// Reads a view and keeps only whether it worked.
type Read = fn(Raw<'_>) -> Result<(), ViewError>;

macro_rules! params {
    ($view:ty) => {
        |value| <$view>::from_params(Some(value)).map(drop)
    };
}

macro_rules! result {
    ($view:ty) => {
        |value| <$view>::from_result(value).map(drop)
    };
}

/// Name, view, value, and the error as `expected at pointer`, or empty.
const CASES: &[(&str, Read, &str, &str)] = &[
    ("call", params!(ToolCall), r#"{"name":"t","arguments":{}}"#, ""),
    ("call, arguments null", params!(ToolCall), r#"{"name":"t","arguments":null}"#, ""),
    ("call, no name", params!(ToolCall), r#"{"arguments":{}}"#, "a string at /params/name"),
    ("call, name null", params!(ToolCall), r#"{"name":null}"#, "a string at /params/name"),
    ("call, name a number", params!(ToolCall), r#"{"name":1}"#, "a string at /params/name"),
    ("call, array arguments", params!(ToolCall), r#"{"name":"t","arguments":[1]}"#, "an object at /params/arguments"),
    (
        "call, another case",
        params!(ToolCall),
        r#"{"name":"t","Arguments":{}}"#,
        "a known name in its own case at /params/Arguments",
    ),
    ("call, an array", params!(ToolCall), "[]", "an object at /params"),
    ("tools", result!(ToolList), r#"{"tools":[],"nextCursor":null}"#, ""),
    ("tools, none", result!(ToolList), "{}", "an array at /result/tools"),
    ("tools, cursor", result!(ToolList), r#"{"tools":[],"nextCursor":1}"#, "a string at /result/nextCursor"),
    ("resource", params!(ResourceRequest), r#"{"uri":"a:b"}"#, ""),
    ("resource, no uri", params!(ResourceRequest), "{}", "a string at /params/uri"),
    ("read", result!(ResourceReadResult), r#"{"contents":[{"uri":"a","text":""}]}"#, ""),
    (
        "read, both",
        result!(ResourceReadResult),
        r#"{"contents":[{"uri":"a","text":"","blob":""}]}"#,
        "either text or blob at /result/contents/0",
    ),
    (
        "read, neither",
        result!(ResourceReadResult),
        r#"{"contents":[{"uri":"a"}]}"#,
        "either text or blob at /result/contents/0",
    ),
    (
        "read, one bad",
        result!(ResourceReadResult),
        r#"{"contents":[{"uri":"a","text":""},{"text":""}]}"#,
        "a string at /result/contents/1/uri",
    ),
    ("prompt", params!(PromptRequest), r#"{"name":"p"}"#, ""),
    ("prompt, arguments", params!(PromptRequest), r#"{"name":"p","arguments":"x"}"#, "an object at /params/arguments"),
    ("messages", result!(PromptResult), r#"{"messages":[{"role":"user","content":{}}]}"#, ""),
    (
        "messages, content",
        result!(PromptResult),
        r#"{"messages":[{"role":"user","content":"x"}]}"#,
        "an object at /result/messages/0/content",
    ),
    (
        "complete",
        params!(CompletionRequest),
        r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":""}}"#,
        "",
    ),
    (
        "complete, unknown ref",
        params!(CompletionRequest),
        r#"{"ref":{"type":"ref/tool","name":"p"},"argument":{"name":"a","value":""}}"#,
        "ref/prompt or ref/resource at /params/ref/type",
    ),
    (
        "complete, no uri",
        params!(CompletionRequest),
        r#"{"ref":{"type":"ref/resource","name":"p"},"argument":{"name":"a","value":""}}"#,
        "a string at /params/ref/uri",
    ),
    (
        "complete, no value",
        params!(CompletionRequest),
        r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a"}}"#,
        "a string at /params/argument/value",
    ),
    (
        "completions",
        result!(CompletionResult),
        r#"{"completion":{"values":["a",1]}}"#,
        "a string at /result/completion/values/1",
    ),
    (
        "initialize",
        params!(InitializeRequest),
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}"#,
        "",
    ),
    (
        "initialize, no version",
        params!(InitializeRequest),
        r#"{"capabilities":{},"clientInfo":{"name":"c","version":"1"}}"#,
        "a string at /params/protocolVersion",
    ),
    (
        "initialize, capability",
        params!(InitializeRequest),
        r#"{"protocolVersion":"x","capabilities":{"roots":true},"clientInfo":{"name":"c","version":"1"}}"#,
        "an object at /params/capabilities/roots",
    ),
    (
        "initialized",
        result!(InitializeResult),
        r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}"#,
        "",
    ),
    (
        "initialized, no info",
        result!(InitializeResult),
        r#"{"protocolVersion":"x","capabilities":{}}"#,
        "an object at /result/serverInfo",
    ),
    (
        "discover, info",
        result!(DiscoverResult),
        r#"{"supportedVersions":[],"capabilities":{},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}"#,
        "a string at /result/_meta/io.modelcontextprotocol~1serverInfo/version",
    ),
    (
        "version",
        |error| UnsupportedVersion::from_error(error).map(drop),
        r#"{"code":-32022,"message":"","data":{"supported":"x"}}"#,
        "an array at /error/data/supported",
    ),
    (
        "meta",
        params!(RequestMeta),
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientCapabilities":{}}}"#,
        "",
    ),
    ("meta, none", params!(RequestMeta), "{}", "an object at /params/_meta"),
    (
        "meta, no version",
        params!(RequestMeta),
        r#"{"_meta":{"io.modelcontextprotocol/clientCapabilities":{}}}"#,
        "a string at /params/_meta/io.modelcontextprotocol~1protocolVersion",
    ),
    (
        "meta, level",
        params!(RequestMeta),
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"loud"}}"#,
        "a log level at /params/_meta/io.modelcontextprotocol~1logLevel",
    ),
    (
        "meta, token",
        params!(RequestMeta),
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1.5}}"#,
        "a string or an integer at /params/_meta/progressToken",
    ),
    ("result type", result!(ResultType), r#"{"resultType":1}"#, "a string at /result/resultType"),
    (
        "input, nothing",
        result!(InputRequired),
        r#"{"resultType":"input_required"}"#,
        "inputRequests or requestState at /result",
    ),
    ("input, state", result!(InputRequired), r#"{"requestState":{}}"#, "a string at /result/requestState"),
    (
        "input, method",
        result!(InputRequired),
        r#"{"inputRequests":{"a/b":{"method":"tools/call","params":{}}}}"#,
        "elicitation/create, sampling/createMessage or roots/list at /result/inputRequests/a~1b/method",
    ),
    (
        "input, no params",
        result!(InputRequired),
        r#"{"inputRequests":{"k":{"method":"elicitation/create"}}}"#,
        "an object at /result/inputRequests/k/params",
    ),
    ("input, roots need none", result!(InputRequired), r#"{"inputRequests":{"k":{"method":"roots/list"}}}"#, ""),
    ("answers", params!(InputResponses), r#"{"inputResponses":{"k":[]}}"#, "an object at /params/inputResponses/k"),
    ("listen", params!(SubscriptionFilter), r#"{"notifications":{}}"#, ""),
    ("listen, nothing", params!(SubscriptionFilter), "{}", "an object at /params/notifications"),
    (
        "listen, flag",
        params!(SubscriptionFilter),
        r#"{"notifications":{"toolsListChanged":"yes"}}"#,
        "a boolean at /params/notifications/toolsListChanged",
    ),
    (
        "listen, uris",
        params!(SubscriptionFilter),
        r#"{"notifications":{"resourceSubscriptions":["a",null]}}"#,
        "a string at /params/notifications/resourceSubscriptions/1",
    ),
    (
        "listen, another case",
        params!(SubscriptionFilter),
        r#"{"notifications":{"taskIDs":["a"]}}"#,
        "a known name in its own case at /params/notifications/taskIDs",
    ),
    (
        "acknowledged, no id",
        params!(SubscriptionAcknowledged),
        r#"{"notifications":{}}"#,
        "a subscription id at /params/_meta",
    ),
    (
        "closed, no id",
        |result| closed_subscription(result).map(drop),
        r#"{"_meta":{}}"#,
        "a subscription id at /result/_meta",
    ),
    ("cancelled", params!(Cancelled), r#"{"requestId":"a"}"#, ""),
    ("cancelled, nothing", params!(Cancelled), r#"{"reason":"x"}"#, "a string or an integer at /params/requestId"),
    ("cancelled, fraction", params!(Cancelled), r#"{"requestId":1.0}"#, "a string or an integer at /params/requestId"),
    ("progress", params!(Progress), r#"{"progressToken":1,"progress":0.5,"total":1}"#, ""),
    (
        "progress, no number",
        params!(Progress),
        r#"{"progressToken":1,"progress":"half"}"#,
        "a number at /params/progress",
    ),
    (
        "progress, token",
        params!(Progress),
        r#"{"progressToken":{},"progress":1}"#,
        "a string or an integer at /params/progressToken",
    ),
    ("updated", params!(ResourceUpdated), r#"{"uri":[]}"#, "a string at /params/uri"),
    ("log", params!(LogMessage), r#"{"level":"info","data":null}"#, ""),
    ("log, no data", params!(LogMessage), r#"{"level":"info"}"#, "a value at /params/data"),
    ("log, level", params!(LogMessage), r#"{"level":"INFO","data":1}"#, "a log level at /params/level"),
    ("set level", params!(SetLogLevel), r#"{"level":"emergency"}"#, ""),
    ("set level, none", params!(SetLogLevel), "{}", "a log level at /params/level"),
    ("elicited", params!(ElicitationComplete), "{}", "a string at /params/elicitationId"),
    ("task", params!(TaskRequest), r#"{"taskId":"7"}"#, ""),
    ("task, number", params!(TaskRequest), r#"{"taskId":7}"#, "a string at /params/taskId"),
    ("update", params!(TaskUpdate), r#"{"taskId":"7"}"#, "an object at /params/inputResponses"),
    ("task, status", result!(Task), r#"{"taskId":"7","status":"done"}"#, "a task status at /result/status"),
    (
        "task, questions",
        result!(Task),
        r#"{"taskId":"7","status":"input_required","inputRequests":{"k":{}}}"#,
        "a string at /result/inputRequests/k/method",
    ),
    (
        "created",
        |result| Task::from_created(result).map(drop),
        r#"{"task":{"taskId":"7"}}"#,
        "a string at /result/task/status",
    ),
    ("tasks", result!(TaskList), "{}", "an array at /result/tasks"),
];

#[test]
fn shapes_are_checked() {
    for (name, read, value, expected) in CASES {
        let value = json(value);
        match read(value.as_raw()) {
            Ok(()) => assert_eq!("", *expected, "{name}"),
            Err(error) => {
                assert_eq!(error.json_rpc_code(), -32602);
                assert_eq!(error.to_string(), format!("expected {expected}"), "{name}");
            }
        }
    }
}

#[test]
fn params_that_must_be_there() {
    assert_eq!(ToolCall::from_params(None).unwrap_err().to_string(), "expected an object at /params");
    assert_eq!(Task::from_params(None).unwrap_err().to_string(), "expected an object at /params");
    assert!(InputResponses::from_params(None).unwrap().is_none());
    assert!(subscription_id(None).unwrap().is_none());
}

#[test]
fn a_hostile_key_is_shown_short_and_printable() {
    let value = json(&format!(r#"{{"inputRequests":{{"\u001b{}":1}}}}"#, "x".repeat(1000)));
    let error = InputRequired::from_result(value.as_raw()).unwrap_err().to_string();
    assert!(error.contains(r"/inputRequests/\u{1b}xxx") && error.ends_with('…'), "{error}");
    assert!(error.len() < 200, "{error}");
}

#[test]
fn a_bad_tool_spoils_only_itself() {
    let result = json(
        r#"{"tools":[{"name":"a","annotations":{"readOnlyHint":true,"openWorldHint":null}},{"name":2},
            {"name":"c","inputSchema":true},{"name":"d","annotations":{"readonlyhint":true}},{"name":"e"}],"nextCursor":"n"}"#,
    );
    let list = ToolList::from_result(result.as_raw()).unwrap();
    let shown: Vec<String> = list
        .tools
        .iter()
        .map(|tool| match tool {
            Ok(tool) => format!("{} {:?} {:?}", tool.name, tool.annotations.read_only, tool.annotations.open_world),
            Err(error) => error.pointer.clone(),
        })
        .collect();
    let expected = [
        "a Some(true) None",
        "/result/tools/1/name",
        "/result/tools/2/inputSchema",
        "/result/tools/3/annotations/readonlyhint",
        "e None None",
    ];
    assert_eq!(shown, expected);
    assert_eq!(list.next_cursor.as_deref(), Some("n"));
}

#[test]
fn a_bad_resource_prompt_or_task_spoils_only_itself() {
    let resources = json(r#"{"resources":[{"uri":"a","name":"n"},{"name":"n"}]}"#);
    let resources = ResourceList::from_result(resources.as_raw()).unwrap().resources;
    assert_eq!(resources.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    let templates = json(r#"{"resourceTemplates":[{"uriTemplate":1,"name":"n"},{"uriTemplate":"a","name":"n"}]}"#);
    let templates = ResourceTemplateList::from_result(templates.as_raw()).unwrap().templates;
    assert_eq!(templates.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
    let prompts = json(r#"{"prompts":[{"name":"p","arguments":[{"name":"a"}]},{"name":"q","arguments":[{}]}]}"#);
    let prompts = PromptList::from_result(prompts.as_raw()).unwrap().prompts;
    assert_eq!(prompts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    let tasks = json(r#"{"tasks":[{"taskId":"1","status":"working"},{}]}"#);
    let tasks = TaskList::from_result(tasks.as_raw()).unwrap().tasks;
    assert_eq!(tasks.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn values_come_through() {
    let complete = json(r#"{"ref":{"type":"ref/resource","uri":"a:{b}"},"argument":{"name":"b","value":"c"}}"#);
    let complete = CompletionRequest::from_params(Some(complete.as_raw())).unwrap();
    assert_eq!(complete.reference, CompletionReference::Resource { uri: "a:{b}".into() });
    assert_eq!((complete.argument_name.as_ref(), complete.argument_value.as_ref()), ("b", "c"));

    let input =
        json(r#"{"inputRequests":{"k":{"method":"sampling/createMessage","params":{}}},"requestState":"\u0061"}"#);
    let input = InputRequired::from_result(input.as_raw()).unwrap();
    assert_eq!(
        input.requests.iter().map(|request| (request.key.as_ref(), request.method)).collect::<Vec<_>>(),
        [("k", InputMethod::Sampling)]
    );
    assert_eq!(input.request_state.map(|state| state.text()), Some(r#""\u0061""#), "kept as it was written");

    let listen = json(r#"{"notifications":{"promptsListChanged":true,"resourceSubscriptions":["a"],"taskIds":["7"]}}"#);
    let expected = SubscriptionFilter {
        prompts_list_changed: true,
        resource_uris: vec!["a".into()],
        task_ids: vec!["7".into()],
        ..SubscriptionFilter::default()
    };
    assert_eq!(SubscriptionFilter::from_params(Some(listen.as_raw())).unwrap(), expected);

    let types = [
        ("{}", ResultType::Complete),
        (r#"{"resultType":"task"}"#, ResultType::Task),
        (r#"{"resultType":"Complete"}"#, ResultType::Unknown("Complete".into())),
    ];
    for (result, expected) in types {
        assert_eq!(ResultType::from_result(json(result).as_raw()).unwrap(), expected, "{result}");
    }

    let blob = json(r#"{"uri":"a","mimeType":"image/png","blob":"AA=="}"#);
    let blob = ResourceContents::from_raw(blob.as_raw()).unwrap();
    assert!(matches!(blob.body, ResourceBody::Blob(raw) if raw.text() == r#""AA==""#));

    assert!(LogLevel::ALL.is_sorted());
    for status in TaskStatus::ALL {
        assert_eq!(TaskStatus::parse(status.as_str()), Some(status));
    }
}

/// How an example of each definition is read; definitions that are not here are no views.
fn example_reader(definition: &str) -> Option<Read> {
    Some(match definition {
        "CallToolRequest" => |message| with_meta(message, params!(ToolCall)),
        "CallToolRequestParams" => params!(ToolCall),
        "CancelledNotification" => |message| of_params(message, params!(Cancelled)),
        "CancelledNotificationParams" => params!(Cancelled),
        "CompleteRequest" => |message| with_meta(message, params!(CompletionRequest)),
        "CompleteRequestParams" => params!(CompletionRequest),
        "CompleteResult" => result!(CompletionResult),
        "CompleteResultResponse" => |message| of_result(message, result!(CompletionResult)),
        "DiscoverRequest"
        | "ListPromptsRequest"
        | "ListResourceTemplatesRequest"
        | "ListResourcesRequest"
        | "ListToolsRequest" => |message| with_meta(message, |_| Ok(())),
        "DiscoverResult" => result!(DiscoverResult),
        "DiscoverResultResponse" => |message| of_result(message, result!(DiscoverResult)),
        "GetPromptRequest" => |message| with_meta(message, params!(PromptRequest)),
        "GetPromptRequestParams" => params!(PromptRequest),
        "GetPromptResult" => result!(PromptResult),
        "GetPromptResultResponse" => |message| of_result(message, result!(PromptResult)),
        "InputRequiredResult" => |value| {
            assert_eq!(ResultType::from_result(value)?, ResultType::InputRequired);
            InputRequired::from_result(value).map(drop)
        },
        "ListPromptsResult" => read_prompts,
        "ListPromptsResultResponse" => |message| of_result(message, read_prompts),
        "ListResourceTemplatesResult" => read_templates,
        "ListResourceTemplatesResultResponse" => |message| of_result(message, read_templates),
        "ListResourcesResult" => read_resources,
        "ListResourcesResultResponse" => |message| of_result(message, read_resources),
        "ListToolsResult" => read_tools,
        "ListToolsResultResponse" => |message| of_result(message, read_tools),
        "LoggingMessageNotification" => |message| of_params(message, params!(LogMessage)),
        "LoggingMessageNotificationParams" => params!(LogMessage),
        "ProgressNotification" => |message| of_params(message, params!(Progress)),
        "ProgressNotificationParams" => params!(Progress),
        "ReadResourceRequest" => |message| with_meta(message, params!(ResourceRequest)),
        "ReadResourceResult" => result!(ResourceReadResult),
        "ReadResourceResultResponse" => |message| of_result(message, result!(ResourceReadResult)),
        "Resource" | "ResourceLink" => |value| ResourceDefinition::from_raw(value).map(drop),
        "BlobResourceContents" | "TextResourceContents" => |value| ResourceContents::from_raw(value).map(drop),
        "ResourceUpdatedNotification" => |message| of_params(message, params!(ResourceUpdated)),
        "ResourceUpdatedNotificationParams" => params!(ResourceUpdated),
        "SubscriptionsAcknowledgedNotification" => |message| of_params(message, params!(SubscriptionAcknowledged)),
        "SubscriptionsListenRequest" => |message| with_meta(message, params!(SubscriptionFilter)),
        "SubscriptionsListenResult" => |value| closed_subscription(value).map(drop),
        "SubscriptionsListenResultResponse" => {
            |message| of_result(message, |value| closed_subscription(value).map(drop))
        }
        "Tool" => |value| ToolDefinition::from_raw(value).map(drop),
        "UnsupportedProtocolVersionError" => {
            |message| UnsupportedVersion::from_error(message.member("error").unwrap()).map(drop)
        }
        _ => return None,
    })
}

#[test]
fn every_example_of_a_view_is_read() {
    let Some(examples) = examples() else { return };
    let mut seen = BTreeSet::new();
    for folder in entries(&examples) {
        let definition = folder.file_name().unwrap().to_string_lossy().into_owned();
        let Some(read) = example_reader(&definition) else { continue };
        for example in entries(&folder) {
            let value = json(&std::fs::read_to_string(&example).unwrap());
            read(value.as_raw()).unwrap_or_else(|error| panic!("{}: {error}", example.display()));
        }
        seen.insert(definition);
    }
    assert_eq!(seen.len(), 47, "examples of definitions that have a view: {seen:?}");
}

/// Each capability example, put where it belongs.
#[test]
fn every_example_of_capabilities_is_read() {
    let Some(examples) = examples() else { return };
    for example in entries(&examples.join("ServerCapabilities")) {
        let text = std::fs::read_to_string(&example).unwrap();
        let result = json(&format!(r#"{{"supportedVersions":["2026-07-28"],"capabilities":{text}}}"#));
        DiscoverResult::from_result(result.as_raw()).unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    }
    for example in entries(&examples.join("ClientCapabilities")) {
        let text = std::fs::read_to_string(&example).unwrap();
        let params = json(&format!(
            r#"{{"protocolVersion":"2025-11-25","capabilities":{text},"clientInfo":{{"name":"c","version":"1"}}}}"#
        ));
        InitializeRequest::from_params(Some(params.as_raw()))
            .unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    }
    for (folder, member) in [("InputRequests", "inputRequests"), ("InputResponses", "inputResponses")] {
        for example in entries(&examples.join(folder)) {
            let value = json(&format!(r#"{{"{member}":{}}}"#, std::fs::read_to_string(&example).unwrap()));
            let count = match member {
                "inputRequests" => InputRequired::from_result(value.as_raw()).unwrap().requests.len(),
                _ => InputResponses::from_params(Some(value.as_raw())).unwrap().unwrap().responses.len(),
            };
            assert_eq!(count, 2, "{}", example.display());
        }
    }
}

fn of_params(message: Raw<'_>, read: Read) -> Result<(), ViewError> {
    read(message.member("params").unwrap())
}

fn with_meta(message: Raw<'_>, read: Read) -> Result<(), ViewError> {
    RequestMeta::from_params(message.member("params"))?;
    of_params(message, read)
}

fn of_result(message: Raw<'_>, read: Read) -> Result<(), ViewError> {
    read(message.member("result").unwrap())
}

fn read_tools(result: Raw<'_>) -> Result<(), ViewError> {
    ToolList::from_result(result)?.tools.into_iter().try_for_each(|tool| tool.map(drop))
}

fn read_prompts(result: Raw<'_>) -> Result<(), ViewError> {
    PromptList::from_result(result)?.prompts.into_iter().try_for_each(|prompt| prompt.map(drop))
}

fn read_resources(result: Raw<'_>) -> Result<(), ViewError> {
    ResourceList::from_result(result)?.resources.into_iter().try_for_each(|resource| resource.map(drop))
}

fn read_templates(result: Raw<'_>) -> Result<(), ViewError> {
    ResourceTemplateList::from_result(result)?.templates.into_iter().try_for_each(|template| template.map(drop))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The published examples, which are kept beside the repository and not in it.
fn examples() -> Option<PathBuf> {
    let shared = std::env::var_os("DOORWARD_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let examples = shared.join("protocol/schemas/examples-2026-07-28/examples");
    if examples.is_dir() {
        return Some(examples);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "examples: ../shared is missing");
    println!("skipped: examples need ../shared");
    None
}
