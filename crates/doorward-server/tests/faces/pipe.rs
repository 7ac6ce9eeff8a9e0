//! A client on pipes, as a program that started the gateway has them.

use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_mcp::limits::Limits;
use doorward_server::downstream::stdio::{Parties, converse};
use doorward_server::gateway::Gateway;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;

use super::client::initialize;
use super::rig::{Rig, soon};

pub(crate) struct Pipe {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    conversation: JoinHandle<std::io::Result<()>>,
}

impl Pipe {
    /// A conversation with `server`; nothing has been said yet.
    pub(crate) fn open(rig: &Rig, server: &str) -> Self {
        Self::through(rig.gateway.clone(), server)
    }

    /// The same through a gateway that serves nobody else.
    pub(crate) fn through(gateway: Arc<Gateway>, server: &str) -> Self {
        let place =
            if server.starts_with('/') { server.trim_end_matches('/').to_owned() } else { format!("/s/{server}") };
        let target = gateway.target(&place).unwrap();
        let principal = Principal::new("local", Proof::LocalProcess);
        let parties = Parties { gateway, target, principal };
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (output, input) = tokio::io::split(ours);
        let (their_input, their_output) = tokio::io::split(theirs);
        let stop = std::future::pending();
        let conversation = tokio::spawn(converse(parties, Limits::default(), their_input, their_output, stop));
        Self { input, output: BufReader::new(output), conversation }
    }

    /// The same after the handshake.
    pub(crate) async fn session(rig: &Rig, server: &str, version: &str) -> Self {
        let mut pipe = Self::open(rig, server);
        let answer = pipe.ask(initialize(version).to_string()).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        pipe.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await;
        pipe
    }

    pub(crate) async fn say(&mut self, line: impl AsRef<[u8]>) {
        let line = [line.as_ref(), b"\n"].concat();
        soon(self.input.write_all(&line)).await.unwrap();
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        soon(self.output.read_line(&mut line)).await.unwrap();
        line
    }

    pub(crate) async fn next(&mut self) -> Value {
        let line = self.line().await;
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Says something and takes the next line for its answer.
    pub(crate) async fn ask(&mut self, line: impl AsRef<[u8]>) -> Value {
        self.say(line).await;
        self.next().await
    }

    /// Closes the input and reads what is left.
    pub(crate) async fn close(mut self) -> String {
        self.input.shutdown().await.unwrap();
        let mut rest = String::new();
        while soon(self.output.read_line(&mut rest)).await.unwrap() > 0 {}
        soon(self.conversation).await.unwrap().unwrap();
        rest
    }
}
