//! Answering a call of the gateway's own tool.
//!
//! Responsible for the whole exchange: it belongs to a context like any other, is counted, and leaves one record, of an
//! answer or of a refusal. Nothing of it goes to a server.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Direction, Kind, Resource};
use doorward_core::exchange::{Outcome, Own as OwnAnswer, Turned, answer_own, turn_away};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::rate::{Amount, Clause, Counted, KeyPart, Limit, Measure, Reached, Take};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_flow::contexts::{Channel, Opened};
use doorward_mcp::compose;
use doorward_mcp::message::Request;
use doorward_mcp::revision::Revision;

use super::{NAME, asked, told};
use crate::caller::Caller;
use crate::clock::{exchange_id, now};
use crate::conduct::{Rest, conduct};
use crate::flows::Sight;
use crate::gateway::Gateway;
use crate::limits::{TASKS_AT_ONCE, TASKS_PER, TASKS_PER_HOUR};

/// A call of the gateway's own tool.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// Who calls, with what the call says of its unit of work.
    pub(crate) caller: &'a Caller,
    /// The call.
    pub(crate) request: &'a Request,
    /// The revision it is written in.
    pub(crate) revision: Revision,
    /// How tasks name the tool that goes by a name where the call came in; `None` for a name that leads nowhere.
    pub(crate) tool: &'a (dyn Fn(&str) -> Option<Box<str>> + Sync),
}

/// Opens the task that is asked for. No policy is asked: a context that is opened is read no lower than the one it is
/// opened in, and its task only narrows.
pub(crate) async fn open(gateway: &Arc<Gateway>, asking: Asking<'_>) -> Outcome {
    let Asking { caller, request, revision, .. } = asking;
    let at = now();
    let id = exchange_id(at);
    let approach = gateway.flows().board(id, (&caller.principal, Sight::Open), caller.approach.clone(), at);
    let principal = caller.principal.clone();
    let step = match opened(gateway, asking, id, at) {
        Ok(opened) => {
            let note = format!("It opened the context {}.", opened.trail.primary());
            let answer = compose::result(request.id(), &told(&opened, revision.era()));
            answer_own(OwnAnswer { id, principal, approach, revision, request, tool: NAME, note, answer, at })
        }
        Err(refusal) => {
            let (method, bytes) = (Some(Arc::from(request.method())), request.bytes().len() as u64);
            let direction = Direction::ToServer;
            turn_away(Turned { id, principal, server: None, direction, approach, method, bytes, at }, refusal)
        }
    };
    match conduct(gateway, step).await {
        Rest::Reply(outcome) => outcome,
        // INVARIANT: what the gateway answers itself is forwarded nowhere.
        Rest::Forward(..) => Outcome::Refuse(Refusal::new(Code::UnknownShape)),
    }
}

fn opened(gateway: &Gateway, asking: Asking<'_>, id: ExchangeId, at: Timestamp) -> Result<Opened, Refusal> {
    // Who calls a tool may be anybody who wrote what a model has read, so nothing that a call says endorses a value.
    let task = asked(asking.request, Channel::Call, asking.tool)?;
    // A lease gives places among calls in flight back; this limit has none.
    drop(gateway.meters().take(&counted(asking, at)?, at).map_err(Reached::refusal)?);
    gateway.flows().open(id, task, at)
}

/// What the call takes of what one principal may open.
fn counted(asking: Asking<'_>, at: Timestamp) -> Result<Vec<Take>, Refusal> {
    let Asking { caller, request, revision, .. } = asking;
    let action = Action::of(Direction::ToServer, Kind::Request, request.method());
    // It is no server's, and its limit counts by who calls alone.
    let (Some(action), Ok(own)) = (action, ServerId::parse("doorward")) else {
        return Err(Refusal::new(Code::UnknownMethod));
    };
    let counted = AccessRequest {
        principal: caller.principal.clone(),
        action,
        resource: Resource::Server(own),
        arguments: None,
        approach: caller.approach.clone(),
        era: revision.era(),
        at,
    };
    limit().takes(&counted)
}

fn limit() -> Limit {
    let measure = Measure::Flow {
        most: Amount::whole(TASKS_PER_HOUR),
        per: TASKS_PER,
        burst: Amount::whole(TASKS_AT_ONCE),
        of: Counted::Calls,
    };
    let text = format!("{TASKS_PER_HOUR} per hour, burst {TASKS_AT_ONCE}, by user");
    let clause = Clause { text: text.into(), measure, by: Arc::from([KeyPart::User]) };
    Limit { rule: Arc::from(NAME), clauses: Arc::from([clause]) }
}
