//! What every connection shares: the servers, the policy, the store.
//!
//! Configuration and policy are swapped whole; whoever holds an older view finishes with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use doorward_core::ids::ServerId;
use doorward_policy::{Catalogue, Engine, LoadErrors, Source};
use doorward_store::Store;

use crate::metrics::Metrics;
use crate::server::Server;

/// The shared state of a running gateway.
#[derive(Debug)]
pub struct Gateway {
    view: ArcSwap<View>,
    /// Held while a view is made from the one before it, so that no change is lost between two.
    changing: Mutex<()>,
    store: Store,
    metrics: Metrics,
}

/// One consistent view of servers and policy.
#[derive(Debug, Clone)]
pub struct View {
    /// The servers by id.
    pub servers: BTreeMap<ServerId, Arc<Server>>,
    /// The policy's texts.
    pub sources: Arc<[Source]>,
    /// The policy, loaded for what the servers are known to offer.
    pub engine: Arc<Engine>,
    /// Grows with every change, for `/metrics`.
    pub generation: u64,
}

impl Gateway {
    /// A gateway with these servers and policies.
    ///
    /// # Errors
    /// The policy does not load.
    pub fn new(
        servers: BTreeMap<ServerId, Arc<Server>>,
        sources: Arc<[Source]>,
        store: Store,
    ) -> Result<Self, LoadErrors> {
        let view = View::load(servers, sources, 1)?;
        Ok(Self { view: ArcSwap::from_pointee(view), changing: Mutex::new(()), store, metrics: Metrics::new() })
    }

    /// The server of that id.
    #[must_use]
    pub fn server(&self, id: &str) -> Option<Arc<Server>> {
        let id = ServerId::parse(id).ok()?;
        self.view.load().servers.get(&id).cloned()
    }

    /// The view in force.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// The policy in force.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.view.load().engine.clone()
    }

    /// The record store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The counters.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Puts other servers and policies in force, or nothing at all.
    ///
    /// # Errors
    /// The policy does not load; the view in force stays.
    pub fn replace(&self, servers: BTreeMap<ServerId, Arc<Server>>, sources: Arc<[Source]>) -> Result<u64, LoadErrors> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.view.load().generation.saturating_add(1);
        self.view.store(Arc::new(View::load(servers, sources, generation)?));
        Ok(generation)
    }

    /// Loads the policy anew because a server was seen to offer something new. A policy that does not fit what it offers
    /// leaves the one in force, which does not know the new tools and so refuses them.
    pub fn relearn(&self, server: &ServerId) {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.view.load_full();
        if current.servers.get(server).is_some_and(|server| server.definitions().is_settled()) {
            // Somebody else did it while we waited.
            return;
        }
        // Versions first: what is learned after this stays unsettled.
        let versions: Vec<_> =
            current.servers.values().map(|server| (server, server.definitions().version())).collect();
        let (catalogues, unknown) = offered(&current.servers);
        match current.engine.refit(&catalogues, &unknown) {
            Ok(engine) => {
                for warning in engine.warnings() {
                    tracing::warn!(server = %server, file = warning.file(), "{warning}");
                }
                self.view.store(Arc::new(View { engine: Arc::new(engine), ..current.as_ref().clone() }));
            }
            Err(errors) => {
                tracing::error!(server = %server, errors = %errors, "the policy does not fit what the server offers");
            }
        }
        for (server, version) in versions {
            server.definitions().settle(version);
        }
    }
}

impl Gateway {
    /// Holds the policy against everything the servers were seen to offer, as strictly as at load.
    ///
    /// # Errors
    /// A rule does not fit.
    pub fn check(&self) -> Result<(), LoadErrors> {
        let view = self.view();
        let (catalogues, unknown) = offered(&view.servers);
        Engine::load(&view.sources, &catalogues, &unknown).map(drop)
    }
}

impl View {
    fn load(
        servers: BTreeMap<ServerId, Arc<Server>>,
        sources: Arc<[Source]>,
        generation: u64,
    ) -> Result<Self, LoadErrors> {
        let (catalogues, unknown) = offered(&servers);
        let engine = Arc::new(Engine::load(&sources, &catalogues, &unknown)?);
        Ok(Self { servers, sources, engine, generation })
    }
}

/// What the servers were seen to offer, and which have shown nothing yet.
fn offered(servers: &BTreeMap<ServerId, Arc<Server>>) -> (Vec<Arc<Catalogue>>, Vec<ServerId>) {
    let (listed, unknown): (Vec<_>, Vec<_>) = servers.values().partition(|server| server.definitions().listed());
    let catalogues = listed.into_iter().map(|server| server.definitions().catalogue()).collect();
    (catalogues, unknown.into_iter().map(|server| server.id().clone()).collect())
}
