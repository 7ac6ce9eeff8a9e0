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
    /// Apart from those at hosts: how long a host takes is up to whoever owns its name.
    at_paths: Arc<Semaphore>,
    at_hosts: Arc<Semaphore>,
    pins: Mutex<Pins>,
}

impl Default for Observer {
    fn default() -> Self {
        let places = || Arc::new(Semaphore::new(LOOKS_AT_ONCE_MAX));
        let resolver = ArcSwap::from_pointee(Resolver::System);
        Self { resolver, at_paths: places(), at_hosts: places(), pins: Mutex::default() }
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
            let looked = look(&self.at_paths, move || paths.into_iter().map(seen_path).collect()).await;
            observed.paths = looked.unwrap_or_default();
        }
        for host in wants.hosts.into_iter().take(LOOKS_EACH_MAX) {
            // After one that hangs no other is tried: one request takes one place for long at the most.
            let Some(seen) = self.host(&host).await else { break };
            observed.hosts.insert(host, seen);
        }
        observed
    }

    /// `None` when it takes too long.
    async fn host(&self, host: &Arc<str>) -> Option<HostSeen> {
        if let Some(seen) = self.pins().fresh(host, Instant::now()) {
            return Some(seen);
        }
        let (resolver, name) = (self.resolver.load_full(), host.clone());
        let addresses = look(&self.at_hosts, move || resolver.resolve(&name)).await?;
        Some(self.pins().answered(host, addresses, Instant::now()))
    }

    fn pins(&self) -> std::sync::MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does `looking` where it holds up nobody; `None` when that takes too long. One that hangs keeps its place until it ends,
/// so that there are never more of them than places.
async fn look<T: Send + 'static>(places: &Arc<Semaphore>, looking: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let places = places.clone();
    let looked = async move {
        let place = places.acquire_owned().await.ok()?;
        let looked = tokio::task::spawn_blocking(move || {
            let _place = place;
            looking()
        });
        looked.await.ok()
    };
    tokio::time::timeout(LOOK_WAIT, looked).await.ok().flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_that_hang_hold_up_no_path() {
        let observer = Observer::default();
        let places = u32::try_from(LOOKS_AT_ONCE_MAX).unwrap();
        let _all = observer.at_hosts.clone().acquire_many_owned(places).await.unwrap();
        assert_eq!(look(&observer.at_paths, || 1).await, Some(1));
        assert_eq!(look(&observer.at_hosts, || 1).await, None);
    }
}
