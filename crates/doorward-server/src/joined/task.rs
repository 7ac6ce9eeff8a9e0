//! The gateway's own tool at a joint endpoint, where it is no server's.

use std::sync::Arc;

use doorward_core::exchange::Outcome;
use doorward_core::joint::List;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::Request;
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::{Joined, Joint, JointOngoing, offers};
use crate::begin_task::{self, Asking, Own};
use crate::caller::Caller;
use crate::flows::tool_named;
use crate::talk::Final;

impl Joined {
    /// Whether the request calls the gateway's own tool.
    pub(super) fn is_own(&self, joint: &Joint, request: &Request) -> bool {
        self.gateway.flows().offers_tasks() && begin_task::is_called(request) && own(joint) == Own::Listed
    }

    /// Answers such a call.
    pub(super) async fn begin(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Joint,
        request: Request,
        revision: Revision,
    ) -> JointOngoing {
        let tool = |name: &str| {
            let tool = joint.plan.called(name, &|server, what| offers(joint, server, what)).ok()?;
            Some(tool_named(&tool.server, &tool.name))
        };
        let asking = Asking { caller, request: &request, revision, tool: &tool };
        match begin_task::open(&self.gateway, asking).await {
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
            (List::Tools, Some(joint)) if self.gateway.flows().offers_tasks() => {
                begin_task::with_own(answer, own(&joint))
            }
            (List::Tools | List::Prompts | List::Resources | List::Templates | List::Tasks, _) => answer,
        }
    }
}

/// Whose tool of that name is: a server's, where a view gives one of its tools that name.
fn own(joint: &Joint) -> Own {
    match joint.plan.called(begin_task::NAME, &|server, what| offers(joint, server, what)) {
        Ok(_) => Own::Absent,
        Err(_) => Own::Listed,
    }
}
