//! Revision 2025-03-26, as data: Streamable HTTP with sessions, and the only one with batches.
//!
//! Checked against the published schema by the tests; it must hold nothing but the table.

use super::{Batches, Era, HttpDuties, HttpTransport, MethodSpec, Table};

pub(super) static TABLE: Table = Table {
    name: "2025-03-26",
    era: Era::Legacy,
    batches: Batches::Accept,
    http: HttpDuties {
        transport: HttpTransport::StreamableWithSession,
        every_request: &["Accept"],
        once_open: &["Mcp-Session-Id"],
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
    MethodSpec::server_request("ping", &[]),
    MethodSpec::server_request("sampling/createMessage", &["content", "model", "role"]),
    MethodSpec::server_request("roots/list", &["roots"]),
    MethodSpec::client_notification("notifications/initialized"),
    MethodSpec::client_notification("notifications/cancelled"),
    MethodSpec::client_notification("notifications/progress"),
    MethodSpec::client_notification("notifications/roots/list_changed"),
    MethodSpec::server_notification("notifications/cancelled"),
    MethodSpec::server_notification("notifications/progress"),
    MethodSpec::server_notification("notifications/message"),
    MethodSpec::server_notification("notifications/tools/list_changed"),
    MethodSpec::server_notification("notifications/resources/list_changed"),
    MethodSpec::server_notification("notifications/resources/updated"),
    MethodSpec::server_notification("notifications/prompts/list_changed"),
];
