//! Bounded questions about hidden results.
//!
//! Responsible for whose results may be asked about, and for how much is told. It must never answer before the answer is
//! paid for, whatever it is: that a value does not fit tells something as well.

use doorward_core::ids::ExchangeId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_flow::hide::value_at;

use super::super::Flows;
use super::carriage::foreign;
use crate::limits::PROJECTED_BITS_MAX;
use crate::project::Question;

impl Flows {
    /// The value that the message `id` asks for, as JSON; `None` when it does not have the form, or is not there. `charge`
    /// takes the price from whoever asks.
    ///
    /// # Errors
    /// The handle is not the caller's, or too much of its context was told already.
    pub(crate) fn project(
        &self,
        id: ExchangeId,
        question: &Question,
        charge: impl FnOnce() -> Result<(), Refusal>,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        let flight = self.flight(id).ok_or_else(|| Refusal::new(Code::Busy))?;
        self.contexts.with(&flight.place, now, |entry| {
            let hidden = &mut entry.body.hidden;
            let kept = hidden.find(question.id, &flight.owner).ok_or_else(foreign)?;
            let answer = value_at(kept.value.as_raw(), &question.place).and_then(|value| question.form.fit(value));
            let told = hidden.told.saturating_add(question.form.bits());
            if told > PROJECTED_BITS_MAX {
                return Err(spent());
            }
            charge()?;
            hidden.told = told;
            Ok(answer)
        })
    }
}

fn spent() -> Refusal {
    Refusal::new(Code::LimitReached).with_detail(format!(
        "This would be more than {PROJECTED_BITS_MAX} bits of hidden results in one task. Waiting does not help."
    ))
}
