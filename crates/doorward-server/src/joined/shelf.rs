//! What servers were last seen to show, and what they are being asked right now.
//!
//! Responsible for two bounds: a list that several ask for at once is fetched once, and what is remembered has a size. What
//! one principal was shown is never shown to another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::joint::List;
use doorward_core::principal::{Principal, PrincipalId};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::lock;
use crate::caller::Caller;
use crate::limits::{
    CHANGES_KEPT_MAX, LISTING_WAIT, LISTINGS_AT_ONCE_MAX, SHELF_BYTES_MAX, SHELF_ITEMS_MAX, SHELF_SERVERS_MAX,
};

/// The pages of one list of one server.
pub(super) type Pages = Arc<Vec<Bytes>>;

/// Everything that joint endpoints remember of servers.
#[derive(Debug)]
pub struct Shelves {
    shown: Mutex<Shown>,
    declared: Mutex<Declarations>,
    running: Arc<Mutex<Runs>>,
    servers: Mutex<BTreeMap<ServerId, Arc<AtServer>>>,
    changes: broadcast::Sender<Change>,
}

/// What servers said of themselves under the rules in force.
#[derive(Debug)]
struct Declarations {
    known: BTreeMap<(ServerId, Principal, Era), Arc<Declared>>,
    /// When the rules came in force. What was asked for before that, they might not have let through.
    since: Instant,
}

#[derive(Debug, Default)]
struct Shown {
    lists: BTreeMap<Whose, Kept>,
    bytes: usize,
}

/// Whose list: nothing that could make it another is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whose {
    pub(super) server: ServerId,
    /// With everything a list may be sifted by.
    pub(super) caller: Caller,
    pub(super) era: Era,
    pub(super) list: List,
}

#[derive(Debug)]
struct Kept {
    pages: Pages,
    /// The configuration and policy under which it was sifted.
    generation: u64,
    used: Instant,
}

/// What a server said of itself when a conversation with it was opened.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) capabilities: RawJson,
    pub(super) instructions: Option<String>,
    /// When it was asked.
    pub(super) at: Instant,
}

/// A list being fetched. It ends when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Run {
    key: RunKey,
    outcome: watch::Receiver<Option<Result<Pages, Refusal>>>,
    task: AbortHandle,
    edition: u64,
    /// Whether somebody waits for it who announces what comes of it.
    awaited: AtomicBool,
    running: Arc<Mutex<Runs>>,
}

/// Requests with the same key would be answered alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RunKey {
    pub(super) whose: Whose,
    /// A conversation, or what a stateless request says of its client.
    pub(super) asker: String,
}

type Runs = BTreeMap<RunKey, Weak<Run>>;

#[derive(Debug)]
struct AtServer {
    /// Grows whenever the server says that a list has changed: what was fetched before is not what is asked for after.
    edition: Mutex<u64>,
    /// Whether it was too late for a list.
    pace: Mutex<Pace>,
    turns: Arc<Semaphore>,
}

/// Whether a server shows its lists in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As far as known.
    InTime,
    /// The last time it did not.
    Late,
}

/// What open conversations have to know.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// A principal would now be shown another list.
    List(ServerId, PrincipalId, List),
    /// A server has come or gone.
    Standing(ServerId),
    /// Other servers, views or rules are in force.
    View,
}

impl Default for Shelves {
    fn default() -> Self {
        Self {
            shown: Mutex::default(),
            declared: Mutex::new(Declarations { known: BTreeMap::new(), since: Instant::now() }),
            running: Arc::default(),
            servers: Mutex::default(),
            changes: broadcast::Sender::new(CHANGES_KEPT_MAX),
        }
    }
}

impl Shelves {
    pub(super) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub(super) fn announce(&self, change: Change) {
        // Without conversations nobody has to know.
        let _ = self.changes.send(change);
    }

    /// A server has come or gone.
    pub fn turned(&self, server: &ServerId) {
        self.announce(Change::Standing(server.clone()));
    }

    /// Other servers, views or rules are in force.
    pub fn replaced(&self) {
        *lock(&self.declared) = Declarations { known: BTreeMap::new(), since: Instant::now() };
        self.announce(Change::View);
    }

    /// Something was stopped or resumed: what was shown before is not what is shown now, and what servers said of themselves
    /// is asked again where it was not to be told.
    pub fn stopped(&self) {
        *lock(&self.shown) = Shown::default();
        self.announce(Change::View);
    }

    /// The fetching of a list: one that is under way and not outdated, or a new one that `fetch` does.
    pub(super) fn run<F>(&self, key: RunKey, fetch: impl FnOnce() -> F) -> Arc<Run>
    where
        F: Future<Output = Result<Pages, Refusal>> + Send + 'static,
    {
        let at = self.at(&key.whose.server);
        let edition = *lock(&at.edition);
        let under_way = lock(&self.running).get(&key).and_then(Weak::upgrade);
        if let Some(run) = under_way.filter(|run| run.edition == edition) {
            return run;
        }
        let (sender, outcome) = watch::channel(None);
        let (fetch, turns) = (fetch(), at.turns.clone());
        let task = tokio::spawn(async move {
            let fetched = match timeout(LISTING_WAIT, turns.acquire()).await {
                // Never closed.
                Ok(_turn) => fetch.await,
                Err(_) => Err(Refusal::new(Code::UpstreamBusy)),
            };
            sender.send_replace(Some(fetched));
        });
        let run = Arc::new(Run {
            key: key.clone(),
            outcome,
            task: task.abort_handle(),
            edition,
            awaited: AtomicBool::new(false),
            running: self.running.clone(),
        });
        lock(&self.running).insert(key, Arc::downgrade(&run));
        run
    }

    /// Remembers what was shown.
    pub(super) fn keep(&self, whose: Whose, pages: &Pages, generation: u64) {
        let weight = |pages: &Pages| pages.iter().map(Bytes::len).sum::<usize>();
        let mut shown = lock(&self.shown);
        let kept = Kept { pages: pages.clone(), generation, used: Instant::now() };
        shown.bytes = shown.bytes.saturating_add(weight(pages));
        if let Some(before) = shown.lists.insert(whose, kept) {
            shown.bytes = shown.bytes.saturating_sub(weight(&before.pages));
        }
        while shown.lists.len() > SHELF_ITEMS_MAX || shown.bytes > SHELF_BYTES_MAX {
            let oldest = shown.lists.iter().min_by_key(|(_, kept)| kept.used).map(|(whose, _)| whose.clone());
            let Some(gone) = oldest.and_then(|oldest| shown.lists.remove(&oldest)) else { return };
            shown.bytes = shown.bytes.saturating_sub(weight(&gone.pages));
        }
    }

    /// What was last shown under the configuration and policy of that generation.
    pub(super) fn last(&self, whose: &Whose, generation: u64) -> Option<Pages> {
        let mut shown = lock(&self.shown);
        let kept = shown.lists.get_mut(whose).filter(|kept| kept.generation == generation)?;
        kept.used = Instant::now();
        Some(kept.pages.clone())
    }

    /// Remembers what a server said of itself.
    pub(super) fn declare(&self, server: &ServerId, principal: &Principal, era: Era, declared: Arc<Declared>) {
        let mut declarations = lock(&self.declared);
        if declared.at < declarations.since {
            return;
        }
        if declarations.known.len() >= SHELF_SERVERS_MAX {
            declarations.known.clear();
        }
        declarations.known.insert((server.clone(), principal.clone(), era), declared);
    }

    pub(super) fn declared(&self, server: &ServerId, principal: &Principal, era: Era) -> Option<Arc<Declared>> {
        lock(&self.declared).known.get(&(server.clone(), principal.clone(), era)).cloned()
    }

    /// A server says that a list of its has changed.
    pub(super) fn renew(&self, server: &ServerId) {
        let at = self.at(server);
        let mut edition = lock(&at.edition);
        *edition = edition.wrapping_add(1);
    }

    pub(super) fn pace(&self, server: &ServerId) -> Pace {
        *lock(&self.at(server).pace)
    }

    pub(super) fn note_pace(&self, server: &ServerId, pace: Pace) {
        *lock(&self.at(server).pace) = pace;
    }

    fn at(&self, server: &ServerId) -> Arc<AtServer> {
        let fresh = || {
            Arc::new(AtServer {
                edition: Mutex::default(),
                pace: Mutex::new(Pace::InTime),
                turns: Arc::new(Semaphore::new(LISTINGS_AT_ONCE_MAX)),
            })
        };
        lock(&self.servers).entry(server.clone()).or_insert_with(fresh).clone()
    }
}

impl Run {
    /// Whether the caller is the first to wait for it beyond its own request.
    pub(super) fn await_late(&self) -> bool {
        !self.awaited.swap(true, Ordering::Relaxed)
    }

    /// What came of it.
    pub(super) async fn outcome(&self) -> Result<Pages, Refusal> {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| (*outcome).clone()) {
            Some(fetched) => fetched,
            None => Err(Refusal::new(Code::BadAnswer)),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.task.abort();
        let mut running = lock(&self.running);
        if running.get(&self.key).is_some_and(|run| run.strong_count() == 0) {
            running.remove(&self.key);
        }
    }
}
