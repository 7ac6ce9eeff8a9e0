//! One configured server: how to reach it and what it offers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::ids::ServerId;
use doorward_core::principal::Principal;
use doorward_core::refusal::Refusal;
use doorward_mcp::revision::Era;
use tokio::sync::Semaphore;

use crate::definitions::Definitions;
use crate::limits::READY_LINKS_MAX;
use crate::upstream::Link;
use crate::upstream::http::{Endpoint, EraCache, EraVerdict, HttpClient, HttpLink, SchemaSource, probe};
use crate::upstream::stdio::{ChildSpec, Pool, Share};

/// How a server is reached.
#[derive(Debug, Clone)]
pub enum Way {
    /// A child process.
    Child(Arc<ChildSpec>),
    /// An HTTP endpoint.
    Http(Arc<Endpoint>),
}

/// What all servers share to reach the outside.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Child processes.
    pub pool: Arc<Pool>,
    /// HTTP connections.
    pub client: HttpClient,
    /// Whether each client conversation has its own child (`run`) or children are shared by principal (`serve`).
    pub share: Share,
}

/// One upstream, known by its configured id.
#[derive(Debug)]
pub struct Server {
    id: ServerId,
    way: Way,
    outside: Outside,
    definitions: Arc<Definitions>,
    eras: EraCache,
    ready: Mutex<BTreeMap<Principal, Arc<Link>>>,
    listing: Semaphore,
}

impl Server {
    /// A server nobody has spoken to yet.
    #[must_use]
    pub fn new(id: ServerId, way: Way, outside: Outside) -> Self {
        let definitions = Arc::new(Definitions::new(id.clone()));
        Self {
            id,
            way,
            outside,
            definitions,
            eras: EraCache::new(),
            ready: Mutex::new(BTreeMap::new()),
            listing: Semaphore::new(1),
        }
    }

    /// Its configured id.
    #[must_use]
    pub const fn id(&self) -> &ServerId {
        &self.id
    }

    /// What it offers, as far as seen.
    #[must_use]
    pub const fn definitions(&self) -> &Arc<Definitions> {
        &self.definitions
    }

    /// Whose turn it is to list the server's tools for the gateway.
    #[must_use]
    pub const fn listing_turn(&self) -> &Semaphore {
        &self.listing
    }

    /// A new way to it for one legacy conversation.
    #[must_use]
    pub fn conversation(&self, principal: &Principal) -> Link {
        match &self.way {
            Way::Child(spec) => {
                Link::Stdio(self.outside.pool.link(spec.clone(), principal, Era::Legacy, self.outside.share))
            }
            Way::Http(endpoint) => Link::Http(HttpLink::legacy(self.outside.client.clone(), endpoint.clone())),
        }
    }

    /// The way to it for stateless requests of one principal; made once and kept.
    #[must_use]
    pub fn stateless(&self, principal: &Principal) -> Arc<Link> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = ready.get(principal) {
            return link.clone();
        }
        if ready.len() >= READY_LINKS_MAX {
            ready.clear();
        }
        let link = Arc::new(match &self.way {
            Way::Child(spec) => {
                Link::Stdio(self.outside.pool.link(spec.clone(), principal, Era::Modern, self.outside.share))
            }
            Way::Http(endpoint) => {
                Link::Http(HttpLink::modern(self.outside.client.clone(), endpoint.clone(), self.schema_source()))
            }
        });
        ready.insert(principal.clone(), link.clone());
        link
    }

    /// Whether the server speaks the stateless era; asked once and remembered.
    ///
    /// # Errors
    /// A refusal when it cannot be reached.
    pub async fn speaks_modern(&self, principal: &Principal) -> Result<Speaks, Refusal> {
        let verdict = match (&self.way, self.eras.verdict()) {
            (_, Some(verdict)) => verdict,
            (Way::Http(endpoint), None) => {
                let verdict = probe(&self.outside.client, endpoint).await;
                self.eras.remember(&verdict);
                verdict
            }
            (Way::Child(_), None) => {
                let link = self.stateless(principal);
                let verdict = crate::upstream::discover(&link).await;
                self.eras.remember(&verdict);
                verdict
            }
        };
        match verdict {
            EraVerdict::Modern { .. } => Ok(Speaks::Modern),
            EraVerdict::LegacyOnly => Ok(Speaks::LegacyOnly),
            EraVerdict::Unknown(refusal) => Err(refusal),
        }
    }

    /// Forgets what is known of the server's era, after it could not be reached.
    pub fn doubt_era(&self) {
        self.eras.forget();
    }

    fn schema_source(&self) -> SchemaSource {
        let definitions = self.definitions.clone();
        Arc::new(move |tool: &str| definitions.input_schema(tool))
    }
}

/// Which eras a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// The stateless era, and perhaps the older one.
    Modern,
    /// The handshake era alone.
    LegacyOnly,
}
