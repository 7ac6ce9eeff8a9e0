//! The member names that decisions read, and how a name in a message relates to them.
//!
//! Responsible for the tables. A name that a case-ignoring parser would take for one of them must never pass as
//! merely unknown: somebody downstream of the decision would read it.

use crate::escape;

/// Names known at one level of a message. The first `RECORDED` of them keep their spans.
pub(crate) struct Known {
    names: &'static [&'static str],
    /// Reserved prefixes: whatever begins with one in another case is miscased too.
    prefixes: &'static [&'static str],
}

/// How a name relates to the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The known name at this index, as written.
    Exact(usize),
    /// A known name, to a parser that ignores case.
    Miscased,
    /// Some other name.
    Unknown,
}

/// Members of the message itself.
pub(crate) mod envelope {
    use super::Known;

    pub(crate) const JSONRPC: usize = 0;
    pub(crate) const METHOD: usize = 2;
    pub(crate) const PARAMS: usize = 3;
    pub(crate) const RESULT: usize = 4;
    pub(crate) const ERROR: usize = 5;
    pub(crate) const RECORDED: usize = 6;
    pub(crate) const KNOWN: Known =
        Known { names: &["jsonrpc", "id", "method", "params", "result", "error"], prefixes: &[] };
}

/// Members of `params`, over all methods and revisions.
pub(crate) mod params {
    use super::Known;

    pub(crate) const META: usize = 0;
    pub(crate) const RECORDED: usize = 10;
    pub(crate) const KNOWN: Known = Known {
        names: &[
            // Recorded, in this order.
            "_meta",
            "name",
            "arguments",
            "uri",
            "requestId",
            "cursor",
            "ref",
            "inputResponses",
            "requestState",
            "progressToken",
            // Checked for case only.
            "protocolVersion",
            "capabilities",
            "clientInfo",
            "argument",
            "context",
            "level",
            "notifications",
            "task",
            "taskId",
            "progress",
            "total",
            "message",
            "reason",
            "logger",
            "data",
            "messages",
            "systemPrompt",
            "includeContext",
            "modelPreferences",
            "maxTokens",
            "tools",
            "toolChoice",
            "requestedSchema",
            "mode",
            "url",
            "elicitationId",
        ],
        prefixes: &[],
    };
}

/// Members of `result`, over all methods and revisions.
pub(crate) mod result {
    use super::Known;

    pub(crate) const META: usize = 0;
    pub(crate) const RECORDED: usize = 14;
    pub(crate) const KNOWN: Known = Known {
        names: &[
            // Recorded, in this order.
            "_meta",
            "content",
            "structuredContent",
            "isError",
            "tools",
            "resources",
            "resourceTemplates",
            "prompts",
            "contents",
            "messages",
            "nextCursor",
            "resultType",
            "inputRequests",
            "requestState",
            // Checked for case only.
            "completion",
            "protocolVersion",
            "supportedVersions",
            "capabilities",
            "serverInfo",
            "instructions",
            "ttlMs",
            "cacheScope",
            "task",
            "tasks",
            "taskId",
            "status",
            "action",
            "role",
            "model",
            "stopReason",
            "roots",
            "description",
        ],
        prefixes: &[],
    };
}

/// Members of `error`.
pub(crate) mod error {
    use super::Known;

    pub(crate) const RECORDED: usize = 2;
    pub(crate) const KNOWN: Known = Known { names: &["code", "message", "data"], prefixes: &[] };
}

/// Members of `_meta` in params and results.
pub(crate) mod meta {
    use super::Known;

    pub(crate) const RECORDED: usize = 1;
    pub(crate) const KNOWN: Known = Known {
        names: &[
            "progressToken",
            "io.modelcontextprotocol/protocolVersion",
            "io.modelcontextprotocol/clientCapabilities",
            "io.modelcontextprotocol/clientInfo",
            "io.modelcontextprotocol/serverInfo",
            "io.modelcontextprotocol/logLevel",
            "io.modelcontextprotocol/subscriptionId",
            "io.modelcontextprotocol/related-task",
        ],
        prefixes: &["io.modelcontextprotocol/"],
    };
}

impl Known {
    pub(crate) fn relation(&self, name: &str) -> Relation {
        if let Some(index) = self.names.iter().position(|known| *known == name) {
            return Relation::Exact(index);
        }
        let miscased = self.names.iter().any(|known| escape::same_when_folded(known, name))
            || self.prefixes.iter().any(|prefix| !name.starts_with(prefix) && starts_with_when_folded(name, prefix));
        if miscased { Relation::Miscased } else { Relation::Unknown }
    }

    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }
}

fn starts_with_when_folded(name: &str, prefix: &str) -> bool {
    let mut folded = name.chars().map(escape::fold);
    prefix.chars().all(|expected| folded.next() == Some(escape::fold(expected)))
}
