//! What is put before the guards.

use bytes::Bytes;
use doorward_mcp::raw::{Raw, RawJson};

use super::GuardSettings;
use crate::access::{Direction, Resource};
use crate::flow::ContextId;
use crate::ids::{ExchangeId, ServerId};
use crate::principal::Principal;

/// What a text is, to whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// What a client says in a request or notification: arguments above all.
    Request,
    /// What a client, or its user, answers to a question of a server.
    Reply,
    /// What a server answers: results of tools, resources, prompts, completions.
    Result,
    /// What a server says went wrong.
    Error,
    /// What a server asks of the client: elicitation, sampling, roots.
    Question,
    /// What a server says unasked: log messages, progress.
    Notification,
    /// What a server says of a tool, prompt or resource it offers.
    Definition,
    /// What a server tells the model about itself.
    Instructions,
}

impl Surface {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Reply,
        Self::Result,
        Self::Error,
        Self::Question,
        Self::Notification,
        Self::Definition,
        Self::Instructions,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Result => "result",
            Self::Error => "error",
            Self::Question => "question",
            Self::Notification => "notification",
            Self::Definition => "definition",
            Self::Instructions => "instructions",
        }
    }

    /// Which way such a text travels.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Request | Self::Reply => Direction::ToServer,
            Self::Result
            | Self::Error
            | Self::Question
            | Self::Notification
            | Self::Definition
            | Self::Instructions => Direction::ToClient,
        }
    }
}

/// A message before the guards.
#[derive(Debug)]
pub struct Content<'a> {
    /// What its text is.
    pub surface: Surface,
    /// The method of the exchange; empty outside one.
    pub method: &'a str,
    /// Which server it goes to or comes from.
    pub server: &'a ServerId,
    /// What the exchange is about, where it is about one thing.
    pub resource: Option<&'a Resource>,
    /// Whose exchange it is; `None` outside one.
    pub principal: Option<&'a Principal>,
    /// The exchange; `None` outside one.
    pub exchange: Option<ExchangeId>,
    /// The unit of work it belongs to; `None` outside one.
    pub context: Option<ContextId>,
    /// What the rules that allow it say of guards, over the configured settings.
    pub settings: &'a GuardSettings,
    /// The whole message.
    pub message: &'a Bytes,
    /// What was asked, where it answers a request: the parameters.
    pub asked: Option<Raw<'a>>,
    /// What of it is inspected.
    pub parts: Vec<Raw<'a>>,
}

impl<'a> Content<'a> {
    /// All of a message, outside any exchange.
    #[must_use]
    pub fn outside(
        surface: Surface,
        method: &'a str,
        server: &'a ServerId,
        settings: &'a GuardSettings,
        message: &'a RawJson,
    ) -> Self {
        Self {
            surface,
            method,
            server,
            resource: None,
            principal: None,
            exchange: None,
            context: None,
            settings,
            message: message.bytes(),
            asked: None,
            parts: vec![message.as_raw()],
        }
    }
}
