//! The gateway's own messages to a child.
//!
//! Responsible for composing them from constants and numbers. It must never take a client's bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Declared};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::revision::{Era, Revision};

use crate::upstream::Housekeeping;

/// Numbers the gateway's own requests; the connection gives each another id on its way out.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The request for a task.
pub(super) fn request(task: &Housekeeping) -> Result<Request, Refusal> {
    let (method, params) = match task {
        Housekeeping::Initialize => ("initialize", initialize_params(&Declared::everything())),
        Housekeeping::Converse { declared } => ("initialize", initialize_params(declared)),
        Housekeeping::Ping => ("ping", "{}".to_owned()),
        Housekeeping::Discover => ("server/discover", format!("{{{}}}", modern_meta())),
        Housekeeping::ListTools { cursor, era } => ("tools/list", list_params(cursor.as_deref(), *era)),
    };
    let id = Id::from(format!("doorward-{}", NEXT.fetch_add(1, Ordering::Relaxed)).as_str());
    match Message::parse(compose::request(&id, method, Some(&params)), &Limits::default()) {
        Ok(Message::Request(request)) => Ok(request),
        // Only a cursor longer than a whole message can do this.
        Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => {
            Err(Refusal::new(Code::BadAnswer).with_detail("Its cursor cannot be sent back."))
        }
    }
}

/// `notifications/initialized`.
pub(super) fn initialized() -> Bytes {
    compose::notification("notifications/initialized", None)
}

/// The same as a message.
pub(super) fn initialized_notification() -> Option<Notification> {
    match Message::parse(initialized(), &Limits::default()) {
        Ok(Message::Notification(notification)) => Some(notification),
        Ok(Message::Request(_) | Message::Response(_)) | Err(_) => None,
    }
}

fn initialize_params(declared: &Declared) -> String {
    bridge::initialize_params(declared, Revision::LATEST_LEGACY, &client_info())
}

fn list_params(cursor: Option<&str>, era: Era) -> String {
    let cursor = cursor.map(|cursor| format!(r#""cursor":{}"#, compose::quote(cursor)));
    let meta = match era {
        Era::Modern => Some(modern_meta()),
        Era::Legacy => None,
    };
    let members: Vec<String> = [cursor, meta].into_iter().flatten().collect();
    format!("{{{}}}", members.join(","))
}

fn modern_meta() -> String {
    let prefix = "io.modelcontextprotocol/";
    let version = Revision::LATEST.as_str();
    format!(
        r#""_meta":{{"{prefix}protocolVersion":"{version}","{prefix}clientCapabilities":{{}},"{prefix}clientInfo":{}}}"#,
        client_info()
    )
}

fn client_info() -> String {
    format!(r#"{{"name":"doorward","version":"{}"}}"#, env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use doorward_mcp::views::initialize::InitializeRequest;
    use doorward_mcp::views::meta::RequestMeta;

    use super::*;

    #[test]
    fn every_task_is_a_sound_request_of_its_era() {
        let initialize = request(&Housekeeping::Initialize).unwrap();
        assert_eq!(InitializeRequest::from_params(initialize.params()).unwrap().protocol_version, "2025-11-25");
        // A server that shows a tool only to a client which can be asked must show it to us.
        assert!(initialize.params().unwrap().path(&["capabilities", "elicitation"]).is_some());
        let discover = request(&Housekeeping::Discover).unwrap();
        assert_eq!(RequestMeta::from_params(discover.params()).unwrap().protocol_version, "2026-07-28");
        let cursor = Some("a\"b".to_owned());
        for (era, meta) in [(Era::Legacy, false), (Era::Modern, true)] {
            let list = request(&Housekeeping::ListTools { cursor: cursor.clone(), era }).unwrap();
            assert_eq!(list.meta().is_some(), meta);
            assert_eq!(list.param("cursor").unwrap().as_str().unwrap(), "a\"b");
        }
        assert!(initialized_notification().is_some());
        assert!(Message::parse(crate::upstream::cancelled(7), &Limits::default()).is_ok());
    }
}
