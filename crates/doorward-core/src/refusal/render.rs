//! How a refusal looks on the wire.
//!
//! A refused `tools/call` is a result with `isError: true`: of the forms tried on real agents it is the one that reached
//! the model cleanly and kept the session whole. Everything else is a JSON-RPC error.

use std::fmt::Write as _;

use bytes::Bytes;
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::revision::Era;

use super::{Code, Refusal};

/// The `_meta` (and error `data`) key under which programs find the refusal's parts.
pub const DENIAL_META_KEY: &str = "dev.doorward/denial";

/// The form a refusal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A tool result with `isError: true`, in the form of that era.
    ToolResult(Era),
    /// A JSON-RPC error.
    Error,
}

impl Shape {
    /// The form for a refused request of `method`. Codes for which the specification demands a protocol error keep it.
    #[must_use]
    pub fn of(method: &str, code: Code, era: Era) -> Self {
        // A lack of scopes is for the client, which can get them; the model cannot (RFC 6750 §3.1).
        let specified = code.entry().json_rpc < 0 || code == Code::InsufficientScope;
        if method == "tools/call" && !specified { Self::ToolResult(era) } else { Self::Error }
    }
}

impl Refusal {
    /// The message to send for a request with `id`; without an id, an error that has none (its id could not be read).
    ///
    /// `data` is a JSON object's inner text (`"supported":[…]`) that the specification wants in the error's data.
    #[must_use]
    pub fn render(&self, id: Option<&Id>, shape: Shape, data: Option<&str>) -> Bytes {
        match (shape, id) {
            (Shape::ToolResult(era), Some(id)) => compose::result(id, &self.tool_result(era)),
            (Shape::ToolResult(_) | Shape::Error, id) => {
                let denial = format!("{}:{}", compose::quote(DENIAL_META_KEY), self.denial());
                let data = data.map_or_else(|| format!("{{{denial}}}"), |data| format!("{{{data},{denial}}}"));
                compose::error(id, self.code.entry().json_rpc, &self.sentence(), Some(&data))
            }
        }
    }

    /// The text for a person or a model: what, why, what instead, and where to look it up.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = format!("Refused by Doorward ({}): {} {}", self.code, self.explanation(), self.remedy());
        if let Some(reference) = self.reference {
            // Writing to a string cannot fail.
            let _ = write!(text, " Reference: {reference}.");
        }
        text
    }

    fn tool_result(&self, era: Era) -> String {
        // What waits for approval is to be repeated as it is.
        // Who repeats these has a person asked, or finds that one was.
        let may_be_repeated = matches!(self.code, Code::ApprovalNeeded | Code::NotEndorsed | Code::FlowRefused);
        let advice = if may_be_repeated { "" } else { " Do not repeat this call unchanged." };
        let text = format!("{}{advice}", self.sentence());
        let result_type = match era {
            Era::Modern => "\"resultType\":\"complete\",",
            Era::Legacy => "",
        };
        format!(
            "{{{result_type}\"content\":[{{\"type\":\"text\",\"text\":{}}}],\"isError\":true,\"_meta\":{{{}:{}}}}}",
            compose::quote(&text),
            compose::quote(DENIAL_META_KEY),
            self.denial()
        )
    }

    /// `code`, `reason`, `rule`, `reference` and `remedy` as a JSON object; `rule` and `reference` are null when there is
    /// none. `retryAfterSeconds` is there when waiting helps and it is known how long, `approvals` when people can approve
    /// it.
    fn denial(&self) -> String {
        let optional = |text: Option<String>| text.map_or_else(|| "null".to_owned(), |text| compose::quote(&text));
        let retry = self.retry_after.map(|seconds| format!(",\"retryAfterSeconds\":{seconds}"));
        let quoted = |ids: &Vec<String>| ids.iter().map(|id| compose::quote(id)).collect::<Vec<_>>().join(",");
        let approvals = self.approvals.as_deref().map(|ids| format!(",\"approvals\":[{}]", quoted(ids)));
        format!(
            "{{\"code\":\"{}\",\"reason\":{},\"rule\":{},\"reference\":{},\"remedy\":{}{}{}}}",
            self.code,
            compose::quote(&self.explanation()),
            optional(self.rule().map(ToString::to_string)),
            optional(self.reference.map(|reference| reference.to_string())),
            compose::quote(self.remedy()),
            retry.unwrap_or_default(),
            approvals.unwrap_or_default(),
        )
    }
}
