//! The gateway's own tools at the endpoint of one server.
//!
//! Responsible for the client's side of it: a call that is the gateway's to answer, the list they stand in, and what names
//! a unit of work, which no server is sent. A server's tool of the same name wins.

use std::sync::Arc;

use doorward_core::exchange::Outcome;
use doorward_core::refusal::Refusal;
use doorward_mcp::message::{Notification, Request};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::{Ongoing, Talk};
use crate::begin_task;
use crate::caller::Caller;
use crate::definitions::Knowledge;
use crate::flows::tool_named;
use crate::own_tools::{self, Asking, OwnTool};
use crate::upstream::ParamHeaders;

impl Talk {
    /// As [`Talk::request_with`], for a client that is connected to this server alone.
    pub(crate) async fn direct(
        self: &Arc<Self>,
        caller: &Caller,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
    ) -> Ongoing {
        // What is stopped is refused before it is anything else's.
        if self.gateway.flows().offered().is_empty() || self.stopped_request(caller, &request).is_some() {
            return self.request_with(caller, request, (revision, params)).await;
        }
        if let Some(tool) = OwnTool::called(&request).filter(|tool| self.gateway.flows().offers(*tool)) {
            let caller = self.listener.of_request(caller, &request, revision);
            let known = self.know(&request, revision.era()).await;
            if let Some(outcome) = self.answered(tool, (&caller, &request, revision), known).await {
                return Ongoing::over((self.clone(), caller), request, revision, outcome);
            }
        }
        let lists = request.method() == "tools/list";
        let ongoing = self.request_with(caller, request, (revision, params)).await;
        if lists { ongoing.showing_own() } else { ongoing }
    }

    /// What comes of a call of one of the gateway's own tools; `None` when it is one of the server's.
    async fn answered(
        &self,
        tool: OwnTool,
        (caller, request, revision): (&Caller, &Request, Revision),
        known: Result<(), Refusal>,
    ) -> Option<Outcome> {
        if let Err(refusal) = known {
            let refusal = self.turn_away(caller, refusal, Some(request.method()), request.bytes().len()).await;
            return Some(Outcome::Refuse(refusal));
        }
        if self.has(tool) {
            return None;
        }
        let named = |name: &str| Some(tool_named(self.server.id(), name));
        Some(own_tools::answer(&self.gateway, tool, Asking { caller, request, revision, tool: &named }).await)
    }

    /// The answer to `tools/list` as the client sees it.
    pub(super) fn with_own(&self, answer: Segments) -> Segments {
        own_tools::with_own(answer, self.gateway.flows().offered(), &|tool| self.has(tool))
    }

    /// The request without what names its unit of work; `None` when it has nothing of the kind, or it is not ours.
    pub(super) fn without_hints(&self, request: &Request) -> Result<Option<Request>, Refusal> {
        if self.gateway.flows().offers(OwnTool::BeginTask) { begin_task::stripped(request) } else { Ok(None) }
    }

    /// The notification, likewise.
    pub(super) fn unhinted(&self, notification: &Notification) -> Result<Option<Notification>, Refusal> {
        if !self.gateway.flows().offers(OwnTool::BeginTask) {
            return Ok(None);
        }
        begin_task::stripped_notification(notification)
    }

    /// Whether the server was ever seen to have a tool of that name; then it is the server's.
    fn has(&self, tool: OwnTool) -> bool {
        match self.server.definitions().knowledge_of(tool.name()) {
            Knowledge::Settled | Knowledge::Seen => true,
            Knowledge::Unseen => false,
        }
    }
}
