//! Requests of a client, said in the other era.
//!
//! Responsible for params and their `_meta`. A member that would come to mean something only in the other era is
//! taken out, so that nobody speaks through the translation. It must never invent what the client did not say.

use super::edit::{self, Change, Edits, Member, Meta};
use super::{Rewording, Row, Unbridged};
use crate::compose::quote;
use crate::id::Id;
use crate::message::{Message, Request};
use crate::revision::{Direction, MethodKind, Revision};

/// What every modern request says about its client. All of it is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What the client can do: an object.
    pub capabilities: String,
    /// What it calls itself: an Implementation.
    pub client_info: Option<String>,
    /// From which level on it wants log messages: a string.
    pub log_level: Option<String>,
}

/// What a retried request brings: answers, and the state to give back.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// The key of each question and the bare result that answers it, as JSON.
    pub responses: &'a [(String, String)],
    /// The state as it was given: a JSON string, byte for byte.
    pub state: Option<&'a str>,
}

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// The keys of `_meta` that only modern requests have.
const REQUEST_META: [&str; 4] = [PROTOCOL_VERSION, CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL];

const INPUT_RESPONSES: &str = "inputResponses";
const REQUEST_STATE: &str = "requestState";

/// A modern request in legacy words: without what its `_meta` says about the client, and without answers, state and
/// `task`, which belong to the gateway. The progress token, trace context and unknown keys stay; a `_meta` that becomes
/// empty goes.
///
/// # Errors
/// The legacy era has no such method.
pub fn request_to_legacy(request: &Request) -> Result<Rewording, Unbridged> {
    to_legacy_as(request, None, None)
}

/// As [`request_to_legacy`], under another id and with another progress token where they are given.
pub(super) fn to_legacy_as(
    request: &Request,
    id: Option<&Id>,
    token: Option<Member<'_>>,
) -> Result<Rewording, Unbridged> {
    let row = known(request)?;
    let mut edits = Edits::of(request.bytes());
    if let Some(id) = id {
        edits.value(request.raw_id(), id.to_json());
    }
    if let Some(params) = request.params() {
        let meta = Meta { drop: &REQUEST_META, set: token.into_iter().collect() };
        edits.members_and_meta(params, of_the_gateway, &[], meta);
    }
    finish(edits, row)
}

/// A legacy request in modern words: with params and a `_meta` that says what `stamp` says, and with the answers and
/// the state of `round`. Answers, state and `task` that the legacy client wrote itself go: in the era it speaks they
/// mean nothing, or belong to the gateway.
///
/// # Errors
/// The modern era has no such method.
pub fn request_to_modern(request: &Request, stamp: &Stamp, round: Option<&Round<'_>>) -> Result<Rewording, Unbridged> {
    let row = known(request)?;
    let mut edits = Edits::of(request.bytes());
    let added = round.map(Round::members).unwrap_or_default();
    match request.params() {
        Some(params) => {
            edits.members_and_meta(params, of_the_gateway, &added, Meta { drop: &REQUEST_META, set: stamp.members() });
        }
        None => {
            let mut params = added;
            params.push(("_meta", stamp.to_json()));
            let root = edit::root(request.bytes());
            edits.members(root, |_| Change::Keep, &[("params", edit::object_of(&params))]);
        }
    }
    finish(edits, row)
}

impl Stamp {
    /// The `_meta` of a request of the gateway's own.
    #[must_use]
    pub fn to_json(&self) -> String {
        edit::object_of(&self.members())
    }

    fn members(&self) -> Vec<Member<'static>> {
        let mut members = vec![
            (PROTOCOL_VERSION, quote(Revision::LATEST.as_str())),
            (CLIENT_CAPABILITIES, self.capabilities.clone()),
        ];
        members.extend(self.client_info.clone().map(|info| (CLIENT_INFO, info)));
        members.extend(self.log_level.clone().map(|level| (LOG_LEVEL, level)));
        members
    }
}

impl Round<'_> {
    fn members(&self) -> Vec<Member<'static>> {
        let responses: Vec<Member<'_>> =
            self.responses.iter().map(|(key, json)| (key.as_str(), json.clone())).collect();
        let mut members = Vec::new();
        if !responses.is_empty() {
            members.push((INPUT_RESPONSES, edit::object_of(&responses)));
        }
        members.extend(self.state.map(|state| (REQUEST_STATE, state.to_owned())));
        members
    }
}

/// Answers and state mean something to a modern server alone, `task` to a legacy one. To let them through would be to
/// let a client say in the other era what it cannot say in its own.
fn of_the_gateway(name: &str) -> Change {
    match name {
        INPUT_RESPONSES | REQUEST_STATE | "task" => Change::Drop,
        _ => Change::Keep,
    }
}

/// The row of the method, if both eras have it.
fn known(request: &Request) -> Result<Row, Unbridged> {
    let has = |revision: Revision| {
        revision.method(Direction::ClientToServer, MethodKind::Request, request.method()).is_some()
    };
    if has(Revision::LATEST) && has(Revision::LATEST_LEGACY) {
        return Ok(Row::of_method(request.method()));
    }
    Err(Unbridged::method(request.method()))
}

fn finish(edits: Edits, row: Row) -> Result<Rewording, Unbridged> {
    let request = super::request(row, edits.finish(row)?)?;
    Ok(Rewording(Message::Request(request)))
}
