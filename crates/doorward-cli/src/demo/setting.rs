//! The demonstration's configuration: two servers that are this program itself, and a folder for what it writes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_policy::{Preset, Source};
use doorward_server::config::{
    AdminConfig, AggregateConfig, Auth, Config, ContextRules, GuardOptions, IdentityConfig, ListenConfig, PolicyConfig,
    ServerConfig, Way,
};
use doorward_server::identity::certificates::CertificateRules;
use doorward_server::limits::CALL_SILENCE;
use doorward_store::{Durability, StoreConfig, StoreUrl};

use crate::exit::Exit;
use crate::fault::Fault;

/// Where the gateway listens when that is free.
const LISTEN: &str = "127.0.0.1:8420";

/// How long a record waits to be written: short, because each is shown as soon as it can be read.
const FLUSH: Duration = Duration::from_millis(1);

/// Everything the demonstration is set up with.
#[derive(Debug)]
pub(super) struct Setting {
    folder: PathBuf,
    program: PathBuf,
    listen: SocketAddr,
}

impl Setting {
    pub(super) fn new(listen: Option<&str>) -> Result<Self, Fault> {
        let text = listen.unwrap_or(LISTEN);
        let unusable = |what: String| Fault::told(Exit::Usage, what, "Write for example --listen 127.0.0.1:9000.");
        let listen: SocketAddr = text.parse().map_err(|_| unusable(format!("'{text}' is no address and port")))?;
        if !listen.ip().is_loopback() {
            return Err(unusable(format!("the demonstration listens on loopback only, and {listen} is not")));
        }
        Ok(Self { folder: folder()?, program: std::env::current_exe()?, listen })
    }

    /// Where the records are.
    pub(super) fn records(&self) -> PathBuf {
        self.folder.join("records.db")
    }

    pub(super) fn config(&self) -> Config {
        let store = StoreConfig::new(StoreUrl::File(self.records()));
        let own = Source { name: "demo.cedar".to_owned(), text: include_str!("policy.cedar").to_owned() };
        Config {
            listen: ListenConfig {
                http: self.listen,
                auth: Auth::Token(self.folder.join("token")),
                hosts: Vec::new(),
                origins: Vec::new(),
                tls: None,
                certificates: CertificateRules::default(),
            },
            identity: IdentityConfig::default(),
            admin: AdminConfig::Off,
            store: store.with_durability(Durability::Relaxed { flush: FLUSH }),
            policy: PolicyConfig {
                preset: Preset::Guarded,
                files: Vec::new(),
                inputs: vec![Preset::Guarded.source(), own].into(),
            },
            servers: ["mail", "notes"].into_iter().filter_map(|name| self.server(name)).collect(),
            aggregate: AggregateConfig::default(),
            views: Vec::new(),
            guards: GuardOptions::standard(),
            pins: doorward_server::pins::PinRules::default(),
            approvals: doorward_server::approvals::ApprovalRules::default(),
            approval_pages: None,
            sinks: Vec::new(),
            contexts: ContextRules::default(),
            files: Vec::new(),
        }
    }

    fn server(&self, name: &str) -> Option<ServerConfig> {
        let command = vec![self.program.clone().into_os_string(), "demo-server".into(), name.into()];
        let way = Way::Child { command, environment: Vec::new(), directory: None };
        Some(ServerConfig::new(ServerId::parse(name).ok()?, way, CALL_SILENCE))
    }
}

/// A new folder that nobody else can read.
fn folder() -> Result<PathBuf, Fault> {
    let base = std::env::temp_dir();
    let mut last = None;
    for attempt in 0..100_u32 {
        let folder = base.join(format!("doorward-demo-{}-{attempt}", std::process::id()));
        match create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => last = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AlreadyExists.into()).into())
}

fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
