//! What a joint endpoint answers itself, because it concerns no single server.

use std::sync::Arc;

use doorward_core::joint::Apps;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::compose::{self, quote};
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::{Segments, Splice};
use doorward_mcp::views::initialize::InitializeRequest;

use super::ongoing::JointOngoing;
use super::{Joined, Joint};
use crate::talk::{Final, supported_versions};

/// What a client said in its handshake.
#[derive(Debug, Clone)]
pub(super) struct Hello {
    /// The revision agreed on.
    pub(super) agreed: Revision,
    /// Whether the client declared MCP Apps.
    pub(super) apps: Apps,
    /// Its `initialize`, as the servers get it.
    pub(super) request: Request,
}

impl Hello {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let params = InitializeRequest::from_params(request.params())
            .map_err(|error| Refusal::new(Code::BadParams).with_detail(format!("{error}.")))?;
        let asked = Revision::parse(&params.protocol_version).filter(|revision| revision.era() == Era::Legacy);
        let agreed = asked.unwrap_or(Revision::LATEST_LEGACY);
        let apps = Apps::of(Some(params.capabilities.raw));
        let own = || -> Option<Request> {
            let mut splice = Splice::new(request.bytes());
            splice.replace(request.raw_id().range(), Id::from("doorward-initialize").to_json()).ok()?;
            splice.replace(request.param("protocolVersion")?.range(), quote(agreed.as_str())).ok()?;
            match Message::parse(splice.finish().into_bytes(), &Limits::for_results()).ok()? {
                Message::Request(request) => Some(request),
                Message::Notification(_) | Message::Response(_) => None,
            }
        };
        let request = own().ok_or_else(|| Refusal::new(Code::BadParams))?;
        Ok(Self { agreed, apps, request })
    }

    /// The end of the handshake.
    pub(super) fn initialized(&self) -> Option<Notification> {
        let bytes = compose::notification("notifications/initialized", None);
        match Message::parse(bytes, &Limits::default()) {
            Ok(Message::Notification(notification)) => Some(notification),
            Ok(Message::Request(_) | Message::Response(_)) | Err(_) => None,
        }
    }
}

impl Joined {
    /// Answers what concerns no single server.
    pub(super) async fn own(
        self: &Arc<Self>,
        joint: &Arc<Joint>,
        request: Request,
        revision: Revision,
    ) -> JointOngoing {
        match (request.method(), self.era) {
            ("initialize", Era::Legacy) => self.initialize(joint, &request, revision).await,
            ("ping", Era::Legacy) => answered(&request, "{}"),
            ("server/discover", Era::Modern) => answered(&request, &self.discovered(joint)),
            ("logging/setLevel", Era::Legacy) => answered(&request, "{}"),
            _ => self.refuse(&request, revision, Refusal::new(Code::UnknownMethod)).await,
        }
    }

    async fn initialize(self: &Arc<Self>, joint: &Arc<Joint>, request: &Request, revision: Revision) -> JointOngoing {
        let hello = match Hello::read(request) {
            Ok(hello) => hello,
            Err(refusal) => return self.refuse(request, revision, refusal).await,
        };
        // A second `initialize` changes nothing; what was agreed on is said again.
        let agreed = self.hello.get_or_init(|| hello).agreed;
        self.open_seats(joint);
        let capabilities = joint.plan.capabilities(&[]);
        let version = quote(agreed.as_str());
        let result =
            format!(r#"{{"protocolVersion":{version},"capabilities":{capabilities},"serverInfo":{}}}"#, itself());
        answered(request, &result)
    }

    fn discovered(&self, joint: &Joint) -> String {
        let capabilities = joint.plan.capabilities(&[]);
        let supported = supported_versions(Era::Modern).replace("\"supported\"", "\"supportedVersions\"");
        format!(
            r#"{{"resultType":"complete","ttlMs":0,"cacheScope":"private",{supported},"capabilities":{capabilities},"_meta":{{"io.modelcontextprotocol/serverInfo":{}}}}}"#,
            itself()
        )
    }
}

fn itself() -> &'static str {
    concat!(r#"{"name":"doorward","title":"Doorward","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#)
}

fn answered(request: &Request, result: &str) -> JointOngoing {
    let message = Segments::from(compose::result(request.id(), result));
    JointOngoing::over(Final { message, refusal: None, error: None, status: None })
}
