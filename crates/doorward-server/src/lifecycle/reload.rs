//! Reloading: everything or nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use doorward_export::Exporters;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::build::{Present, served, servers};
use super::serving::{Before, gate};
use crate::config::{Config, ConfigErrors};
use crate::downstream::http::HttpFace;
use crate::flows::FlowRules;
use crate::gateway::Gateway;
use crate::server::Outside;

/// Reads the configuration again, from wherever it was read first.
pub type Reload = Box<dyn Fn() -> Result<Config, ConfigErrors> + Send + Sync>;

/// How long files must be quiet before a change counts: editors write in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// Watches the files and puts new ones in force.
pub(super) struct Reloader {
    config: Config,
    reload: Reload,
    present: Present,
    outside: Outside,
    face: Arc<HttpFace>,
    exporters: Arc<Exporters>,
    watched: Watched,
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").field("files", &self.config.files).finish_non_exhaustive()
    }
}

impl Reloader {
    pub(super) fn new(
        config: Config,
        reload: Reload,
        present: Present,
        outside: Outside,
        face: Arc<HttpFace>,
        exporters: Arc<Exporters>,
    ) -> Self {
        let watched = Watched::new(&files(&config));
        Self { config, reload, present, outside, face, exporters, watched }
    }

    /// Resolves when a file has changed. Safe to drop and ask again.
    pub(super) async fn changed(&mut self) {
        self.watched.changed().await;
    }

    /// Reads, checks and swaps; on any error what is in force stays, and the error is shown.
    pub(super) async fn reload(&mut self, gateway: &Arc<Gateway>) {
        tokio::time::sleep(QUIET).await;
        self.watched.forget();
        match self.attempt(gateway).await {
            Ok(generation) => tracing::info!(generation, "configuration and policy reloaded"),
            Err(reason) => tracing::error!(%reason, "not reloaded; what was in force stays in force"),
        }
    }

    async fn attempt(&mut self, gateway: &Arc<Gateway>) -> Result<u64, String> {
        let config = (self.reload)().map_err(|errors| errors.in_a_line())?;
        self.tell_of_restart(&config);
        let present = servers(&config.servers, &self.outside, &self.present).map_err(|error| chain(&error))?;
        let generation = gateway
            .replace(served(&present, &config), config.policy.inputs.clone().into())
            .await
            .map_err(|error| error.to_string())?;
        if let Err(error) = self.exporters.change(config.sinks.clone()).await {
            tracing::error!(%error, "the sinks stay as they were: the store cannot be asked about them");
        }
        gateway.pin_by(config.pins);
        gateway.ask_by(config.approvals);
        gateway.follow_by(FlowRules::by(&config.contexts));
        self.face.change_gate(|before| gate(&config, before.token().cloned(), Before::Gate(before)));
        self.watched = Watched::new(&files(&config));
        self.present = present;
        self.config = config;
        Ok(generation)
    }

    fn tell_of_restart(&self, config: &Config) {
        let changed = [
            ("listen.http", config.listen.http != self.config.listen.http),
            ("listen.auth", config.listen.auth != self.config.listen.auth),
            ("listen.tls", config.listen.tls != self.config.listen.tls),
            ("admin.http", config.admin != self.config.admin),
            ("store", config.store != self.config.store),
        ];
        for (key, _) in changed.iter().filter(|(_, changed)| *changed) {
            tracing::warn!(key, "this setting takes effect only when the gateway is started anew");
        }
    }
}

fn files(config: &Config) -> Vec<PathBuf> {
    config.files.iter().chain(&config.policy.files).cloned().collect()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Files under watch. Their folders are watched, because editors replace files rather than write them.
struct Watched {
    changes: mpsc::Receiver<()>,
    _watcher: Option<RecommendedWatcher>,
}

impl Watched {
    fn new(files: &[PathBuf]) -> Self {
        let names: BTreeSet<PathBuf> =
            files.iter().map(|file| file.canonicalize().unwrap_or_else(|_| file.clone())).collect();
        let folders: BTreeSet<PathBuf> = names.iter().filter_map(|file| file.parent()).map(Path::to_path_buf).collect();
        let (sender, changes) = mpsc::channel(1);
        let told = names;
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            let ours = event.paths.iter().any(|path| told.contains(path));
            if ours && !matches!(event.kind, notify::EventKind::Access(_)) {
                // A full channel holds a change already.
                let _ = sender.try_send(());
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            for folder in &folders {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        let watcher =
            watcher.map_err(|error| tracing::warn!(%error, "files cannot be watched; send SIGHUP to reload")).ok();
        Self { changes, _watcher: watcher }
    }

    async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    fn forget(&mut self) {
        while self.changes.try_recv().is_ok() {}
    }
}
