//! All sinks of one gateway: one task for each, and one that watches how far behind they are.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_core::time::Timestamp;
use doorward_store::{SinkRow, SinkTrouble, Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{self, now};
use crate::config::{Behind, SinkConfig};
use crate::follow::{Counts, Follower};
use crate::limits::{DELIVERY_WAIT, IDLE_PAUSE, LEASE, RETRY_AFTER_MAX, STOP_WAIT, WATCH_PAUSE};

/// The times of sinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a sink that has everything waits until it looks for more.
    pub idle: Duration,
    /// How long one delivery may take; less than `lease`.
    pub delivery: Duration,
    /// How long a process that died keeps others from going on.
    pub lease: Duration,
    /// The longest pause between two attempts.
    pub most: Duration,
    /// How often it is looked how far behind sinks are.
    pub watch: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { idle: IDLE_PAUSE, delivery: DELIVERY_WAIT, lease: LEASE, most: RETRY_AFTER_MAX, watch: WATCH_PAUSE }
    }
}

/// Where one sink stands, whichever process serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// The last record it has confirmed.
    pub seq: i64,
    /// Records it has not confirmed.
    pub behind: u64,
    /// How long the oldest of them has waited.
    pub waiting: Duration,
    /// Why it takes nothing at present; `None` while it does.
    pub trouble: Option<(String, SinkTrouble)>,
    /// Records this process has delivered to it.
    pub delivered: u64,
    /// Deliveries of this process that were not confirmed.
    pub failures: u64,
}

/// The sinks of a running gateway. Dropping them stops nothing in good order: call [`Exporters::stop`].
#[derive(Debug)]
pub struct Exporters {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    watching: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    store: Store,
    pace: Pace,
    holder: String,
    running: Mutex<BTreeMap<String, Running>>,
    standings: Mutex<Vec<Standing>>,
}

/// One sink at work.
#[derive(Debug)]
struct Running {
    config: SinkConfig,
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
    /// `None` once it was told to end.
    task: Option<JoinHandle<()>>,
}

impl Exporters {
    /// Begins to serve these sinks from `store`. How far behind they are is known when this returns, so that the first call
    /// is refused already where it must be.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn start(store: Store, sinks: Vec<SinkConfig>, pace: Pace) -> Result<Self, StoreError> {
        let holder = format!("{:016x}{:016x}", clock::random(), clock::random());
        let (running, standings) = (Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { store, pace, holder, running, standings });
        let (stop, stopping) = watch::channel(false);
        shared.change(sinks).await?;
        shared.look().await?;
        let watching = tokio::spawn(watch_over(shared.clone(), stopping));
        Ok(Self { shared, stop, watching: Mutex::new(Some(watching)) })
    }

    /// From now on serves these. Those that are the same go on as they are.
    ///
    /// # Errors
    /// The store cannot be asked; what was served is served still.
    pub async fn change(&self, sinks: Vec<SinkConfig>) -> Result<(), StoreError> {
        self.shared.change(sinks).await?;
        self.shared.look().await
    }

    /// Where the sinks stand, as of the last look.
    #[must_use]
    pub fn standings(&self) -> Vec<Standing> {
        self.shared.standings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends in good order: what can go out at once goes out, leases are given back.
    pub async fn stop(&self) {
        let _ = self.stop.send(true);
        let running = std::mem::take(&mut *self.shared.lock());
        let tasks: Vec<_> = running.into_values().filter_map(|mut running| running.end()).collect();
        for task in tasks {
            wait_for(task, self.shared.pace).await;
        }
        let watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watching) = watching {
            wait_for(watching, self.shared.pace).await;
        }
    }
}

impl Shared {
    async fn change(&self, sinks: Vec<SinkConfig>) -> Result<(), StoreError> {
        for sink in &sinks {
            self.store.sinks().declare(&sink.name, sink.start).await?;
        }
        let ended: Vec<JoinHandle<()>> = {
            let mut running = self.lock();
            let other = running.values_mut().filter(|running| !sinks.contains(&running.config));
            other.filter_map(Running::end).collect()
        };
        // Meanwhile what was there still says whether calls are held back.
        for task in ended {
            wait_for(task, self.pace).await;
        }
        let mut running = self.lock();
        let mut before = std::mem::take(&mut *running);
        for sink in sinks {
            let same = before.remove(&sink.name).filter(|running| running.config == sink);
            running.insert(sink.name.clone(), same.unwrap_or_else(|| self.begin(sink)));
        }
        Ok(())
    }

    fn begin(&self, config: SinkConfig) -> Running {
        let (stop, stopping) = watch::channel(false);
        let counts = Arc::new(Counts::default());
        let follower = Follower {
            config: config.clone(),
            store: self.store.clone(),
            holder: self.holder.clone(),
            pace: self.pace,
            counts: counts.clone(),
            stop: stopping,
        };
        Running { config, counts, stop, task: Some(tokio::spawn(follower.run())) }
    }

    /// Looks where the sinks stand, and holds calls back or lets them go on.
    async fn look(&self) -> Result<(), StoreError> {
        let rows = self.store.sinks().all().await?;
        let (mut standings, mut held) = (Vec::new(), None);
        {
            let running = self.lock();
            let without = |name: &str| !rows.iter().any(|row| row.name == name);
            for sink in running.values().map(|running| &running.config).filter(|sink| without(&sink.name)) {
                held = held.or_else(|| unknown(sink));
            }
            for row in rows {
                let Some(sink) = running.get(&row.name) else { continue };
                let standing = standing(row, &sink.counts);
                held = held.or_else(|| refusal(sink.config.behind, &standing));
                standings.push(standing);
            }
        }
        *self.standings.lock().unwrap_or_else(PoisonError::into_inner) = standings;
        match (held, self.store.held()) {
            (Some(reason), before) => {
                if before.is_none() {
                    tracing::error!(reason, "calls are refused until a sink has caught up");
                }
                self.store.hold(reason.into());
            }
            (None, Some(_)) => {
                tracing::info!("calls are taken again: the sinks have caught up");
                self.store.resume();
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Tells it to end; what is to be waited for then.
    fn end(&mut self) -> Option<JoinHandle<()>> {
        // Whoever has ended already need not be told.
        let _ = self.stop.send(true);
        self.task.take()
    }
}

fn standing(row: SinkRow, counts: &Counts) -> Standing {
    let (behind, since) = (row.behind(), row.waiting_since);
    Standing {
        behind,
        waiting: since.map_or(Duration::ZERO, |since: Timestamp| now().since(since)),
        name: row.name,
        seq: row.seq,
        trouble: row.trouble.map(|(reason, _, trouble)| (reason, trouble)),
        delivered: counts.delivered.load(Ordering::Relaxed),
        failures: counts.failures.load(Ordering::Relaxed),
    }
}

/// Why calls are refused because of a sink; `None` when they are not.
fn refusal(behind: Behind, standing: &Standing) -> Option<String> {
    match behind {
        Behind::Spool => None,
        Behind::Refuse { records, wait } if standing.behind > records || standing.waiting > wait => Some(format!(
            "the sink '{}' is {} records and {} s behind, and calls are refused meanwhile",
            standing.name,
            standing.behind,
            standing.waiting.as_secs()
        )),
        Behind::Refuse { .. } => None,
    }
}

/// Why calls are refused because of a sink that the store knows nothing of; `None` when they are not. The store's file was
/// replaced then: nobody knows how far behind the sink is.
fn unknown(sink: &SinkConfig) -> Option<String> {
    match sink.behind {
        Behind::Spool => None,
        Behind::Refuse { .. } => {
            Some(format!("the store knows nothing of the sink '{}' yet, and calls are refused meanwhile", sink.name))
        }
    }
}

async fn watch_over(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(shared.pace.watch) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = shared.look().await {
            tracing::debug!(%error, "the store cannot be asked where the sinks stand");
        }
    }
}

async fn wait_for(task: JoinHandle<()>, pace: Pace) {
    let abort = task.abort_handle();
    if tokio::time::timeout(STOP_WAIT + pace.delivery, task).await.is_err() {
        tracing::warn!("a sink did not end in time");
        abort.abort();
    }
}
