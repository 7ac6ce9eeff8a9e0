//! Revision 2026-07-28, as data: stateless, no server requests, standard headers, tasks as an extension.
//!
//! Checked against the published schema by the tests; it must hold nothing but the table.

use super::{Batches, Era, HttpDuties, HttpTransport, MethodSpec, NameSource, TASKS_EXTENSION, Table};

pub(super) static TABLE: Table = Table {
    name: "2026-07-28",
    era: Era::Modern,
    batches: Batches::Refuse,
    http: HttpDuties {
        transport: HttpTransport::StreamableStateless,
        every_request: &["Accept", "MCP-Protocol-Version", "Mcp-Method"],
        once_open: &[],
        name_sources: &[
            NameSource { method: "tools/call", param: "name" },
            NameSource { method: "prompts/get", param: "name" },
            NameSource { method: "resources/read", param: "uri" },
            NameSource { method: "tasks/get", param: "taskId" },
            NameSource { method: "tasks/update", param: "taskId" },
            NameSource { method: "tasks/cancel", param: "taskId" },
        ],
    },
    methods: METHODS,
};

static METHODS: &[MethodSpec] = &[
    MethodSpec::client_request(
        "server/discover",
        &["cacheScope", "capabilities", "resultType", "supportedVersions", "ttlMs"],
    ),
    MethodSpec::client_request("tools/list", &["cacheScope", "resultType", "tools", "ttlMs"]),
    MethodSpec::client_request("tools/call", &["content", "resultType"]),
    MethodSpec::client_request("resources/list", &["cacheScope", "resources", "resultType", "ttlMs"]),
    MethodSpec::client_request("resources/templates/list", &["cacheScope", "resourceTemplates", "resultType", "ttlMs"]),
    MethodSpec::client_request("resources/read", &["cacheScope", "contents", "resultType", "ttlMs"]),
    MethodSpec::client_request("prompts/list", &["cacheScope", "prompts", "resultType", "ttlMs"]),
    MethodSpec::client_request("prompts/get", &["messages", "resultType"]),
    MethodSpec::client_request("completion/complete", &["completion", "resultType"]),
    MethodSpec::client_request("subscriptions/listen", &["_meta", "resultType"]),
    MethodSpec::client_request("tasks/get", &["createdAt", "lastUpdatedAt", "resultType", "status", "taskId", "ttlMs"])
        .of_extension(TASKS_EXTENSION),
    MethodSpec::client_request("tasks/update", &["resultType"]).of_extension(TASKS_EXTENSION),
    MethodSpec::client_request("tasks/cancel", &["resultType"]).of_extension(TASKS_EXTENSION),
    MethodSpec::client_notification("notifications/cancelled"),
    MethodSpec::server_notification("notifications/cancelled"),
    MethodSpec::server_notification("notifications/progress"),
    MethodSpec::server_notification("notifications/message"),
    MethodSpec::server_notification("notifications/subscriptions/acknowledged"),
    MethodSpec::server_notification("notifications/tools/list_changed"),
    MethodSpec::server_notification("notifications/resources/list_changed"),
    MethodSpec::server_notification("notifications/resources/updated"),
    MethodSpec::server_notification("notifications/prompts/list_changed"),
    MethodSpec::server_notification("notifications/tasks").of_extension(TASKS_EXTENSION),
];
