//! Audit records: what is written about every exchange.
//!
//! A record carries digests and sizes, never a payload. Its form has a version; a reader meets older versions for as long
//! as a store is kept, so fields are added, never changed.

use std::sync::Arc;

use crate::access::ClientName;
use crate::flow::FlowNote;
use crate::guard::{Action as GuardAction, Finding};
use crate::ids::ExchangeId;
use crate::principal::Principal;
use crate::refusal::Code;
use crate::time::Timestamp;

/// The version of the record form written by this build.
pub const RECORD_VERSION: u16 = 4;

/// Where in its exchange a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before forwarding: what is about to be done.
    Intent,
    /// After: how it ended. Every exchange has exactly one.
    Outcome,
}

impl Phase {
    /// The word stores and tools use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Outcome => "outcome",
        }
    }
}

/// What became of the exchange so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Allowed and about to be forwarded (intent), or forwarded without an answer to wait for (a notification's outcome).
    Allow,
    /// Answered by the other side, or by the gateway itself where the record names no server.
    Answer,
    /// Answered by the other side with an error, a JSON-RPC error or `isError`.
    AnswerError,
    /// Refused by us before anything was forwarded.
    Refuse,
    /// Forwarded, but the answer was withheld or never came.
    Fail,
}

impl Disposition {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Allow, Self::Answer, Self::AnswerError, Self::Refuse, Self::Fail];

    /// The word stores and tools use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Answer => "answer",
            Self::AnswerError => "answer-error",
            Self::Refuse => "refuse",
            Self::Fail => "fail",
        }
    }

    /// Reads the word back; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|disposition| disposition.as_str() == text)
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it was written.
    pub at: Timestamp,
    /// The exchange it belongs to.
    pub exchange: ExchangeId,
    /// Intent or outcome.
    pub phase: Phase,
    /// What became of it.
    pub disposition: Disposition,
    /// Who acted.
    pub principal: Principal,
    /// The protocol version of the message, when known.
    pub revision: Option<&'static str>,
    /// How it came: `stdio` or `http`.
    pub face: &'static str,
    /// The web origin of the request.
    pub origin: Option<Arc<str>>,
    /// What the client calls itself; nothing vouches for it.
    pub client: Option<Arc<ClientName>>,
    /// `to-server` or `to-client`.
    pub direction: &'static str,
    /// The configured server id; `None` when the request named none that exists, or went to none.
    pub server: Option<Arc<str>>,
    /// The method, exactly as known to the gateway; for an unknown one the sent text, cut to the limit.
    pub action: Arc<str>,
    /// The tool, resource or prompt; `None` when the action is about a whole server.
    pub resource: Option<Arc<str>>,
    /// SHA-256 of the arguments as sent, or of the whole parameters where the method has no arguments; `None` when the
    /// message had none.
    pub arguments_digest: Option<[u8; 32]>,
    /// Why it was refused or failed; `None` when it was not.
    pub code: Option<Code>,
    /// Ids of the rules that decided.
    pub rules: Vec<Arc<str>>,
    /// The rules' reasons or our own detail, one sentence each; never a payload.
    pub reasons: Vec<Arc<str>>,
    /// What guards found, and what was done about it; an outcome repeats what its intent told.
    pub findings: Vec<(Finding, GuardAction)>,
    /// The flow of data it was part of; `None` where no contexts are kept.
    pub flow: Option<Box<FlowNote>>,
    /// Bytes of the message that began the exchange.
    pub request_bytes: u64,
    /// Bytes of the answer; zero when there was none.
    pub answer_bytes: u64,
    /// Microseconds from arrival to this record.
    pub elapsed_micros: u64,
    /// Microseconds the other side took to answer; zero when nothing was forwarded.
    pub upstream_micros: u64,
}
