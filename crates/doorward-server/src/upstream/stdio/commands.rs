//! What links ask of a child's task.
//!
//! Plain data. It must never hold anything that was not let through by a permit, but for the gateway's own messages.

use std::sync::Arc;

use doorward_mcp::message::{Notification, Request};
use doorward_mcp::splice::Segments;

use super::super::mailbox::Mailbox;

/// What a link asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    /// Forward a request.
    Call(NewCall),
    /// Forward a notification.
    Tell { link: u64, notification: Notification },
    /// Forward the answer to a question that was put to this session.
    Reply { session: u64, answer: Segments },
}

/// A request to forward.
#[derive(Debug)]
pub(super) struct NewCall {
    pub(super) number: u64,
    pub(super) caller: Caller,
    pub(super) request: Request,
    pub(super) mailbox: Arc<Mailbox>,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// A conversation, which also takes what belongs to no call.
    Conversation { session: u64, mailbox: Arc<Mailbox> },
    /// One stateless request of a link.
    Single { session: u64, link: u64 },
    /// One request of the gateway itself.
    Gateway { session: u64 },
}

impl Caller {
    pub(super) const fn session(&self) -> u64 {
        match self {
            Self::Conversation { session, .. } | Self::Single { session, .. } | Self::Gateway { session } => *session,
        }
    }

    /// The link whose cancellations concern it.
    pub(super) const fn link(&self) -> Option<u64> {
        match self {
            Self::Conversation { session, .. } => Some(*session),
            Self::Single { link, .. } => Some(*link),
            Self::Gateway { .. } => None,
        }
    }
}
