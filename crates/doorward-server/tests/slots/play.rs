//! Says every sample through a gateway, with the mark in one slot after the other.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings};
use doorward_mcp::revision::Era;
use doorward_server::pins::{First, PinRules};
use serde_json::{Value, json};

use super::client::{LEGACY, MODERN};
use super::plant::{MARK, holds, planted};
use super::rig::{Plan, Rig, eventually};
use super::samples::{Said, Sample, samples};
use super::server::{Server, Turn, on_pipes, over_http};
use super::visitor::{Listener, Visitor};

/// How long something is waited for that need not come.
const MAYBE: Duration = Duration::from_millis(150);

/// What carries the messages on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Http,
    Pipes,
}

/// Who speaks to whom, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) client: Era,
    pub(crate) server: Era,
    pub(crate) carrier: Carrier,
    /// The endpoint.
    pub(crate) path: &'static str,
    /// How many slots of each sample are tried at most, spread over all of it.
    pub(crate) most: usize,
    /// What the guard that sees the mark does; the others are off.
    pub(crate) action: Option<Action>,
}

/// How many slots came to what.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// Blocked by the guard.
    pub(crate) blocked: usize,
    /// Never near the other side, without a guard: refused before, or not carried by this gateway.
    pub(crate) lost: usize,
    /// With the other side, each as `direction method kind: place`.
    pub(crate) arrived: Vec<String>,
}

struct Stage {
    scene: Scene,
    rig: Rig,
    server: Arc<Server>,
    client: Visitor,
    /// What the client listens on, once it does.
    listener: Option<Listener>,
}

/// Drives every sample that belongs to the scene.
pub(crate) async fn drive(scene: Scene) -> Sums {
    let mut stage = Stage::set(scene).await;
    let mut sums = Sums::default();
    for sample in samples().iter().filter(|sample| scene.has(sample)) {
        let places = planted(&sample.said);
        let step = places.len().div_ceil(scene.most).max(1);
        for (place, said) in places.into_iter().step_by(step) {
            let before = stage.found().await;
            stage.play(sample, &said).await;
            if holds(&stage.reached(sample, &said)) {
                let (direction, kind) = (sample.direction.name(), sample.said.kind());
                sums.arrived.push(format!("{direction} {} {kind}: {place}", sample.method()));
            } else if stage.found().await > before {
                sums.blocked += 1;
            } else {
                sums.lost += 1;
            }
        }
    }
    stage.rig.stop().await;
    sums
}

impl Scene {
    /// Whether its speaker says such things.
    fn has(&self, sample: &Sample) -> bool {
        let of = |era: Era| match era {
            Era::Legacy => LEGACY,
            Era::Modern => MODERN,
        };
        // On pipes a second handshake is for another child, which would read from the same test.
        if self.carrier == Carrier::Pipes && sample.method() == "initialize" {
            return false;
        }
        let (client, server) = (of(self.client), of(self.server));
        let revision = sample.revision.to_string();
        match (sample.direction, &sample.said) {
            (Direction::ToServer, Said::Asked(_)) => revision == client,
            (Direction::ToServer, Said::Answered { .. }) => revision == server,
            // Questions are written in the older era alone; in the newer they stand inside results.
            (Direction::ToClient, Said::Asked(message)) if message.get("id").is_some() => revision == LEGACY,
            (Direction::ToClient, Said::Asked(_)) => revision == server,
            (Direction::ToClient, Said::Answered { .. }) => revision == LEGACY,
        }
    }
}

impl Stage {
    async fn set(scene: Scene) -> Self {
        let server = Server::new(scene.server);
        let plan = Plan::new();
        let mut plan = match scene.carrier {
            Carrier::Http => plan.with_url("up", &over_http(&server).await),
            Carrier::Pipes => {
                let folder = plan.scratch().path("pipes");
                plan.with_command("up", on_pipes(&server, &folder).await)
            }
        };
        let mut settings = GuardSettings::default();
        let all = GuardDuty { guard: None, direction: None, severity: None, action: None };
        settings.apply(all);
        settings.apply(GuardDuty { guard: Some(GuardName::Unicode), action: scene.action, ..all });
        plan.config.guards.settings = settings;
        // What turns is another test's matter.
        plan.config.pins = PinRules { first: First::Off, ..PinRules::default() };
        let rig = plan.start().await;
        let client = Self::visitor(&rig, scene).await;
        Self { scene, rig, server, client, listener: None }
    }

    async fn visitor(rig: &Rig, scene: Scene) -> Visitor {
        match scene.carrier {
            Carrier::Http => Visitor::over_http(rig, scene.client, scene.path).await,
            Carrier::Pipes => Visitor::on_pipes(rig, scene.client, scene.path).await,
        }
    }

    async fn play(&mut self, sample: &Sample, said: &Said) {
        let before = self.found().await;
        self.server.play(Turn::default());
        self.client.forget();
        let method = sample.method();
        match (sample.direction, said) {
            (Direction::ToServer, Said::Asked(message)) if message.get("id").is_some() => {
                self.prepare(method).await;
                let message = self.sent(message);
                self.ask(message, &json!({ "result": {} })).await;
            }
            (Direction::ToServer, Said::Asked(message)) => {
                self.client.tell(message.clone()).await;
                self.wait(before).await;
            }
            (Direction::ToServer, Said::Answered { answer, .. }) => {
                self.prepare(method).await;
                let turn = Turn { method: method.to_owned(), answer: Some(fit(answer)), ..Turn::default() };
                self.server.play(turn);
                let asked = self.plain(method);
                self.ask(asked, &json!({ "result": { "action": "accept", "content": {} } })).await;
            }
            (Direction::ToClient, Said::Asked(message)) if message.get("id").is_some() => {
                let turn = Turn { question: Some(self.question(message)), ..self.called() };
                self.server.play(turn);
                let asked = self.plain("tools/call");
                self.ask(asked, &plain_reply(method)).await;
            }
            (Direction::ToClient, Said::Asked(message)) if is_of_call(method) => {
                let turn = Turn { said: vec![message.clone()], ..self.called() };
                self.server.play(turn);
                let asked = self.plain("tools/call");
                self.ask(asked, &Value::Null).await;
            }
            (Direction::ToClient, Said::Asked(message)) => self.outside(message, before).await,
            (Direction::ToClient, Said::Answered { to, answer }) => {
                let turn = Turn { question: Some(self.question(to)), ..self.called() };
                self.server.play(turn);
                let asked = self.plain("tools/call");
                self.ask(asked, answer).await;
            }
        }
    }

    /// Everything that whoever is spoken to has heard.
    fn reached(&self, sample: &Sample, said: &Said) -> String {
        match (sample.direction, said) {
            (Direction::ToServer, Said::Asked(_)) | (Direction::ToClient, Said::Answered { .. }) => self.server.heard(),
            (Direction::ToServer, Said::Answered { .. }) | (Direction::ToClient, Said::Asked(_)) => self.client.heard(),
        }
    }

    /// How often the mark was found and blocked so far.
    async fn found(&self) -> u64 {
        let text = self.rig.metrics().await;
        let ours = |line: &&str| line.starts_with("doorward_findings_total{") && line.contains("\"tags\"");
        let blocked = text.lines().filter(ours).filter(|line| line.contains("\"block\""));
        blocked.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    async fn ask(&mut self, message: Value, reply: &Value) {
        if self.client.ask(message, reply).await.is_none() {
            let heard = self.client.heard();
            // It lost its place in what it reads.
            self.client = Self::visitor(&self.rig, self.scene).await;
            self.client.keep(heard);
            self.listener = None;
        }
    }

    /// A notification has no answer that could be waited for.
    async fn wait(&mut self, before: u64) {
        let deadline = tokio::time::Instant::now() + MAYBE;
        while tokio::time::Instant::now() < deadline && self.found().await == before && !holds(&self.server.heard()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn outside(&mut self, message: &Value, before: u64) {
        let mut listener = match self.listener.take() {
            Some(listener) => listener,
            None => {
                self.prepare("tasks/get").await;
                let listener = self.client.listen(&self.rig).await;
                eventually("somebody who listens", || async { (self.server.listeners() > 0).then_some(()) }).await;
                listener
            }
        };
        self.server.say(message.clone());
        let deadline = tokio::time::Instant::now() + MAYBE;
        while tokio::time::Instant::now() < deadline && self.found().await == before && !holds(&self.client.heard()) {
            self.client.overhear(&mut listener, Duration::from_millis(20)).await;
        }
        self.client.overhear(&mut listener, Duration::from_millis(5)).await;
        self.listener = Some(listener);
    }

    /// Tasks are good for those alone who were given them.
    async fn prepare(&mut self, method: &str) {
        if !method.starts_with("tasks/") {
            return;
        }
        let task = json!({
            "taskId": "plain", "status": "working", "createdAt": "2026-01-01T00:00:00Z",
            "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttl": 60_000, "ttlMs": 60_000,
        });
        let result = match self.scene.server {
            Era::Legacy => json!({ "task": task }),
            Era::Modern => {
                let mut result = task;
                result["resultType"] = json!("task");
                result
            }
        };
        let answer = Some(json!({ "result": result }));
        self.server.play(Turn { answer, ..self.called() });
        let mut asked = self.plain("tools/call");
        if self.scene.client == Era::Legacy {
            asked["params"]["task"] = json!({ "ttl": 60_000 });
        }
        self.ask(asked, &Value::Null).await;
        self.server.play(Turn::default());
        self.client.forget();
    }

    fn called(&self) -> Turn {
        Turn { method: "tools/call".to_owned(), ..Turn::default() }
    }

    /// A question as it has an equal in the other era: none is asked as a task there.
    fn question(&self, message: &Value) -> Value {
        let mut message = message.clone();
        if self.scene.client != self.scene.server
            && let Some(params) = message["params"].as_object_mut()
        {
            params.remove("task");
        }
        message
    }

    /// A sample as this client would send it.
    fn sent(&self, message: &Value) -> Value {
        let mut message = message.clone();
        if let Some(version) = message.pointer_mut("/params/protocolVersion") {
            *version = json!(LEGACY);
        }
        if self.scene.path == "/" {
            for place in ["/params/name", "/params/ref/name"] {
                if let Some(Value::String(name)) = message.pointer_mut(place) {
                    *name = format!("up__{name}");
                }
            }
            for place in ["/params/uri", "/params/ref/uri"] {
                if let Some(Value::String(uri)) = message.pointer_mut(place) {
                    *uri = format!("doorward://up/{uri}");
                }
            }
        }
        message
    }

    /// A request of that method that says nothing.
    fn plain(&self, method: &str) -> Value {
        let params = match method {
            "tools/call" => {
                json!({ "name": "plain", "arguments": {}, "_meta": { "progressToken": "t", LOG_LEVEL: "debug" } })
            }
            "prompts/get" => json!({ "name": "plain" }),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => json!({ "uri": "file:///plain" }),
            "completion/complete" => json!({
                "ref": { "type": "ref/prompt", "name": "plain" }, "argument": { "name": "a", "value": "b" },
            }),
            "logging/setLevel" => json!({ "level": "debug" }),
            "initialize" => json!({
                "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "c", "version": "1" },
            }),
            "tasks/get" | "tasks/result" | "tasks/cancel" => json!({ "taskId": "plain" }),
            "tasks/update" => json!({ "taskId": "plain", "inputResponses": {} }),
            _ => json!({}),
        };
        self.sent(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }
}

const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// Whether servers say it on the way of a call.
fn is_of_call(method: &str) -> bool {
    matches!(method, "notifications/progress" | "notifications/message" | "notifications/cancelled")
}

/// An answer with the version that was asked for, which no planting changes.
fn fit(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(version) = answer.pointer_mut("/result/protocolVersion") {
        *version = json!(LEGACY);
    }
    if let Some(Value::Array(versions)) = answer.pointer_mut("/result/supportedVersions")
        && !versions.iter().any(|version| version.as_str().is_some_and(|version| version.contains(MARK)))
    {
        *versions = vec![json!(MODERN)];
    }
    answer
}

/// What a person or a model says that says nothing.
fn plain_reply(method: &str) -> Value {
    let text = json!({ "type": "text", "text": "fine" });
    match method {
        "sampling/createMessage" => json!({ "result": { "role": "assistant", "model": "m", "content": text } }),
        "roots/list" => json!({ "result": { "roots": [] } }),
        _ => json!({ "result": { "action": "decline" } }),
    }
}
