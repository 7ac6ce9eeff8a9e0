//! What a legacy server says outside of calls.
//!
//! Responsible for that somebody hears it for as long as the session lives: a question is put to a request under way or
//! answered here, news go to whoever listens. It must never leave a question unanswered.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use doorward_core::refusal::Code;
use doorward_mcp::compose;
use doorward_mcp::message::{Notification, Request};
use tokio::time::interval;

use super::session::Session;
use crate::limits::{LEGACY_SESSION_IDLE, LEGACY_SESSION_LOOK};
use crate::upstream::{Event, Link};

/// JSON-RPC: the receiver does not have the method.
const NO_SUCH_METHOD: i64 = -32601;

/// Hears a session out until nobody has it any more.
pub(super) async fn run(session: Weak<Session>, link: Arc<Link>) {
    let mut breaks = 0;
    let mut look = interval(LEGACY_SESSION_LOOK);
    loop {
        tokio::select! {
            event = link.unsolicited() => {
                let Some(session) = session.upgrade() else { return };
                match event {
                    Event::Question(question) => asked(&session, question),
                    Event::Notification(told) => heard(&session, told),
                    Event::Response(_) => {}
                    Event::Failed(_) => return,
                }
            }
            count = link.broken(breaks) => {
                breaks = count;
                let Some(session) = session.upgrade() else { return };
                session.forget_before(count);
                session.recover().await;
            }
            _ = look.tick() => {
                let Some(session) = session.upgrade() else { return };
                if session.reach().may_end(&link) && session.end_if_idle(LEGACY_SESSION_IDLE) {
                    link.close().await;
                    return;
                }
            }
        }
    }
}

/// A log line belongs to the request that is under way alone, if there is one; the rest is news.
fn heard(session: &Session, told: Notification) {
    match told.method() {
        "notifications/message" => session.put_to_only(told),
        _ => session.news(&told),
    }
}

/// A question that belongs to no call, as far as the server shows.
fn asked(session: &Session, question: Request) {
    if question.method() == "ping" {
        return session.reply(refused(&question));
    }
    if let Some(question) = session.put_to_newest(question) {
        session.reply(refused_or_known(session, &question));
    }
}

fn refused_or_known(session: &Session, question: &Request) -> Bytes {
    match (question.method(), session.roots()) {
        ("roots/list", Some(roots)) => compose::result(question.id(), roots.as_raw().text()),
        _ => refused(question),
    }
}

/// The answer to a question that nobody can be asked: only whether anybody is there, the gateway can say itself.
pub(super) fn refused(question: &Request) -> Bytes {
    match question.method() {
        "ping" => compose::result(question.id(), "{}"),
        _ => compose::error(Some(question.id()), NO_SUCH_METHOD, Code::QuestionRefused.entry().sentence, None),
    }
}
