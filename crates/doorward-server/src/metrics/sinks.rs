//! Where the sinks stand, for `/metrics`. The only label is a sink's configured name.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use doorward_export::Standing;
use doorward_store::SinkTrouble;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The metrics of all sinks.
#[derive(Debug)]
pub(super) struct SinkMetrics {
    behind: Family<SinkLabels, Gauge<i64, AtomicI64>>,
    behind_seconds: Family<SinkLabels, Gauge<i64, AtomicI64>>,
    up: Family<SinkLabels, Gauge<i64, AtomicI64>>,
    parked: Family<SinkLabels, Gauge<i64, AtomicI64>>,
    delivered: Family<SinkLabels, Counter<u64, AtomicU64>>,
    failures: Family<SinkLabels, Counter<u64, AtomicU64>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SinkLabels {
    sink: String,
}

impl SinkMetrics {
    /// Registers them, without any sink.
    pub(super) fn new(registry: &mut Registry) -> Self {
        let (behind, behind_seconds) = (Family::default(), Family::default());
        let (up, parked) = (Family::default(), Family::default());
        let (delivered, failures) = (Family::default(), Family::default());
        registry.register("sink_behind", "Records a sink has not confirmed", behind.clone());
        let waiting = "How long the oldest record that a sink has not confirmed has waited, in seconds";
        registry.register("sink_behind_seconds", waiting, behind_seconds.clone());
        registry.register("sink_up", "Whether a sink took what it was sent last", up.clone());
        registry.register(
            "sink_parked",
            "Whether a sink refuses records until somebody changes something",
            parked.clone(),
        );
        registry.register("sink_delivered", "Records a sink has confirmed to this process", delivered.clone());
        registry.register("sink_failures", "Deliveries of this process that a sink did not confirm", failures.clone());
        Self { behind, behind_seconds, up, parked, delivered, failures }
    }

    /// What they show from now on. A sink that is configured no more leaves no line behind.
    pub(super) fn set(&self, standings: Vec<Standing>) {
        for gauge in [&self.behind, &self.behind_seconds, &self.up, &self.parked] {
            gauge.clear();
        }
        for counter in [&self.delivered, &self.failures] {
            counter.clear();
        }
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        for standing in standings {
            let labels = SinkLabels { sink: standing.name };
            let (up, parked) = match standing.trouble {
                None => (1, 0),
                Some((_, SinkTrouble::Passing)) => (0, 0),
                Some((_, SinkTrouble::Parked)) => (0, 1),
            };
            self.behind.get_or_create(&labels).set(signed(standing.behind));
            self.behind_seconds.get_or_create(&labels).set(signed(standing.waiting.as_secs()));
            self.up.get_or_create(&labels).set(up);
            self.parked.get_or_create(&labels).set(parked);
            self.delivered.get_or_create(&labels).inner().store(standing.delivered, Ordering::Relaxed);
            self.failures.get_or_create(&labels).inner().store(standing.failures, Ordering::Relaxed);
        }
    }
}
