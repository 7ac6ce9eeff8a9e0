//! Every name that goes to OTLP. Those of others are from the conventions for MCP and GenAI
//! (<https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md>, status Development) and
//! the general ones (<https://opentelemetry.io/docs/specs/semconv/>); those with `doorward.` in front are ours.

/// What is being said.
pub(super) const METHOD: &str = "mcp.method.name";
/// The revision of the protocol.
pub(super) const PROTOCOL_VERSION: &str = "mcp.protocol.version";
/// The resource that is read or subscribed to.
pub(super) const RESOURCE_URI: &str = "mcp.resource.uri";
/// The tool that is called.
pub(super) const TOOL: &str = "gen_ai.tool.name";
/// The prompt that is asked for.
pub(super) const PROMPT: &str = "gen_ai.prompt.name";
/// `execute_tool` for calls of tools.
pub(super) const OPERATION: &str = "gen_ai.operation.name";
pub(super) const EXECUTE_TOOL: &str = "execute_tool";
/// What kind of failure.
pub(super) const ERROR_TYPE: &str = "error.type";
/// A result that says of itself that it is an error.
pub(super) const TOOL_ERROR: &str = "tool_error";
/// An error of which nothing more is known.
pub(super) const OTHER_ERROR: &str = "_OTHER";
/// The code of a JSON-RPC error.
pub(super) const STATUS_CODE: &str = "rpc.response.status_code";
/// `tcp` or `pipe`.
pub(super) const TRANSPORT: &str = "network.transport";
pub(super) const USER: &str = "user.id";
pub(super) const SERVICE_NAME: &str = "service.name";
pub(super) const SERVICE_VERSION: &str = "service.version";
/// How long an exchange took, in seconds.
pub(super) const DURATION: &str = "mcp.server.operation.duration";
/// The bounds of its buckets that the conventions advise.
pub(super) const DURATION_BOUNDS: [f64; 14] =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// The name of the event that a log record tells of.
pub(super) const EVENT: &str = "doorward.record";
pub(super) const ID: &str = "doorward.record.id";
pub(super) const SEQ: &str = "doorward.record.seq";
pub(super) const PHASE: &str = "doorward.phase";
pub(super) const DISPOSITION: &str = "doorward.disposition";
pub(super) const SERVER: &str = "doorward.server";
pub(super) const DIRECTION: &str = "doorward.direction";
pub(super) const PROOF: &str = "doorward.proof";
pub(super) const TENANT: &str = "doorward.tenant";
pub(super) const AGENT: &str = "doorward.agent";
pub(super) const CLIENT: &str = "doorward.client";
pub(super) const CODE: &str = "doorward.code";
pub(super) const RULES: &str = "doorward.rules";
pub(super) const REASONS: &str = "doorward.reasons";
pub(super) const FINDINGS: &str = "doorward.findings";
pub(super) const CONTEXT: &str = "doorward.flow.context";
pub(super) const ARGUMENTS: &str = "doorward.arguments.digest";
pub(super) const REQUEST_SIZE: &str = "doorward.request.size";
pub(super) const ANSWER_SIZE: &str = "doorward.answer.size";
pub(super) const UPSTREAM: &str = "doorward.upstream.duration_us";
