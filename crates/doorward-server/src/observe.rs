//! Looking at what a request names before it is decided: where a path leads, which addresses a host has.
//!
//! The decision point says what it needs; where no rule looks at such things, nothing is done. Every look is bounded in
//! time and number and done on threads that serve nobody. Whatever was not seen is missing from what is told, and rules
//! that depend on it refuse. It must never decide anything, and never follow a URL.
//!
//! What is seen here is true at that moment and of this machine. The server looks again by itself: a link that is changed
//! in between, or a resolver that answers the server otherwise, is not seen here.

mod paths;
mod pins;

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use doorward_core::access::{AccessRequest, HostSeen, Observed, PathSeen};
use doorward_policy::Engine;
use tokio::sync::Semaphore;

use crate::limits::{LOOK_WAIT, LOOKS_AT_ONCE_MAX, LOOKS_EACH_MAX};
use pins::Pins;

/// Who tells the addresses of a host.
pub enum Resolver {
    /// This machine, as for every program on it.
    System,
    /// A function, for trials without a network.
    Told(Box<Answers>),
}

/// The addresses of a host.
pub type Answers = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Told(_) => "Told",
        })
    }
}

/// Looks at things, and remembers which addresses hosts had.
#[derive(Debug)]
pub(crate) struct Observer {
    resolver: ArcSwap<Resolver>,
    looks: Arc<Semaphore>,
    pins: Mutex<Pins>,
}

impl Default for Observer {
    fn default() -> Self {
        let looks = Arc::new(Semaphore::new(LOOKS_AT_ONCE_MAX));
        Self { resolver: ArcSwap::from_pointee(Resolver::System), looks, pins: Mutex::default() }
    }
}

impl Observer {
    /// Asks another resolver from now on.
    pub(crate) fn resolve_with(&self, resolver: Resolver) {
        self.resolver.store(Arc::new(resolver));
    }

    /// What the policy needs to see of `request`. Nothing is waited for when it needs nothing.
    pub(crate) async fn observe(&self, engine: &Engine, request: &AccessRequest) -> Observed {
        let wants = engine.wants(request);
        let mut observed = Observed::default();
        if !wants.paths.is_empty() {
            let paths: Vec<Arc<str>> = wants.paths.into_iter().take(LOOKS_EACH_MAX).collect();
            observed.paths = self.look(move || paths.into_iter().map(seen_path).collect()).await.unwrap_or_default();
        }
        for host in wants.hosts.into_iter().take(LOOKS_EACH_MAX) {
            let seen = self.host(&host).await;
            observed.hosts.insert(host, seen);
        }
        observed
    }

    async fn host(&self, host: &Arc<str>) -> HostSeen {
        if let Some(seen) = self.pins().fresh(host, Instant::now()) {
            return seen;
        }
        let (resolver, name) = (self.resolver.load_full(), host.clone());
        match self.look(move || resolver.resolve(&name)).await {
            Some(addresses) => self.pins().answered(host, addresses, Instant::now()),
            None => HostSeen::Unknown,
        }
    }

    /// Does `look` where it holds up nobody; `None` when that takes too long. One that hangs keeps its place until it ends,
    /// so that there are never more of them.
    async fn look<T: Send + 'static>(&self, look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let looks = self.looks.clone();
        let looking = async move {
            let place = looks.acquire_owned().await.ok()?;
            let looked = tokio::task::spawn_blocking(move || {
                let _place = place;
                look()
            });
            looked.await.ok()
        };
        tokio::time::timeout(LOOK_WAIT, looking).await.ok().flatten()
    }

    fn pins(&self) -> std::sync::MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolver {
    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        match self {
            Self::System => {
                (host, 0).to_socket_addrs().map(|all| all.map(|one| one.ip()).collect()).unwrap_or_default()
            }
            Self::Told(told) => told(host),
        }
    }
}

fn seen_path(path: Arc<str>) -> (Arc<str>, PathSeen) {
    let seen = paths::real(&path).map_or(PathSeen::Unknown, |real| PathSeen::Real(Arc::from(real)));
    (path, seen)
}
