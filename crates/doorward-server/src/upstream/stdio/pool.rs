//! Which conversations share which child.
//!
//! Responsible for one task per child, for how many there are, and for that all of them have ended when the gateway
//! does. It must never let two principals, or two servers, share a child.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use doorward_core::ids::ServerId;
use doorward_core::principal::{PrincipalId, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Request;
use doorward_mcp::revision::Era;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::commands::Command;
use super::connection::Connection;
use super::{ChildSpec, Share, StdioLink};
use crate::limits::{
    CHILD_COMMANDS_MAX, CHILDREN_FAIR_SHARE, CHILDREN_KEPT_FREE, CHILDREN_MAX, CHILDREN_PER_PRINCIPAL_MAX,
};

/// All child processes of the gateway.
#[derive(Debug, Default)]
pub struct Pool {
    registry: Arc<Registry>,
}

/// The children there are, by who may share them.
#[derive(Debug, Default)]
pub(super) struct Registry {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<Key, Entry>,
    tasks: JoinSet<()>,
    phase: Phase,
    held: Held,
}

/// The servers whose children are ended and not started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// These.
    These(BTreeSet<ServerId>),
    /// All of them.
    All,
}

impl Default for Held {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Held {
    /// Whether the children of that server are.
    #[must_use]
    pub fn holds(&self, server: &ServerId) -> bool {
        match self {
            Self::These(servers) => servers.contains(server),
            Self::All => true,
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    Stopping,
}

#[derive(Debug)]
struct Entry {
    commands: mpsc::Sender<Command>,
    control: Arc<Control>,
    clients: usize,
}

/// Who shares a child.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    server: ServerId,
    principal: PrincipalId,
    sharing: Sharing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sharing {
    /// One conversation alone.
    Conversation(u64),
    /// Stateless requests.
    Modern,
    /// Legacy conversations that opened with the same version and capabilities.
    Legacy([u8; 32]),
}

/// What reaches a child's task without waiting for room.
#[derive(Debug, Default)]
pub(super) struct Control {
    departures: Mutex<Vec<Departure>>,
    stopping: AtomicBool,
    held: AtomicBool,
    wake: Notify,
    /// How many children of this place have ended.
    ends: watch::Sender<u64>,
}

/// Who waits no more. Each call and each conversation departs at most once or twice, which bounds the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// The call's answer is not wanted any more.
    Call(u64),
    /// The conversation is over.
    Conversation(u64),
}

/// A client's hold on a child: while it lives the child is kept.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) key: Key,
    pub(super) session: u64,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) control: Arc<Control>,
    attachment: Attachment,
    registry: Arc<Registry>,
}

/// What holds a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attachment {
    /// A conversation, whose end the child's task must learn.
    Conversation,
    /// One stateless request, whose end shows by itself.
    Single,
}

impl Pool {
    /// No children yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A way to a child for one conversation, or for the stateless requests of one principal. Nothing is started yet.
    #[must_use]
    pub fn link(&self, spec: Arc<ChildSpec>, principal: &PrincipalId, era: Era, share: Share) -> StdioLink {
        StdioLink::new(self.registry.clone(), spec, principal.clone(), era, share)
    }

    /// Ends at once the children of the servers that are held, and starts none of theirs until something else is.
    pub fn hold(&self, held: Held) {
        self.registry.hold(held);
    }

    /// Whether the children of that server are held. What is said to a server elsewhere goes by it as well.
    #[must_use]
    pub fn holds(&self, server: &ServerId) -> bool {
        self.registry.state().held.holds(server)
    }

    /// Ends all children and waits until they are gone. New ones are refused from here on.
    pub async fn shutdown(&self) {
        let controls = self.registry.stop();
        for control in controls {
            control.stop();
        }
        loop {
            // A task that ends hands the rest of its work to another, so there can be a next round.
            let mut tasks = std::mem::take(&mut self.registry.state().tasks);
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }
}

impl Registry {
    /// Takes hold of the child of `key`; makes its task if there is none.
    pub(super) fn bind(
        self: &Arc<Self>,
        key: Key,
        session: u64,
        attachment: Attachment,
        make: impl FnOnce(Key, mpsc::Receiver<Command>, Arc<Control>) -> Connection,
    ) -> Result<Binding, Refusal> {
        let mut state = self.state();
        if state.phase == Phase::Stopping {
            return Err(Refusal::new(Code::Stopping));
        }
        if state.held.holds(&key.server) {
            return Err(Refusal::new(Code::Stopped));
        }
        if !state.entries.contains_key(&key) {
            state.make_room(&key)?;
            let (sender, receiver) = mpsc::channel(CHILD_COMMANDS_MAX);
            let control = Arc::new(Control::default());
            let connection = make(key.clone(), receiver, control.clone());
            while state.tasks.try_join_next().is_some() {}
            state.tasks.spawn(connection.run());
            state.entries.insert(key.clone(), Entry { commands: sender, control, clients: 0 });
        }
        let Some(entry) = state.entries.get_mut(&key) else {
            return Err(Refusal::new(Code::Unreachable));
        };
        entry.clients += 1;
        let (commands, control) = (entry.commands.clone(), entry.control.clone());
        Ok(Binding { key, session, commands, control, attachment, registry: self.clone() })
    }

    /// Forgets the child of `key` unless somebody holds it. Its task ends then.
    pub(super) fn retire(&self, key: &Key) -> Retired {
        let mut state = self.state();
        match state.entries.get(key) {
            Some(entry) if entry.clients > 0 => Retired::No,
            Some(_) | None => {
                state.entries.remove(key);
                Retired::Yes
            }
        }
    }

    /// Ends the child of `key` unless somebody holds it.
    pub(super) fn dismiss(&self, key: &Key) {
        let mut state = self.state();
        if state.entries.get(key).is_some_and(|entry| entry.clients == 0)
            && let Some(entry) = state.entries.remove(key)
        {
            entry.control.stop();
        }
    }

    /// Runs a task that a shutdown waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.state().tasks.spawn(task);
    }

    fn release(&self, key: &Key) {
        if let Some(entry) = self.state().entries.get_mut(key) {
            entry.clients = entry.clients.saturating_sub(1);
        }
    }

    fn hold(&self, held: Held) {
        let mut state = self.state();
        for (key, entry) in &state.entries {
            entry.control.hold(held.holds(&key.server));
        }
        state.held = held;
    }

    fn stop(&self) -> Vec<Arc<Control>> {
        let mut state = self.state();
        state.phase = Phase::Stopping;
        state.entries.drain().map(|(_, entry)| entry.control).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every operation leaves the maps whole, so a panic elsewhere cannot have torn them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes room for one more child: at a limit, one that nobody holds goes.
    fn make_room(&mut self, wanted: &Key) -> Result<(), Refusal> {
        let own = |key: &Key| key.server == wanted.server && key.principal == wanted.principal;
        let own_count = self.entries.keys().filter(|key| own(key)).count();
        let idle = |(key, entry): (&Key, &Entry)| (entry.clients == 0).then(|| key.clone());
        let victim = if own_count >= CHILDREN_PER_PRINCIPAL_MAX {
            self.entries.iter().filter(|(key, _)| own(key)).find_map(idle)
        } else if self.entries.len() >= CHILDREN_MAX {
            self.entries.iter().find_map(idle)
        } else if self.is_scarce_for(&wanted.principal) {
            self.entries.iter().filter(|(key, _)| key.principal == wanted.principal).find_map(idle)
        } else {
            return Ok(());
        };
        let entry = victim.and_then(|key| self.entries.remove(&key));
        let entry = entry.ok_or_else(|| Refusal::new(Code::Busy).with_detail("Too many child processes run."))?;
        entry.control.stop();
        Ok(())
    }

    /// Whether what room is left is for those who have less than `principal`. Whoever is not one among several has it all.
    fn is_scarce_for(&self, principal: &PrincipalId) -> bool {
        let among_several = match principal.proof() {
            Proof::LocalProcess | Proof::LocalToken | Proof::None => false,
            Proof::ApiKey | Proof::AccessToken | Proof::BoundToken | Proof::Certificate => true,
        };
        among_several
            && self.entries.len() >= CHILDREN_MAX - CHILDREN_KEPT_FREE
            && self.entries.keys().filter(|key| key.principal == *principal).count() >= CHILDREN_FAIR_SHARE
    }
}

/// Whether a child was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retired {
    /// Nobody holds it and nobody can any more.
    Yes,
    /// Somebody holds it.
    No,
}

impl Key {
    /// The child of one conversation alone.
    pub(super) fn exclusive(server: &ServerId, principal: &PrincipalId, conversation: u64) -> Self {
        Self::new(server, principal, Sharing::Conversation(conversation))
    }

    /// The child for stateless requests.
    pub(super) fn modern(server: &ServerId, principal: &PrincipalId) -> Self {
        Self::new(server, principal, Sharing::Modern)
    }

    /// The child for conversations that open like this one: servers offer different things to clients with different
    /// capabilities, so those must not share.
    pub(super) fn legacy(server: &ServerId, principal: &PrincipalId, initialize: &Request) -> Self {
        let mut parts = Vec::new();
        for name in ["protocolVersion", "capabilities"] {
            let part = initialize.param(name).map(|part| part.bytes()).unwrap_or_default();
            parts.extend_from_slice(&part.len().to_le_bytes());
            parts.extend_from_slice(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &parts).as_ref());
        Self::new(server, principal, Sharing::Legacy(bytes))
    }

    fn new(server: &ServerId, principal: &PrincipalId, sharing: Sharing) -> Self {
        Self { server: server.clone(), principal: principal.clone(), sharing }
    }
}

impl Control {
    /// Tells the task that somebody waits no more.
    pub(super) fn depart(&self, departure: Departure) {
        self.departures.lock().unwrap_or_else(PoisonError::into_inner).push(departure);
        self.wake.notify_one();
    }

    /// Everybody who departed since last asked.
    pub(super) fn departures(&self) -> Vec<Departure> {
        std::mem::take(&mut self.departures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the task is to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether no child may run.
    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }

    /// Waits for a departure or the order to end. Safe to drop and ask again.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// Counts the end of a child.
    pub(super) fn child_ended(&self) {
        self.ends.send_modify(|ends| *ends = ends.wrapping_add(1));
    }

    /// How many children have ended.
    pub(super) fn ends(&self) -> u64 {
        *self.ends.borrow()
    }

    /// Waits until the count of ended children is not `seen`, and returns it. Safe to drop and ask again.
    pub(super) async fn ended(&self, seen: u64) -> u64 {
        let mut ends = self.ends.subscribe();
        match ends.wait_for(|ends| *ends != seen).await {
            Ok(ends) => *ends,
            // The sender is in `self`, so this cannot be.
            Err(_) => seen,
        }
    }

    /// From now on a child may run, or may not.
    fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Release);
        self.wake.notify_one();
    }

    fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        self.registry.release(&self.key);
        if self.attachment == Attachment::Conversation {
            self.control.depart(Departure::Conversation(self.session));
        }
    }
}

/// A number no other call or conversation of this process has. Zero is the gateway itself.
pub(super) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::Principal;

    use super::*;

    fn owner(name: &str, proof: Proof) -> PrincipalId {
        Principal::new(name, proof).id().clone()
    }

    fn key(principal: &PrincipalId, number: usize) -> Key {
        let server = ServerId::parse(&format!("s{}", number % 100)).unwrap();
        Key::exclusive(&server, principal, number as u64)
    }

    /// Starts as many children as `principal` may have, all of them held.
    fn fill(state: &mut State, principal: &PrincipalId) -> usize {
        for number in 0..=CHILDREN_MAX {
            let key = key(principal, number);
            if state.make_room(&key).is_err() {
                return number;
            }
            let commands = mpsc::channel(1).0;
            state.entries.insert(key, Entry { commands, control: Arc::default(), clients: 1 });
        }
        panic!("there is no limit");
    }

    #[test]
    fn nobody_takes_the_children_of_all_others() {
        let mut state = State::default();
        let (ann, bob) = (owner("ann", Proof::AccessToken), owner("bob", Proof::AccessToken));
        assert_eq!(fill(&mut state, &ann), CHILDREN_MAX - CHILDREN_KEPT_FREE);
        assert_eq!(fill(&mut state, &bob), CHILDREN_FAIR_SHARE);
        // One that nobody holds makes room for another of the same principal.
        let idle = key(&ann, 7);
        state.entries.get_mut(&idle).unwrap().clients = 0;
        assert!(state.make_room(&key(&bob, 1000)).is_err() && state.entries.contains_key(&idle));
        assert!(state.make_room(&key(&ann, 1000)).is_ok() && !state.entries.contains_key(&idle));
        let mut alone = State::default();
        assert_eq!(fill(&mut alone, &owner("local", Proof::LocalToken)), CHILDREN_MAX);
    }
}
