//! One sink and its cursor: read, deliver, and only then move on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use doorward_core::time::Timestamp;
use doorward_store::{Declared, Moved, RecordView, SinkLease, SinkStart, SinkTrouble, Store, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::{now, random};
use crate::config::{Records, SinkConfig, Target};
use crate::deliver::Outlet;
use crate::exporters::Pace;
use crate::failure::{Failure, Turn};
use crate::limits::{BATCH_MAX, PARKED_PAUSE, STOP_WAIT, SYSLOG_GATHERING};
use crate::pause;

/// What one sink has done since this process began.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) delivered: AtomicU64,
    pub(crate) failures: AtomicU64,
}

/// Serves one sink until it is told to stop.
pub(crate) struct Follower {
    pub(crate) config: SinkConfig,
    pub(crate) store: Store,
    /// Who we are in leases.
    pub(crate) holder: String,
    pub(crate) pace: Pace,
    pub(crate) counts: Arc<Counts>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Where a follower stands while it has the lease.
struct Held {
    cursor: i64,
    /// When the lease is to be renewed.
    renew: Instant,
    /// Records that are read at once.
    limit: u32,
    failures: u32,
    parked: bool,
}

/// What one round came to.
enum Round {
    /// Something was delivered: there may be more.
    Moved,
    /// There is nothing to deliver.
    Nothing,
    /// It failed; try again after this time.
    Failed(Duration),
    /// Somebody else has the lease.
    Lost,
}

impl Follower {
    pub(crate) async fn run(mut self) {
        let mut outlet = match self.open().await {
            Some(outlet) => outlet,
            None => return,
        };
        let mut held = None;
        let mut ending = None;
        loop {
            let round = self.round(&mut outlet, &mut held).await;
            let round = round.unwrap_or_else(|error| {
                tracing::warn!(sink = self.config.name, %error, "the store cannot be asked about a sink");
                held = None;
                Round::Failed(self.pace.idle.max(Duration::from_secs(1)))
            });
            let deadline = ending.unwrap_or_else(|| Instant::now() + STOP_WAIT);
            let stopping = *self.stop.borrow();
            match (round, stopping) {
                (Round::Moved, false) => {}
                (Round::Moved, true) if Instant::now() < deadline => ending = Some(deadline),
                (Round::Moved | Round::Nothing | Round::Failed(_) | Round::Lost, true) => break,
                (Round::Nothing | Round::Lost, false) => self.rest(self.idle()).await,
                (Round::Failed(pause), false) => self.rest(pause).await,
            }
        }
        if held.is_some() {
            // Where this fails, the lease ends by itself.
            let _ = self.store.sinks().release(&self.config.name, &self.holder).await;
        }
    }

    /// The sink, once it can be opened: what stands in the way may be taken away meanwhile.
    async fn open(&mut self) -> Option<Outlet> {
        loop {
            let reason = match Outlet::open(&self.config) {
                Ok(outlet) => return Some(outlet),
                Err(reason) => reason,
            };
            tracing::error!(sink = self.config.name, reason, "a sink cannot be used");
            self.counts.failures.fetch_add(1, Ordering::Relaxed);
            // Not for the pause: another gateway may be able to use it.
            let lease = self.lease(Duration::ZERO);
            if let Ok(Some(_)) = self.store.sinks().claim(&self.config.name, &lease).await {
                let _ = self.store.sinks().failed(&self.config.name, &lease, &reason, SinkTrouble::Parked).await;
            }
            self.rest(PARKED_PAUSE).await;
            if *self.stop.borrow() {
                return None;
            }
        }
    }

    async fn round(&self, outlet: &mut Outlet, held: &mut Option<Held>) -> Result<Round, StoreError> {
        let Some(mut state) = self.hold(held.take()).await? else { return Ok(Round::Lost) };
        let records = self.store.tail(state.cursor, state.limit).await?;
        let round = match records.last() {
            None => Round::Nothing,
            Some(_) => self.deliver(outlet, &mut state, &records).await?,
        };
        *held = match round {
            Round::Lost => None,
            Round::Moved | Round::Nothing | Round::Failed(_) => Some(state),
        };
        Ok(round)
    }

    /// Takes the lease, or renews it in time.
    async fn hold(&self, held: Option<Held>) -> Result<Option<Held>, StoreError> {
        if let Some(state) = held {
            if Instant::now() < state.renew {
                return Ok(Some(state));
            }
            let ours = self.claim().await?;
            let same = ours.filter(|cursor| *cursor == state.cursor);
            return Ok(same.map(|_| Held { renew: self.renewal(), ..state }));
        }
        let cursor = self.claim().await?;
        Ok(cursor.map(|cursor| Held { cursor, renew: self.renewal(), limit: BATCH_MAX, failures: 0, parked: false }))
    }

    /// The cursor, if the lease is ours now. Where there is none because the store's file was replaced, it is made again: it
    /// begins with the oldest record whatever is configured, for what was written since belongs to it.
    async fn claim(&self) -> Result<Option<i64>, StoreError> {
        let (sinks, name) = (self.store.sinks(), &self.config.name);
        let ours = sinks.claim(name, &self.lease(Duration::ZERO)).await?;
        if ours.is_some() {
            return Ok(ours);
        }
        match sinks.declare(name, SinkStart::Oldest).await? {
            Declared::There => Ok(None),
            Declared::Made => {
                tracing::warn!(
                    sink = name,
                    "the store knew nothing of a sink; it gets what the store has from the beginning"
                );
                sinks.claim(name, &self.lease(Duration::ZERO)).await
            }
        }
    }

    async fn deliver(
        &self,
        outlet: &mut Outlet,
        state: &mut Held,
        records: &[RecordView],
    ) -> Result<Round, StoreError> {
        // What is not wanted is passed over with what comes before it.
        let wanted: Vec<RecordView> = records.iter().filter(|record| self.wants(record)).cloned().collect();
        let delivered = match wanted.is_empty() {
            true => Ok(0),
            false => tokio::select! {
                outcome = outlet.deliver(&wanted) => outcome,
                () = tokio::time::sleep(self.pace.delivery) => Err(Failure::again("it took too long")),
                () = self.end() => Err(Failure::again("the gateway ended before it had answered")),
            },
        };
        let count = match delivered {
            Ok(count) => count,
            Err(failure) => return self.failed(state, &failure).await,
        };
        let last = if count >= wanted.len() { records.last() } else { wanted.get(count.saturating_sub(1)) };
        let Some(last) = last else { return Ok(Round::Nothing) };
        let moved =
            self.store.sinks().advance(&self.config.name, &self.lease(Duration::ZERO), state.cursor, last.seq).await?;
        match moved {
            Moved::Lost => Ok(Round::Lost),
            Moved::Done => {
                self.counts.delivered.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
                if state.failures > 0 {
                    tracing::info!(sink = self.config.name, "a sink takes records again");
                }
                let (cursor, renew) = (last.seq, self.renewal());
                *state = Held { cursor, renew, limit: BATCH_MAX, failures: 0, parked: false };
                Ok(Round::Moved)
            }
        }
    }

    async fn failed(&self, state: &mut Held, failure: &Failure) -> Result<Round, StoreError> {
        state.failures = state.failures.saturating_add(1);
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        let turn = match failure.turn {
            Turn::Less if state.limit > 1 => {
                state.limit /= 2;
                return Ok(Round::Moved);
            }
            // One record alone is too much for it.
            Turn::Less | Turn::Operator => Turn::Operator,
            Turn::Again(wait) => Turn::Again(wait),
        };
        let (sink, reason) = (&self.config.name, &failure.reason);
        let trouble = match turn {
            Turn::Operator => SinkTrouble::Parked,
            Turn::Again(_) | Turn::Less => SinkTrouble::Passing,
        };
        match trouble {
            SinkTrouble::Parked if !state.parked => {
                tracing::error!(sink, reason, "a sink refuses records for good; they wait until somebody mends it");
            }
            SinkTrouble::Passing if state.failures == 1 => tracing::warn!(sink, reason, "a sink takes no records"),
            SinkTrouble::Parked | SinkTrouble::Passing => {
                tracing::debug!(sink, reason, failures = state.failures, "a sink still takes no records");
            }
        }
        state.parked = trouble == SinkTrouble::Parked;
        let pause = pause::after(turn, state.failures, random()).min(self.pace.most);
        self.store.sinks().failed(sink, &self.lease(pause), reason, trouble).await?;
        // The lease lasts over the pause, so that nobody else tries meanwhile what has just failed. It is renewed before it is
        // used.
        state.renew = Instant::now();
        Ok(Round::Failed(pause))
    }

    fn wants(&self, record: &RecordView) -> bool {
        match self.config.records {
            Records::All => true,
            Records::Outcomes => record.phase == "outcome",
        }
    }

    /// Ours for as long as a lease lasts after `pause`, which is bounded as every pause is.
    fn lease(&self, pause: Duration) -> SinkLease {
        let now = now();
        let life = i64::try_from(self.pace.lease.saturating_add(pause).as_micros()).unwrap_or(i64::MAX);
        SinkLease {
            holder: self.holder.clone(),
            now,
            until: Timestamp::from_micros(now.as_micros().saturating_add(life)),
        }
    }

    /// A third of the lease is left to deliver in, and more than a delivery takes: what is read last before that is
    /// confirmed in time.
    fn renewal(&self) -> Instant {
        Instant::now() + self.pace.lease.saturating_sub(self.pace.delivery) / 2
    }

    /// How long to wait for more. Where each batch is a connection, it is worth to gather.
    fn idle(&self) -> Duration {
        match self.config.target {
            Target::Syslog(_) => self.pace.idle.max(SYSLOG_GATHERING),
            Target::Webhook(_) | Target::Ocsf(_) | Target::Otlp(_) => self.pace.idle,
        }
    }

    /// Resolves a while after the end was announced.
    async fn end(&self) {
        // Whoever could tell has gone: that is the end as well.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
        tokio::time::sleep(STOP_WAIT).await;
    }

    /// Waits, but not beyond the end.
    async fn rest(&mut self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Whoever could tell has gone: that is the end as well.
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }
}
