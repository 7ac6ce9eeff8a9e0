//! The gateway's own tool at the endpoint of one server.
//!
//! Responsible for the client's side of it: a call that is the gateway's to answer, the list it stands in, and what names
//! a unit of work, which no server is sent. A server's own tool of that name wins.

use std::sync::Arc;

use doorward_core::exchange::Outcome;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Notification, Request};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::{Ongoing, Talk};
use crate::begin_task::{self, Asking, Own};
use crate::caller::Caller;
use crate::definitions::Knowledge;
use crate::flows::tool_named;
use crate::upstream::ParamHeaders;

impl Talk {
    /// As [`Talk::request_with`], for a client that is connected to this server alone.
    pub(crate) async fn direct(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
    ) -> Ongoing {
        if !self.gateway.flows().offers_tasks() {
            return self.request_with(caller, request, (revision, params)).await;
        }
        if begin_task::is_called(&request) {
            let caller = self.listener.of_request(caller, &request, revision);
            let known = self.know(&request, revision.era()).await;
            if let Some(outcome) = self.begun(&caller, &request, revision, known).await {
                return Ongoing::over((self.clone(), caller), request, revision, outcome);
            }
        }
        let lists = request.method() == "tools/list";
        let ongoing = self.request_with(caller, request, (revision, params)).await;
        if lists { ongoing.showing_own() } else { ongoing }
    }

    /// A call of the gateway's own tool; `None` when it is one of the server's.
    async fn begun(
        &self,
        caller: &Caller,
        request: &Request,
        revision: Revision,
        known: Result<(), Refusal>,
    ) -> Option<Outcome> {
        if let Err(refusal) = known {
            let refusal = self.turn_away(caller, refusal, Some(request.method()), request.bytes().len()).await;
            return Some(Outcome::Refuse(refusal));
        }
        match self.own() {
            Own::Absent => None,
            Own::Listed => {
                let tool = |name: &str| Some(tool_named(self.server.id(), name));
                Some(begin_task::open(&self.gateway, Asking { caller, request, revision, tool: &tool }).await)
            }
        }
    }

    /// The answer to `tools/list` as the client sees it.
    pub(super) fn with_own(&self, answer: Segments) -> Segments {
        begin_task::with_own(answer, self.own())
    }

    /// The request without what names its unit of work; `None` when it has nothing of the kind, or it is not ours.
    pub(super) fn without_hints(&self, request: &Request) -> Result<Option<Request>, Refusal> {
        if self.gateway.flows().offers_tasks() { begin_task::stripped(request) } else { Ok(None) }
    }

    /// The notification, likewise.
    pub(super) fn unhinted(&self, notification: &Notification) -> Result<Option<Notification>, Refusal> {
        if !self.gateway.flows().offers_tasks() {
            return Ok(None);
        }
        begin_task::stripped_notification(notification)
    }

    /// Whose tool of that name is: the server's, if it was ever seen to have one.
    fn own(&self) -> Own {
        match self.server.definitions().knowledge_of(begin_task::NAME) {
            Knowledge::Settled | Knowledge::Seen => Own::Absent,
            Knowledge::Unseen => Own::Listed,
        }
    }
}
