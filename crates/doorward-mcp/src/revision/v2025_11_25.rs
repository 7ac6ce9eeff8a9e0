//! Revision 2025-11-25, as data: the last legacy one, with experimental tasks in both directions.
//!
//! Checked against the published schema by the tests; it must hold nothing but the table.

use super::{Batches, Era, HttpDuties, HttpTransport, MethodSpec, Table};

pub(super) static TABLE: Table = Table {
    name: "2025-11-25",
    era: Era::Legacy,
    batches: Batches::Refuse,
    http: HttpDuties {
        transport: HttpTransport::StreamableWithSession,
        every_request: &["Accept"],
        once_open: &["MCP-Protocol-Version", "Mcp-Session-Id"],
        name_sources: &[],
    },
    methods: METHODS,
};

static METHODS: &[MethodSpec] = &[
    MethodSpec::client_request("initialize", &["capabilities", "protocolVersion", "serverInfo"]),
    MethodSpec::client_request("ping", &[]),
    MethodSpec::client_request("tools/list", &["tools"]),
    MethodSpec::client_request("tools/call", &["content"]),
    MethodSpec::client_request("resources/list", &["resources"]),
    MethodSpec::client_request("resources/templates/list", &["resourceTemplates"]),
    MethodSpec::client_request("resources/read", &["contents"]),
    MethodSpec::client_request("resources/subscribe", &[]),
    MethodSpec::client_request("resources/unsubscribe", &[]),
    MethodSpec::client_request("prompts/list", &["prompts"]),
    MethodSpec::client_request("prompts/get", &["messages"]),
    MethodSpec::client_request("completion/complete", &["completion"]),
    MethodSpec::client_request("logging/setLevel", &[]),
    MethodSpec::client_request("tasks/get", &["createdAt", "lastUpdatedAt", "status", "taskId", "ttl"]),
    MethodSpec::client_request("tasks/result", &[]),
    MethodSpec::client_request("tasks/list", &["tasks"]),
    MethodSpec::client_request("tasks/cancel", &["createdAt", "lastUpdatedAt", "status", "taskId", "ttl"]),
    MethodSpec::server_request("ping", &[]),
    MethodSpec::server_request("sampling/createMessage", &["content", "model", "role"]),
    MethodSpec::server_request("roots/list", &["roots"]),
    MethodSpec::server_request("elicitation/create", &["action"]),
    MethodSpec::server_request("tasks/get", &["createdAt", "lastUpdatedAt", "status", "taskId", "ttl"]),
    MethodSpec::server_request("tasks/result", &[]),
    MethodSpec::server_request("tasks/list", &["tasks"]),
    MethodSpec::server_request("tasks/cancel", &["createdAt", "lastUpdatedAt", "status", "taskId", "ttl"]),
    MethodSpec::client_notification("notifications/initialized"),
    MethodSpec::client_notification("notifications/cancelled"),
    MethodSpec::client_notification("notifications/progress"),
    MethodSpec::client_notification("notifications/roots/list_changed"),
    MethodSpec::client_notification("notifications/tasks/status"),
    MethodSpec::server_notification("notifications/cancelled"),
    MethodSpec::server_notification("notifications/progress"),
    MethodSpec::server_notification("notifications/message"),
    MethodSpec::server_notification("notifications/tools/list_changed"),
    MethodSpec::server_notification("notifications/resources/list_changed"),
    MethodSpec::server_notification("notifications/resources/updated"),
    MethodSpec::server_notification("notifications/prompts/list_changed"),
    MethodSpec::server_notification("notifications/elicitation/complete"),
    MethodSpec::server_notification("notifications/tasks/status"),
];
