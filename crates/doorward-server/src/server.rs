//! One configured server: how to reach it and what it offers.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::revision::Era;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::definitions::Definitions;
use crate::health::Health;
use crate::labels::Labels;
use crate::limits::{PROBE_WAIT, READY_LINKS_MAX, RESTART_WAIT_MIN};
use crate::upstream::bridge::Bridge;
use crate::upstream::bridge::to_legacy::Lot;
use crate::upstream::bridge::to_modern::HandshakeCache;
use crate::upstream::http::{
    EitherLink, Endpoint, EraCache, EraVerdict, HttpClient, HttpLink, SchemaSource, SseLink, Transport,
    TransportMemory, probe,
};
use crate::upstream::stdio::{ChildSpec, Pool, Share};
use crate::upstream::{Link, Sign, discover};

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
    /// Calls that wait for their clients.
    pub parking: Arc<Lot>,
}

impl Outside {
    /// Nothing is open or parked yet.
    #[must_use]
    pub fn new(share: Share) -> Self {
        Self { pool: Arc::new(Pool::new()), client: HttpClient::new(), share, parking: Arc::new(Lot::new()) }
    }
}

/// What it takes to speak to one server, and what is known of it. Bridges between eras share it with the [`Server`].
#[derive(Debug)]
pub struct Reach {
    id: ServerId,
    way: Way,
    outside: Outside,
    definitions: Arc<Definitions>,
    eras: EraCache,
    handshake: HandshakeCache,
    transport: Arc<TransportMemory>,
    /// The only way to a child that nobody shares: it has one pipe for both eras.
    only: OnceLock<Arc<Link>>,
}

/// One upstream, known by its configured id.
#[derive(Debug)]
pub struct Server {
    reach: Arc<Reach>,
    /// Ways for stateless requests, by principal.
    ready: Mutex<BTreeMap<PrincipalId, Arc<Link>>>,
    listing: Semaphore,
    health: Health,
}

impl Server {
    /// A server nobody has spoken to yet.
    #[must_use]
    pub fn new(id: ServerId, way: Way, outside: Outside) -> Self {
        Self::labelled(id, way, outside, Labels::default())
    }

    /// The same, with what is said of its tools beside their definitions.
    #[must_use]
    pub fn labelled(id: ServerId, way: Way, outside: Outside, labels: Labels) -> Self {
        let definitions = Arc::new(Definitions::new(id.clone()).labelled(labels));
        let reach = Arc::new(Reach {
            id,
            way,
            outside,
            definitions,
            eras: EraCache::new(),
            handshake: HandshakeCache::default(),
            transport: Arc::default(),
            only: OnceLock::new(),
        });
        Self { reach, ready: Mutex::new(BTreeMap::new()), listing: Semaphore::new(1), health: Health::default() }
    }

    /// Its configured id.
    #[must_use]
    pub fn id(&self) -> &ServerId {
        &self.reach.id
    }

    /// What it takes to speak to it.
    #[must_use]
    pub const fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// What it offers, as far as seen.
    #[must_use]
    pub fn definitions(&self) -> &Arc<Definitions> {
        &self.reach.definitions
    }

    /// Whether it can be reached, as last seen.
    #[must_use]
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Whose turn it is to list the server's tools for the gateway.
    #[must_use]
    pub const fn listing_turn(&self) -> &Semaphore {
        &self.listing
    }

    /// A new way to it for one legacy conversation. A server that has no handshake is bridged; where that is not known
    /// yet, the client's `initialize` finds out.
    #[must_use]
    pub fn conversation(&self, principal: &PrincipalId) -> Arc<Link> {
        Arc::new(Link::Bridged(Box::new(Bridge::for_conversation(self.reach.clone(), principal.clone()))))
    }

    /// The way to it for stateless requests of one principal; made once and kept. A server that speaks only the
    /// handshake era is bridged.
    ///
    /// # Errors
    /// A refusal when the server's era cannot be found out.
    pub async fn stateless(&self, principal: &PrincipalId) -> Result<Arc<Link>, Refusal> {
        let speaks = self.reach.speaks(principal).await?;
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = ready.get(principal)
            && link.is_bridged() == (speaks == Speaks::LegacyOnly)
        {
            return Ok(link.clone());
        }
        if ready.len() >= READY_LINKS_MAX {
            ready.clear();
        }
        let link = match speaks {
            Speaks::Modern => self.reach.direct(principal, Era::Modern),
            Speaks::LegacyOnly => {
                Arc::new(Link::Bridged(Box::new(Bridge::for_requests(self.reach.clone(), principal.clone()))))
            }
        };
        ready.insert(principal.clone(), link.clone());
        Ok(link)
    }

    /// Forgets what is known of the server's era and transport, after it could not be reached.
    pub fn doubt_era(&self) {
        self.reach.doubt_era();
    }
}

impl Reach {
    /// The server's configured id.
    #[must_use]
    pub const fn id(&self) -> &ServerId {
        &self.id
    }

    /// What the server offers, as far as seen.
    #[must_use]
    pub const fn definitions(&self) -> &Arc<Definitions> {
        &self.definitions
    }

    /// What all servers share to reach the outside.
    #[must_use]
    pub const fn outside(&self) -> &Outside {
        &self.outside
    }

    /// Whether nothing may be said to the server now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.outside.pool.holds(&self.id)
    }

    /// Whether the server has a handshake, as far as it showed.
    pub(crate) const fn handshake(&self) -> &HandshakeCache {
        &self.handshake
    }

    /// A way to the server in that era, without a bridge. A child that nobody shares has but one, for both eras; every
    /// other way is new.
    #[must_use]
    pub fn direct(&self, principal: &PrincipalId, era: Era) -> Arc<Link> {
        match (&self.way, self.outside.share) {
            (Way::Child(_), Share::Exclusive) => {
                self.only.get_or_init(|| Arc::new(self.separate(principal, era))).clone()
            }
            (Way::Child(_), Share::ByPrincipal) | (Way::Http(_), _) => Arc::new(self.separate(principal, era)),
        }
    }

    /// A new way to the server in that era, without a bridge, on a child of its own where nobody shares children.
    #[must_use]
    pub fn separate(&self, principal: &PrincipalId, era: Era) -> Link {
        match (&self.way, era) {
            (Way::Child(spec), era) => {
                Link::Stdio(self.outside.pool.link(spec.clone(), principal, era, self.outside.share))
            }
            (Way::Http(endpoint), Era::Legacy) => self.with_handshake(endpoint),
            (Way::Http(endpoint), Era::Modern) => {
                Link::Http(HttpLink::modern(self.outside.client.clone(), endpoint.clone(), self.schema_source()))
            }
        }
    }

    /// A way to an HTTP server that begins with a handshake, over the transport that is configured or was found.
    fn with_handshake(&self, endpoint: &Arc<Endpoint>) -> Link {
        let (client, endpoint) = (self.outside.client.clone(), endpoint.clone());
        match endpoint.transport() {
            Transport::Http => Link::Http(HttpLink::legacy(client, endpoint)),
            Transport::Auto if !self.transport.is_sse() => {
                Link::Either(Box::new(EitherLink::new(&client, &endpoint, self.transport.clone())))
            }
            Transport::Auto | Transport::Sse => Link::Sse(SseLink::new(client, endpoint, self.transport.clone())),
        }
    }

    /// Whether a way that [`Reach::direct`] gave may be ended while others may still want one: the only way to a child
    /// that nobody shares may not.
    #[must_use]
    pub fn may_end(&self, way: &Arc<Link>) -> bool {
        self.only.get().is_none_or(|only| !Arc::ptr_eq(only, way))
    }

    /// Which eras the server speaks; asked once and remembered.
    ///
    /// # Errors
    /// A refusal when it cannot be reached.
    pub async fn speaks(self: &Arc<Self>, principal: &PrincipalId) -> Result<Speaks, Refusal> {
        let known = match &self.way {
            Way::Http(_) => self.eras.verdict(),
            Way::Child(_) => self.eras.lasting_verdict(),
        };
        let verdict = match (&self.way, known) {
            (Way::Child(_), Some(verdict)) => {
                if self.eras.is_doubtful() {
                    // Nobody waits for it: what it says counts for the next.
                    drop(self.ask_child(principal));
                }
                verdict
            }
            (Way::Http(_), Some(verdict)) => verdict,
            // HTTP+SSE was gone before the stateless era came.
            // A server that is stopped is not even asked.
            (_, None) if self.is_held() => EraVerdict::Unknown(Refusal::new(Code::Stopped)),
            (Way::Http(endpoint), None) if endpoint.transport() == Transport::Sse => EraVerdict::LegacyOnly,
            (Way::Http(endpoint), None) => {
                let verdict = probe(&self.outside.client, endpoint).await;
                self.eras.remember(&verdict);
                verdict
            }
            (Way::Child(_), None) => self.judged_within(principal, PROBE_WAIT).await,
        };
        match verdict {
            EraVerdict::Modern { .. } => Ok(Speaks::Modern),
            EraVerdict::LegacyOnly => Ok(Speaks::LegacyOnly),
            EraVerdict::Unknown(refusal) => Err(refusal),
        }
    }

    /// What a child shows of its eras within `patience`. One that shows nothing is taken for one of the older era for now; it
    /// is heard out, and what it says then counts.
    async fn judged_within(self: &Arc<Self>, principal: &PrincipalId, patience: Duration) -> EraVerdict {
        match timeout(patience, self.ask_child(principal)).await {
            Ok(judged) => judged.unwrap_or_else(|_| EraVerdict::Unknown(Refusal::new(Code::Stopping))),
            Err(_) => {
                self.eras.suppose_legacy();
                EraVerdict::LegacyOnly
            }
        }
    }

    /// Asks a child which eras it speaks, and remembers it, whoever waits for that.
    fn ask_child(self: &Arc<Self>, principal: &PrincipalId) -> JoinHandle<EraVerdict> {
        let (reach, link) = (self.clone(), self.direct(principal, Era::Modern));
        // Boxed because a way may be a bridge, which asks for eras itself.
        let asking: Pin<Box<dyn Future<Output = EraVerdict> + Send>> = Box::pin(async move {
            let (verdict, sign) = reach.judge_child(&link).await;
            match sign {
                Sign::Silence => reach.eras.suppose_legacy(),
                Sign::Life | Sign::Death => reach.eras.remember(&verdict),
            }
            verdict
        });
        tokio::spawn(asking)
    }

    /// Asks a child which eras it speaks. Some of the older era end when they are asked what they do not know, and some of
    /// the newer when they were told `initialize` just before: one that ends is asked once more. Whoever has that very
    /// child must not start another before it may be started.
    async fn judge_child(&self, link: &Link) -> (EraVerdict, Sign) {
        let mut asked = discover(link).await;
        if asked.1 == Sign::Death {
            sleep(RESTART_WAIT_MIN * 2).await;
            asked = discover(link).await;
        }
        let (verdict, sign) = asked;
        match (&verdict, self.outside.share) {
            (EraVerdict::LegacyOnly, Share::ByPrincipal) => link.dismiss(),
            (EraVerdict::LegacyOnly, Share::Exclusive) if sign == Sign::Death => sleep(RESTART_WAIT_MIN * 3).await,
            (EraVerdict::LegacyOnly | EraVerdict::Modern { .. } | EraVerdict::Unknown(_), _) => {}
        }
        (verdict, sign)
    }

    /// Forgets what is known of the server's era and transport.
    pub fn doubt_era(&self) {
        self.eras.forget();
        self.handshake.forget();
        self.transport.forget();
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

#[cfg(test)]
mod tests {
    use doorward_core::principal::{Principal, Proof};

    use super::*;

    const MODERN: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"private"}"#;

    /// A server whose child takes a second to start, then answers whatever it is asked first.
    fn slow_to_start() -> Server {
        let id = ServerId::parse("slow").unwrap();
        let script = format!(r#"sleep 1; read line; echo '{{"jsonrpc":"2.0","id":1,"result":{MODERN}}}'; read line"#);
        let spec = ChildSpec {
            server: id.clone(),
            command: ["/bin/sh", "-c", &script].map(Into::into).into(),
            environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
            directory: None,
            silence: Duration::from_secs(30),
        };
        Server::new(id, Way::Child(Arc::new(spec)), Outside::new(Share::ByPrincipal))
    }

    #[tokio::test]
    async fn a_child_that_is_slow_to_start_is_not_taken_for_an_old_one_for_good() {
        let server = slow_to_start();
        let principal = Principal::new("local", Proof::LocalProcess).id().clone();
        let hasty = server.reach().judged_within(&principal, Duration::from_millis(200)).await;
        assert_eq!(hasty, EraVerdict::LegacyOnly);
        assert!(server.stateless(&principal).await.unwrap().is_bridged());
        let corrected = async {
            while server.reach().speaks(&principal).await.unwrap() == Speaks::LegacyOnly {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(20), corrected).await.unwrap();
        assert!(!server.stateless(&principal).await.unwrap().is_bridged());
        server.reach().outside().pool.shutdown().await;
    }

    #[tokio::test]
    async fn a_child_that_is_slow_to_start_is_waited_for() {
        let server = slow_to_start();
        let principal = Principal::new("local", Proof::LocalProcess).id().clone();
        assert_eq!(server.reach().speaks(&principal).await, Ok(Speaks::Modern));
        server.reach().outside().pool.shutdown().await;
    }
}
