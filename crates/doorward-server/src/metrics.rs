//! Counters for `/metrics`. Labels name servers, sinks, codes and dispositions, never anything a client or a server wrote.

mod sinks;

use std::sync::atomic::AtomicI64;

use doorward_core::record::{Phase, Record};
use doorward_core::refusal::Code;
use doorward_export::Standing;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use sinks::SinkMetrics;

/// The counters of one gateway.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    exchanges: Family<ExchangeLabels, Counter>,
    refusals: Family<CodeLabels, Counter>,
    findings: Family<FindingLabels, Counter>,
    sessions: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
    generation: Gauge<i64, AtomicI64>,
    store_up: Gauge<i64, AtomicI64>,
    store_queue: Gauge<i64, AtomicI64>,
    servers_up: Family<ServerLabels, Gauge<i64, AtomicI64>>,
    sinks: SinkMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ExchangeLabels {
    server: String,
    direction: &'static str,
    disposition: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServerLabels {
    server: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    guard: &'static str,
    rule: String,
    severity: &'static str,
    action: &'static str,
}

/// What the gauges show, read when `/metrics` is asked.
#[derive(Debug, Clone)]
pub struct Gauges {
    /// The generation of configuration and policy in force.
    pub generation: u64,
    /// 1 while the store takes records, else 0.
    pub store_up: i64,
    /// Records that wait to be written.
    pub store_queue: usize,
    /// 1 for each configured server that answered when it was last spoken to, 0 for each that did not.
    pub servers: Vec<(String, i64)>,
    /// Where the sinks stand.
    pub sinks: Vec<Standing>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("doorward");
        let exchanges = Family::default();
        let refusals = Family::default();
        let findings = Family::default();
        let (sessions, connections) = (Gauge::default(), Gauge::default());
        let (generation, store_up, store_queue) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("exchanges", "Exchanges that ended, by how", exchanges.clone());
        registry.register("refusals", "Refusals, by code", refusals.clone());
        registry.register("findings", "Findings of guards, by rule and by what was done", findings.clone());
        registry.register("sessions", "Legacy sessions open", sessions.clone());
        registry.register("connections", "Client connections open", connections.clone());
        registry.register("config_generation", "Generation of configuration and policy in force", generation.clone());
        registry.register("store_up", "Whether the record store takes records", store_up.clone());
        registry.register("store_queue", "Records that wait to be written", store_queue.clone());
        let servers_up = Family::default();
        registry.register("server_up", "Whether a server answered when it was last spoken to", servers_up.clone());
        let sinks = SinkMetrics::new(&mut registry);
        Self {
            registry,
            exchanges,
            refusals,
            findings,
            sessions,
            connections,
            generation,
            store_up,
            store_queue,
            servers_up,
            sinks,
        }
    }

    /// Counts an exchange when its outcome is about to be recorded.
    pub fn recorded(&self, record: &Record) {
        if record.phase == Phase::Intent {
            return;
        }
        let labels = ExchangeLabels {
            server: record.server.as_deref().unwrap_or("-").to_owned(),
            direction: record.direction,
            disposition: record.disposition.as_str(),
        };
        self.exchanges.get_or_create(&labels).inc();
        if let Some(code) = record.code {
            self.refused(code);
        }
        for (finding, action) in &record.findings {
            let labels = FindingLabels {
                guard: finding.guard.name(),
                rule: finding.rule.to_string(),
                severity: finding.severity.name(),
                action: action.name(),
            };
            self.findings.get_or_create(&labels).inc();
        }
    }

    /// Counts a refusal that leaves no record (nobody was identified).
    pub fn refused(&self, code: Code) {
        self.refusals.get_or_create(&CodeLabels { code: code.to_string() }).inc();
    }

    /// How many legacy sessions are open.
    #[must_use]
    pub const fn sessions(&self) -> &Gauge<i64, AtomicI64> {
        &self.sessions
    }

    /// How many client connections are open.
    #[must_use]
    pub const fn connections(&self) -> &Gauge<i64, AtomicI64> {
        &self.connections
    }

    /// Everything in Prometheus' text form.
    ///
    /// # Errors
    /// As the encoder.
    pub fn encode(&self, gauges: Gauges) -> Result<String, std::fmt::Error> {
        self.generation.set(i64::try_from(gauges.generation).unwrap_or(i64::MAX));
        self.store_up.set(gauges.store_up);
        self.store_queue.set(i64::try_from(gauges.store_queue).unwrap_or(i64::MAX));
        // A server that is configured no more leaves no line behind.
        self.servers_up.clear();
        for (server, up) in gauges.servers {
            self.servers_up.get_or_create(&ServerLabels { server }).set(up);
        }
        self.sinks.set(gauges.sinks);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
