//! Answering a call of one of the gateway's own tools.
//!
//! Responsible for the whole exchange: it belongs to a context like any other, is counted, and leaves one record, of an
//! answer or of a refusal. Nothing of it goes to a server.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Direction, Kind, Resource};
use doorward_core::exchange::{Outcome, Own as OwnAnswer, Turned, answer_own, turn_away};
use doorward_core::ids::ServerId;
use doorward_core::rate::{Clause, KeyPart, Limit, Measure, Reached};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::compose;
use doorward_mcp::message::Request;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Revision;

use super::OwnTool;
use crate::caller::Caller;
use crate::clock::{exchange_id, now};
use crate::conduct::{Rest, conduct};
use crate::flows::Sight;
use crate::gateway::Gateway;
use crate::{begin_task, project};

/// A call of one of the gateway's own tools.
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

/// What came of a call.
pub(crate) struct Done {
    /// One sentence for the record.
    pub(crate) note: String,
    /// The result that answers it.
    pub(crate) result: String,
}

/// What one user may have of a tool, over all units of work.
pub(crate) struct Allowance {
    /// How it is told of.
    pub(crate) text: String,
    /// How much it is.
    pub(crate) measure: Measure,
    /// What is summed up of this call, if not calls.
    pub(crate) amounts: Option<RawJson>,
}

/// Answers a call of `tool`. No policy is asked: a task only narrows, and what is told of a hidden result is bounded.
pub(crate) async fn answer(gateway: &Arc<Gateway>, tool: OwnTool, asking: Asking<'_>) -> Outcome {
    let Asking { caller, request, revision, .. } = asking;
    let at = now();
    let id = exchange_id(at);
    let approach = gateway.flows().board(id, (&caller.principal, Sight::Open), caller.approach.clone(), at);
    let principal = caller.principal.clone();
    let done = match tool {
        OwnTool::BeginTask => begin_task::opened(gateway, asking, id, at),
        OwnTool::Project => project::projected(gateway, asking, id, at),
    };
    let step = match done {
        Ok(Done { note, result }) => {
            let (answer, tool) = (compose::result(request.id(), &result), tool.name());
            answer_own(OwnAnswer { id, principal, approach, revision, request, tool, note, answer, at })
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

impl Asking<'_> {
    /// Takes what the call costs of what its user may have of `tool`.
    ///
    /// # Errors
    /// [`Code::LimitReached`] when there is too little left.
    pub(crate) fn charge(
        self,
        gateway: &Gateway,
        tool: OwnTool,
        allowance: Allowance,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let Asking { caller, request, revision, .. } = self;
        let action = Action::of(Direction::ToServer, Kind::Request, request.method());
        // It is no server's, and its limit counts by who calls alone.
        let (Some(action), Ok(own)) = (action, ServerId::parse("doorward")) else {
            return Err(Refusal::new(Code::UnknownMethod));
        };
        let Allowance { text, measure, amounts } = allowance;
        let clause = Clause { text: text.into(), measure, by: Arc::from([KeyPart::User]) };
        let limit = Limit { rule: Arc::from(tool.name()), clauses: Arc::from([clause]) };
        let counted = AccessRequest {
            principal: caller.principal.clone(),
            action,
            resource: Resource::Server(own),
            arguments: amounts,
            approach: caller.approach.clone(),
            era: revision.era(),
            at,
        };
        // A lease gives places among calls in flight back; such a limit has none.
        drop(gateway.meters().take(&limit.takes(&counted)?, at).map_err(Reached::refusal)?);
        Ok(())
    }
}
