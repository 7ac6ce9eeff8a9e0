//! What an exchange knows of itself, and how that becomes a record.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use doorward_mcp::message::Message;

use super::record::AwaitRecord;
use super::{Arrival, Outcome, Own, Step, Turned};
use crate::access::{Access, AccessRequest, Action, Direction, Kind, Resource};
use crate::decision::Reason;
use crate::duties::AnswerDuties;
use crate::guard::{Action as GuardAction, Finding, GuardSettings};
use crate::limits::{RECORD_FIELD_MAX, RECORD_FINDINGS_MAX, RECORD_RULES_MAX};
use crate::rate::Lease;
use crate::record::{Disposition, Phase, Record};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) arrival: Arrival,
    /// `None` when the message could not be classified; such an exchange is only ever refused.
    pub(super) access: Option<Access>,
    arguments_digest: Option<[u8; 32]>,
    /// The method as records name it.
    action: Arc<str>,
    rules: Vec<Arc<str>>,
    notes: Vec<Arc<str>>,
    /// What must be done with the answer.
    pub(super) duties: AnswerDuties,
    /// What the rules that allow it say of guards.
    pub(super) guarding: GuardSettings,
    /// Whether the guards have seen the message as it will be sent.
    pub(super) is_guarded: bool,
    pub(super) findings: Vec<(Finding, GuardAction)>,
    /// Places among the calls in flight, held until the exchange ends.
    pub(super) leases: Vec<Lease>,
    pub(super) forwarded_at: Option<Timestamp>,
    pub(super) answered_at: Option<Timestamp>,
    pub(super) answer_bytes: u64,
}

impl Begun {
    pub(super) fn new(arrival: Arrival, access: Option<Access>) -> Box<Self> {
        let arguments_digest = arguments_digest(&arrival.message, access.as_ref());
        let action = action_name(&arrival.message, access.as_ref());
        Box::new(Self {
            arguments_digest,
            action,
            arrival,
            access,
            rules: Vec::new(),
            notes: Vec::new(),
            duties: AnswerDuties::default(),
            guarding: GuardSettings::default(),
            is_guarded: false,
            findings: Vec::new(),
            leases: Vec::new(),
            forwarded_at: None,
            answered_at: None,
            answer_bytes: 0,
        })
    }

    pub(super) fn kind(&self) -> Kind {
        match self.arrival.message {
            Message::Request(_) => Kind::Request,
            Message::Notification(_) | Message::Response(_) => Kind::Notification,
        }
    }

    /// The access request for one subject of this exchange.
    pub(super) fn access_request(&self, action: Action, resource: Resource) -> AccessRequest {
        AccessRequest {
            principal: self.arrival.principal.clone(),
            action,
            resource,
            arguments: self.access.as_ref().and_then(|access| access.arguments.clone()),
            approach: self.arrival.approach.clone(),
            era: self.arrival.revision.era(),
            at: self.arrival.at,
        }
    }

    /// Whether a rule allowed it. Where an endpoint behind us decides, none does, and what it says of answers is its own.
    pub(super) const fn is_judged(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The method, where it is known.
    pub(super) fn method(&self) -> &'static str {
        self.access.as_ref().map_or("", |access| access.action.name())
    }

    /// Remembers the rules that decided, for the records of this exchange.
    pub(super) fn note_reasons(&mut self, reasons: &[Reason]) {
        for reason in reasons {
            if self.rules.len() < RECORD_RULES_MAX && !self.rules.contains(&reason.rule) {
                self.rules.push(reason.rule.clone());
                self.notes.extend(reason.text.iter().cloned());
            }
        }
    }

    /// Remembers what guards found, for the records of this exchange.
    pub(super) fn note_findings(&mut self, findings: Vec<(Finding, GuardAction)>) {
        let room = RECORD_FINDINGS_MAX.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// Puts `message` in the place of the one that arrived; the guards have seen it.
    pub(super) fn rewrite(&mut self, message: Message, access: Access) {
        self.arguments_digest = arguments_digest(&message, Some(&access));
        // What the rules said of guards, they said of another message.
        self.guarding = GuardSettings::default();
        (self.arrival.message, self.access, self.is_guarded) = (message, Some(access), true);
    }

    /// Remembers a sentence of our own for the outcome record.
    pub(super) fn note(&mut self, sentence: String) {
        self.notes.push(Arc::from(cut(&sentence)));
    }

    /// Ends the exchange in a refusal: one outcome record, then the reply.
    pub(super) fn refuse(self: Box<Self>, refusal: Refusal, now: Timestamp) -> Step {
        let shown = refusal.clone();
        self.refuse_as(&refusal, shown, now)
    }

    /// Ends the exchange in a refusal that only the record tells. The client gets what it gets for a name that nothing
    /// has, word for word; how long it takes is not made equal.
    pub(super) fn refuse_hidden(self: Box<Self>, refusal: Refusal, now: Timestamp) -> Step {
        let code = match self.access.as_ref().and_then(Access::resource) {
            Some(Resource::Resource(..) | Resource::Prompt(..)) => Code::UnknownItem,
            Some(Resource::Tool(..) | Resource::Server(_)) | None => Code::UnknownTool,
        };
        self.refuse_as(&refusal, Refusal::new(code), now)
    }

    fn refuse_as(self: Box<Self>, refusal: &Refusal, shown: Refusal, now: Timestamp) -> Step {
        let shown = Outcome::Refuse(shown.with_reference(self.arrival.id));
        self.end_as(refusal, shown, now)
    }

    /// Ends the exchange in a refusal for the record, and in something else for its sender.
    pub(super) fn end_as(mut self: Box<Self>, refusal: &Refusal, shown: Outcome, now: Timestamp) -> Step {
        self.note_reasons(&refusal.reasons);
        if !refusal.detail.is_empty() {
            self.note(refusal.detail.clone());
        }
        let disposition = if self.forwarded_at.is_some() { Disposition::Fail } else { Disposition::Refuse };
        let mut record = self.record(Phase::Outcome, disposition, now);
        record.code = Some(refusal.code);
        Step::Record(AwaitRecord::then_reply(record, shown))
    }

    /// The record of this exchange as it stands.
    pub(super) fn record(&self, phase: Phase, disposition: Disposition, now: Timestamp) -> Record {
        let arrival = &self.arrival;
        let upstream = match (self.forwarded_at, self.answered_at) {
            (Some(forwarded), Some(answered)) => micros(answered, forwarded),
            (Some(forwarded), None) if phase == Phase::Outcome => micros(now, forwarded),
            (Some(_) | None, _) => 0,
        };
        Record {
            at: now,
            exchange: arrival.id,
            phase,
            disposition,
            principal: arrival.principal.clone(),
            revision: Some(arrival.revision.as_str()),
            face: arrival.approach.face.as_str(),
            origin: arrival.approach.origin.clone(),
            client: arrival.approach.client.clone(),
            direction: arrival.direction.name(),
            server: Some(arrival.server.clone().into()),
            action: self.action.clone(),
            resource: self.access.as_ref().and_then(Access::resource).and_then(Resource::shared_name).map(kept),
            arguments_digest: self.arguments_digest,
            code: None,
            rules: self.rules.clone(),
            reasons: self.notes.clone(),
            findings: self.findings.clone(),
            flow: None,
            request_bytes: arrival.message.bytes().len() as u64,
            answer_bytes: self.answer_bytes,
            elapsed_micros: micros(now, arrival.at),
            upstream_micros: upstream,
        }
    }
}

fn action_name(message: &Message, access: Option<&Access>) -> Arc<str> {
    match (access, message) {
        (Some(access), _) => Arc::from(access.action.name()),
        (None, Message::Request(request)) => Arc::from(cut(request.method())),
        (None, Message::Notification(notification)) => Arc::from(cut(notification.method())),
        (None, Message::Response(_)) => Arc::from("response"),
    }
}

/// SHA-256 of `params.arguments` as sent, or of the whole `params` where the method has no arguments or they cannot be
/// read; `None` when the message holds neither.
fn arguments_digest(message: &Message, access: Option<&Access>) -> Option<[u8; 32]> {
    let params = match message {
        Message::Request(request) => request.params(),
        Message::Notification(notification) => notification.params(),
        Message::Response(_) => None,
    };
    let sent = match access {
        Some(access) if access.action.has_arguments() => access.arguments.as_ref()?.as_raw(),
        Some(_) | None => params?,
    };
    digest(&SHA256, sent.bytes()).as_ref().try_into().ok()
}

/// The one record of a message that never became an exchange.
pub(super) fn turned_record(turned: Turned, refusal: &Refusal) -> Record {
    Record {
        at: turned.at,
        exchange: turned.id,
        phase: Phase::Outcome,
        disposition: Disposition::Refuse,
        principal: turned.principal,
        revision: None,
        face: turned.approach.face.as_str(),
        origin: turned.approach.origin.clone(),
        client: turned.approach.client.clone(),
        direction: turned.direction.name(),
        server: turned.server.map(Into::into),
        action: turned.method.map_or_else(|| Arc::from("-"), |method| Arc::from(cut(&method))),
        resource: None,
        arguments_digest: None,
        code: Some(refusal.code),
        rules: Vec::new(),
        reasons: if refusal.detail.is_empty() { Vec::new() } else { vec![Arc::from(cut(&refusal.detail))] },
        findings: Vec::new(),
        flow: None,
        request_bytes: turned.bytes,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}

/// The one record of a request that the gateway has answered itself, and the answer.
pub(super) fn own_record(own: Own<'_>) -> (Record, Bytes) {
    let Own { id, principal, approach, revision, request, tool, note, answer, at } = own;
    let arguments = request.param("arguments");
    let record = Record {
        at,
        exchange: id,
        phase: Phase::Outcome,
        disposition: Disposition::Answer,
        principal,
        revision: Some(revision.as_str()),
        face: approach.face.as_str(),
        origin: approach.origin,
        client: approach.client,
        direction: Direction::ToServer.name(),
        server: None,
        action: Arc::from(cut(request.method())),
        resource: Some(Arc::from(tool)),
        arguments_digest: arguments.and_then(|sent| digest(&SHA256, sent.bytes()).as_ref().try_into().ok()),
        code: None,
        rules: Vec::new(),
        reasons: vec![Arc::from(cut(&note))],
        findings: Vec::new(),
        flow: None,
        request_bytes: request.bytes().len() as u64,
        answer_bytes: answer.len() as u64,
        elapsed_micros: 0,
        upstream_micros: 0,
    };
    (record, answer)
}

fn micros(later: Timestamp, earlier: Timestamp) -> u64 {
    u64::try_from(later.since(earlier).as_micros()).unwrap_or(u64::MAX)
}

/// As [`cut`], without copying a text that is short enough.
fn kept(text: &Arc<str>) -> Arc<str> {
    if text.len() <= RECORD_FIELD_MAX { Arc::clone(text) } else { Arc::from(cut(text)) }
}

/// Cuts a text from outside to the record's limit, at a character.
fn cut(text: &str) -> String {
    match text.char_indices().nth(RECORD_FIELD_MAX) {
        None => text.to_owned(),
        Some(_) => text.chars().take(RECORD_FIELD_MAX).chain(['…']).collect(),
    }
}
