//! Short ways to servers, engines and requests.

use std::sync::Arc;

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Resource};
use doorward_core::decision::Decision;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_mcp::views::tools::ToolDefinition;
use doorward_policy::{Catalogue, Engine, Preset, Source};
use serde_json::Value;

pub(crate) const NOON: i64 = 1_700_000_000_000_000;

pub(crate) fn id(server: &str) -> ServerId {
    ServerId::parse(server).unwrap()
}

pub(crate) fn raw(value: &Value) -> RawJson {
    RawJson::parse(value.to_string(), &Limits::default()).unwrap()
}

/// A server's catalogue from its `tools` array.
pub(crate) fn catalogue(server: &str, tools: &Value) -> Arc<Catalogue> {
    let tools: Vec<RawJson> = tools.as_array().unwrap().iter().map(raw).collect();
    let definitions: Vec<ToolDefinition<'_>> =
        tools.iter().map(|tool| ToolDefinition::from_raw(tool.as_raw()).unwrap()).collect();
    Arc::new(Catalogue::from_definitions(id(server), &definitions))
}

pub(crate) fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

pub(crate) fn locked_with(text: &str, catalogues: &[Arc<Catalogue>]) -> Engine {
    match Engine::load(&vec![Preset::Locked.source(), source("own.cedar", text)].into(), catalogues, &[]) {
        Ok(engine) => engine,
        Err(errors) => panic!("{errors}: {:?}", errors.findings()),
    }
}

/// `method` by `user` on `resource`, whose type follows from the method.
pub(crate) fn request(user: &str, direction: Direction, kind: Kind, method: &str, resource: Resource) -> AccessRequest {
    AccessRequest {
        principal: Principal::new(user, Proof::LocalToken),
        action: Action::of(direction, kind, method).expect(method),
        resource,
        arguments: None,
        approach: Approach::new(Face::Http),
        era: Era::Legacy,
        at: Timestamp::from_micros(NOON),
    }
}

/// A call of `server`'s tool by `ann`.
pub(crate) fn call(server: &str, tool: &str, arguments: Option<&Value>) -> AccessRequest {
    let resource = Resource::Tool(id(server), Arc::from(tool));
    let mut request = request("ann", Direction::ToServer, Kind::Request, "tools/call", resource);
    request.arguments = arguments.map(raw);
    request
}

pub(crate) fn is_allowed(decision: &Decision) -> bool {
    matches!(decision, Decision::Allow { .. })
}
