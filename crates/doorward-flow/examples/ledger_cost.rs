//! What the ledger costs: `cargo run --release -p doorward-flow --example ledger_cost`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement prints, and stops when it cannot go on")]

use std::hint::black_box;
use std::time::Instant;

use doorward_core::flow::Label;
use doorward_core::ids::ServerId;
use doorward_core::time::Timestamp;
use doorward_flow::canonical::{Key, Keyed};
use doorward_flow::context::Call;
use doorward_flow::ledger::{Arrival, Caps, Carried, Ledger, PrincipalLedger, Records, Sending, Walls};
use doorward_flow::nature::Nature;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;

const ROUNDS: u32 = 2_000;

fn main() {
    let keyed = Keyed::new(&Key::from_bytes([3; 16]));
    let (walls, caps, now) = (Walls::default(), Caps::default(), Timestamp::from_micros(1));
    let (crm, mail) = (ServerId::parse("crm").unwrap(), ServerId::parse("mail").unwrap());
    let label = Label::unknown();
    for known in [0, 100, 1_300, 3_000] {
        let (mut principal, mut context) = (PrincipalLedger::new(now), Ledger::new());
        for from in (0..known).step_by(100) {
            let page = answer(from, 100);
            let records = Records::read(&keyed, &crm, &[page.as_raw()], &walls);
            principal.arrived(&mut context, &Arrival { server: &crm, label: &label, records: &records }, &caps, now);
        }
        println!("{known} persons known: {} bytes, the principal {} bytes", context.bytes(), principal.bytes());
        for count in [0, 1, 25] {
            let page = answer(0, count);
            let text = page.bytes().len();
            let read = per_round(|| drop(black_box(Records::read(&keyed, &crm, &[page.as_raw()], &walls))));
            let records = Records::read(&keyed, &crm, &[page.as_raw()], &walls);
            let arrival = Arrival { server: &crm, label: &label, records: &records };
            let counted = per_round(|| drop(black_box(principal.arrived(&mut context, &arrival, &caps, now))));
            println!("  an answer of {count} records, {text} bytes: read {read:.1} µs, counted {counted:.1} µs");
        }
        let arguments = json(&format!(r#"{{"to":"x@y.example","body":"{}"}}"#, "a word of C10001 or so, ".repeat(42)));
        let nature = Nature::unknown();
        let call = Call { server: &mail, tool: "send", nature: &nature, arguments: Some(arguments.as_raw()) };
        let read = per_round(|| drop(black_box(Carried::read(&keyed, &call, &walls))));
        let carried = Carried::read(&keyed, &call, &walls);
        let sending = Sending { server: &mail, egress: true, carried: &carried };
        let weighed = per_round(|| drop(black_box(principal.weigh(&context, &sending, &caps, now))));
        println!("  a call of {} bytes: read {read:.1} µs, weighed {weighed:.1} µs", arguments.bytes().len());
    }
}

fn per_round(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| run());
    start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
}

fn answer(from: usize, count: usize) -> RawJson {
    let rows = (from..from + count).map(|i| {
        let number = 10_000 + i;
        format!(r#"{{"customer_id":"C{number}","name":"P {i}","email":"p{i}@c.example","phone":"+1555{number:07}"}}"#)
    });
    json(&format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

fn json(text: &str) -> RawJson {
    RawJson::parse(text.as_bytes().to_vec(), &Limits::for_results()).unwrap()
}
