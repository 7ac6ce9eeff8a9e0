//! What a hundred thousand live contexts cost:
//! `cargo run --release -p doorward-flow --example contexts_cost [CONTEXTS [VALUES]]`.
//!
//! Prints what contexts count themselves, what the system says, and how long it takes to find one and to raise it. Each has
//! a session beside it, a label of three kinds from four servers, and a body of ordinary size: 600 endorsed values (or so
//! many as are asked for) and 20 records. The bounds are the usual ones, so a body that is too heavy for all is shed.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example for the command line")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use doorward_core::flow::{Category, Hints, Label};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::time::Timestamp;
use doorward_flow::contexts::{Body, Bounds, Contexts, Honesty};

/// Values and records of ordinary work.
#[derive(Default)]
struct Ordinary {
    endorsed: BTreeSet<u64>,
    records: BTreeMap<u64, (u64, u16)>,
}

impl Body for Ordinary {
    fn bytes(&self) -> usize {
        // What the standard library's trees take, for entries that are added in no order.
        size_of::<Self>() + self.endorsed.len() * 14 + self.records.len() * 40
    }

    fn shed(&mut self) {
        self.endorsed.clear();
    }
}

fn main() {
    let argument = |place, default| std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (wanted, values): (u64, u64) = (argument(1, 100_000), argument(2, 600));
    let contexts = Contexts::new(&[7; 32], Bounds::default(), |_| Ordinary::default());
    let label = Label {
        categories: ["pii", "hr", "money"].into_iter().filter_map(Category::parse).collect(),
        origins: ["mail", "files", "crm", "web"].into_iter().filter_map(|id| ServerId::parse(id).ok()).collect(),
        ..Label::unknown()
    };
    let now = Timestamp::from_micros(1_800_000_000_000_000);
    let before = resident();
    let began = Instant::now();
    for number in 0..wanted {
        let (who, hints) = caller(number);
        let place = contexts.resolve(&who, &hints, Honesty::Honest, now);
        contexts.raise(&place, &label, now);
        contexts.with(&place, now, |entry| {
            let values = (0..values).map(|value| (value + number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            entry.body.endorsed.extend(values);
            entry.body.records.extend((0..20).map(|record| (record * number, (3, 1))));
        });
    }
    let filled = began.elapsed();
    let held = contexts.held();
    println!("{wanted} contexts in {filled:?}; {} places of all kinds", held.contexts);
    println!("counted: {} bytes each, {} MiB in all", held.bytes as u64 / wanted, held.bytes >> 20);
    if let (Some(before), Some(after)) = (before, resident()) {
        println!("resident: {} bytes each, {} MiB in all", (after - before) / wanted, (after - before) >> 20);
    }
    let took = |what: &str, began: Instant| println!("{what}: {:?}", began.elapsed() / 10_000);
    let began = Instant::now();
    let places: Vec<_> =
        (0..10_000).map(caller).map(|(who, hints)| contexts.resolve(&who, &hints, Honesty::Honest, now)).collect();
    took("to find where a message belongs", began);
    let began = Instant::now();
    places.iter().for_each(|place| contexts.raise(place, &label, now));
    took("to raise a label", began);
    let began = Instant::now();
    places.iter().for_each(|place| contexts.with(place, now, |_| ()));
    took("to begin work with a body", began);
}

/// One of a thousand people, with a conversation and a session of its own.
fn caller(number: u64) -> (Principal, Hints) {
    let subject = Subject::User(format!("user-{}", number % 1000).into());
    let claims = Claims { agent: Some("desk".into()), ..Claims::of(subject, Proof::AccessToken) };
    let hints =
        Hints::default().with_declared(&format!("conversation-{number}")).with_session(&format!("session-{number}"));
    (Principal::claimed(claims).unwrap(), hints)
}

/// The resident bytes of this process, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
