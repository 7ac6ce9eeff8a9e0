//! Opening the task that a call asks for.

use doorward_core::ids::ExchangeId;
use doorward_core::rate::{Amount, Counted, Measure};
use doorward_core::refusal::Refusal;
use doorward_core::time::Timestamp;
use doorward_flow::contexts::Channel;

use super::{asked, told};
use crate::gateway::Gateway;
use crate::limits::{TASKS_AT_ONCE, TASKS_PER, TASKS_PER_HOUR};
use crate::own_tools::{Allowance, Asking, Done, OwnTool};

/// Opens the task that is asked for. A context that is opened is read no lower than the one it is opened in.
pub(crate) fn opened(gateway: &Gateway, asking: Asking<'_>, id: ExchangeId, at: Timestamp) -> Result<Done, Refusal> {
    // Who calls a tool may be anybody who wrote what a model has read, so nothing that a call says endorses a value.
    let task = asked(asking.request, Channel::Call, asking.tool)?;
    asking.charge(gateway, OwnTool::BeginTask, allowance(), at)?;
    let opened = gateway.flows().open(id, task, at)?;
    let note = format!("It opened the context {}.", opened.trail.primary());
    Ok(Done { note, result: told(&opened, asking.revision.era()) })
}

fn allowance() -> Allowance {
    let measure = Measure::Flow {
        most: Amount::whole(TASKS_PER_HOUR),
        per: TASKS_PER,
        burst: Amount::whole(TASKS_AT_ONCE),
        of: Counted::Calls,
    };
    let text = format!("{TASKS_PER_HOUR} per hour, burst {TASKS_AT_ONCE}, by user");
    Allowance { text, measure, amounts: None }
}
