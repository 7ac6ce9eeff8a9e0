//! What comes from a child: whose it is, and what to do with what is nobody's.
//!
//! Responsible for that everything reaches exactly the client it belongs to, or none. It must never guess: a line that
//! cannot be told apart is noise, counted and logged.

use std::time::Instant;

use bytes::Bytes;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::{Destination, Returned, Stray};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::rejection::Rejection;
use doorward_mcp::splice::Segments;

use super::connection::{Connection, Put};
use super::opening::OPENING;
use super::running::Line;
use super::stderr::shown;
use super::waiting::Waiting;
use crate::limits::{CHILD_QUESTIONS_MAX, NOISE_SHOWN_BYTES};
use crate::upstream::Event;

impl Connection {
    /// Takes every whole line that has been read.
    pub(super) fn read_lines(&mut self) {
        while let Some(line) = self.child.as_mut().and_then(|child| child.next_line()) {
            match line {
                Line::Whole(line) => self.read_line(&line),
                Line::TooLong(head) => self.too_long(&head),
            }
        }
    }

    /// Takes a last line that lacks only its newline. Half a message is nothing.
    pub(super) fn read_last_line(&mut self) {
        let line = self.child.as_mut().and_then(|child| child.last_line());
        if let Some(message) = line.and_then(|line| Message::parse(line, &Limits::for_results()).ok()) {
            self.deliver(message);
        }
    }

    fn read_line(&mut self, line: &Bytes) {
        match Message::parse(line.clone(), &Limits::for_results()) {
            Ok(message) => self.deliver(message),
            Err(rejection) => self.unreadable(line, &rejection),
        }
    }

    fn deliver(&mut self, message: Message) {
        let bytes = message.bytes().len() + 1;
        let delivered = match message {
            Message::Response(response) => self.answered(response),
            Message::Notification(notification) => self.notified(&notification),
            Message::Request(request) => self.asked(request),
        };
        match (delivered, self.child.as_mut()) {
            (Ok(()), Some(child)) => child.flood.delivered(bytes),
            (Ok(()), None) => {}
            (Err(stray), _) => self.stray(stray),
        }
    }

    fn answered(&mut self, response: Response) -> Result<(), Stray> {
        let Returned { call, response, .. } = self.routes.returned(response)?;
        if call == OPENING {
            self.opened(&response);
        } else if let Some(waiting) = self.take(call) {
            waiting.mailbox.finish(Event::Response(response));
        }
        Ok(())
    }

    fn notified(&mut self, notification: &Notification) -> Result<(), Stray> {
        if let Some(put) = self.withdrawn(notification) {
            let told = || Event::Notification(notification.clone());
            let bytes = notification.bytes().len();
            // On the way of the question, so that it cannot come before it.
            let on_call = put.call.is_some_and(|call| self.hand_to_call(call, told(), bytes) == Taken::Yes);
            if !on_call {
                self.hand_to_session(put.session, told(), bytes);
            }
            return Ok(());
        }
        let destination = self.routes.notified(notification)?;
        if let Some(child) = self.child.as_mut() {
            child.flood.notification();
        }
        match destination {
            Destination::Call(_, number, words) => {
                if let Ok(Message::Notification(notification)) =
                    Message::parse(words.into_bytes(), &Limits::for_results())
                {
                    let bytes = notification.bytes().len();
                    self.hand_to_call(number, Event::Notification(notification), bytes);
                }
            }
            Destination::Sessions(sessions) => {
                for session in sessions {
                    self.hand_to_session(
                        session,
                        Event::Notification(notification.clone()),
                        notification.bytes().len(),
                    );
                }
            }
        }
        Ok(())
    }

    /// Where the open question was put that the child takes back. The id is the child's own, so it must be looked for here
    /// before it is taken for one of ours.
    fn withdrawn(&mut self, notification: &Notification) -> Option<Put> {
        if notification.method() != "notifications/cancelled" {
            return None;
        }
        let id = Id::read(notification.param("requestId")?, &Limits::default()).ok()?;
        self.questions.remove(&id)
    }

    fn asked(&mut self, request: Request) -> Result<(), Stray> {
        let id = request.id().clone();
        let (session, call) = match self.routes.asked() {
            Ok(asked) => asked,
            Err(stray) => return self.asked_of_nobody(&request, stray),
        };
        // A stateless request belongs to no conversation, and is asked nothing (2026-07-28).
        if !self.sessions.contains_key(&session) {
            return self.asked_of_nobody(&request, Stray::NoSession);
        }
        // No question may take the place of one still open.
        if self.questions.len() >= CHILD_QUESTIONS_MAX || self.questions.contains_key(&id) {
            return self.not_put(&id, Stray::Ambiguous);
        }
        let bytes = request.bytes().len();
        let taken = match call {
            Some(call) => self.hand_to_call(call, Event::Question(request), bytes),
            None => self.hand_to_session(session, Event::Question(request), bytes),
        };
        match taken {
            Taken::Yes => {
                self.questions.insert(id, Put { session, call });
                Ok(())
            }
            Taken::No => self.not_put(&id, Stray::NoSession),
        }
    }

    /// A question that is for no one client. Only whether anybody is there, the gateway can answer for all.
    fn asked_of_nobody(&mut self, request: &Request, stray: Stray) -> Result<(), Stray> {
        if request.method() != "ping" {
            return self.not_put(request.id(), stray);
        }
        self.send(Segments::from(compose::result(request.id(), "{}")));
        Err(stray)
    }

    fn not_put(&mut self, id: &Id, stray: Stray) -> Result<(), Stray> {
        tracing::info!(server = %self.place.spec.server, ?stray, "a question of the server was refused");
        self.refuse_question(id);
        Err(stray)
    }

    fn hand_to_call(&mut self, number: u64, event: Event, bytes: usize) -> Taken {
        let number = if number == OPENING { self.opening.listener().unwrap_or(OPENING) } else { number };
        let Some(waiting) = self.calls.get_mut(&number) else {
            return Taken::No;
        };
        waiting.heard = Instant::now();
        let offered = waiting.mailbox.offer(event, bytes, &self.budget);
        self.taken(offered.is_ok())
    }

    fn hand_to_session(&mut self, session: u64, event: Event, bytes: usize) -> Taken {
        let offered = self.sessions.get(&session).map(|mailbox| mailbox.offer(event, bytes, &self.budget));
        self.taken(matches!(offered, Some(Ok(()))))
    }

    fn taken(&self, taken: bool) -> Taken {
        if taken {
            return Taken::Yes;
        }
        tracing::debug!(server = %self.place.spec.server, "an event was dropped: its client does not keep up");
        Taken::No
    }

    /// A line that is no sound message. If it clearly answers a call, that call fails; otherwise it is noise.
    fn unreadable(&mut self, line: &Bytes, rejection: &Rejection) {
        let upstream = rejection.id().and_then(number_of).or_else(|| self.only_pending(&answered_by(line)));
        // What has a method is a question or a notification, whatever its id.
        if let Some(upstream) = upstream.filter(|_| !has_method(line)) {
            let detail = format!("The answer breaks a rule of the gateway: {}.", rejection.kind().name());
            if self.fail_upstream(upstream, &Refusal::new(Code::BadAnswer).with_detail(detail)) == Taken::Yes {
                return;
            }
        }
        let head = line.get(..NOISE_SHOWN_BYTES.min(line.len())).unwrap_or_default();
        tracing::debug!(server = %self.place.spec.server, line = shown(head), "a line that is no message was ignored");
        self.noise();
    }

    /// A line over the limit. Whose answer it was can show at its beginning; otherwise everybody it could be fails.
    fn too_long(&mut self, head: &[u8]) {
        let refusal = Refusal::new(Code::AnswerTooLarge);
        self.noise();
        let named = answered_by(head);
        match (self.only_pending(&named), has_method(head)) {
            (_, true) => {}
            (Some(upstream), false) => {
                self.fail_upstream(upstream, &refusal);
            }
            // It names somebody who does not wait, or no longer.
            (None, false) if named.len() == 1 => {}
            (None, false) => {
                let numbers: Vec<u64> = self.calls.keys().copied().collect();
                for number in numbers {
                    if let Some(upstream) = self.calls.get(&number).and_then(|waiting| waiting.upstream) {
                        self.routes.abandon(upstream);
                        self.fail(number, refusal.clone());
                    }
                }
            }
        }
    }

    /// The one of these ids under which a call waits, if it is only one.
    fn only_pending(&self, named: &[u64]) -> Option<u64> {
        let waits = |id: &&u64| self.calls.values().any(|waiting| waiting.upstream == Some(**id));
        let mut pending = named.iter().filter(waits);
        match (pending.next(), pending.next()) {
            (Some(only), None) => Some(*only),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }

    fn fail_upstream(&mut self, upstream: u64, refusal: &Refusal) -> Taken {
        let own = |(number, waiting): (&u64, &Waiting)| (waiting.upstream == Some(upstream)).then_some(*number);
        let Some(number) = self.calls.iter().find_map(own) else {
            return Taken::No;
        };
        self.routes.abandon(upstream);
        self.fail(number, refusal.clone());
        Taken::Yes
    }

    fn stray(&mut self, stray: Stray) {
        tracing::debug!(server = %self.place.spec.server, ?stray, "a message that belongs to nobody was dropped");
        self.noise();
    }

    fn noise(&mut self) {
        if let Some(child) = self.child.as_mut() {
            child.flood.noise();
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

fn number_of(id: &Id) -> Option<u64> {
    match id {
        Id::Number(integer) => integer.as_str().parse().ok(),
        Id::String(_) => None,
    }
}

/// The numbers after each `"id":` near the beginning of what looks like an object.
fn answered_by(line: &[u8]) -> Vec<u64> {
    let head = line.get(..NOISE_SHOWN_BYTES.min(line.len())).unwrap_or_default();
    if head.trim_ascii_start().first() != Some(&b'{') {
        return Vec::new();
    }
    memchr::memmem::find_iter(head, b"\"id\"").filter_map(|at| number_at(head.get(at + 4..)?)).collect()
}

fn number_at(member: &[u8]) -> Option<u64> {
    let value = member.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A number that the cut may have shortened is no number.
    value.get(digits)?;
    std::str::from_utf8(value.get(..digits)?).ok()?.parse().ok()
}

fn has_method(line: &[u8]) -> bool {
    let head = line.get(..NOISE_SHOWN_BYTES.min(line.len())).unwrap_or_default();
    memchr::memmem::find(head, b"\"method\"").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_answer_names_its_call_only_when_it_is_clear() {
        let cases: [(&[u8], &[u64]); 9] = [
            (br#"{"jsonrpc":"2.0","id":17,"result":{"#, &[17]),
            (br#" { "id" : 3 , nonsense"#, &[3]),
            (br#"{"id":3,"id":4,"#, &[3, 4]),
            (br#"INFO sent {"id":3}"#, &[]),
            (br#"{"id":"3","result":"#, &[]),
            (br#"{"id":3"#, &[]),
            (br#"{"id":-3,"#, &[]),
            (br#"{"id":99999999999999999999999,"#, &[]),
            (b"", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(answered_by(line), expected, "{}", String::from_utf8_lossy(line));
        }
        assert!(has_method(br#"{"id":3,"method":"#));
        assert!(!has_method(br#"{"id":3,"result":{"#));
    }
}
