//! `subscriptions/listen` at a server that has no such request.
//!
//! Responsible for that a client hears what it wished for and the server offers, for as long as it listens, also across
//! the server's restarts. It must never ask the server about a resource without the permit of somebody who listens for it.

use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::refusal::Refusal;
use doorward_mcp::bridge::{self, Told, Wish};
use doorward_mcp::message::{Notification, Request};
use doorward_mcp::raw::Raw;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::forwarded::{Visit, refused};
use super::held::answer_to;
use super::session::Session;
use crate::limits::{LISTENER_EVENTS_MAX, RESTART_WAIT_MAX, RESTART_WAIT_MIN, RESUBSCRIBE_TRIES_MAX};
use crate::upstream::{Event, Housekeeping};

/// One client's stream of news.
#[derive(Debug)]
pub(super) struct Listening {
    session: Arc<Session>,
    number: u64,
    request: Request,
    permit: Arc<Permit>,
    first: Option<Notification>,
    news: mpsc::Receiver<Notification>,
    watched: Vec<String>,
}

/// Where news for one stream are put.
#[derive(Debug)]
pub(super) struct Listener {
    wish: Wish,
    news: mpsc::Sender<Notification>,
}

impl Listening {
    /// Begins to listen. What the server offers is in `capabilities`, whose tasks are whose says `owns`.
    pub(super) async fn begin(
        session: Arc<Session>,
        capabilities: Raw<'_>,
        visit: Visit,
        owns: impl Fn(&str) -> bool,
    ) -> Result<Self, Refusal> {
        let Visit { permit, request, .. } = visit;
        let wish = Wish::of(&request).map_err(|unbridged| refused(&unbridged))?;
        let mut wish = wish.within(capabilities, owns);
        let (sender, news) = mpsc::channel(LISTENER_EVENTS_MAX);
        let number = session.number();
        // Before the server is told: what it says right then is news already.
        session.hear(number, Listener { wish: wish.clone(), news: sender });
        let permit = Arc::new(permit);
        let mut listening = Self { session, number, request, permit, first: None, news, watched: Vec::new() };
        let wanted: Vec<String> = wish.resources().map(ToOwned::to_owned).collect();
        for uri in wanted {
            listening.watched.push(uri.clone());
            if !listening.session.watch(&uri, &listening.permit).await {
                wish.without_resource(&uri);
            }
        }
        let first = wish.acknowledged(listening.request.id()).map_err(|unbridged| refused(&unbridged))?;
        listening.first = Some(first);
        Ok(listening)
    }

    /// The next news; at last the end of the stream, when the server is lost for good. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Event {
        if let Some(first) = self.first.take() {
            return Event::Notification(first);
        }
        let id = self.request.id();
        loop {
            match self.news.recv().await {
                Some(news) => {
                    if let Some(news) = bridge::with_subscription_id(&news, &id.to_json()) {
                        return Event::Notification(news);
                    }
                }
                None => return answer_to(&self.request, &Wish::closed(id)).map_or_else(Event::Failed, Event::Response),
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.session.unhear(self.number);
        let (session, permit) = (self.session.clone(), self.permit.clone());
        let watched = std::mem::take(&mut self.watched);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            for uri in watched {
                session.unwatch(&uri, &permit).await;
            }
        });
    }
}

impl Session {
    /// Gives news to whoever wishes for them.
    pub(super) fn news(&self, news: &Notification) {
        if news.method() == "notifications/tools/list_changed" {
            self.reach().definitions().forget_asking();
        }
        for listener in self.state().listeners.values().filter(|listener| listener.wish.covers(news)) {
            if listener.news.try_send(news.clone()).is_err() {
                tracing::debug!(server = %self.reach().id(), "news were dropped: their listener does not keep up");
            }
        }
    }

    /// Asks the server to speak of a resource, unless it does already. Whether it will.
    async fn watch(&self, uri: &str, permit: &Arc<Permit>) -> bool {
        let told = {
            let mut state = self.state();
            let told = state.watched.add(uri);
            if told == Told::Now {
                state.permits.insert(uri.to_owned(), permit.clone());
            }
            told
        };
        match told {
            Told::Now => self.subscribe(uri, permit).await,
            Told::Already => true,
        }
    }

    async fn subscribe(&self, uri: &str, permit: &Permit) -> bool {
        let number = self.number();
        let Ok(permit) = permit.reword(|_| bridge::subscribe_in_session(number, uri)) else { return false };
        match self.ask(permit).await {
            Ok(response) => response.result().is_some(),
            Err(refusal) => {
                tracing::debug!(server = %self.reach().id(), code = %refusal.code, "a resource could not be subscribed to");
                false
            }
        }
    }

    async fn unwatch(&self, uri: &str, permit: &Permit) {
        let told = {
            let mut state = self.state();
            let told = state.watched.remove(uri);
            if told == Told::Now {
                state.permits.remove(uri);
            }
            told
        };
        let number = self.number();
        if let (Told::Now, Ok(permit)) = (told, permit.reword(|_| bridge::unsubscribe_in_session(number, uri))) {
            // A server that is gone has forgotten it anyway.
            let _ = self.ask(permit).await;
        }
    }

    /// Opens the session again for those who listen, after it broke off, and tells them that anything may have changed.
    /// When the server stays away, their streams end.
    pub(super) async fn recover(self: &Arc<Self>) {
        let mut pause = RESTART_WAIT_MIN;
        for _ in 0..RESUBSCRIBE_TRIES_MAX {
            if self.state().listeners.is_empty() {
                return;
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(RESTART_WAIT_MAX);
            if self.is_reached().await {
                self.resubscribe().await;
                return;
            }
        }
        tracing::warn!(server = %self.reach().id(), "the server stays away: the streams of those who listen end");
        self.state().listeners.clear();
    }

    async fn is_reached(self: &Arc<Self>) -> bool {
        self.opened().await.is_ok() && self.link().keep_house(Housekeeping::Ping).await.is_ok()
    }

    async fn resubscribe(&self) {
        let permits: Vec<(String, Arc<Permit>)> =
            self.state().permits.iter().map(|(uri, permit)| (uri.clone(), permit.clone())).collect();
        for (uri, permit) in permits {
            self.subscribe(&uri, &permit).await;
        }
        let listeners: Vec<(Wish, mpsc::Sender<Notification>)> =
            self.state().listeners.values().map(|listener| (listener.wish.clone(), listener.news.clone())).collect();
        for (wish, sender) in listeners {
            for news in wish.changed().unwrap_or_default() {
                // One that does not keep up hears of something soon enough.
                let _ = sender.try_send(news);
            }
        }
    }

    fn hear(&self, number: u64, listener: Listener) {
        self.state().listeners.insert(number, listener);
    }

    fn unhear(&self, number: u64) {
        let mut state = self.state();
        state.listeners.remove(&number);
        state.used = tokio::time::Instant::now();
    }
}
