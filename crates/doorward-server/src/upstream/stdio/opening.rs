//! The handshake of a legacy child: made once, remembered for everybody who shares the child, repeated when a new child
//! takes the place of an ended one.
//!
//! A repeated handshake is the very request that a permit let through for this place in the pool; nothing else of a
//! client is ever sent again. It must never send a call before the handshake is answered.

use std::time::{Duration, Instant};

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Outcome, Request, Response};
use doorward_mcp::splice::Segments;

use super::commands::NewCall;
use super::connection::{Connection, GATEWAY};
use super::{Share, housekeeping};
use crate::limits::HOUSEKEEPING_WAIT;
use crate::upstream::Event;

/// The handshake's number among calls: no call has it.
pub(super) const OPENING: u64 = 0;

/// How far the handshake with the present child has come.
#[derive(Debug)]
pub(super) enum Opening {
    /// Not begun.
    Fresh,
    /// Sent for the first time; these calls wait for the answer.
    Asked { request: Request, waiting: Vec<u64>, since: Instant },
    /// Sent again to a new child.
    Repeated { since: Instant },
    /// Answered.
    Answered { response: Response, told: Told },
}

/// Whether the child has had its `notifications/initialized`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Not yet.
    No,
    /// Once, which is enough.
    Yes,
}

impl Opening {
    /// Whether everything else must wait.
    pub(super) const fn is_being_repeated(&self) -> bool {
        matches!(self, Self::Repeated { .. })
    }

    /// The call that hears what the child says during the handshake.
    pub(super) fn listener(&self) -> Option<u64> {
        match self {
            Self::Asked { waiting, .. } => waiting.first().copied(),
            Self::Fresh | Self::Repeated { .. } | Self::Answered { .. } => None,
        }
    }

    /// Whether a client's `notifications/initialized` goes to the child: the first one does.
    pub(super) fn note_initialized(&mut self, share: Share) -> bool {
        let first = match self {
            Self::Answered { told, .. } => std::mem::replace(told, Told::Yes) == Told::No,
            Self::Fresh | Self::Asked { .. } | Self::Repeated { .. } => false,
        };
        first || share == Share::Exclusive
    }

    /// When an answer is overdue.
    pub(super) fn deadline(&self, silence: Duration) -> Option<Instant> {
        match self {
            Self::Asked { since, .. } => Some(*since + silence),
            Self::Repeated { since } => Some(*since + silence.min(HOUSEKEEPING_WAIT)),
            Self::Fresh | Self::Answered { .. } => None,
        }
    }

    /// The refusal for everybody, when the answer is overdue.
    pub(super) fn overdue(&self, now: Instant, silence: Duration) -> Option<Refusal> {
        let overdue = self.deadline(silence)? <= now;
        overdue.then(|| Refusal::new(Code::TimedOut).with_detail("It did not answer the handshake."))
    }
}

impl Connection {
    /// Takes a client's `initialize`: the first goes to the child, later ones of a shared child are answered from memory.
    pub(super) fn open(&mut self, call: NewCall) {
        match (&mut self.opening, self.place.share) {
            (Opening::Fresh, _) => self.ask(call),
            (Opening::Asked { waiting, .. }, Share::ByPrincipal) => {
                waiting.push(call.number);
                self.wait_for(call, None);
            }
            (Opening::Answered { response, .. }, Share::ByPrincipal) => {
                call.mailbox.finish(Event::Response(response.clone()));
            }
            (Opening::Asked { .. } | Opening::Answered { .. } | Opening::Repeated { .. }, _) => self.forward(call),
        }
    }

    fn ask(&mut self, call: NewCall) {
        // In the gateway's own name: the handshake goes on when the client that began it has left.
        match self.outgoing(GATEWAY, OPENING, &call.request) {
            Ok(_) => {
                let request = call.request.clone();
                self.opening = Opening::Asked { request, waiting: vec![call.number], since: Instant::now() };
                self.wait_for(call, None);
            }
            Err(refusal) => {
                self.detach_single(&call.caller);
                call.mailbox.finish(Event::Failed(refusal));
            }
        }
    }

    /// A new child must first hear what the one before it heard, unless this call is itself a first handshake.
    pub(super) fn repeat_handshake(&mut self, call: &NewCall) {
        let others = self.sessions.keys().any(|session| *session != call.caller.session());
        let begins_anew = call.request.method() == "initialize" && !(others && self.place.share == Share::ByPrincipal);
        if begins_anew {
            self.remembered = None;
        }
        let Some(request) = self.remembered.clone() else {
            return;
        };
        if self.outgoing(GATEWAY, OPENING, &request).is_ok() {
            self.opening = Opening::Repeated { since: Instant::now() };
        }
    }

    /// The child has answered the handshake.
    pub(super) fn opened(&mut self, response: &Response) {
        let accepted = match response.outcome() {
            Outcome::Result(_) => true,
            Outcome::Error { .. } => false,
        };
        match std::mem::replace(&mut self.opening, Opening::Fresh) {
            Opening::Asked { request, waiting, .. } => {
                if accepted {
                    self.remembered = Some(request);
                    self.opening = Opening::Answered { response: response.clone(), told: Told::No };
                }
                for number in waiting {
                    if let Some(waiting) = self.take(number) {
                        waiting.mailbox.finish(Event::Response(response.clone()));
                    }
                }
            }
            Opening::Repeated { .. } if accepted => {
                self.opening = Opening::Answered { response: response.clone(), told: Told::Yes };
                self.send(Segments::from(housekeeping::initialized()));
                for command in std::mem::take(&mut self.held) {
                    self.obey(command);
                }
            }
            Opening::Repeated { .. } => {
                self.remembered = None;
                let detail = "Started again, it refused the handshake it took before.";
                self.give_up(&Refusal::new(Code::Unreachable).with_detail(detail), Instant::now());
            }
            before @ (Opening::Fresh | Opening::Answered { .. }) => self.opening = before,
        }
    }
}
