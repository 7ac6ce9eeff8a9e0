//! The rmcp 3.9 client. It takes a plan as its only argument and prints one line of JSON for each way it tried, as the
//! scripts beside it do. Its modes are auto, legacy and modern.

#![expect(deprecated, reason = "older servers still ask clients for a model")]

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, ClientConfig, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
    ElicitResult, GetPromptRequestParams, ProtocolVersion, ReadResourceRequestParams,
};
use rmcp::service::{RequestContext, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, ErrorData, RoleClient};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Failed = Box<dyn Error + Send + Sync>;

/// Which method answers each step of a plan.
const STEPS: [(&str, &str); 5] =
    [("call", "call"), ("ask", "call"), ("sample", "call"), ("read", "read"), ("prompt", "prompt")];

const STEP_LIMIT: Duration = Duration::from_secs(30);

/// A client that answers what it is asked.
struct Obliging;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    let plan: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("a plan is needed")?)?;
    for way in plan["ways"].as_array().into_iter().flatten() {
        let mut report = json!({ "way": way["name"] });
        match limited(connect(way, plan["mode"].as_str())).await {
            Ok(client) => visit(client, way, &mut report).await,
            Err(error) => report["error"] = json!(error.to_string()),
        }
        println!("{report}");
    }
    Ok(())
}

async fn connect(way: &Value, mode: Option<&str>) -> Result<RunningService<RoleClient, Obliging>, Failed> {
    let mode = lifecycle(mode);
    if let Some(url) = way["url"].as_str() {
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.to_owned());
        if let Some(token) = way["headers"]["Authorization"].as_str().and_then(|shown| shown.strip_prefix("Bearer ")) {
            config = config.auth_header(token);
        }
        let transport = StreamableHttpClientTransport::from_config(config);
        return Ok(Obliging.serve_with_lifecycle(transport, mode).await?);
    }
    let words: Vec<&str> = way["command"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let (program, arguments) = words.split_first().ok_or("this client knows neither HTTP+SSE nor an empty command")?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments);
    Ok(Obliging.serve_with_lifecycle(TokioChildProcess::new(command)?, mode).await?)
}

async fn visit(client: RunningService<RoleClient, Obliging>, way: &Value, report: &mut Value) {
    let hello = serde_json::to_value(client.peer_info()).unwrap_or_default();
    report["protocol"] = hello["protocolVersion"].clone();
    report["steps"] = json!({ "list": ended(limited(names(&client)).await) });
    for (step, method) in STEPS {
        let wanted = &way[step];
        if wanted.is_null() {
            continue;
        }
        report["steps"][step] = ended(match method {
            "read" => limited(read(&client, &wanted[0])).await,
            "prompt" => limited(prompt(&client, &wanted[0], &wanted[1])).await,
            _ => limited(call(&client, &wanted[0], &wanted[1])).await,
        });
    }
    if let Err(error) = client.cancel().await {
        report["error"] = json!(error.to_string());
    }
}

async fn names(client: &RunningService<RoleClient, Obliging>) -> Result<Value, Failed> {
    Ok(client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect())
}

async fn call(client: &RunningService<RoleClient, Obliging>, name: &Value, arguments: &Value) -> Result<Value, Failed> {
    let params = CallToolRequestParams::new(text(name)).with_arguments(typed(arguments.clone())?);
    let result = serde_json::to_value(client.call_tool(params).await?)?;
    let said = texts(&result["content"], "");
    if result["isError"] == true { Err(format!("the tool failed: {said}").into()) } else { Ok(json!(said)) }
}

async fn read(client: &RunningService<RoleClient, Obliging>, uri: &Value) -> Result<Value, Failed> {
    let result = client.read_resource(ReadResourceRequestParams::new(text(uri))).await?;
    Ok(json!(texts(&serde_json::to_value(result)?["contents"], "")))
}

async fn prompt(
    client: &RunningService<RoleClient, Obliging>,
    name: &Value,
    arguments: &Value,
) -> Result<Value, Failed> {
    let mut params = GetPromptRequestParams::new(text(name));
    params.arguments = typed(arguments.clone())?;
    let result = client.get_prompt(params).await?;
    Ok(json!(texts(&serde_json::to_value(result)?["messages"], "/content")))
}

async fn limited<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::time::timeout(STEP_LIMIT, work).await.unwrap_or_else(|_| Err(format!("no end after {STEP_LIMIT:?}").into()))
}

fn ended(result: Result<Value, Failed>) -> Value {
    match result {
        Ok(value) => json!({ "ok": value }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn lifecycle(mode: Option<&str>) -> ClientLifecycleMode {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    match mode {
        Some("legacy") => ClientLifecycleMode::Initialize,
        Some("modern") => ClientLifecycleMode::Discover { preferred_versions },
        _ => ClientLifecycleMode::Auto { preferred_versions, legacy_version: Some(ProtocolVersion::V_2025_11_25) },
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(items: &Value, inside: &str) -> String {
    let shown = |item: &Value| {
        let item = item.pointer(inside).unwrap_or(item);
        ["text", "blob", "type"].iter().find_map(|key| item[key].as_str()).unwrap_or_default().to_owned()
    };
    items.as_array().into_iter().flatten().map(shown).collect::<Vec<String>>().join("\n")
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Failed> {
    Ok(serde_json::from_value(value)?)
}

fn answered<T: DeserializeOwned>(value: Value) -> Result<T, ErrorData> {
    serde_json::from_value(value).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

impl ClientHandler for Obliging {
    fn get_info(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.capabilities = typed(json!({ "elicitation": {}, "sampling": {} })).unwrap_or_default();
        config
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        answered(json!({ "action": "accept", "content": { "name": "Ada Doorward" } }))
    }

    async fn create_message(
        &self,
        _params: CreateMessageRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let content = json!({ "type": "text", "text": "a sampled answer" });
        answered(json!({ "role": "assistant", "model": "a-model", "content": content }))
    }
}
