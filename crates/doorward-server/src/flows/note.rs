//! What records tell of the flow that a message was part of.

use doorward_core::flow::FlowNote;
use doorward_core::record::{Phase, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;

use super::{Flows, locked};

impl Flows {
    /// Completes `record` with the flow of its message. With the outcome, the message has landed.
    pub(crate) fn note(&self, record: &mut Record, now: Timestamp) {
        let flight = match record.phase {
            Phase::Intent => self.flight(record.exchange),
            Phase::Outcome => self.flights().remove(&record.exchange),
        };
        let Some(flight) = flight else { return };
        flight.landed(record.disposition);
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
            let sources = self.contexts.with(&flight.place, now, |entry| entry.body.sources().to_vec());
            (judged.values.iter().map(|(missing, _)| missing.clone()).collect(), sources)
        } else {
            (Vec::new(), Vec::new())
        };
        sources.extend(judged.taken_from.iter().cloned());
        sources.extend(flight.carriage.get().into_iter().flat_map(|carried| carried.sources.clone()));
        let trail = flight.place.trail().to_string().into();
        record.flow = Some(Box::new(FlowNote { context: flight.place.id(), trail, label, missing, sources }));
    }
}
