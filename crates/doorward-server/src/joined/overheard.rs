//! What a conversation hears outside of its requests: from its servers, and of them.
//!
//! Responsible for one voice: changes that several servers announce within a moment are one change for the client, and a
//! server that comes back is opened again and announced.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::joint::List;
use doorward_mcp::compose;
use doorward_mcp::splice::Segments;
use tokio::sync::{Mutex, broadcast, mpsc};
use tokio::time::{Instant, sleep_until};

use super::shelf::Change;
use super::{Joined, Joint, Said, Shelves};
use crate::caller::Caller;
use crate::limits::{CHANGE_WINDOW, RETRY_LOOK, UNSOLICITED_EVENTS_MAX};
use crate::talk::Talk;

/// What was said, in the order in which it came.
#[derive(Debug)]
pub(super) struct Overheard {
    /// Held by the one who listens; a conversation has one.
    ear: Mutex<Ear>,
    sayings: mpsc::Sender<(ServerId, Segments)>,
}

#[derive(Debug)]
struct Ear {
    said: mpsc::Receiver<(ServerId, Segments)>,
    changes: broadcast::Receiver<Change>,
    changed: Changed,
}

/// Lists that have changed and of which the client is not yet told.
#[derive(Debug, Default)]
pub(super) struct Changed {
    methods: BTreeSet<&'static str>,
    due: Option<Instant>,
}

impl Changed {
    /// Takes note of a change. The first of several waits for the others.
    pub(super) fn note(&mut self, method: &'static str) {
        self.methods.insert(method);
        self.due.get_or_insert_with(|| Instant::now() + CHANGE_WINDOW);
    }

    pub(super) fn note_all(&mut self) {
        ANNOUNCEMENTS.iter().for_each(|(method, _)| self.note(method));
    }

    /// When the client is to be told; far away when there is nothing to tell.
    pub(super) fn due(&self) -> Instant {
        self.due.unwrap_or_else(|| Instant::now() + IDLE)
    }

    /// The next announcement that is due.
    pub(super) fn take(&mut self) -> Option<&'static str> {
        if self.due.is_none_or(|due| due > Instant::now()) {
            return None;
        }
        let method = self.methods.pop_first();
        if self.methods.is_empty() {
            self.due = None;
        }
        method
    }
}

/// How long to sleep when there is nothing to wait for.
const IDLE: Duration = Duration::from_secs(3600);

/// Announcements, and the lists they are about.
const ANNOUNCEMENTS: [(&str, &[List]); 3] = [
    ("notifications/tools/list_changed", &[List::Tools]),
    ("notifications/prompts/list_changed", &[List::Prompts]),
    ("notifications/resources/list_changed", &[List::Resources, List::Templates]),
];

/// The announcement that a notification is, if it is one.
pub(super) fn announcement(method: &str) -> Option<&'static str> {
    ANNOUNCEMENTS.iter().find(|(known, _)| *known == method).map(|(known, _)| *known)
}

/// The announcement that a list has changed.
fn announcement_of(list: List) -> Option<&'static str> {
    ANNOUNCEMENTS.iter().find(|(_, lists)| lists.contains(&list)).map(|(method, _)| *method)
}

impl Overheard {
    pub(super) fn new(shelves: &Shelves) -> Self {
        let (sayings, said) = mpsc::channel(UNSOLICITED_EVENTS_MAX);
        let ear = Ear { said, changes: shelves.changes(), changed: Changed::default() };
        Self { ear: Mutex::new(ear), sayings }
    }

    /// Takes in what a server says, if there is room for it.
    pub(super) fn hear(&self, server: &ServerId, said: Segments) {
        if self.sayings.try_send((server.clone(), said)).is_err() {
            tracing::warn!(%server, "the client is slow: what was said outside of calls is dropped");
        }
    }

    /// Listens to one server until it has no more to say.
    pub(super) fn listen(&self, talk: Arc<Talk>) -> impl Future<Output = ()> + Send + use<> {
        let sayings = self.sayings.clone();
        async move {
            while let Some(said) = talk.overheard().await {
                if sayings.send((talk.server().id().clone(), said)).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Joined {
    /// The next message for the client outside of its requests.
    pub(super) async fn overhear(self: &Arc<Self>) -> Option<Segments> {
        let mut ear = self.overheard.ear.lock().await;
        loop {
            if let Some(method) = ear.changed.take() {
                return Some(Segments::from(compose::notification(method, None)));
            }
            let due = ear.changed.due();
            let Ear { said, changes, changed } = &mut *ear;
            tokio::select! {
                heard = said.recv() => {
                    let (server, said) = heard?;
                    let joint = self.current()?;
                    match self.outward(&joint, &server, said) {
                        Some(Said::Changed(method)) => changed.note(method),
                        Some(Said::Notification(said) | Said::Question(said)) => return Some(said),
                        None => {}
                    }
                }
                change = changes.recv() => {
                    let joint = self.current()?;
                    self.note_change(&self.listener.caller(), &joint, change, changed);
                }
                () = sleep_until(due) => {}
                () = tokio::time::sleep(RETRY_LOOK), if self.has_lost() => {
                    let joint = self.current()?;
                    self.find_again(&self.listener.caller(), &joint);
                }
            }
        }
    }

    /// Takes note of what a change means for this client.
    pub(super) fn note_change(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Joint,
        change: Result<Change, broadcast::error::RecvError>,
        changed: &mut Changed,
    ) {
        match change {
            Ok(Change::List(server, principal, list)) => {
                if joint.servers.contains_key(&server)
                    && principal == *self.listener.owner()
                    && let Some(method) = announcement_of(list)
                {
                    changed.note(method);
                }
            }
            Ok(Change::Standing(server)) if joint.servers.contains_key(&server) => {
                for list in List::ALL.into_iter().filter(|list| self.may_have(caller, &server, *list)) {
                    if let Some(method) = announcement_of(list) {
                        changed.note(method);
                    }
                }
                self.find_again(caller, joint);
            }
            Ok(Change::Standing(_)) => {}
            Ok(Change::View) => {
                self.open_seats(caller, joint);
                changed.note_all();
            }
            Err(broadcast::error::RecvError::Lagged(_)) => changed.note_all(),
            // INVARIANT: the gateway outlives its conversations, and holds the other end.
            Err(broadcast::error::RecvError::Closed) => {}
        }
    }

    fn has_lost(&self) -> bool {
        self.seated().iter().any(|seat| seat.is_away())
    }

    /// Opens servers again that were lost and may be tried.
    fn find_again(self: &Arc<Self>, caller: &Caller, joint: &Joint) {
        let now = std::time::Instant::now();
        for seat in self.seated().into_iter().filter(|seat| seat.may_be_found(now)) {
            let server = seat.talk().server();
            if server.health().take_retry(now) {
                self.open_seat(caller, joint, server.id());
            }
        }
    }
}
