//! Guarding: on a message that the rules allow, and on what comes back before it is shown.
//!
//! A message is guarded before anything is taken or recorded for it. When a guard rewrites it, it is decided on again as it
//! will be sent; it is not guarded again. An answer is guarded as it would be shown, after the duties of the rules. Of a
//! list each item that would be shown is guarded by itself, as the definition it is.

use std::iter;

use bytes::Bytes;
use doorward_mcp::message::{Message, Outcome as Reported, Response};
use doorward_mcp::raw::{Kind, Raw, RawJson};
use doorward_mcp::splice::Splice;

use super::Step;
use super::answer::{self, Shown};
use super::decide::{Allowed, AwaitDecision};
use super::meter::AwaitMeter;
use super::state::Begun;
use crate::access::{Access, Direction, Resource, classify};
use crate::guard::{Action, Content, Edit, Inspection, Surface, Verdict};
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
    /// A list: first what stands beside its items, then each item that would be shown.
    List(Box<Begun>, Response, Listed),
}

/// Which items of a list are shown, and how far they were looked at.
#[derive(Debug)]
pub(super) struct Listed {
    array: &'static str,
    items: Vec<Item>,
    keep: Vec<bool>,
    /// The item that is looked at; `None` for what stands beside them.
    at: Option<usize>,
    edits: Vec<Edit>,
    withheld: usize,
}

/// One item of a list.
#[derive(Debug)]
struct Item {
    definition: RawJson,
    /// Where it stands in the message.
    start: usize,
    /// What using it is about.
    resource: Resource,
}

impl Listed {
    /// The items of `response` in that member of its result, with what using each is about and whether it is shown.
    pub(super) fn new(response: &Response, array: &'static str, resources: Vec<Resource>, keep: Vec<bool>) -> Self {
        let elements = response.result_member(array).into_iter().flat_map(|items| items.elements());
        let item = |(raw, resource): (Raw<'_>, Resource)| Item {
            definition: response.keep(raw),
            start: raw.range().start,
            resource,
        };
        let items = elements.zip(resources).map(item).collect();
        Self { array, items, keep, at: None, edits: Vec::new(), withheld: 0 }
    }

    /// Goes to the next item that would be shown; whether there is one.
    fn advance(&mut self) -> bool {
        let from = self.at.map_or(0, |at| at.saturating_add(1));
        let next = self.keep.iter().skip(from).position(|kept| *kept);
        self.at = next.map(|next| from.saturating_add(next));
        self.at.is_some()
    }

    fn item(&self) -> Option<&Item> {
        self.items.get(self.at?)
    }

    /// Notes what is replaced, in the item that is looked at or beside them all.
    fn edit(&mut self, edits: Vec<Edit>) {
        let start = self.item().map_or(0, |item| item.start);
        let moved = |edit: Edit| {
            let range = edit.range.start.saturating_add(start)..edit.range.end.saturating_add(start);
            Edit { range, ..edit }
        };
        self.edits.extend(edits.into_iter().map(moved));
    }

    fn hide(&mut self) {
        if let Some(kept) = self.at.and_then(|at| self.keep.get_mut(at)) {
            *kept = false;
            self.withheld = self.withheld.saturating_add(1);
        }
    }
}

impl AwaitGuard {
    /// A message that says nothing has nothing that could be inspected.
    pub(super) fn on_message(allowed: Allowed, takes: Vec<Take>, now: Timestamp) -> Step {
        if allowed.begun.is_guarded || spoken(&allowed.begun.arrival.message).is_empty() {
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
                (surface, message.bytes(), spoken(message))
            }
            Stage::Answer(_, response) => {
                let (failed, part) = match response.outcome() {
                    Reported::Result(result) => (false, result),
                    Reported::Error { raw, .. } => (true, raw),
                };
                let surface = match (to_server, failed) {
                    (false, _) => Surface::Reply,
                    (true, true) => Surface::Error,
                    (true, false) if tells_of_itself(begun.method()) => Surface::Instructions,
                    (true, false) => Surface::Result,
                };
                (surface, response.bytes(), iter::once(part).chain(response.extras()).collect())
            }
            Stage::List(_, response, listed) => match listed.item() {
                None => (Surface::Result, response.bytes(), beside(response, listed.array)),
                Some(Item { definition, .. }) => (Surface::Definition, definition.bytes(), vec![definition.as_raw()]),
            },
        };
        let item = match &self.stage {
            Stage::List(_, _, listed) => listed.item(),
            Stage::Message(..) | Stage::Answer(..) => None,
        };
        let resource =
            item.map_or_else(|| begun.access.as_ref().and_then(Access::resource), |item| Some(&item.resource));
        let asked = match &self.stage {
            Stage::Message(..) => None,
            Stage::Answer(..) | Stage::List(..) => match &begun.arrival.message {
                Message::Request(request) => request.params(),
                Message::Notification(_) | Message::Response(_) => None,
            },
        };
        Content {
            surface,
            method: begun.method(),
            server: &begun.arrival.server,
            resource,
            principal: Some(&begun.arrival.principal),
            exchange: Some(begun.arrival.id),
            context: begun.arrival.approach.context,
            settings: &begun.guarding,
            message,
            asked,
            parts,
        }
    }

    /// Goes on with what the guards say.
    #[must_use]
    pub fn guarded(mut self, inspection: Inspection, now: Timestamp) -> Step {
        let inspection = self.without_instructions(inspection);
        let Inspection { findings, verdict } = inspection;
        self.begun_mut().note_findings(findings);
        match self.stage {
            Stage::Message(allowed, takes) => match verdict {
                Verdict::Pass => AwaitMeter::before(allowed, takes, now),
                Verdict::Rewrite(edits) => decide_again(allowed.begun, &edits, now),
                Verdict::Hold { detail } => AwaitMeter::before(allowed.held(detail), takes, now),
                Verdict::Block { code, detail } => refuse(allowed.begun, code, detail, now),
            },
            Stage::Answer(begun, response) => match verdict {
                Verdict::Pass => answer::pass_on(begun, &response, Shown::All, now),
                Verdict::Rewrite(edits) => answer::pass_on(begun, &response, Shown::Edited(edits), now),
                // Nobody is waited for with an answer in hand.
                Verdict::Hold { detail } => refuse(begun, Code::AnswerBlocked, detail, now),
                Verdict::Block { code, detail } => refuse(begun, code, detail, now),
            },
            Stage::List(begun, response, mut listed) => {
                match verdict {
                    Verdict::Pass => {}
                    Verdict::Rewrite(edits) => listed.edit(edits),
                    // An item that must not be seen takes no other with it.
                    Verdict::Hold { .. } | Verdict::Block { .. } if listed.at.is_some() => listed.hide(),
                    Verdict::Hold { detail } => return refuse(begun, Code::AnswerBlocked, detail, now),
                    Verdict::Block { code, detail } => return refuse(begun, code, detail, now),
                }
                Self::on_next(begun, response, listed, now)
            }
        }
    }

    /// A server may be used without what it tells the model of itself: where nothing else is to be changed, its instructions
    /// are emptied instead of all of its answer being refused.
    fn without_instructions(&mut self, inspection: Inspection) -> Inspection {
        let Stage::Answer(begun, response) = &mut self.stage else { return inspection };
        let there = inspection.findings.iter().filter(|(_, action)| *action > Action::Observe);
        let alone = there.clone().count() > 0 && there.clone().all(|(finding, _)| &*finding.pointer == "/instructions");
        let given = response.result_member("instructions").filter(|_| alone && tells_of_itself(begun.method()));
        match (&inspection.verdict, given) {
            (Verdict::Block { .. } | Verdict::Hold { .. }, Some(given)) => {
                let edit = Edit { range: given.range(), json: "\"\"".to_owned() };
                begun.note("Guards withhold its instructions.".to_owned());
                Inspection { verdict: Verdict::Rewrite(vec![edit]), ..inspection }
            }
            (_, _) => inspection,
        }
    }

    /// Looks at the next item of a list, or shows what is left of it.
    fn on_next(mut begun: Box<Begun>, response: Response, mut listed: Listed, now: Timestamp) -> Step {
        if listed.advance() {
            return Step::Guard(Self { stage: Stage::List(begun, response, listed) });
        }
        let Listed { array, items, keep, edits, withheld, .. } = listed;
        if withheld > 0 {
            begun.note(format!("Guards withhold {withheld} of {} items.", items.len()));
        }
        answer::pass_on(begun, &response, Shown::Some { array, keep, edits }, now)
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

fn refuse(begun: Box<Begun>, code: Code, detail: String, now: Timestamp) -> Step {
    begun.refuse(Refusal::new(code).with_detail(detail), now)
}

/// The methods whose result is what a server says of itself.
fn tells_of_itself(method: &str) -> bool {
    matches!(method, "initialize" | "server/discover")
}

/// Everything a message says beyond its method: its parameters, its id where that is a word, and what no specification
/// knows.
fn spoken(message: &Message) -> Vec<Raw<'_>> {
    let (params, id) = match message {
        Message::Request(request) => (request.params(), Some(request.raw_id())),
        Message::Notification(notification) => (notification.params(), None),
        Message::Response(_) => (None, None),
    };
    let id = id.filter(|id| id.kind() == Kind::String);
    params.into_iter().chain(id).chain(message.extras()).collect()
}

/// A response but for one member of its result.
fn beside<'a>(response: &'a Response, array: &'static str) -> Vec<Raw<'a>> {
    let members = response.result().into_iter().flat_map(|result| result.named_values());
    let others = members.filter(|(name, _)| name.as_str().is_none_or(|name| name != array));
    others.flat_map(|(name, value)| [name, value]).chain(response.extras()).collect()
}

/// What is sent is what is decided on: the rewritten message goes through the rules from the start.
fn decide_again(mut begun: Box<Begun>, edits: &[Edit], now: Timestamp) -> Step {
    let unreadable = "What the guards left of it is no message.";
    let Some(message) = rewritten(begun.arrival.message.bytes(), edits) else {
        return refuse(begun, Code::GuardUnfinished, unreadable.to_owned(), now);
    };
    // Its sender knows it by its id.
    let same = match (&message, &begun.arrival.message) {
        (Message::Request(sent), Message::Request(came)) => sent.id() == came.id(),
        (Message::Notification(_), Message::Notification(_)) => true,
        (Message::Request(_) | Message::Notification(_) | Message::Response(_), _) => false,
    };
    if !same {
        return refuse(begun, Code::GuardUnfinished, unreadable.to_owned(), now);
    }
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
