//! A gateway in this process, its servers, and a look into its records.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use doorward_core::ids::{ExchangeId, ServerId};
use doorward_policy::{Preset, Source};
use doorward_server::config::{
    AdminConfig, AggregateConfig, Auth, Config, ContextRules, GuardOptions, IdentityConfig, ListenConfig, PolicyConfig,
    Secret, ServerConfig, Transport, Way,
};
use doorward_server::gateway::Gateway;
use doorward_server::identity::certificates::CertificateRules;
use doorward_server::lifecycle::{self, Serving};
use doorward_store::{Durability, Filter, RecordView, StoreConfig, StoreUrl};

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A folder that goes when the test ends.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("doorward-faces-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that stays is litter, not a failure.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a gateway is to be started with.
pub(crate) struct Plan {
    pub(crate) config: Config,
    scratch: Scratch,
}

impl Plan {
    /// No servers, no credentials wanted, everything allowed, records kept soon.
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let url = StoreUrl::File(scratch.path("store/records.db"));
        let durability = Durability::Relaxed { flush: Duration::from_millis(2) };
        let config = Config {
            listen: ListenConfig {
                http: loopback,
                auth: Auth::None,
                hosts: Vec::new(),
                origins: Vec::new(),
                tls: None,
                certificates: CertificateRules::default(),
            },
            identity: IdentityConfig::default(),
            admin: AdminConfig::Http(loopback),
            store: StoreConfig::new(url).with_durability(durability),
            policy: policy(Preset::Observe, &[]),
            servers: Vec::new(),
            aggregate: AggregateConfig::default(),
            views: Vec::new(),
            guards: GuardOptions::standard(),
            pins: doorward_server::pins::PinRules::default(),
            approvals: doorward_server::approvals::ApprovalRules::default(),
            approval_pages: None,
            sinks: Vec::new(),
            contexts: ContextRules::default(),
            files: Vec::new(),
        };
        Self { config, scratch }
    }

    pub(crate) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Wants the token of this file.
    pub(crate) fn with_token(mut self) -> Self {
        self.config.listen.auth = Auth::Token(self.scratch.path("token"));
        self
    }

    /// Takes the tokens of these issuers.
    pub(crate) fn with_identity(mut self, identity: IdentityConfig) -> Self {
        self.config.identity = identity;
        self.config.listen.auth = Auth::Identity;
        self
    }

    pub(crate) fn with_policy(mut self, preset: Preset, own: &[&str]) -> Self {
        self.config.policy = policy(preset, own);
        self
    }

    /// A server that is a test peer's program on pipes.
    pub(crate) fn with_child(self, id: &str, program: &str, arguments: &[&str]) -> Self {
        let mut command = vec![doorward_testkit::bin(program).into_os_string()];
        command.extend(arguments.iter().map(OsString::from));
        self.with_command(id, command)
    }

    /// The same, every line it is sent kept in the file `heard`.
    pub(crate) fn with_heard_child(self, id: &str, program: &str, arguments: &str, heard: &Path) -> Self {
        let program = doorward_testkit::bin(program);
        let script = format!("/usr/bin/tee '{}' | '{}' {arguments}", heard.display(), program.display());
        self.with_command(id, ["/bin/sh", "-c", &script].map(OsString::from).to_vec())
    }

    pub(crate) fn with_command(self, id: &str, command: Vec<OsString>) -> Self {
        self.with_way(id, Way::Child { command, environment: Vec::new(), directory: None })
    }

    pub(crate) fn with_url(self, id: &str, url: &str) -> Self {
        self.with_way(id, Way::Http { url: url.to_owned(), headers: Vec::new(), transport: Transport::Auto })
    }

    pub(crate) fn with_way(mut self, id: &str, way: Way) -> Self {
        self.config.servers.push(ServerConfig::new(ServerId::parse(id).unwrap(), way, PATIENCE));
        self
    }

    /// The longest any of the servers named so far may say nothing.
    pub(crate) fn with_silence(mut self, silence: Duration) -> Self {
        for server in &mut self.config.servers {
            server.silence = silence;
        }
        self
    }

    pub(crate) async fn start(self) -> Rig {
        let config = self.config.clone();
        self.start_with(Box::new(move || Ok(config.clone()))).await
    }

    pub(crate) async fn start_with(self, reload: lifecycle::Reload) -> Rig {
        let serving = lifecycle::start(self.config, reload).await.unwrap();
        let gateway = serving.gateway().clone();
        let (http, admin) = (serving.http_addr(), serving.admin_addr().unwrap());
        Rig { serving: Some(serving), gateway, http, admin, _scratch: self.scratch }
    }
}

pub(crate) fn policy(preset: Preset, own: &[&str]) -> PolicyConfig {
    let mut sources = vec![preset.source()];
    for (number, text) in own.iter().enumerate() {
        sources.push(Source { name: format!("own-{number}.cedar"), text: (*text).to_owned() });
    }
    PolicyConfig { preset, files: Vec::new(), inputs: sources.into() }
}

pub(crate) fn secrets(pairs: &[(&str, &str)]) -> Vec<(String, Secret)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
}

/// A running gateway.
pub(crate) struct Rig {
    pub(crate) serving: Option<Serving>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) http: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// Held so that the records' folder lives as long.
    _scratch: Scratch,
}

impl Rig {
    /// The bearer token clients must present.
    pub(crate) fn token(&self) -> String {
        self.serving.as_ref().unwrap().token().unwrap().reveal().to_owned()
    }

    /// Ends the gateway and its children.
    pub(crate) async fn stop(mut self) {
        self.serving.take().unwrap().stop().await;
    }

    /// Ends the gateway, and starts another over the same records.
    pub(crate) async fn again(mut self, config: Config) -> Self {
        self.serving.take().unwrap().stop().await;
        let same = config.clone();
        let serving = lifecycle::start(config, Box::new(move || Ok(same.clone()))).await.unwrap();
        let gateway = serving.gateway().clone();
        let (http, admin) = (serving.http_addr(), serving.admin_addr().unwrap());
        Self { serving: Some(serving), gateway, http, admin, _scratch: self._scratch }
    }

    /// Everything recorded so far.
    pub(crate) async fn records(&self) -> Vec<RecordView> {
        self.gateway.store().tail(0, 10_000).await.unwrap()
    }

    /// The records of one exchange, once its outcome is there.
    pub(crate) async fn exchange(&self, reference: &str) -> Vec<RecordView> {
        let id = ExchangeId::parse(reference).unwrap();
        eventually("the outcome of the exchange", || async move {
            let records = self.gateway.store().show(id).await.unwrap();
            records.iter().any(|record| record.phase == "outcome").then_some(records)
        })
        .await
    }

    /// The first record that fits, once it is there.
    pub(crate) async fn record(&self, fits: impl Fn(&RecordView) -> bool) -> RecordView {
        let fits = &fits;
        eventually("a record", || async move { self.records().await.into_iter().find(fits) }).await
    }

    /// The newest outcome of a `tools/call`, once there are `count` of them.
    pub(crate) async fn outcomes(&self, count: usize) -> Vec<RecordView> {
        let call = Filter { action: Some("tools/call".to_owned()), limit: 10_000, ..Filter::default() };
        let call = &call;
        eventually("outcomes of calls", || async move {
            let records = self.gateway.store().query(call).await.unwrap();
            let outcomes: Vec<_> = records.into_iter().filter(|record| record.phase == "outcome").collect();
            (outcomes.len() >= count).then_some(outcomes)
        })
        .await
    }

    /// Waits until every exchange has its outcome, and checks that it has one alone, after its intent if it has one.
    pub(crate) async fn check_outcomes(&self) {
        let exchanges = eventually("an outcome for each exchange", || async move {
            let mut exchanges: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for record in self.records().await {
                exchanges.entry(record.exchange).or_default().push(record.phase);
            }
            let over = exchanges.values().all(|phases| phases.iter().any(|phase| phase == "outcome"));
            (over && !exchanges.is_empty()).then_some(exchanges)
        })
        .await;
        for (exchange, phases) in exchanges {
            let phases: Vec<&str> = phases.iter().map(String::as_str).collect();
            assert!(matches!(phases[..], ["outcome"] | ["intent", "outcome"]), "{exchange}: {phases:?}");
        }
    }

    /// What `/metrics` says.
    pub(crate) async fn metrics(&self) -> String {
        let request = super::client::Ask::get("/metrics");
        super::client::Http::open(self.admin).await.ask(&request).await.text()
    }
}

/// Asks again and again, with a deadline.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(std::time::Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

/// What a file holds, once it fits.
pub(crate) async fn heard(file: &Path, fits: impl Fn(&str) -> bool) -> String {
    let fits = &fits;
    eventually("what the child heard", || async move {
        let text = std::fs::read(file).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
        fits(&text).then_some(text)
    })
    .await
}
