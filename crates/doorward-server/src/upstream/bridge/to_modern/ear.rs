//! The one stream on which a stateless server tells a conversation of changes.
//!
//! One task owns it: what the client subscribed to, the stream for all of that, and what was heard. When the wishes
//! change, the new stream is acknowledged before the old one closes, so that nothing is missed between them. A stream
//! that breaks is opened again, and then everything is said to have changed, because nobody knows what did. It must
//! never listen for what no permit of the client covers.

use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::limits::SUBSCRIBED_RESOURCES_MAX;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{ListNews, Row, Stamp, Wishes};
use doorward_mcp::id::Id;
use doorward_mcp::message::{Notification, Outcome};
use doorward_mcp::revision::Revision;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::conversation::unbridged;
use super::relay::in_legacy_words;
use crate::limits::{HOUSEKEEPING_WAIT, ORDERS_MAX, RESTART_WAIT_MAX, RESTART_WAIT_MIN, UNSOLICITED_EVENTS_MAX};
use crate::upstream::mailbox::{Budget, Mailbox};
use crate::upstream::{Call, Event, Link, ParamHeaders};

/// Where a conversation hears of changes.
#[derive(Debug)]
pub(super) struct Ear {
    orders: mpsc::Sender<Order>,
    heard: Arc<Mailbox>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// A change of wishes.
#[derive(Debug)]
enum Order {
    /// The lists that the server promises news of.
    Lists(Permit),
    /// One resource more.
    Subscribe(Permit, String, oneshot::Sender<Result<(), Refusal>>),
    /// One resource less.
    Unsubscribe(Permit, String, oneshot::Sender<Result<(), Refusal>>),
}

/// What the task owns.
struct Listener {
    link: Arc<Link>,
    stamp: Stamp,
    revision: Revision,
    lists: ListNews,
    wishes: Wishes,
    /// What lets the wishes out: the newest permit, which is for the newest of them.
    permit: Option<Permit>,
    stream: Option<Call>,
    /// When a broken stream is opened again.
    again: Option<Instant>,
    tries: u32,
    gap: Gap,
    opened: u64,
    heard: Arc<Mailbox>,
    budget: Budget,
}

/// Whether something may have changed while nobody listened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    No,
    Yes,
}

/// Why there is no stream.
enum Unopened {
    /// The server does not want to be listened to.
    Refused(Refusal),
    /// It could not be asked.
    Failed(Refusal),
}

impl Ear {
    /// Hears nothing yet. `lists` are those the server promises news of.
    pub(super) fn new(link: Arc<Link>, stamp: Stamp, revision: Revision, lists: ListNews) -> Self {
        let (orders, received) = mpsc::channel(ORDERS_MAX);
        let heard = Mailbox::new(UNSOLICITED_EVENTS_MAX);
        let listener = Listener {
            link,
            stamp,
            revision,
            lists,
            wishes: Wishes::default(),
            permit: None,
            stream: None,
            again: None,
            tries: 0,
            gap: Gap::No,
            opened: 0,
            heard: heard.clone(),
            budget: Budget::default(),
        };
        let task = tokio::spawn(listener.run(received));
        Self { orders, heard, task: Mutex::new(Some(task)) }
    }

    /// Listens for news of the lists, as far as the server promises any.
    pub(super) async fn lists(&self, permit: Permit) {
        // The task ends with the conversation; there is nobody to tell then.
        let _ = self.orders.send(Order::Lists(permit)).await;
    }

    /// Listens for one resource more; over once the server has agreed.
    pub(super) async fn subscribe(&self, permit: Permit, uri: String) -> Result<(), Refusal> {
        let (done, waiting) = oneshot::channel();
        self.order(Order::Subscribe(permit, uri, done), waiting).await
    }

    /// Listens for one resource less.
    pub(super) async fn unsubscribe(&self, permit: Permit, uri: String) -> Result<(), Refusal> {
        let (done, waiting) = oneshot::channel();
        self.order(Order::Unsubscribe(permit, uri, done), waiting).await
    }

    /// The next thing heard. Safe to drop and ask again.
    pub(super) async fn next(&self) -> Event {
        self.heard.next().await
    }

    /// Stops listening.
    pub(super) async fn close(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // Only its end matters: it was told to stop.
            let _ = task.await;
        }
    }

    async fn order(&self, order: Order, waiting: oneshot::Receiver<Result<(), Refusal>>) -> Result<(), Refusal> {
        let ended = || Refusal::new(Code::UnknownSession);
        self.orders.send(order).await.map_err(|_| ended())?;
        waiting.await.unwrap_or_else(|_| Err(ended()))
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Listener {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let again = self.again;
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => return,
                },
                event = next_of(&mut self.stream) => self.hear(event),
                () = at(again) => self.reopen().await,
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Lists(permit) => {
                self.wishes.lists = self.lists;
                self.permit.get_or_insert(permit);
                self.again = Some(Instant::now());
            }
            Order::Subscribe(permit, uri, done) => {
                let subscribed = self.subscribe(permit, uri).await;
                // Whoever asked may have gone.
                let _ = done.send(subscribed);
            }
            Order::Unsubscribe(permit, uri, done) => {
                let mut wishes = self.wishes.clone();
                if wishes.resources.remove(&uri) && self.change(permit, wishes.clone()).await.is_err() {
                    // The old stream still carries what is not wanted any more.
                    self.wishes = wishes;
                    self.broken();
                }
                let _ = done.send(Ok(()));
            }
        }
    }

    async fn subscribe(&mut self, permit: Permit, uri: String) -> Result<(), Refusal> {
        if self.wishes.resources.contains(&uri) && self.stream.is_some() {
            return Ok(());
        }
        let mut wishes = self.wishes.clone();
        wishes.resources.insert(uri);
        if wishes.resources.len() > SUBSCRIBED_RESOURCES_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("The session has too many subscriptions."));
        }
        self.change(permit, wishes).await
    }

    /// Opens a stream for other wishes, then closes the one before.
    async fn change(&mut self, permit: Permit, wishes: Wishes) -> Result<(), Refusal> {
        let before = self.permit.replace(permit);
        let opened = self.open(&wishes).await;
        match opened {
            Ok(stream) => {
                self.drain().await;
                self.take_over(stream, wishes);
                Ok(())
            }
            Err(unopened) => {
                self.permit = before.or_else(|| self.permit.take());
                Err(match unopened {
                    Unopened::Refused(refusal) | Unopened::Failed(refusal) => refusal,
                })
            }
        }
    }

    /// A stream that the server has acknowledged; `None` where there is nothing to listen for.
    async fn open(&mut self, wishes: &Wishes) -> Result<Option<Call>, Unopened> {
        let Some(permit) = self.permit.as_ref().filter(|_| !wishes.is_empty()) else { return Ok(None) };
        self.opened = self.opened.saturating_add(1);
        let id = Id::from(format!("listen-{}", self.opened).as_str());
        let permit = permit.reword(|_| wishes.listen(&id, &self.stamp));
        let permit = permit.map_err(|error| Unopened::Refused(unbridged(&error)))?;
        let nothing_extra = ParamHeaders::new();
        let opening = async {
            let mut call = self.link.call(permit, &nothing_extra).await.map_err(Unopened::Failed)?;
            acknowledged(&mut call, wishes).await?;
            Ok(Some(call))
        };
        let opened = timeout(HOUSEKEEPING_WAIT, Box::pin(opening)).await;
        opened.unwrap_or_else(|_| Err(Unopened::Failed(Refusal::new(Code::TimedOut))))
    }

    /// Takes what has come on the old stream.
    async fn drain(&mut self) {
        while let Some(stream) = &mut self.stream {
            let come = tokio::select! {
                biased;
                event = Box::pin(stream.next()) => Some(event),
                () = std::future::ready(()) => None,
            };
            match come {
                Some(Event::Notification(notification)) => self.tell(notification),
                Some(Event::Question(_)) => {}
                Some(Event::Response(_) | Event::Failed(_)) | None => return,
            }
        }
    }

    fn take_over(&mut self, stream: Option<Call>, wishes: Wishes) {
        self.wishes = wishes;
        self.stream = stream;
        self.again = None;
        self.tries = 0;
        if std::mem::replace(&mut self.gap, Gap::No) == Gap::Yes {
            self.wishes.all_changed().into_iter().for_each(|news| self.tell(news));
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Notification(notification) => self.tell(notification),
            // 2026-07-28 has no requests of servers.
            Event::Question(_) => {}
            Event::Response(_) | Event::Failed(_) => self.broken(),
        }
    }

    fn tell(&self, notification: Notification) {
        if notification.method() == "notifications/subscriptions/acknowledged" {
            return;
        }
        let Some(notification) = in_legacy_words(notification, self.revision) else { return };
        let bytes = notification.bytes().len();
        if self.heard.offer(Event::Notification(notification), bytes, &self.budget).is_err() {
            tracing::debug!("the client is slow: news outside of calls are dropped");
        }
    }

    fn broken(&mut self) {
        self.stream = None;
        self.gap = Gap::Yes;
        let pause = RESTART_WAIT_MIN.saturating_mul(2_u32.saturating_pow(self.tries)).min(RESTART_WAIT_MAX);
        self.tries = self.tries.saturating_add(1);
        self.again = Some(Instant::now() + pause);
    }

    async fn reopen(&mut self) {
        self.again = None;
        let wishes = self.wishes.clone();
        match self.open(&wishes).await {
            Ok(stream) => {
                self.drain().await;
                self.take_over(stream, wishes);
            }
            Err(Unopened::Failed(_)) => self.broken(),
            Err(Unopened::Refused(refusal)) => {
                tracing::warn!(code = %refusal.code, "the server is no longer listened to");
            }
        }
    }
}

/// Waits until the server has agreed to all of the wishes.
async fn acknowledged(call: &mut Call, wishes: &Wishes) -> Result<(), Unopened> {
    let refused = |detail: String| {
        Unopened::Refused(Refusal::new(Code::NoEquivalent).with_detail(format!("{}: {detail}", Row::Subscriptions)))
    };
    loop {
        match call.next().await {
            Event::Notification(notification) => match wishes.not_acknowledged(&notification) {
                Some(missing) if missing.is_empty() => return Ok(()),
                Some(_) => return Err(refused("the server tells of no changes of this resource.".to_owned())),
                None => {}
            },
            Event::Question(_) => {}
            Event::Response(response) => {
                return Err(match response.outcome() {
                    Outcome::Error { code, .. } => refused(format!("the server refuses to be listened to ({code}).")),
                    Outcome::Result(_) => Unopened::Failed(Refusal::new(Code::BadAnswer)),
                });
            }
            Event::Failed(refusal) => return Err(Unopened::Failed(refusal)),
        }
    }
}

async fn next_of(stream: &mut Option<Call>) -> Event {
    match stream {
        Some(stream) => Box::pin(stream.next()).await,
        None => std::future::pending().await,
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
