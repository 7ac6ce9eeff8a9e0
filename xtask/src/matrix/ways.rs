//! The ways from a client to a server, and what each way's visit is told to do.
//!
//! On the joint face names and URIs carry the server in front; what is asked for there is worked out here by the rule
//! that the documentation gives, never taken from what the gateway says.

use serde_json::{Map, Value, json};

use super::Stage;
use super::clients::Client;
use super::gateway::Gateway;
use super::servers::{Server, Step, Transport};

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Without the gateway.
    Direct,
    /// Behind `doorward run`.
    Run,
    /// At `doorward serve`, on the server's own face.
    Serve,
    /// At `doorward serve`, on the server's own face, over the HTTP+SSE transport of 2024-11-05.
    Sse,
    /// At `doorward serve`, on the server's own face, by standard input and output of `doorward connect`.
    Connect,
    /// At `doorward serve`, on the face that joins all servers.
    Joint,
}

/// The servers whose face for HTTP+SSE is visited: that transport of theirs too, either era, and the newer alone.
const SSE_FACES: [&str; 3] = ["everything-sse", "time", "modern"];

/// The servers that are visited by `doorward connect`: one of each era, both of which ask.
const CONNECTED: [&str; 2] = ["everything", "modern"];

impl Way {
    /// Every way, in the order in which they are tried and shown.
    pub(super) const ALL: [Self; 6] = [Self::Direct, Self::Run, Self::Serve, Self::Sse, Self::Connect, Self::Joint];

    /// The ways from `client` to `server`; without a gateway, the direct one alone.
    pub(super) fn between(client: &Client, server: &Server, gateway: Option<&Gateway>) -> Vec<Self> {
        let is_played = |way: &Self| match way {
            Self::Direct => true,
            Self::Run | Self::Serve | Self::Joint => gateway.is_some(),
            Self::Connect => gateway.is_some() && CONNECTED.contains(&server.id),
            Self::Sse => gateway.is_some() && client.takes_sse() && SSE_FACES.contains(&server.id),
        };
        Self::ALL.into_iter().filter(is_played).collect()
    }

    /// The name, as plans and tables have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Run => "run",
            Self::Serve => "serve",
            Self::Sse => "sse",
            Self::Connect => "connect",
            Self::Joint => "joint",
        }
    }

    /// What a visit to `server` on this way is called.
    pub(super) fn visit(self, server: &Server) -> String {
        format!("{}/{}", server.id, self.name())
    }

    /// What stands in front of the name of a tool or prompt of `server`.
    pub(super) fn prefix(self, server: &Server) -> String {
        match self {
            Self::Direct | Self::Run | Self::Serve | Self::Sse | Self::Connect => String::new(),
            Self::Joint => format!("{}__", server.id),
        }
    }

    fn shown(self, server: &Server, step: Step, name: &str) -> String {
        match (self, step) {
            (Self::Joint, Step::Read) => format!("doorward://{}/{name}", server.id),
            (_, Step::List | Step::Call | Step::Read | Step::Prompt | Step::Ask | Step::Sample) => {
                format!("{}{name}", self.prefix(server))
            }
        }
    }
}

/// What `client` is told for its visits to `servers`; without a gateway, the direct ones alone.
pub(super) fn plan(stage: &Stage, gateway: Option<&Gateway>, client: &Client, servers: &[&Server]) -> Value {
    let token = |way: Way| gateway.filter(|_| way != Way::Direct)?.token();
    let told = |server: &Server, way: Way| {
        Some(one(stage, way, server, reach(stage, gateway, way, client, server)?, token(way)))
    };
    let of_server = |server| Way::between(client, server, gateway).into_iter().filter_map(move |way| told(server, way));
    let ways: Vec<Value> = servers.iter().copied().flat_map(of_server).collect();
    json!({ "mode": client.mode, "ways": ways })
}

fn reach(
    stage: &Stage,
    gateway: Option<&Gateway>,
    way: Way,
    client: &Client,
    server: &Server,
) -> Option<(&'static str, Value)> {
    match (way, server.url(stage)) {
        (Way::Direct, None) => Some(("command", json!(server.alone(stage, "cell")))),
        (Way::Direct, Some(url)) if server.transport == Transport::Sse => Some(("sse", json!(url))),
        (Way::Direct, Some(url)) => Some(("url", json!(url))),
        (Way::Run, _) => Some(("command", json!(gateway?.run(stage, server, &client.cell(server))))),
        (Way::Serve, _) => Some(("url", json!(gateway?.endpoint(server)))),
        (Way::Sse, _) => Some(("sse", json!(gateway?.sse(server)))),
        (Way::Connect, _) => Some(("command", json!(gateway?.connect(server)))),
        (Way::Joint, _) => Some(("url", json!(gateway?.joint()))),
    }
}

fn one(stage: &Stage, way: Way, server: &Server, reach: (&str, Value), token: Option<&str>) -> Value {
    let mut told = Map::new();
    told.insert("name".to_owned(), json!(way.visit(server)));
    if let Some(token) = token.filter(|_| reach.0 != "command") {
        told.insert("headers".to_owned(), json!({ "Authorization": format!("Bearer {token}") }));
    }
    told.insert(reach.0.to_owned(), reach.1);
    for (deed, input) in server.deeds(stage) {
        let name = way.shown(server, deed.step, deed.name);
        let words = if deed.step == Step::Read { json!([name]) } else { json!([name, input]) };
        told.insert(deed.step.name().to_owned(), words);
    }
    Value::Object(told)
}

#[cfg(test)]
mod tests {
    use super::super::servers::SERVERS;
    use super::*;

    #[test]
    fn the_joint_face_has_the_server_in_front() {
        let server = SERVERS.iter().find(|server| server.id == "everything").unwrap();
        let told = one(&Stage::test(), Way::Joint, server, ("url", json!("http://x")), Some("t"));
        assert_eq!(told.pointer("/call/0"), Some(&json!("everything__echo")));
        assert_eq!(
            told.pointer("/read/0"),
            Some(&json!("doorward://everything/demo://resource/static/document/features.md"))
        );
        let plain = one(&Stage::test(), Way::Serve, server, ("url", json!("http://x")), Some("t"));
        assert_eq!(plain.pointer("/call/0"), Some(&json!("echo")));
        assert_eq!(plain.pointer("/headers/Authorization"), Some(&json!("Bearer t")));
    }

    #[test]
    fn without_a_gateway_only_the_direct_way_is_left() {
        let server = SERVERS.iter().find(|server| server.id == "everything-sse").unwrap();
        let client = super::super::clients::CLIENTS.first().unwrap();
        let told = plan(&Stage::test(), None, client, &[server]);
        assert_eq!(told.pointer("/ways").and_then(Value::as_array).unwrap().len(), 1);
        assert_eq!(told.pointer("/ways/0/sse"), Some(&json!("http://127.0.0.1:4712/sse")));
    }
}
