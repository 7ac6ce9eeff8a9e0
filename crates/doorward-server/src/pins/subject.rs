//! What of a message is a definition, and of what.

use doorward_core::access::Resource;
use doorward_core::guard::{Content, Surface};
use doorward_mcp::raw::{Kind as JsonKind, Raw};
use doorward_registry::{Definition, Key, Kind};

use super::Subjected;

/// What of some content is pinned.
#[derive(Debug)]
pub(super) enum Subject<'a> {
    /// Nothing.
    Nothing,
    /// A definition that does not say of what.
    Unreadable,
    /// A definition.
    Definition(Subjected<'a>),
}

/// The definition in `content`.
pub(super) fn subject<'a>(content: &Content<'a>) -> Subject<'a> {
    let Some(part) = content.parts.first().copied() else { return Subject::Nothing };
    match content.surface {
        Surface::Definition => match Kind::of_list(content.method) {
            Some(kind) => Key::of_item(content.server, kind, part).map_or(Subject::Unreadable, |key| of(key, part)),
            None => Subject::Nothing,
        },
        Surface::Result | Surface::Instructions => in_result(content, part),
        Surface::Request | Surface::Reply | Surface::Error | Surface::Question | Surface::Notification => {
            Subject::Nothing
        }
    }
}

fn in_result<'a>(content: &Content<'a>, result: Raw<'a>) -> Subject<'a> {
    match (content.method, content.resource) {
        ("initialize" | "server/discover", _) => {
            let said = result.member("instructions").filter(|said| said.kind() == JsonKind::String);
            let key = Key { server: content.server.clone(), kind: Kind::Instructions, name: "".into() };
            said.map_or(Subject::Nothing, |said| of(key, said))
        }
        ("resources/read", Some(Resource::Resource(server, uri))) if is_app(uri) => {
            let key = Key { server: server.clone(), kind: Kind::Ui, name: uri.clone() };
            result.member("contents").map_or(Subject::Nothing, |contents| of(key, contents))
        }
        _ => Subject::Nothing,
    }
}

fn of<'a>(key: Key, raw: Raw<'a>) -> Subject<'a> {
    let definition = Definition::of(key.clone(), raw);
    Subject::Definition(Subjected { key, raw, definition })
}

/// Which definition tells of what a request is about.
pub(super) fn of_resource(resource: &Resource) -> Option<Key> {
    let (server, kind, name) = match resource {
        Resource::Server(_) => return None,
        Resource::Tool(server, name) => (server, Kind::Tool, name),
        Resource::Prompt(server, name) => (server, Kind::Prompt, name),
        Resource::Resource(server, uri) => (server, Kind::Resource, uri),
    };
    Some(Key { server: server.clone(), kind, name: name.clone() })
}

/// Whether it is what a host shows as an app (MCP Apps).
fn is_app(uri: &str) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("ui://"))
}
