//! What records tell of the flow that a message was part of.

use std::sync::Arc;

use doorward_core::flow::{Confidentiality, FlowNote, Label, Source, Why};
use doorward_core::ids::ExchangeId;
use doorward_core::principal::PrincipalId;
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;

use super::{Flows, locked};
use crate::limits::{FLOW_SOURCES_TOLD_MAX, LEDGERS_MAX};

/// What a record says of a call that passed because earlier work was good with its values.
const BY_LESSON: &str = "A value that it names was learned from earlier work.";

/// A message that has set out: forgotten with this, unless it goes on to where its answer is waited for.
pub(crate) struct Boarded<'a> {
    flows: &'a Flows,
    id: ExchangeId,
    goes_on: bool,
}

impl Boarded<'_> {
    /// It is forwarded: its outcome is recorded later, and it lands with that.
    pub(crate) fn goes_on(mut self) {
        self.goes_on = true;
    }
}

impl Drop for Boarded<'_> {
    fn drop(&mut self) {
        if !self.goes_on
            && let Some(flight) = self.flows.flights().remove(&self.id)
        {
            flight.landed(Disposition::Refuse);
        }
    }
}

impl Flows {
    /// Follows a message from before it boards, so that it is not kept where its client has gone or its record was refused.
    pub(crate) const fn follow(&self, id: ExchangeId) -> Boarded<'_> {
        Boarded { flows: self, id, goes_on: false }
    }

    /// Completes `record` with the flow of its message. With the outcome, the message has landed.
    pub(crate) fn note(&self, record: &mut Record, now: Timestamp) {
        let flight = match record.phase {
            Phase::Intent => self.flight(record.exchange),
            Phase::Outcome => self.flights().remove(&record.exchange),
        };
        let Some(flight) = flight else { return };
        flight.landed(record.disposition);
        self.doubt_by(&flight, record);
        if let Some(carried) = flight.carriage.get() {
            record.arguments_digest = carried.digest;
        }
        let mut label = self.contexts.effective(&flight.place, now);
        let judged = locked(&flight.judged);
        if record.phase == Phase::Intent {
            // A crash before the answer is taken in leaves the most that it may add.
            label = label.join(&judged.widest);
        }
        let is_about_flow = match record.code {
            Some(Code::NotEndorsed | Code::FlowRefused) => true,
            Some(Code::ApprovalNeeded | Code::ApprovalDenied | Code::ApprovalNotAsked) => !judged.values.is_empty(),
            Some(_) | None => false,
        };
        let (missing, mut sources) = if is_about_flow {
            let mut sources = self.contexts.with(&flight.place, now, |entry| entry.body.sources().to_vec());
            self.add_elsewhere(&flight.owner, &label, &mut sources);
            (judged.values.iter().map(|(missing, _)| missing.clone()).collect(), sources)
        } else {
            (Vec::new(), Vec::new())
        };
        sources.extend(judged.taken_from.iter().cloned());
        sources.extend(flight.carriage.get().into_iter().flat_map(|carried| carried.sources.clone()));
        if judged.by_lesson && record.code.is_none() {
            record.reasons.push(Arc::from(BY_LESSON));
        }
        let trail = flight.place.trail().to_string().into();
        record.flow = Some(Box::new(FlowNote { context: flight.place.id(), trail, label, missing, sources }));
    }

    /// Remembers where a principal read something that matters: the last places of each kind.
    pub(super) fn remember(&self, owner: &PrincipalId, source: Source) {
        let mut read = locked(&self.read);
        if read.len() >= LEDGERS_MAX && !read.contains_key(owner) {
            read.pop_first();
        }
        let sources = read.entry(owner.clone()).or_default();
        sources.retain(|known| (known.why, &known.server, &known.item) != (source.why, &source.server, &source.item));
        if sources.len() >= FLOW_SOURCES_TOLD_MAX {
            sources.remove(0);
        }
        sources.push(source);
    }

    /// What the label tells of and nothing in its own context has brought was read by the same principal elsewhere.
    fn add_elsewhere(&self, owner: &PrincipalId, label: &Label, sources: &mut Vec<Source>) {
        let is_told = |why: Why| match why {
            Why::Untrusted => label.is_untrusted(),
            Why::Confidential => label.confidentiality >= Confidentiality::Confidential,
            Why::Text => false,
        };
        let own: Vec<Why> = sources.iter().map(|source| source.why).collect();
        let read = locked(&self.read);
        let elsewhere = read.get(owner).into_iter().flatten();
        sources.extend(elsewhere.filter(|source| is_told(source.why) && !own.contains(&source.why)).cloned());
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::access::{Approach, Face};
    use doorward_core::principal::{Principal, Proof};

    use super::super::Sight;
    use super::*;

    /// How many messages are followed while one is dropped, or goes on.
    fn followed_after(goes_on: bool) -> usize {
        let flows = Flows::fleeting();
        let (id, who) = (ExchangeId::from_bytes([7; 16]), Principal::new("ann", Proof::LocalToken));
        let boarded = flows.follow(id);
        flows.board(id, (&who, Sight::Open), Approach::new(Face::Http), Timestamp::from_micros(1));
        assert_eq!(flows.flights().len(), 1);
        if goes_on {
            boarded.goes_on();
        } else {
            drop(boarded);
        }
        flows.flights().len()
    }

    #[test]
    fn a_message_is_forgotten_where_its_client_has_gone_and_followed_where_it_goes_on() {
        assert_eq!(followed_after(false), 0);
        assert_eq!(followed_after(true), 1);
    }
}
