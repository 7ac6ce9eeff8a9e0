//! What each protocol revision has: its methods, its results' required members, its duties over HTTP.
//!
//! Every revision is one file of data; this file asks the questions. It must never decide what to do about an answer:
//! a method that is not in a table is unknown, and the caller refuses it by its own rules.

mod v2024_11_05;
mod v2025_03_26;
mod v2025_06_18;
mod v2025_11_25;
mod v2026_07_28;

/// The extension under which tasks live since 2026-07-28.
pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A published revision of the protocol, oldest first in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// 2024-11-05: HTTP+SSE.
    V2024_11_05,
    /// 2025-03-26: Streamable HTTP, batches.
    V2025_03_26,
    /// 2025-06-18: structured output, elicitation.
    V2025_06_18,
    /// 2025-11-25: the last with sessions; experimental tasks.
    V2025_11_25,
    /// 2026-07-28: stateless.
    V2026_07_28,
}

/// How a revision opens a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// With `initialize`, then a session.
    Legacy,
    /// Not at all: every request carries its own `_meta`.
    Modern,
}

/// Which side sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The client sends it.
    ClientToServer,
    /// The server sends it.
    ServerToClient,
}

/// Whether a message is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MethodKind {
    /// It has an id and is answered.
    Request,
    /// It is not answered.
    Notification,
}

/// One method of one revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodSpec {
    /// The value of `method`, case-sensitive.
    pub name: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// Whether it is answered.
    pub kind: MethodKind,
    /// The members that a complete result must have, sorted. Empty for a notification.
    pub required_result: &'static [&'static str],
    /// The extension that must be negotiated before it may be used.
    pub extension: Option<&'static str>,
}

/// How messages travel over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpTransport {
    /// One long event stream down, POSTs up.
    HttpWithSse,
    /// One endpoint for POST, GET and DELETE, with an optional session.
    StreamableWithSession,
    /// One endpoint, POST only, no session.
    StreamableStateless,
}

/// What an HTTP client must send beside the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpDuties {
    /// How messages travel.
    pub transport: HttpTransport,
    /// Headers on every POST of a request, in the specification's spelling.
    pub every_request: &'static [&'static str],
    /// Headers on every request once a conversation is open, in the specification's spelling.
    pub once_open: &'static [&'static str],
    /// For which methods `Mcp-Name` is required, and the member of `params` it repeats.
    pub name_sources: &'static [NameSource],
}

/// Where the value of `Mcp-Name` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameSource {
    /// The method that requires the header.
    pub method: &'static str,
    /// The string member of `params` that the header repeats.
    pub param: &'static str,
}

/// Everything one revision's file says.
#[derive(Debug)]
struct Table {
    name: &'static str,
    era: Era,
    batches: Batches,
    http: HttpDuties,
    methods: &'static [MethodSpec],
}

#[derive(Debug, PartialEq, Eq)]
enum Batches {
    Accept,
    Refuse,
}

impl Revision {
    /// Every revision, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];
    /// The newest revision that opens with `initialize`.
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;
    /// The newest revision.
    pub const LATEST: Self = Self::V2026_07_28;

    /// The revision of exactly this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == name)
    }

    /// The name on the wire, such as `2025-11-25`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.table().name
    }

    /// Whether it opens with `initialize` or stands alone.
    #[must_use]
    pub fn era(self) -> Era {
        self.table().era
    }

    /// Whether a JSON-RPC batch is a valid message.
    #[must_use]
    pub fn accepts_batches(self) -> bool {
        self.table().batches == Batches::Accept
    }

    /// What an HTTP client must send.
    #[must_use]
    pub fn http(self) -> &'static HttpDuties {
        &self.table().http
    }

    /// Every method, those of extensions included.
    #[must_use]
    pub fn methods(self) -> &'static [MethodSpec] {
        self.table().methods
    }

    /// The method of this name, if this side may send it as this kind of message.
    #[must_use]
    pub fn method(self, direction: Direction, kind: MethodKind, name: &str) -> Option<&'static MethodSpec> {
        self.methods().iter().find(|method| method.name == name && method.direction == direction && method.kind == kind)
    }

    fn table(self) -> &'static Table {
        match self {
            Self::V2024_11_05 => &v2024_11_05::TABLE,
            Self::V2025_03_26 => &v2025_03_26::TABLE,
            Self::V2025_06_18 => &v2025_06_18::TABLE,
            Self::V2025_11_25 => &v2025_11_25::TABLE,
            Self::V2026_07_28 => &v2026_07_28::TABLE,
        }
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl MethodSpec {
    const fn client_request(name: &'static str, required_result: &'static [&'static str]) -> Self {
        Self { name, direction: Direction::ClientToServer, kind: MethodKind::Request, required_result, extension: None }
    }

    const fn server_request(name: &'static str, required_result: &'static [&'static str]) -> Self {
        Self { name, direction: Direction::ServerToClient, kind: MethodKind::Request, required_result, extension: None }
    }

    const fn client_notification(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::ClientToServer,
            kind: MethodKind::Notification,
            required_result: &[],
            extension: None,
        }
    }

    const fn server_notification(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::ServerToClient,
            kind: MethodKind::Notification,
            required_result: &[],
            extension: None,
        }
    }

    const fn of_extension(self, extension: &'static str) -> Self {
        Self { extension: Some(extension), ..self }
    }
}

#[cfg(test)]
mod tests;
