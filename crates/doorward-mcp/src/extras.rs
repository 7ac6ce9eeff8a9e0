//! What stands in a message beside the members that JSON-RPC knows.
//!
//! Responsible for finding it: it travels with the message, so whoever inspects messages must see it. It must never judge
//! it.

use bytes::Bytes;

use crate::message::{Message, Outcome, Response};
use crate::raw::Raw;

/// The members that JSON-RPC knows.
const KNOWN: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

impl Message {
    /// The names and values of members of the message itself that JSON-RPC does not know, in their order.
    #[must_use]
    pub fn extras(&self) -> Vec<Raw<'_>> {
        match self {
            Self::Request(request) => {
                let params = request.params().map_or(0, |params| r#","params":"#.len() + params.bytes().len());
                let id = r#","id":"#.len() + request.raw_id().bytes().len();
                extras(request.bytes(), id + method(request.method()) + params)
            }
            Self::Notification(notification) => {
                let params = notification.params().map_or(0, |params| r#","params":"#.len() + params.bytes().len());
                extras(notification.bytes(), method(notification.method()) + params)
            }
            Self::Response(response) => response.extras(),
        }
    }
}

impl Response {
    /// As [`Message::extras`].
    #[must_use]
    pub fn extras(&self) -> Vec<Raw<'_>> {
        let id = self.raw_id().map_or(0, |id| r#","id":"#.len() + id.bytes().len());
        let outcome = match self.outcome() {
            Outcome::Result(raw) => r#","result":"#.len() + raw.bytes().len(),
            Outcome::Error { raw, .. } => r#","error":"#.len() + raw.bytes().len(),
        };
        extras(self.bytes(), id + outcome)
    }
}

fn method(name: &str) -> usize {
    r#","method":"""#.len() + name.len()
}

/// `known` is how long the known members are when they are written without a space.
fn extras(bytes: &Bytes, known: usize) -> Vec<Raw<'_>> {
    // Most messages are written so that there is room for nothing else.
    if bytes.len() == r#"{"jsonrpc":"2.0"}"#.len() + known {
        return Vec::new();
    }
    let whole = Raw::new(bytes, 0..bytes.len()).trimmed();
    let unknown = whole.named_values().filter(|(name, _)| name.as_str().is_none_or(|name| !KNOWN.contains(&&*name)));
    unknown.flat_map(|(name, value)| [name, value]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn whatever_travels_with_a_message_is_found() {
        for (text, found) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, ""),
            (r#"{"jsonrpc":"2.0","method":"a","params":{"x":1}}"#, ""),
            (" { \"jsonrpc\" : \"2.0\" , \"id\" : 1 , \"result\" : { } } ", ""),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","x":{"y":"z"}}"#, r#""x" {"y":"z"}"#),
            (r#" {"a":1,"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""},"b":"c"}"#, r#""a" 1 "b" "c""#),
            (r#"{"jsonrpc":"2.0","method":"\u0061","x":1}"#, r#""x" 1"#),
        ] {
            let message = Message::parse(text.to_owned(), &Limits::default()).unwrap();
            let extras: Vec<&str> = message.extras().iter().map(Raw::text).collect();
            assert_eq!(extras.join(" "), found, "{text}");
        }
    }
}
