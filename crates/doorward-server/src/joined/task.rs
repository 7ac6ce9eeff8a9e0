//! The gateway's own tools at a joint endpoint, where they are no server's.

use std::sync::Arc;

use doorward_core::exchange::Outcome;
use doorward_core::joint::List;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Request;
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::{Joined, Joint, JointOngoing, offers};
use crate::caller::Caller;
use crate::flows::tool_named;
use crate::own_tools::{self, Asking, OwnTool};
use crate::talk::Final;

impl Joined {
    /// Which of the gateway's own tools the request calls.
    pub(super) fn own_tool(&self, joint: &Joint, request: &Request) -> Option<OwnTool> {
        OwnTool::called(request).filter(|tool| self.gateway.flows().offers(*tool) && !has(joint, *tool))
    }

    /// Answers such a call.
    pub(super) async fn answered(
        self: &Arc<Self>,
        tool: OwnTool,
        caller: &Caller,
        (joint, request, revision): (&Joint, Request, Revision),
    ) -> JointOngoing {
        let named = |name: &str| {
            let tool = joint.plan.called(name, &|server, what| offers(joint, server, what)).ok()?;
            Some(tool_named(&tool.server, &tool.name))
        };
        let asking = Asking { caller, request: &request, revision, tool: &named };
        match own_tools::answer(&self.gateway, tool, asking).await {
            Outcome::Answer(message) => {
                JointOngoing::over(Final { message, refusal: None, scopes: None, error: None, status: None })
            }
            Outcome::Refuse(refusal) => JointOngoing::refused(&request, revision, &refusal),
            // INVARIANT: a request is never merely delivered.
            Outcome::Done => JointOngoing::refused(&request, revision, &Refusal::new(Code::BadAnswer)),
        }
    }

    /// A list as the client sees it.
    pub(super) fn with_own(&self, list: List, answer: Segments) -> Segments {
        match (list, self.current()) {
            (List::Tools, Some(joint)) if !self.gateway.flows().offered().is_empty() => {
                own_tools::with_own(answer, self.gateway.flows().offered(), &|tool| has(&joint, tool))
            }
            (List::Tools | List::Prompts | List::Resources | List::Templates | List::Tasks, _) => answer,
        }
    }
}

/// Whether a view gives a tool of a server that name; then it is the server's.
fn has(joint: &Joint, tool: OwnTool) -> bool {
    joint.plan.called(tool.name(), &|server, what| offers(joint, server, what)).is_ok()
}
