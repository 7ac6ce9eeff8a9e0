//! What the ledger promises: it stops a harvest, lets work be done, and never counts too low.

mod conflicts;
mod exact;
mod harvest;
mod rules;
mod work;

use doorward_core::flow::{Integrity, Label};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;

use super::*;
use crate::canonical::{Key, Keyed};
use crate::context::Call;
use crate::nature::Nature;
use doorward_core::time::Timestamp;

/// One principal with one context, as a server would lead it.
struct World {
    keyed: Keyed,
    principal: PrincipalLedger,
    context: Ledger,
    caps: Caps,
    walls: Walls,
    now: Timestamp,
    natures: (Nature, Nature),
}

impl World {
    fn new(caps: Caps) -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let mut reads = Nature::unknown();
        reads.egress = false;
        Self {
            keyed: Keyed::new(&Key::from_bytes([7; 16])),
            principal: PrincipalLedger::new(now),
            context: Ledger::new(),
            caps,
            walls: Walls::default(),
            now,
            natures: (reads, Nature::unknown()),
        }
    }

    /// What follows from an answer with this text in it.
    fn read(&mut self, server: &str, text: &str) -> Reckoning {
        self.read_labelled(server, text, &Label { integrity: Integrity::AdversaryWritable, ..Label::default() })
    }

    fn read_labelled(&mut self, server: &str, text: &str, label: &Label) -> Reckoning {
        let part = json(&serde_json::to_string(text).unwrap());
        let server = ServerId::parse(server).unwrap();
        let records = Records::read(&self.keyed, &server, &[part.as_raw()], &self.walls);
        let arrival = Arrival { server: &server, label, records: &records };
        let reckoning = self.principal.arrived(&mut self.context, &arrival, &self.caps, self.now);
        assert!(self.context.bytes() <= limits::LEDGER_BYTES_MAX, "{} bytes", self.context.bytes());
        reckoning
    }

    /// What is counted for a call; it is let through if nothing is passed.
    fn call(&mut self, server: &str, arguments: &str, egress: bool) -> LedgerSeen {
        let arguments = json(arguments);
        let server = ServerId::parse(server).unwrap();
        let nature = if egress { &self.natures.1 } else { &self.natures.0 };
        let call = Call { server: &server, tool: "t", nature, arguments: Some(arguments.as_raw()) };
        let carried = Carried::read(&self.keyed, &call, &self.walls);
        let sending = Sending { server: &server, egress, carried: &carried };
        let seen = self.principal.weigh(&self.context, &sending, &self.caps, self.now);
        if seen.passed.is_empty() {
            self.principal.sent(&mut self.context, &sending, self.now);
        }
        seen
    }

    fn start_context(&mut self) {
        let over = std::mem::take(&mut self.context);
        self.principal.ended(&over, &self.caps);
    }
}

fn json(text: &str) -> RawJson {
    RawJson::parse(text.as_bytes().to_vec(), &Limits::default()).unwrap()
}

/// A sequence of numbers that is the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Between 0 and 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Log-normal, at least 1 and at most `most`.
    fn length(&mut self, mean: f64, deviation: f64, most: usize) -> usize {
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        ((mean + deviation * normal).exp() as usize).clamp(1, most)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
