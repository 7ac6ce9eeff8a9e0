//! Requests of clients on a shared upstream connection, and everything that comes back.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use doorward_mcp::id::{Id, ProgressToken};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::splice::{Segments, Splice};

use crate::limits::{IN_FLIGHT_MAX, SUBSCRIBED_RESOURCES_MAX};

const SUBSCRIPTION_META: &[&str] = &["_meta", "io.modelcontextprotocol/subscriptionId"];

/// The table of one upstream connection. `S` names a client session, `C` is whatever the shell needs to reach a call.
#[derive(Debug)]
pub struct Routes<S, C> {
    next: u64,
    sessions: BTreeSet<S>,
    pending: BTreeMap<u64, Pending<S, C>>,
    subscribed: BTreeMap<String, BTreeSet<S>>,
}

#[derive(Debug)]
struct Pending<S, C> {
    session: S,
    call: C,
    id: Id,
    token: Option<ProgressToken>,
}

/// Why a request cannot go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutgoingError {
    /// The session already has a request with this id in flight.
    IdInUse,
    /// The connection has as many requests in flight, or the session as many subscriptions, as it may have.
    Busy,
}

/// A response that found its request.
#[derive(Debug)]
pub struct Returned<S, C> {
    /// The session that asked.
    pub session: S,
    /// The call that asked.
    pub call: C,
    /// The response. Its id is still the connection's; the exchange gives it the client's.
    pub response: Response,
}

/// Where a notification goes.
#[derive(Debug)]
pub enum Destination<S, C> {
    /// To the call it belongs to, in these words (the client's own token or id put back).
    Call(S, C, Segments),
    /// To these sessions, unchanged.
    Sessions(Vec<S>),
}

/// What belongs to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// It names a request that is not in flight: never asked, already answered, or somebody else's.
    UnknownRequest,
    /// It could belong to several clients.
    Ambiguous,
    /// No client is there to take it.
    NoSession,
}

impl<S, C> Default for Routes<S, C> {
    fn default() -> Self {
        Self { next: 1, sessions: BTreeSet::new(), pending: BTreeMap::new(), subscribed: BTreeMap::new() }
    }
}

impl<S: Copy + Ord, C: Clone> Routes<S, C> {
    /// A client session begins to use the connection.
    pub fn attach(&mut self, session: S) {
        self.sessions.insert(session);
    }

    /// A session ends. Returns the connection ids of its requests in flight, which the shell cancels upstream.
    pub fn detach(&mut self, session: S) -> Vec<u64> {
        self.sessions.remove(&session);
        self.subscribed.retain(|_, sessions| {
            sessions.remove(&session);
            !sessions.is_empty()
        });
        let own = |(number, pending): (&u64, &Pending<S, C>)| (pending.session == session).then_some(*number);
        let numbers: Vec<u64> = self.pending.iter().filter_map(own).collect();
        self.pending.retain(|_, pending| pending.session != session);
        numbers
    }

    /// Gives a request the connection's own id and progress token. A session that is not attached (the gateway itself)
    /// gets its answer and nothing else.
    ///
    /// # Errors
    /// [`OutgoingError`] when the id is in use or the connection is full; nothing is remembered then.
    pub fn outgoing(&mut self, session: S, call: C, request: &Request) -> Result<(u64, Segments), OutgoingError> {
        if self.pending.len() >= IN_FLIGHT_MAX {
            return Err(OutgoingError::Busy);
        }
        if self.number_of(session, request.id()).is_some() {
            return Err(OutgoingError::IdInUse);
        }
        self.note_subscription(session, request)?;
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let token = request.progress_token().cloned();
        let own = Id::from(number);
        let segments = match &token {
            None => request.with_id(&own),
            Some(_) => request.with_id_and_progress_token(&own, &ProgressToken::from(number)),
        };
        self.pending.insert(number, Pending { session, call, id: request.id().clone(), token });
        Ok((number, segments))
    }

    /// The connection's id of the request a session knows as `id`, for a cancellation.
    #[must_use]
    pub fn number_of(&self, session: S, id: &Id) -> Option<u64> {
        let own = |(number, pending): (&u64, &Pending<S, C>)| {
            (pending.session == session && pending.id == *id).then_some(*number)
        };
        self.pending.iter().find_map(own)
    }

    /// Forgets a request; its answer, should it come, then belongs to nobody.
    pub fn abandon(&mut self, number: u64) {
        self.pending.remove(&number);
    }

    /// Every call in flight, for when the connection ends. What was subscribed to ends with it.
    pub fn drain(&mut self) -> Vec<C> {
        self.subscribed.clear();
        std::mem::take(&mut self.pending).into_values().map(|pending| pending.call).collect()
    }

    /// How many requests are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.pending.len()
    }

    /// Finds the request a response answers, and forgets it: a second answer is a stray.
    ///
    /// # Errors
    /// [`Stray::UnknownRequest`] when nobody waits for it.
    pub fn returned(&mut self, response: Response) -> Result<Returned<S, C>, Stray> {
        let number = response.id().and_then(number_of_id).ok_or(Stray::UnknownRequest)?;
        let pending = self.pending.remove(&number).ok_or(Stray::UnknownRequest)?;
        let response = restore_subscription(response, number, &pending.id);
        Ok(Returned { session: pending.session, call: pending.call, response })
    }

    /// Finds who a notification is for.
    ///
    /// # Errors
    /// [`Stray`] when it is for nobody, or cannot be told.
    pub fn notified(&self, notification: &Notification) -> Result<Destination<S, C>, Stray> {
        let params = notification.params();
        let subscription = params.and_then(|params| params.path(SUBSCRIPTION_META));
        match (notification.method(), subscription) {
            // What names a request by its method's own member is found by that member, whatever tag it carries beside it.
            ("notifications/progress", tag) => {
                let named = params.and_then(|params| params.member("progressToken")).ok_or(Stray::UnknownRequest)?;
                self.to_call(notification, named, Named::Token, tag)
            }
            ("notifications/cancelled", tag) => {
                let named = params.and_then(|params| params.member("requestId")).ok_or(Stray::UnknownRequest)?;
                self.to_call(notification, named, Named::Id, tag)
            }
            (_, Some(named)) => self.to_call(notification, named, Named::Id, None),
            ("notifications/message", None) => {
                self.one_session().map(|session| self.by_only_call(session, notification))
            }
            ("notifications/resources/updated", None) => self.to_subscribed(params),
            (
                "notifications/tools/list_changed"
                | "notifications/prompts/list_changed"
                | "notifications/resources/list_changed"
                | "notifications/elicitation/complete",
                None,
            ) => self.to_all(),
            // Anything else (a task's news) is about one client's business.
            (_, None) => self.one_session().map(|session| Destination::Sessions(vec![session])),
        }
    }

    /// The session a server's question is for: the only one there is, or the only one with a call in flight.
    ///
    /// # Errors
    /// [`Stray`] when there is none, or several it could be for.
    pub fn asked(&self) -> Result<(S, Option<C>), Stray> {
        let session = self.one_session()?;
        let mut calls = self.pending.values().filter(|pending| pending.session == session);
        match (calls.next(), calls.next()) {
            (Some(only), None) => Ok((session, Some(only.call.clone()))),
            (Some(_), Some(_)) | (None, _) => Ok((session, None)),
        }
    }

    fn one_session(&self) -> Result<S, Stray> {
        if self.sessions.len() == 1 {
            return self.sessions.first().copied().ok_or(Stray::NoSession);
        }
        let busy: BTreeSet<S> = self.pending.values().map(|pending| pending.session).collect();
        match (busy.first(), busy.len()) {
            (Some(only), 1) if self.sessions.contains(only) => Ok(*only),
            (Some(_), _) => Err(Stray::Ambiguous),
            (None, _) if self.sessions.is_empty() => Err(Stray::NoSession),
            (None, _) => Err(Stray::Ambiguous),
        }
    }

    /// A log line belongs to the call that is in flight alone; otherwise to the session as a whole.
    fn by_only_call(&self, session: S, notification: &Notification) -> Destination<S, C> {
        let mut calls = self.pending.values().filter(|pending| pending.session == session);
        match (calls.next(), calls.next()) {
            (Some(only), None) => {
                Destination::Call(session, only.call.clone(), Segments::from(notification.bytes().clone()))
            }
            (Some(_), Some(_)) | (None, _) => Destination::Sessions(vec![session]),
        }
    }

    fn to_call(
        &self,
        notification: &Notification,
        named: Raw<'_>,
        by: Named,
        tag: Option<Raw<'_>>,
    ) -> Result<Destination<S, C>, Stray> {
        let number = named.as_u64().ok_or(Stray::UnknownRequest)?;
        let pending = self.pending.get(&number).ok_or(Stray::UnknownRequest)?;
        let original = match by {
            Named::Id => pending.id.to_json(),
            Named::Token => pending.token.as_ref().map(ProgressToken::to_json).ok_or(Stray::UnknownRequest)?,
        };
        let mut edits = vec![(named, original)];
        if let Some(tag) = tag {
            if tag.as_u64() != Some(number) {
                return Err(Stray::UnknownRequest);
            }
            edits.push((tag, pending.id.to_json()));
        }
        let segments = replaced(notification.bytes(), edits).ok_or(Stray::UnknownRequest)?;
        Ok(Destination::Call(pending.session, pending.call.clone(), segments))
    }

    fn to_all(&self) -> Result<Destination<S, C>, Stray> {
        if self.sessions.is_empty() {
            return Err(Stray::NoSession);
        }
        Ok(Destination::Sessions(self.sessions.iter().copied().collect()))
    }

    fn to_subscribed(&self, params: Option<Raw<'_>>) -> Result<Destination<S, C>, Stray> {
        let uri =
            params.and_then(|params| params.member("uri")).and_then(|uri| uri.as_str()).ok_or(Stray::NoSession)?;
        let sessions = self.subscribed.get(uri.as_ref()).ok_or(Stray::NoSession)?;
        Ok(Destination::Sessions(sessions.iter().copied().collect()))
    }

    /// Legacy subscriptions name no request, so the connection remembers who asked for which resource.
    fn note_subscription(&mut self, session: S, request: &Request) -> Result<(), OutgoingError> {
        let uri = || request.param("uri").and_then(|uri| uri.as_str().map(|uri| uri.into_owned()));
        match request.method() {
            "resources/subscribe" => match uri() {
                Some(uri) => self.subscribe(session, uri),
                None => Ok(()),
            },
            "resources/unsubscribe" => {
                if let Some(uri) = uri() {
                    self.unsubscribe(session, &uri);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn subscribe(&mut self, session: S, uri: String) -> Result<(), OutgoingError> {
        if !self.sessions.contains(&session) {
            return Ok(());
        }
        let others = self.subscribed.iter().filter(|(other, sessions)| **other != uri && sessions.contains(&session));
        if others.count() >= SUBSCRIBED_RESOURCES_MAX {
            return Err(OutgoingError::Busy);
        }
        self.subscribed.entry(uri).or_default().insert(session);
        Ok(())
    }

    fn unsubscribe(&mut self, session: S, uri: &str) {
        if let Some(sessions) = self.subscribed.get_mut(uri) {
            sessions.remove(&session);
            if sessions.is_empty() {
                self.subscribed.remove(uri);
            }
        }
    }
}

/// By what a notification names the request it belongs to.
#[derive(Clone, Copy)]
enum Named {
    Id,
    Token,
}

/// The closing result of `subscriptions/listen` repeats the request's id; the client must read its own there.
fn restore_subscription(response: Response, number: u64, id: &Id) -> Response {
    let doorward_mcp::message::Outcome::Result(result) = response.outcome() else {
        return response;
    };
    let Some(named) = result.path(SUBSCRIPTION_META).filter(|named| named.as_u64() == Some(number)) else {
        return response;
    };
    let Some(restored) = replaced(response.bytes(), vec![(named, id.to_json())]) else {
        return response;
    };
    match Message::parse(restored.into_bytes(), &Limits::for_results()) {
        Ok(Message::Response(restored)) => restored,
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => response,
    }
}

/// `message` with each value replaced. Edits inside their own message cannot be out of range.
fn replaced(message: &Bytes, edits: Vec<(Raw<'_>, String)>) -> Option<Segments> {
    let mut splice = Splice::new(message);
    for (named, json) in edits {
        splice.replace(named.range(), json).ok()?;
    }
    Some(splice.finish())
}

/// The number in an id this gateway gave; anything else is none of ours.
pub(super) fn number_of_id(id: &Id) -> Option<u64> {
    match id {
        Id::Number(integer) => integer.as_str().parse().ok(),
        Id::String(_) => None,
    }
}
