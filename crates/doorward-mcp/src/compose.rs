//! Messages of our own, as bytes.
//!
//! Responsible for the envelope; params, results and data come as JSON text that the caller vouches for. It must
//! never write `id: null`: an error to an unreadable request has no id member.

use bytes::Bytes;

use crate::id::Id;

pub use crate::escape::quote;

/// An error response. Without an id the member is left out.
#[must_use]
pub fn error(id: Option<&Id>, code: i64, message: &str, data: Option<&str>) -> Bytes {
    let id = id.map(|id| format!(r#","id":{}"#, id.to_json())).unwrap_or_default();
    let data = data.map(|data| format!(r#","data":{data}"#)).unwrap_or_default();
    let message = quote(message);
    format!(r#"{{"jsonrpc":"2.0"{id},"error":{{"code":{code},"message":{message}{data}}}}}"#).into()
}

/// A response with a result.
#[must_use]
pub fn result(id: &Id, result: &str) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.to_json()).into()
}

/// A request.
#[must_use]
pub fn request(id: &Id, method: &str, params: Option<&str>) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","id":{},"method":{}{}}}"#, id.to_json(), quote(method), params_member(params)).into()
}

/// A notification.
#[must_use]
pub fn notification(method: &str, params: Option<&str>) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","method":{}{}}}"#, quote(method), params_member(params)).into()
}

fn params_member(params: Option<&str>) -> String {
    params.map(|params| format!(r#","params":{params}"#)).unwrap_or_default()
}
