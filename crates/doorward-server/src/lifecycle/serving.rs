//! A running gateway on HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use doorward_export::{Exporters, Pace};
use doorward_mcp::limits::Limits;
use doorward_policy::LoadErrors;
use doorward_store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Interval;

use super::build::{served, servers};
use super::reload::{Reload, Reloader};
use super::survey::survey_servers;
use super::{StartError, build::Present};
use crate::admin::Admin;
use crate::config::{AdminConfig, Auth, Config, ListenConfig};
use crate::downstream::http::{Gate, HttpFace, Stop, Tls, serve};
use crate::flows::FlowRules;
use crate::gateway::Gateway;
use crate::identity::keys::KeyRing;
use crate::identity::oauth::Issuers;
use crate::identity::{Identity, Wanted};
use crate::limits::DRAIN_WAIT;
use crate::server::Outside;
use crate::token::LocalToken;
use crate::upstream::stdio::{Pool, Share};

/// Who acts when the only proof is being on this machine.
pub const LOCAL_USER: &str = "local";

/// A gateway that serves. Dropping it stops nothing in good order: call [`Serving::wait`] or [`Serving::stop`].
#[derive(Debug)]
pub struct Serving {
    gateway: Arc<Gateway>,
    pool: Arc<Pool>,
    admin: Arc<Admin>,
    http: SocketAddr,
    admin_http: Option<SocketAddr>,
    token: Option<LocalToken>,
    reloader: Reloader,
    exporters: Arc<Exporters>,
    stop: watch::Sender<Stop>,
    tasks: Vec<JoinHandle<()>>,
    checked: JoinHandle<Result<(), LoadErrors>>,
    obeying: JoinHandle<()>,
}

/// Starts a gateway: listens first, so that clients which start together with it find it.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn start(config: Config, reload: Reload) -> Result<Serving, StartError> {
    let listener = bind(config.listen.http).await?;
    let admin_listener = match config.admin {
        AdminConfig::Off => None,
        AdminConfig::Http(address) => Some(bind(address).await?),
    };
    let http = local(&listener, config.listen.http)?;
    let admin_http = match (&admin_listener, config.admin) {
        (Some(listener), AdminConfig::Http(address)) => Some(local(listener, address)?),
        (Some(_) | None, _) => None,
    };
    let token = token(&config.listen.auth)?;
    let tls = config.listen.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
    let store = Store::open(config.store.clone()).await?;
    let keys = Arc::new(KeyRing::new(store.keys().clone()));
    let outside = Outside::new(Share::ByPrincipal);
    let present = servers(&config.servers, &outside, &Present::new())?;
    let mut gateway = Gateway::new(served(&present, &config), config.policy.inputs.clone().into(), store)
        .map_err(StartError::Policy)?;
    gateway.recall_flows().await?;
    gateway.pin_by(config.pins);
    gateway.ask_by(config.approvals);
    gateway.follow_by(FlowRules::by(&config.contexts));
    let exporters = Exporters::start(gateway.store().clone(), config.sinks.clone(), Pace::default()).await?;
    let exporters = Arc::new(exporters);
    gateway.show_approvals_at(config.approval_pages.clone().or_else(|| pages(http, admin_http)));
    let gateway = Arc::new(gateway);
    let pool = outside.pool.clone();
    gateway.obey_stops(&pool).await?;
    let obeying = tokio::spawn(obey(gateway.clone(), pool.clone()));
    let face = HttpFace::new(gateway.clone(), gate(&config, token.clone(), Before::Start(keys)), Limits::default());
    let face = Arc::new(face);
    let admin = Arc::new(Admin::new(gateway.clone(), open_gate(&config.listen), exporters.clone()));
    let (stop, stopping) = watch::channel(Stop::NotYet);
    let mut tasks = vec![
        tokio::spawn(serve(face.clone(), listener, tls.clone(), stopping.clone())),
        tokio::spawn(renew(tls, stopping.clone())),
        tokio::spawn(sweep(face.clone(), stopping.clone())),
        tokio::spawn(forget(gateway.clone(), stopping.clone())),
    ];
    if let Some(listener) = admin_listener {
        tasks.push(tokio::spawn(admin.clone().serve(listener, stopping)));
    }
    let checked = tokio::spawn(check(gateway.clone(), has_files(&config)));
    let reloader = Reloader::new(config, reload, present, outside, face, exporters.clone());
    Ok(Serving { gateway, pool, admin, http, admin_http, token, reloader, exporters, stop, tasks, checked, obeying })
}

impl Serving {
    /// Where clients connect.
    #[must_use]
    pub const fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// Where health and metrics are served.
    #[must_use]
    pub const fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_http
    }

    /// The bearer token clients must present; `None` when none is wanted.
    #[must_use]
    pub const fn token(&self) -> Option<&LocalToken> {
        self.token.as_ref()
    }

    /// The shared state, for those who look on (the demonstration reads the records).
    #[must_use]
    pub const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// Serves until SIGINT or SIGTERM, reloading on SIGHUP and on changed files; then stops. A second signal stops at once.
    ///
    /// # Errors
    /// The policy does not fit what the servers offer, or signals cannot be waited for.
    pub async fn wait(mut self) -> Result<(), StartError> {
        let mut signals = Signals::new()?;
        let ready = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        if let Err(error) = ready {
            tracing::debug!(%error, "the service manager could not be told that the gateway is ready");
        }
        let mut watchdog = Watchdog::of_service();
        let mut checking = true;
        let outcome = loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    Asked::End => break Ok(()),
                    Asked::Reload => self.reloader.reload(&self.gateway).await,
                },
                () = self.reloader.changed() => self.reloader.reload(&self.gateway).await,
                () = watchdog.due() => Watchdog::tell(),
                checked = &mut self.checked, if checking => {
                    checking = false;
                    if let Ok(Err(errors)) = checked {
                        break Err(StartError::Policy(errors));
                    }
                }
            }
        };
        tokio::select! {
            () = self.stop() => {}
            () = signals.end() => tracing::warn!("stopped at once by a second signal"),
        }
        outcome
    }

    /// Stops in good order: readiness off, no new connections, what is in flight finishes within a bounded time, children
    /// end, records are written.
    pub async fn stop(self) {
        self.admin.drain();
        // The service manager may not be there; then there is nobody to tell.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.checked.abort();
        let _ = self.stop.send(Stop::Now);
        for task in self.tasks {
            if tokio::time::timeout(DRAIN_WAIT + DRAIN_WAIT, task).await.is_err() {
                tracing::warn!("a task did not end in time");
            }
        }
        self.obeying.abort();
        self.pool.shutdown().await;
        self.exporters.stop().await;
        if let Err(error) = self.gateway.store().close().await {
            tracing::error!(%error, "the last records could not be written");
        }
    }
}

/// Looks at what the servers offer, and holds the operator's own rules against it. A preset names no tool, so without
/// files there is nothing to hold.
async fn check(gateway: Arc<Gateway>, files: Files) -> Result<(), LoadErrors> {
    match files {
        Files::None => Ok(()),
        Files::Some => {
            survey_servers(&gateway).await;
            // Aborted by the gateway's end alone, when nobody asks any more.
            tokio::task::spawn_blocking(move || gateway.check()).await.unwrap_or(Ok(()))
        }
    }
}

/// Whether the policy has texts beyond its preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Files {
    None,
    Some,
}

fn has_files(config: &Config) -> Files {
    if config.policy.files.is_empty() { Files::None } else { Files::Some }
}

/// Where people are shown questions: on the admin interface, if clients and it are on this machine alone. From elsewhere
/// such an address would lead to somebody else's machine.
fn pages(http: SocketAddr, admin: Option<SocketAddr>) -> Option<String> {
    let admin = admin.filter(|admin| admin.ip().is_loopback() && http.ip().is_loopback())?;
    Some(format!("http://{admin}/approvals/"))
}

async fn obey(gateway: Arc<Gateway>, pool: Arc<Pool>) {
    match gateway.obey(&pool).await {}
}

async fn forget(gateway: Arc<Gateway>, mut stop: watch::Receiver<Stop>) {
    tokio::select! {
        () = gateway.approvals().sweep() => {}
        () = gateway.flows().sweep(gateway.store()) => {}
        _ = stop.wait_for(|stop| *stop == Stop::Now) => {}
    }
}

async fn sweep(face: Arc<HttpFace>, mut stop: watch::Receiver<Stop>) {
    tokio::select! {
        () = face.sweep() => {}
        _ = stop.wait_for(|stop| *stop == Stop::Now) => {}
    }
}

async fn renew(tls: Option<Arc<Tls>>, mut stop: watch::Receiver<Stop>) {
    let Some(tls) = tls else { return };
    tokio::select! {
        () = tls.renew() => {}
        _ = stop.wait_for(|stop| *stop == Stop::Now) => {}
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { address, source })
}

fn token(auth: &Auth) -> Result<Option<LocalToken>, StartError> {
    match auth {
        Auth::None | Auth::Identity => Ok(None),
        Auth::Token(path) => Ok(Some(LocalToken::load_or_create(path)?)),
    }
}

/// What was there before a gate.
#[derive(Debug)]
pub(super) enum Before<'g> {
    /// Nothing but API keys.
    Start(Arc<KeyRing>),
    /// Another gate, with this identity.
    Gate(&'g Identity),
}

/// The gate of the HTTP face. What `before` learned of issuers that are still the same is taken over.
pub(super) fn gate(config: &Config, token: Option<LocalToken>, before: Before<'_>) -> Gate {
    let (before, keys) = match before {
        Before::Start(keys) => (None, Some(keys)),
        Before::Gate(before) => (Some(before), before.keys().cloned()),
    };
    let issuers = Issuers::new(&config.identity, before.and_then(Identity::issuers));
    // Whether credentials are wanted changes with a new start alone, so that no reload opens a closed door.
    let wanted = before.map_or_else(|| wanted(&config.listen.auth), Identity::wanted);
    let identity = Identity::local(token, LOCAL_USER).with_issuers(wanted, issuers).with_keys(keys);
    let identity = identity.with_certificates(config.listen.certificates.clone());
    Gate::new(config.listen.hosts.clone(), config.listen.origins.clone(), identity)
}

const fn wanted(auth: &Auth) -> Wanted {
    match auth {
        Auth::None => Wanted::Nothing,
        Auth::Token(_) | Auth::Identity => Wanted::Credentials,
    }
}

/// A gate that wants no credentials.
fn open_gate(listen: &ListenConfig) -> Gate {
    Gate::new(listen.hosts.clone(), listen.origins.clone(), Identity::local(None, LOCAL_USER))
}

/// Tells the service manager that the gateway lives, where it wants to know (systemd.service(5), `WatchdogSec`).
#[derive(Debug)]
struct Watchdog(Option<Interval>);

impl Watchdog {
    /// Half the time the manager allows, so that one late beat is not the end.
    fn of_service() -> Self {
        let allowed = sd_notify::watchdog_enabled().filter(|allowed| *allowed > Duration::from_millis(2));
        Self(allowed.map(|allowed| tokio::time::interval(allowed / 2)))
    }

    /// Resolves when a sign of life is due; never where nobody wants one.
    async fn due(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }

    fn tell() {
        // The service manager may have gone; then there is nobody to tell.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
    }
}

/// The signals the gateway answers to.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    End,
    Reload,
}

impl Signals {
    pub(super) fn new() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(StartError::Signals);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Resolves at SIGINT or SIGTERM.
    pub(super) async fn end(&mut self) {
        while self.next().await != Asked::End {}
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}
