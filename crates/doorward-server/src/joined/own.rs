//! What a joint endpoint answers itself, because it concerns no single server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::Apps;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::compose::{self, quote};
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::{Segments, Splice};
use doorward_mcp::views::discover::DiscoverResult;
use doorward_mcp::views::initialize::InitializeRequest;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ongoing::JointOngoing;
use super::shelf::Declared;
use super::{Joined, Joint, lock};
use crate::caller::Caller;
use crate::limits::{DECLARED_FRESH, LEVEL_WAIT};
use crate::talk::{Final, supported_versions};

/// What a client said in its handshake, and since.
#[derive(Debug, Clone)]
pub(super) struct Hello {
    /// The revision agreed on.
    pub(super) agreed: Revision,
    /// Whether the client declared MCP Apps.
    pub(super) apps: Apps,
    /// Its `initialize`, as the servers get it.
    pub(super) request: Request,
    /// Its last `logging/setLevel`, for servers that are opened later.
    pub(super) level: Arc<Mutex<Option<Request>>>,
}

impl Hello {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let params = InitializeRequest::from_params(request.params())
            .map_err(|error| Refusal::new(Code::BadParams).with_detail(format!("{error}.")))?;
        let asked = Revision::parse(&params.protocol_version).filter(|revision| revision.era() == Era::Legacy);
        let agreed = asked.unwrap_or(Revision::LATEST_LEGACY);
        let apps = Apps::of(Some(params.capabilities.raw));
        let mut splice = Splice::new(request.bytes());
        let version = request.param("protocolVersion").map(|version| version.range()).unwrap_or_default();
        let edited = splice
            .replace(request.raw_id().range(), Id::from("doorward-initialize").to_json())
            .and_then(|splice| splice.replace(version, quote(agreed.as_str())));
        let request = match edited.is_ok().then(|| read(splice.finish().into_bytes())).flatten() {
            Some(Message::Request(request)) => request,
            Some(Message::Notification(_) | Message::Response(_)) | None => {
                return Err(Refusal::new(Code::BadParams));
            }
        };
        Ok(Self { agreed, apps, request, level: Arc::default() })
    }

    /// The end of the handshake.
    pub(super) fn initialized(&self) -> Option<Notification> {
        match read(compose::notification("notifications/initialized", None)) {
            Some(Message::Notification(notification)) => Some(notification),
            Some(Message::Request(_) | Message::Response(_)) | None => None,
        }
    }
}

impl Joined {
    /// Answers what concerns no single server.
    pub(super) async fn own(
        self: &Arc<Self>,
        caller: Caller,
        joint: &Arc<Joint>,
        request: Request,
        revision: Revision,
    ) -> JointOngoing {
        let id = request.id().clone();
        match (request.method(), self.era) {
            ("initialize", Era::Legacy) => self.initialize(&caller, joint, &request, revision).await,
            ("ping", Era::Legacy) => answered(&id, "{}"),
            ("server/discover", Era::Modern) => {
                let joint = joint.clone();
                JointOngoing::working(self, id, |joined, producing| async move {
                    let result = joined.discovered(&caller, &joint, &request).await;
                    producing.answer(Segments::from(compose::result(request.id(), &result))).await;
                })
            }
            ("logging/setLevel", Era::Legacy) => JointOngoing::working(self, id, |joined, producing| async move {
                joined.set_level(&caller, &request).await;
                producing.answer(Segments::from(compose::result(request.id(), "{}"))).await;
            }),
            ("subscriptions/listen", Era::Modern) => match joint.plan.listen_parts(&request) {
                Ok(parts) => {
                    let joint = joint.clone();
                    JointOngoing::working(self, id, |joined, producing| async move {
                        joined.hear_out(caller, (joint, request), parts, producing).await;
                    })
                }
                Err(refusal) => self.refuse(&caller, &request, revision, refusal).await,
            },
            _ => self.refuse(&caller, &request, revision, Refusal::new(Code::UnknownMethod)).await,
        }
    }

    async fn initialize(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Arc<Joint>,
        request: &Request,
        revision: Revision,
    ) -> JointOngoing {
        let hello = match Hello::read(request) {
            Ok(hello) => hello,
            Err(refusal) => return self.refuse(caller, request, revision, refusal).await,
        };
        // A second `initialize` changes nothing; what was agreed on is said again.
        let agreed = self.hello.get_or_init(|| hello).agreed;
        self.open_seats(caller, joint);
        let known = joint.servers.keys().map(|id| (id, self.declared(caller, id)));
        let known: BTreeMap<&ServerId, _> = known.collect();
        let capabilities: Vec<(ServerId, RawJson)> = known
            .iter()
            .filter_map(|(id, declared)| match declared {
                Some(declared) => Some(((*id).clone(), declared.capabilities.clone())),
                // It may turn out to have all of it, and there is no second handshake.
                None => Some(((*id).clone(), RawJson::parse(ANYTHING, &Limits::default()).ok()?)),
            })
            .collect();
        let instructions = instructions(joint, known.into_iter().filter_map(|(id, declared)| Some((id, declared?))));
        let result = format!(
            r#"{{"protocolVersion":{},"capabilities":{},"serverInfo":{}{instructions}}}"#,
            quote(agreed.as_str()),
            joint.plan.capabilities(&capabilities),
            itself(),
        );
        answered(request.id(), &result)
    }

    async fn discovered(self: &Arc<Self>, caller: &Caller, joint: &Arc<Joint>, request: &Request) -> String {
        let mut asked = JoinSet::new();
        for id in joint.servers.keys() {
            let (joined, caller) = (self.clone(), caller.clone());
            let (joint, id, request) = (joint.clone(), id.clone(), request.clone());
            asked.spawn(async move { (id.clone(), joined.declaration(&caller, &joint, &id, &request).await) });
        }
        let mut known = BTreeMap::new();
        // What is not known in time is not waited for.
        let _ = timeout(joint.patience.wait, async {
            while let Some(answered) = asked.join_next().await {
                if let Ok((id, Some(declared))) = answered {
                    known.insert(id, declared);
                }
            }
        })
        .await;
        for id in joint.servers.keys() {
            if let Some(declared) = self.declared(caller, id) {
                known.entry(id.clone()).or_insert(declared);
            }
        }
        let capabilities: Vec<(ServerId, RawJson)> =
            known.iter().map(|(id, declared)| (id.clone(), declared.capabilities.clone())).collect();
        let supported = supported_versions(Era::Modern).replace("\"supported\"", "\"supportedVersions\"");
        format!(
            r#"{{"resultType":"complete","ttlMs":0,"cacheScope":"private",{supported},"capabilities":{}{},"_meta":{{"io.modelcontextprotocol/serverInfo":{}}}}}"#,
            joint.plan.capabilities(&capabilities),
            instructions(joint, known.iter().map(|(id, declared)| (id, declared.clone()))),
            itself(),
        )
    }

    /// What a server says of itself: as remembered, or asked now.
    async fn declaration(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Joint,
        id: &ServerId,
        request: &Request,
    ) -> Option<Arc<Declared>> {
        let remembered = self.declared(caller, id);
        if remembered.as_ref().is_some_and(|declared| declared.at.elapsed() < DECLARED_FRESH)
            || self.gateway.stops().between(caller.principal.id(), id).is_some()
            || !joint.servers.get(id)?.health().take_retry(Instant::now())
        {
            return remembered;
        }
        let seat = self.seat(caller, joint, id).await.ok()?;
        let Some(Message::Request(own)) = read(request.with_id(&self.next_id()).into_bytes()) else { return None };
        let at = Instant::now();
        let last = seat.talk().request(caller, own, Revision::LATEST).await.finish(drop).await?;
        let Some(Message::Response(response)) = read(last.message.into_bytes()) else { return None };
        let result = DiscoverResult::from_result(response.result()?).ok()?;
        let capabilities = response.keep(result.capabilities.raw).detached();
        let instructions = result.instructions.map(|instructions| instructions.into_owned());
        let declared = Arc::new(Declared { capabilities, instructions, at });
        self.gateway.shelves().declare(id, &caller.principal, self.era, declared);
        self.declared(caller, id)
    }

    /// Tells every server that logs how much the client wants to hear.
    async fn set_level(self: &Arc<Self>, caller: &Caller, request: &Request) {
        let Some(hello) = self.hello.get() else { return };
        let own = || match read(request.with_id(&self.next_id()).into_bytes()) {
            Some(Message::Request(request)) => Some(request),
            Some(Message::Notification(_) | Message::Response(_)) | None => None,
        };
        *lock(&hello.level) = own();
        let mut told = JoinSet::new();
        for seat in self.seated().into_iter().filter(|seat| seat.is_open()) {
            let declared = self.declared(caller, seat.talk().server().id());
            let logs = declared.is_none_or(|declared| declared.capabilities.as_raw().member("logging").is_some());
            if let Some(request) = own().filter(|_| logs) {
                let revision = seat.revision(hello.agreed);
                let caller = caller.clone();
                told.spawn(async move { seat.talk().request(&caller, request, revision).await.finish(drop).await });
            }
        }
        // A server that does not take the level logs as it likes.
        let _ = timeout(LEVEL_WAIT, async { while told.join_next().await.is_some() {} }).await;
    }
}

/// The capabilities of a server that has said nothing yet.
const ANYTHING: &str = r#"{"completions":{},"logging":{},"prompts":{},"resources":{"subscribe":true},"tools":{}}"#;

/// The member `instructions`, after a comma; nothing when no server gave any.
fn instructions<'s>(joint: &Joint, known: impl Iterator<Item = (&'s ServerId, Arc<Declared>)>) -> String {
    let given: Vec<(ServerId, String)> =
        known.filter_map(|(id, declared)| Some((id.clone(), declared.instructions.clone()?))).collect();
    let joined = joint.plan.instructions(&given);
    joined.map(|joined| format!(r#","instructions":{}"#, quote(&joined))).unwrap_or_default()
}

const fn itself() -> &'static str {
    concat!(r#"{"name":"doorward","title":"Doorward","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#)
}

fn answered(id: &Id, result: &str) -> JointOngoing {
    let message = Segments::from(compose::result(id, result));
    JointOngoing::over(Final { message, refusal: None, scopes: None, error: None, status: None })
}

fn read(bytes: Bytes) -> Option<Message> {
    Message::parse(bytes, &Limits::for_results()).ok()
}
