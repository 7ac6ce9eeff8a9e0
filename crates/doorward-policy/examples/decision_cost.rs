//! What decisions and loading cost, for people: `cargo run --release -p doorward-policy --example decision_cost`.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement run by hand, with the tests' own helpers: it stops when anything is wrong"
)]

#[path = "../tests/policy/desk.rs"]
mod desk;

use std::time::Instant;

use doorward_core::access::Observed;
use doorward_policy::{Engine, Preset};
use serde_json::{Value, json};

use desk::{call, catalogue, locked_with};

fn per_call(name: &str, mut work: impl FnMut()) {
    const ROUNDS: u32 = 20_000;
    for _ in 0..1000 {
        work();
    }
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    println!("{name}: {} ns", begun.elapsed().as_nanos() / u128::from(ROUNDS));
}

fn tools(count: usize) -> Value {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}}});
    (0..count).map(|number| json!({"name": format!("write_{number}"), "inputSchema": schema})).collect()
}

fn main() {
    let files = catalogue("files", &tools(40));
    let guarded = Engine::load(&vec![Preset::Guarded.source()].into(), std::slice::from_ref(&files), &[]).unwrap();
    let plain = call("files", "write_1", Some(&json!({"path": "/a"})));
    per_call("kept decision", || _ = guarded.decide(&plain, &Observed::default()));
    per_call("kept sight", || _ = guarded.could_allow(&plain));
    let rule = r#"permit(principal, action == Action::"files/write_1", resource)
        when { context.arguments has path && context.arguments.path like "/a/*" };
        forbid(principal, action == Action::"files/write_1", resource)
        when { context.arguments has limit && context.arguments.limit > 10 };"#;
    let own = locked_with(rule, std::slice::from_ref(&files));
    let looked_at = call("files", "write_1", Some(&json!({"path": "/a/b", "limit": 5, "text": "x".repeat(1000)})));
    per_call("decision on arguments", || _ = own.decide(&looked_at, &Observed::default()));
    let timed = locked_with(
        r#"permit(principal, action, resource) when { context.at > datetime("2000-01-01") };"#,
        std::slice::from_ref(&files),
    );
    per_call("decision on time", || _ = timed.decide(&looked_at, &Observed::default()));
    let timed = locked_with(
        r#"permit(principal, action == Action::"files/write_1", resource) when { context.at > datetime("2000-01-01") &&
            context.arguments has path && context.arguments.path like "/a/*" };"#,
        std::slice::from_ref(&files),
    );
    per_call("sight on arguments", || _ = timed.could_allow(&looked_at));
    for count in [40, 400, 2000] {
        let many = catalogue("files", &tools(count));
        let begun = Instant::now();
        let engine = Engine::load(&vec![Preset::Guarded.source()].into(), std::slice::from_ref(&many), &[]).unwrap();
        println!("load, {count} tools: {:?}", begun.elapsed());
        let begun = Instant::now();
        drop(engine.refit(&[many], &[]).unwrap());
        println!("refit, {count} tools: {:?}", begun.elapsed());
    }
}
