//! Which call a command is about: one on record, or one put together on the command line.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Approach, ClientName, Direction, Face, Kind, Resource, Target};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_policy::subject_named;
use doorward_store::RecordView;

use crate::args::{AskedArgs, SourceArgs, SubjectArgs};
use crate::command::audit::{records_of, time};
use crate::command::now;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::inert;

/// The call in question.
pub(super) struct Asked {
    pub(super) request: AccessRequest,
    /// How it ended, when it is on record.
    pub(super) record: Option<RecordView>,
}

impl Asked {
    pub(super) async fn of(args: &AskedArgs, subject: &SubjectArgs) -> Result<Self, Fault> {
        match &args.record {
            None => Ok(Self { request: typed(args)?, record: None }),
            Some(reference) => {
                let source = SourceArgs { config: subject.config.clone(), store: args.store.clone() };
                let mut records = records_of(reference, &source).await?;
                // INVARIANT: there is at least one, and the last tells how it ended.
                let Some(record) = records.pop() else { return Err(unusable("the record")) };
                Ok(Self { request: recorded(&record, args)?, record: Some(record) })
            }
        }
    }
}

fn typed(args: &AskedArgs) -> Result<AccessRequest, Fault> {
    let (method, thing) = match (&args.tool, &args.action, &args.resource) {
        (Some(tool), _, _) => ("tools/call", tool.as_str()),
        (None, Some(action), Some(resource)) => (action.as_str(), resource.as_str()),
        (None, _, _) => return Err(unusable("the call")),
    };
    let action = [Direction::ToServer, Direction::ToClient]
        .into_iter()
        .find_map(|direction| Action::of(direction, Kind::Request, method))
        .ok_or_else(|| Fault::told(Exit::Usage, format!("there is no method '{}'", inert(method)), ""))?;
    let (server, name) = thing.split_once('/').unwrap_or((thing, ""));
    let approach = Approach::new(Face::Http);
    request(args, None, action, server, name, approach, Era::Modern, now())
}

fn recorded(record: &RecordView, args: &AskedArgs) -> Result<AccessRequest, Fault> {
    let direction = if record.direction == "to-client" { Direction::ToClient } else { Direction::ToServer };
    let action = [Kind::Request, Kind::Notification]
        .into_iter()
        .find_map(|kind| Action::of(direction, kind, &record.action))
        .ok_or_else(|| unusable("the record's method"))?;
    let server = record.server.as_deref().ok_or_else(|| unusable("a record without a server"))?;
    let name = record.resource.as_deref().unwrap_or_default();
    let face = if record.face == "stdio" { Face::Stdio } else { Face::Http };
    let modern = record.revision.as_deref().is_none_or(|revision| revision >= "2026-07-28");
    let era = if modern { Era::Modern } else { Era::Legacy };
    let at = time::parse(record.at.split('.').next().unwrap_or_default(), now()).unwrap_or_else(now);
    let mut approach = Approach::new(face);
    approach.origin = record.details.origin.as_deref().map(Arc::from);
    approach.client = record.details.client.as_ref().map(|client| {
        Arc::new(ClientName { name: client.name.as_str().into(), version: client.version.as_str().into() })
    });
    request(args, Some(record), action, server, name, approach, era, at)
}

#[expect(clippy::too_many_arguments, reason = "one place makes the request, from all of its parts")]
fn request(
    args: &AskedArgs,
    record: Option<&RecordView>,
    action: Action,
    server: &str,
    name: &str,
    approach: Approach,
    era: Era,
    at: Timestamp,
) -> Result<AccessRequest, Fault> {
    let server = ServerId::parse(server).map_err(|_| {
        Fault::told(Exit::Usage, format!("'{}' is no server's id", inert(server)), "Write SERVER/NAME.")
    })?;
    let name = Arc::from(name);
    let resource = match action.target() {
        Target::Server | Target::Subscription => Resource::Server(server),
        Target::Tool => Resource::Tool(server, name),
        Target::Resource => Resource::Resource(server, name),
        Target::Prompt | Target::Reference => Resource::Prompt(server, name),
    };
    let principal = principal(args, record)?;
    Ok(AccessRequest { principal, action, resource, arguments: arguments(args)?, approach, era, at })
}

/// Whoever is on record; what the command line says comes before it.
fn principal(args: &AskedArgs, record: Option<&RecordView>) -> Result<Principal, Fault> {
    let details = record.map(|record| &record.details);
    let is_agent = details.is_some_and(|details| details.kind.as_deref() == Some("agent"));
    let subject = match (&args.user, record) {
        (Some(user), _) => subject_named(user),
        (None, Some(record)) if is_agent => Subject::Agent(Arc::from(record.principal.as_str())),
        (None, Some(record)) => Subject::User(Arc::from(record.principal.as_str())),
        (None, None) => Subject::User(Arc::from("local")),
    };
    let on_record = record.and_then(|record| Proof::ALL.iter().copied().find(|proof| proof.as_str() == record.proof));
    let mut claims = Claims::of(subject, on_record.unwrap_or(Proof::LocalToken));
    let shared = |text: &String| Arc::<str>::from(text.as_str());
    let all = |typed: &[String], known: Option<&Vec<String>>| -> Vec<Arc<str>> {
        let words = if typed.is_empty() { known.map(Vec::as_slice).unwrap_or_default() } else { typed };
        words.iter().map(shared).collect()
    };
    claims.agent = args.agent.as_ref().or_else(|| details?.agent.as_ref()).map(shared);
    claims.tenant = args.tenant.as_ref().or_else(|| details?.tenant.as_ref()).map(shared);
    claims.issuer = details.and_then(|details| details.issuer.as_ref()).map(shared);
    claims.actors = all(&[], details.map(|details| &details.actors));
    claims.groups = all(&args.groups, details.map(|details| &details.groups)).into_iter().collect();
    claims.scopes = all(&args.scopes, details.map(|details| &details.scopes)).into_iter().collect();
    Principal::claimed(claims).map_err(|unfit| Fault::told(Exit::Usage, unfit.to_string(), ""))
}

fn arguments(args: &AskedArgs) -> Result<Option<RawJson>, Fault> {
    let Some(text) = &args.arguments else { return Ok(None) };
    let refused = |why: String| {
        let what = format!("the arguments are refused before any rule is asked: {why}");
        Fault::told(Exit::Usage, what, "Write a JSON object: --arguments '{\"path\": \"/srv/notes/a.txt\"}'")
    };
    RawJson::parse(text.clone(), &Limits::default()).map(Some).map_err(|rejection| refused(rejection.to_string()))
}

fn unusable(what: &str) -> Fault {
    Fault::told(
        Exit::Failure,
        format!("{what} does not say enough to ask the policy"),
        "Name the call with --tool instead.",
    )
}
