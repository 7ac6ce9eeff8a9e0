//! What good work teaches later work.
//!
//! Responsible for gathering what units of work show and what speaks against them, handing both to the store, and finding
//! there what was learned. It must never wait for the store where a message waits, and never let anything be learned of a
//! unit of work whose doubts it could not keep.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use doorward_core::access::AccessRequest;
use doorward_core::flow::{ContextId, Role};
use doorward_core::guard::Action as GuardAction;
use doorward_core::record::{Disposition, Record};
use doorward_core::refusal::Code;
use doorward_flow::canonical::Kind;
use doorward_flow::context;
use doorward_store::{Lesson, Lessons, Taught};
use tokio::sync::Notify;

use super::{Flight, Flows};
use crate::clock::now;
use crate::gateway::Gateway;

/// Most things that wait to be handed to the store.
const WAITING_ROOM: usize = 4_096;

/// What speaks against a unit of work for good; every other cause is the hash of a call.
const FOR_GOOD: u64 = 0;

/// What waits to be handed to the store.
#[derive(Debug, Default)]
pub(super) struct Teaching {
    waits: Mutex<Waits>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waits {
    taught: VecDeque<Taught>,
    /// Whether a doubt could not be kept. Nobody knows any more which units of work are good, so nothing is taken in and
    /// nothing counts until the process begins again.
    has_lost_doubt: bool,
}

impl Teaching {
    fn push(&self, taught: Taught) {
        let mut waits = self.waits();
        let Waits { taught: queue, has_lost_doubt } = &mut *waits;
        let is_doubt = matches!(taught, Taught::Doubt(..));
        if *has_lost_doubt && !is_doubt {
            return;
        }
        if queue.len() >= WAITING_ROOM {
            // What speaks for something can be lost; what speaks against it takes its place.
            let lost = queue.iter().position(|one| !matches!(one, Taught::Doubt(..)));
            match lost {
                Some(lost) if is_doubt => _ = queue.remove(lost),
                None if is_doubt => {
                    if !std::mem::replace(has_lost_doubt, true) {
                        tracing::error!(
                            "too much waits for the store: what speaks against a unit of work was lost, so nothing is \
                             learned and nothing learned counts until a restart; before it, 'doorward flow learned' lists \
                             what was shown and 'doorward flow forget' forgets it"
                        );
                    }
                    return;
                }
                Some(_) | None => return,
            }
        }
        queue.push_back(taught);
        drop(waits);
        self.news.notify_one();
    }

    /// Whether what speaks against some unit of work is gone.
    fn has_lost_doubt(&self) -> bool {
        self.waits().has_lost_doubt
    }

    /// Hands over what waits, for as long as it is driven.
    pub(super) async fn hand_over(&self, lessons: &Lessons) {
        loop {
            let taught = self.take();
            if !taught.is_empty()
                && let Err(error) = lessons.take_in(&taught, now()).await
            {
                tracing::warn!(%error, "what good work has shown cannot be kept");
                // Without the doubts, nothing that comes after them may count either.
                let doubts = taught.into_iter().filter(|one| matches!(one, Taught::Doubt(..)));
                doubts.for_each(|doubt| self.push(doubt));
                tokio::time::sleep(crate::limits::FLOW_LOOK).await;
                continue;
            }
            self.news.notified().await;
        }
    }

    fn take(&self) -> Vec<Taught> {
        self.waits().taught.drain(..).collect()
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flows {
    /// The values that earlier work has shown to be good for what `request` names, and in which role.
    pub(super) async fn learned(
        &self,
        gateway: &Gateway,
        flight: &Flight,
        request: &AccessRequest,
    ) -> Vec<(Role, u64)> {
        if !self.rules.load().learn || self.teaching.has_lost_doubt() {
            return Vec::new();
        }
        let (server, tool) = (request.resource.server().as_str(), request.resource.name().unwrap_or_default());
        let learned = gateway.store().lessons().of(&flight.owner.to_bytes(), (server, tool), now()).await;
        learned.unwrap_or_else(|error| {
            tracing::error!(%error, "what was learned cannot be read: nothing counts as learned");
            Vec::new()
        })
    }

    /// Takes in what a call that is let through shows of its values.
    pub(super) fn teach(&self, flight: &Flight, unit: ContextId, call: &context::Call<'_>, lessons: Vec<Shown>) {
        for (role, form, lesson) in lessons {
            let lesson_of = || Lesson {
                principal: flight.owner.to_bytes(),
                who: flight.owner.subject().name().to_owned(),
                server: call.server.as_str().to_owned(),
                tool: call.tool.to_owned(),
                role,
                form,
                unit,
            };
            self.teaching.push(match lesson {
                context::Lesson::Shown => Taught::Shown(lesson_of()),
                // A conversation may go on under another name, or after its context was forgotten, with what it had read.
                context::Lesson::Clean if !flight.place.is_surely_named() => continue,
                context::Lesson::Clean => Taught::Shown(lesson_of()),
                context::Lesson::Used => Taught::Used(lesson_of()),
            });
        }
    }

    /// Takes in that `request` was refused because of the flow of data. Until it is let through, its unit of work shows
    /// nothing.
    pub(super) fn doubt(&self, flight: &Flight, request: &AccessRequest) {
        let cause = self.call_hash(request);
        self.doubt_of(flight, cause);
    }

    /// Takes in what a record tells against its unit of work: what a guard or a person refused, and what was kept back.
    pub(super) fn doubt_by(&self, flight: &Flight, record: &Record) {
        let is_held = |action: GuardAction| match action {
            GuardAction::Hold | GuardAction::Block => true,
            GuardAction::Observe | GuardAction::Redact | GuardAction::Spotlight => false,
        };
        if record.findings.iter().any(|(_, action)| is_held(*action)) {
            self.doubt_of(flight, FOR_GOOD);
        }
        let stayed = match record.disposition {
            Disposition::Refuse => true,
            Disposition::Allow | Disposition::Answer | Disposition::AnswerError | Disposition::Fail => false,
        };
        match record.code {
            Some(Code::ApprovalDenied | Code::RequestBlocked | Code::AnswerBlocked | Code::GuardUnfinished) => {
                self.doubt_of(flight, FOR_GOOD);
            }
            Some(Code::FlowRefused) if !stayed => self.doubt_of(flight, FOR_GOOD),
            Some(_) | None => {}
        }
    }

    fn doubt_of(&self, flight: &Flight, cause: u64) {
        let unit = self.contexts.with(&flight.place, now(), |entry| {
            entry.body.is_doubtful = true;
            entry.body.unit(&self.keyed, &flight.place)
        });
        if self.rules.load().learn {
            self.teaching.push(Taught::Doubt(unit, cause));
        }
    }

    /// Takes in that what was refused before is let through now: somebody has answered.
    pub(super) fn settle(&self, unit: ContextId, request: &AccessRequest) {
        self.teaching.push(Taught::Settled(unit, self.call_hash(request)));
    }

    /// What two calls that are the same share, and no others.
    pub(super) fn call_hash(&self, request: &AccessRequest) -> u64 {
        let arguments = request.arguments.as_ref().map_or("", |arguments| arguments.as_raw().text());
        let call = format!("{}\0{}\0{arguments}", request.resource.server(), request.resource.name().unwrap_or(""));
        self.keyed.hash(Kind::Call, &call)
    }
}

/// A value by its role and hash, with what it shows.
pub(super) type Shown = (Role, u64, context::Lesson);

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: u16) -> ContextId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        ContextId::from_bytes(bytes)
    }

    fn shown() -> Taught {
        let (principal, who) = (b"ann".to_vec(), "ann".to_owned());
        let (server, tool) = ("mail".to_owned(), "send".to_owned());
        Taught::Shown(Lesson { principal, who, server, tool, role: Role::Target, form: 7, unit: unit(1) })
    }

    fn doubts(taught: &[Taught]) -> usize {
        taught.iter().filter(|one| matches!(one, Taught::Doubt(..))).count()
    }

    #[test]
    fn a_doubt_takes_the_place_of_what_speaks_for_something() {
        let teaching = Teaching::default();
        (0..WAITING_ROOM).for_each(|_| teaching.push(shown()));
        teaching.push(shown());
        teaching.push(Taught::Doubt(unit(1), FOR_GOOD));
        assert!(!teaching.has_lost_doubt());
        let taught = teaching.take();
        assert_eq!((taught.len(), doubts(&taught)), (WAITING_ROOM, 1));
    }

    #[test]
    fn once_a_doubt_is_lost_nothing_is_learned_any_more() {
        let teaching = Teaching::default();
        (0..=WAITING_ROOM).for_each(|cause| teaching.push(Taught::Doubt(unit(1), u64::try_from(cause).unwrap())));
        assert!(teaching.has_lost_doubt());
        assert_eq!(doubts(&teaching.take()), WAITING_ROOM, "those that were kept are handed over");
        teaching.push(shown());
        teaching.push(Taught::Settled(unit(1), 1));
        assert!(teaching.take().is_empty(), "there is room again, and still nothing counts");
        teaching.push(Taught::Doubt(unit(2), FOR_GOOD));
        assert_eq!(doubts(&teaching.take()), 1, "what speaks against something does");
    }
}
