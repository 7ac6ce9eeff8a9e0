//! Who says a message, and how it came.
//!
//! Responsible for keeping the credentials of one request apart from those of another: a conversation belongs to a
//! [`PrincipalId`], but a token may be renewed in the middle of it with other groups or scopes. Every message is decided
//! and recorded with the caller of that very message. It must never lend one request the standing of another.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use doorward_core::access::{Approach, ClientName, Face};
use doorward_core::principal::{Principal, PrincipalId};
use doorward_mcp::message::{Notification, Request};
use doorward_mcp::raw::Raw;
use doorward_mcp::revision::{Era, Revision};

use crate::hints;

/// Names the client in the `_meta` of the stateless era.
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// Who says one message, and how it came. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// Who acts.
    pub principal: Principal,
    /// How the message came.
    pub approach: Approach,
}

impl Caller {
    /// Somebody of whose client and origin nothing is known.
    #[must_use]
    pub const fn new(principal: Principal, face: Face) -> Self {
        Self { principal, approach: Approach::new(face) }
    }
}

/// The client's end of a conversation: whose it is, and on whose authority it is told what belongs to no request.
///
/// What a server says outside any call goes out on a stream that some request opened (GET of a session; the handshake
/// where there was none yet), so it is decided with the caller of that request. A later request on the same session lends
/// it nothing, however much more it may do.
#[derive(Debug)]
pub struct Listener {
    owner: PrincipalId,
    caller: ArcSwap<Caller>,
    /// What the client called itself in its handshake.
    client: OnceLock<Arc<ClientName>>,
}

impl Listener {
    /// The end of a conversation that `caller` begins.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        let owner = caller.principal.id().clone();
        Self { owner, client: OnceLock::new(), caller: ArcSwap::from_pointee(caller) }
    }

    /// Whose conversation it is.
    #[must_use]
    pub const fn owner(&self) -> &PrincipalId {
        &self.owner
    }

    /// With whose standing the client is told what belongs to no request.
    #[must_use]
    pub fn caller(&self) -> Arc<Caller> {
        self.caller.load_full()
    }

    /// From now on `caller` listens. Somebody else than the owner never does.
    pub fn listens(&self, caller: Caller) {
        if *caller.principal.id() == self.owner {
            self.caller.store(Arc::new(self.known(caller)));
        }
    }

    /// The caller of a request, with what the client calls itself (in this very request, or in its handshake) and what
    /// the request says of its unit of work.
    #[must_use]
    pub fn of_request(&self, caller: &Caller, request: &Request, revision: Revision) -> Caller {
        if caller.approach.client.is_some() {
            return caller.clone();
        }
        let caller = hinted(caller, request.meta(), request.param("arguments"));
        match (revision.era(), request.method()) {
            (Era::Modern, _) => with_client(caller, request.meta().and_then(|meta| meta.member(META_CLIENT))),
            (Era::Legacy, "initialize") => self.introduced(caller, request.param("clientInfo")),
            (Era::Legacy, _) => self.known(caller),
        }
    }

    /// The caller of a notification, likewise.
    #[must_use]
    pub fn of_notification(&self, caller: &Caller, notification: &Notification, revision: Revision) -> Caller {
        if caller.approach.client.is_some() {
            return caller.clone();
        }
        let caller = hinted(caller, notification.meta(), None);
        match revision.era() {
            Era::Modern => with_client(caller, notification.meta().and_then(|meta| meta.member(META_CLIENT))),
            Era::Legacy => self.known(caller),
        }
    }

    /// The handshake names the client for everything that follows; a second one changes nothing.
    fn introduced(&self, caller: Caller, named: Option<Raw<'_>>) -> Caller {
        if let Some(client) = named.and_then(client_name) {
            let client = self.client.get_or_init(|| Arc::new(client)).clone();
            let listening = self.caller();
            if listening.approach.client.is_none() {
                self.listens(listening.as_ref().clone());
            }
            return Caller { approach: Approach { client: Some(client), ..caller.approach }, ..caller };
        }
        caller
    }

    fn known(&self, caller: Caller) -> Caller {
        match self.client.get() {
            Some(client) if caller.approach.client.is_none() => {
                Caller { approach: Approach { client: Some(client.clone()), ..caller.approach }, ..caller }
            }
            Some(_) | None => caller,
        }
    }
}

fn hinted(caller: &Caller, meta: Option<Raw<'_>>, arguments: Option<Raw<'_>>) -> Caller {
    let Caller { principal, approach } = caller.clone();
    Caller { principal, approach: hints::read(approach, meta, arguments) }
}

fn with_client(caller: Caller, named: Option<Raw<'_>>) -> Caller {
    let client = named.and_then(client_name).map(Arc::new);
    Caller { approach: Approach { client, ..caller.approach }, ..caller }
}

/// `clientInfo`; `None` when it names nobody.
fn client_name(info: Raw<'_>) -> Option<ClientName> {
    let text = |name: &str| info.member(name).and_then(|text| text.as_str());
    let name = text("name").filter(|name| !name.is_empty())?;
    Some(ClientName::new(&name, text("version").as_deref().unwrap_or_default()))
}
