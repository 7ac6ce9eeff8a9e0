//! What each scenario wants of a client.

use std::{borrow::Cow, env, error::Error};

use rmcp::{
    ClientLifecycleMode, ClientServiceExt as _, RoleClient,
    model::{CallToolRequestParams, JsonObject, ProtocolVersion},
    service::RunningService,
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use super::{answers::Willing, http::Plain};
use crate::fixture::Era;

type Connected = RunningService<RoleClient, Willing>;

/// A call that the suite asks for, with its arguments.
type Wanted = (Cow<'static, str>, Option<JsonObject>);

/// Plays `scenario` of the suite against the server at `url`.
///
/// `context` is what the suite tells its client: the calls to make, where it wants special ones. `era` is the client's, if
/// it is not to be that of the scenario.
///
/// # Errors
///
/// Fails when the server cannot be opened, or refuses what the scenario needs.
pub async fn play(scenario: &str, context: &Value, url: &str, era: Option<Era>) -> Result<(), Box<dyn Error>> {
    let client = connect(scenario, url, era).await?;
    let played = act(scenario, context, &client).await;
    client.cancel().await?;
    played
}

async fn connect(scenario: &str, url: &str, era: Option<Era>) -> Result<Connected, Box<dyn Error>> {
    let transport =
        StreamableHttpClientTransport::with_client(Plain::new(), StreamableHttpClientTransportConfig::with_uri(url));
    let lifecycle = match (era, scenario) {
        (Some(Era::Legacy), _) => ClientLifecycleMode::Initialize,
        (Some(Era::Modern), _) => modern(),
        // The server of this one wants to be opened, whatever the revision.
        (Some(Era::Both) | None, "json-schema-ref-no-deref") => ClientLifecycleMode::Initialize,
        (Some(Era::Both) | None, _) => of_revision(env::var("MCP_CONFORMANCE_PROTOCOL_VERSION").ok().as_deref()),
    };
    Ok(Willing.serve_with_lifecycle(transport, lifecycle).await?)
}

fn of_revision(revision: Option<&str>) -> ClientLifecycleMode {
    if revision == Some(ProtocolVersion::V_2026_07_28.as_str()) { modern() } else { ClientLifecycleMode::Initialize }
}

fn modern() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
}

async fn act(scenario: &str, context: &Value, client: &Connected) -> Result<(), Box<dyn Error>> {
    match scenario {
        "initialize" | "json-schema-ref-no-deref" => {
            client.list_tools(None).await?;
            Ok(())
        }
        "http-standard-headers" => {
            call(client, every_tool(client).await?).await?;
            read_and_prompt(client).await
        }
        _ => match wanted(context) {
            calls if calls.is_empty() => call(client, every_tool(client).await?).await,
            calls => {
                client.list_tools(None).await?;
                call(client, calls).await
            }
        },
    }
}

fn wanted(context: &Value) -> Vec<Wanted> {
    let calls = context.get("toolCalls").or_else(|| context.get("tool_calls"));
    let calls = calls.and_then(Value::as_array).into_iter().flatten();
    let read = calls.filter_map(|call| {
        let name = call.get("name")?.as_str()?.to_owned();
        Some((Cow::Owned(name), call.get("arguments").and_then(Value::as_object).cloned()))
    });
    read.collect()
}

/// Every tool on the list, with a value for each argument that is required.
async fn every_tool(client: &Connected) -> Result<Vec<Wanted>, Box<dyn Error>> {
    let tools = client.list_tools(None).await?.tools;
    Ok(tools.into_iter().map(|tool| (tool.name.clone(), arguments(&tool.input_schema))).collect())
}

async fn call(client: &Connected, calls: Vec<Wanted>) -> Result<(), Box<dyn Error>> {
    for (name, arguments) in calls {
        let mut call = CallToolRequestParams::new(name);
        call.arguments = arguments;
        client.call_tool(call).await?;
    }
    Ok(())
}

/// Whatever else the server offers, once each. A server that offers none of it refuses, and that is no failure.
async fn read_and_prompt(client: &Connected) -> Result<(), Box<dyn Error>> {
    use rmcp::model::{GetPromptRequestParams, ReadResourceRequestParams};
    if let Ok(listed) = client.list_resources(None).await {
        for resource in listed.resources {
            client.read_resource(ReadResourceRequestParams::new(resource.uri.clone())).await?;
        }
    }
    if let Ok(listed) = client.list_prompts(None).await {
        for prompt in listed.prompts {
            client.get_prompt(GetPromptRequestParams::new(prompt.name)).await?;
        }
    }
    Ok(())
}

fn arguments(schema: &JsonObject) -> Option<JsonObject> {
    let properties = schema.get("properties").and_then(Value::as_object)?;
    let required = schema.get("required").and_then(Value::as_array)?;
    let mut arguments = JsonObject::new();
    for (name, property) in properties.iter().filter(|(name, _)| required.iter().any(|wanted| wanted == *name)) {
        arguments.insert(name.clone(), value_of(property));
    }
    (!arguments.is_empty()).then_some(arguments)
}

/// A value of the kind that `property` describes.
pub(super) fn value_of(property: &Value) -> Value {
    match property.get("type").and_then(Value::as_str) {
        Some("number") => json!(1.5),
        Some("integer") => json!(1),
        Some("boolean") => json!(true),
        Some("string") => property.pointer("/enum/0").cloned().unwrap_or_else(|| json!("test")),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_required_arguments_are_given() {
        let schema = json!({
            "properties": { "a": { "type": "integer" }, "b": { "type": "string" }, "c": { "type": "string" } },
            "required": ["a", "c"],
        });
        let given = arguments(schema.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(given), json!({ "a": 1, "c": "test" }));
    }

    #[test]
    fn the_calls_the_suite_wants_are_read() {
        let context = json!({ "toolCalls": [{ "name": "a", "arguments": { "x": null } }, { "name": "b" }] });
        let calls = wanted(&context);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].1.clone().map(Value::Object), Some(json!({ "x": null })));
        assert!(wanted(&Value::Null).is_empty());
    }
}
