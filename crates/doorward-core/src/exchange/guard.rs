//! Guarding: on a message that the rules allow, and on what comes back before it is shown.
//!
//! A message is guarded before anything is taken or recorded for it. When a guard rewrites it, it is decided on again as it
//! will be sent; it is not guarded again. An answer is guarded as it would be shown, after the duties of the rules.

use bytes::Bytes;
use doorward_mcp::message::{Message, Outcome as Reported, Response};
use doorward_mcp::raw::Raw;
use doorward_mcp::splice::Splice;

use super::Step;
use super::answer::{self, Shown};
use super::decide::{Allowed, AwaitDecision};
use super::meter::AwaitMeter;
use super::state::Begun;
use crate::access::{Access, Direction, classify};
use crate::guard::{Content, Edit, Inspection, Surface, Verdict};
use crate::rate::Take;
use crate::refusal::{Code, Refusal};
use crate::reread::read_again;
use crate::time::Timestamp;

/// Waits for the guards.
#[derive(Debug)]
pub struct AwaitGuard {
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The message itself, and what is to be taken for it.
    Message(Allowed, Vec<Take>),
    /// What came back, as it would be shown.
    Answer(Box<Begun>, Response),
    /// A list, and which of its items would be shown. Items are definitions, which are looked at one by one; the rest of the
    /// answer is inspected here.
    List(Box<Begun>, Response, Listed),
}

/// Which items of a list are shown.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) array: &'static str,
    pub(super) keep: Vec<bool>,
}

impl AwaitGuard {
    /// A message without parameters says nothing that could be inspected.
    pub(super) fn on_message(allowed: Allowed, takes: Vec<Take>, now: Timestamp) -> Step {
        let nothing = allowed.begun.is_guarded || params(&allowed.begun.arrival.message).is_none();
        if nothing {
            return AwaitMeter::before(allowed, takes, now);
        }
        Step::Guard(Self { stage: Stage::Message(allowed, takes) })
    }

    pub(super) const fn on_answer(begun: Box<Begun>, response: Response) -> Step {
        Step::Guard(Self { stage: Stage::Answer(begun, response) })
    }

    pub(super) const fn on_list(begun: Box<Begun>, response: Response, listed: Listed) -> Step {
        Step::Guard(Self { stage: Stage::List(begun, response, listed) })
    }

    /// What to inspect.
    #[must_use]
    pub fn content(&self) -> Content<'_> {
        let begun = self.begun();
        let to_server = begun.arrival.direction == Direction::ToServer;
        let (surface, message, parts) = match &self.stage {
            Stage::Message(..) => {
                let message = &begun.arrival.message;
                let surface = match (to_server, message) {
                    (true, _) => Surface::Request,
                    (false, Message::Request(_)) => Surface::Question,
                    (false, Message::Notification(_) | Message::Response(_)) => Surface::Notification,
                };
                (surface, message.bytes(), params(message).into_iter().collect())
            }
            Stage::Answer(_, response) => {
                let (failed, part) = match response.outcome() {
                    Reported::Result(result) => (false, result),
                    Reported::Error { raw, .. } => (true, raw),
                };
                let surface = match (to_server, failed) {
                    (false, _) => Surface::Reply,
                    (true, true) => Surface::Error,
                    (true, false) => Surface::Result,
                };
                (surface, response.bytes(), vec![part])
            }
            Stage::List(_, response, listed) => {
                (Surface::Result, response.bytes(), beside(response, listed.array).collect())
            }
        };
        Content {
            surface,
            method: begun.method(),
            server: &begun.arrival.server,
            resource: begun.access.as_ref().and_then(Access::resource),
            principal: Some(&begun.arrival.principal),
            settings: &begun.guarding,
            message,
            parts,
        }
    }

    /// Goes on with what the guards say.
    #[must_use]
    pub fn guarded(mut self, inspection: Inspection, now: Timestamp) -> Step {
        let Inspection { findings, verdict } = inspection;
        self.begun_mut().note_findings(findings);
        match (verdict, self.stage) {
            (Verdict::Block { code, detail }, stage) => {
                stage.into_begun().refuse(Refusal::new(code).with_detail(detail), now)
            }
            (Verdict::Hold { detail }, Stage::Message(allowed, takes)) => {
                AwaitMeter::before(allowed.held(detail), takes, now)
            }
            // Nobody is waited for with an answer in hand.
            (Verdict::Hold { detail }, stage) => {
                stage.into_begun().refuse(Refusal::new(Code::AnswerBlocked).with_detail(detail), now)
            }
            (Verdict::Pass, Stage::Message(allowed, takes)) => AwaitMeter::before(allowed, takes, now),
            (Verdict::Rewrite(edits), Stage::Message(allowed, _)) => decide_again(allowed.begun, &edits, now),
            (Verdict::Pass, Stage::Answer(begun, response)) => answer::pass_on(begun, &response, Shown::All, now),
            (Verdict::Rewrite(edits), Stage::Answer(begun, response)) => {
                answer::pass_on(begun, &response, Shown::Edited(edits), now)
            }
            (Verdict::Pass, Stage::List(begun, response, Listed { array, keep })) => {
                answer::pass_on(begun, &response, Shown::Some { array, keep, edits: Vec::new() }, now)
            }
            (Verdict::Rewrite(edits), Stage::List(begun, response, Listed { array, keep })) => {
                answer::pass_on(begun, &response, Shown::Some { array, keep, edits }, now)
            }
        }
    }

    fn begun(&self) -> &Begun {
        match &self.stage {
            Stage::Message(allowed, _) => &allowed.begun,
            Stage::Answer(begun, _) | Stage::List(begun, ..) => begun,
        }
    }

    fn begun_mut(&mut self) -> &mut Begun {
        match &mut self.stage {
            Stage::Message(allowed, _) => &mut allowed.begun,
            Stage::Answer(begun, _) | Stage::List(begun, ..) => begun,
        }
    }
}

impl Stage {
    fn into_begun(self) -> Box<Begun> {
        match self {
            Self::Message(allowed, _) => allowed.begun,
            Self::Answer(begun, _) | Self::List(begun, ..) => begun,
        }
    }
}

fn params(message: &Message) -> Option<Raw<'_>> {
    match message {
        Message::Request(request) => request.params(),
        Message::Notification(notification) => notification.params(),
        Message::Response(_) => None,
    }
}

/// The members of a result but for one.
fn beside<'a>(response: &'a Response, array: &'static str) -> impl Iterator<Item = Raw<'a>> {
    let members = response.result().into_iter().flat_map(|result| result.members());
    members.filter(move |(name, _)| name != array).map(|(_, value)| value)
}

/// What is sent is what is decided on: the rewritten message goes through the rules from the start.
fn decide_again(mut begun: Box<Begun>, edits: &[Edit], now: Timestamp) -> Step {
    let unreadable = "What the guards left of it is no message.";
    let Some(message) = rewritten(begun.arrival.message.bytes(), edits) else {
        return begun.refuse(Refusal::new(Code::GuardUnfinished).with_detail(unreadable), now);
    };
    match classify(&message, &begun.arrival.server, begun.arrival.direction) {
        Ok(access) => {
            begun.rewrite(message, access);
            AwaitDecision::on_request(begun)
        }
        Err(refusal) => begun.refuse(refusal, now),
    }
}

/// `bytes` with `edits` made; `None` when they do not fit or leave no message.
pub(super) fn rewritten(bytes: &Bytes, edits: &[Edit]) -> Option<Message> {
    let mut splice = Splice::new(bytes);
    for edit in edits {
        splice.replace(edit.range.clone(), edit.json.clone()).ok()?;
    }
    read_again(splice.finish().into_bytes())
}
