//! What decisions and loading cost, for people: `cargo run --release -p doorward-policy --example decision_cost`.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement run by hand, with the tests' own helpers: it stops when anything is wrong"
)]

#[path = "../tests/policy/desk.rs"]
mod desk;

use std::time::Instant;

/// As in the program that is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use doorward_core::access::{Observed, PathSeen};
use doorward_core::exchange::Visibility;
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

/// The figures of issue-sized policies: 300 rules, 60 tools, 1 KiB of arguments, with facts.
fn many_rules() {
    let schema = json!({"type": "object", "required": ["path", "sql", "url"], "properties": {
        "path": {"type": "string"}, "sql": {"type": "string"}, "url": {"type": "string"},
        "limit": {"type": "integer"}, "text": {"type": "string"},
    }});
    let tools: Value =
        (0..60).map(|number| json!({"name": format!("write_{number}"), "inputSchema": schema})).collect();
    let mut rules = String::new();
    for number in 0..300 {
        let tool = number % 60;
        let (effect, condition) = match number / 60 {
            0 => ("permit", "context.paths.path.within.contains(\"/srv/proj\")".to_owned()),
            1 => ("forbid", format!("context.arguments has limit && context.arguments.limit > {number}")),
            2 => ("forbid", "context.sql.sql.kinds.contains(\"delete\")".to_owned()),
            3 => ("forbid", "context.urls.url.host like \"*.evil.test\"".to_owned()),
            _ => ("permit", format!("principal in Group::\"team-{number}\" && context.time.hour < 18")),
        };
        rules += &format!(
            "{effect}(principal, action == Action::\"files/write_{tool}\", resource) when {{ {condition} }};\n"
        );
    }
    let engine = locked_with(&rules, &[catalogue("files", &tools)]);
    let arguments = |name: &str| {
        json!({"path": format!("/srv/proj/{name}"), "sql": "select a, b from orders where a = 1 and b = 2",
            "url": "https://api.example.com/v1/orders?a=1", "limit": 5, "text": "x".repeat(800)})
    };
    let requests: Vec<_> =
        (0..60).map(|number| call("files", &format!("write_{number}"), Some(&arguments("notes/a.txt")))).collect();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let wants = engine.wants(request);
            let real = |path: std::sync::Arc<str>| (path.clone(), PathSeen::Real(path));
            Observed { paths: wants.paths.into_iter().map(real).collect(), ..Observed::default() }
        })
        .collect();
    let mut times = Vec::new();
    for round in 0..400 {
        for (request, observed) in requests.iter().zip(&seen) {
            let begun = Instant::now();
            let decision = engine.decide(request, observed);
            let took = begun.elapsed();
            assert!(decision.is_allow(), "{decision:?}");
            if round > 2 {
                times.push(took);
            }
        }
    }
    times.sort();
    let at = |part: usize| times[times.len() * part / 1000];
    println!(
        "300 rules, 60 tools, 1 KiB, facts of path, SQL and URL: p50 {:?}, p99 {:?}, p99.9 {:?}",
        at(500),
        at(990),
        at(999)
    );
}

/// A list of 100 tools for somebody who has seen it before.
fn warm_list() {
    let files = catalogue("files", &tools(100));
    let guarded = Engine::load(&vec![Preset::Guarded.source()].into(), std::slice::from_ref(&files), &[]).unwrap();
    let items: Vec<_> = (0..100).map(|number| call("files", &format!("write_{number}"), None)).collect();
    per_call("warm list of 100 tools", || {
        assert_eq!(items.iter().filter(|item| guarded.could_allow(item) == Visibility::Show).count(), 100);
    });
}

fn main() {
    many_rules();
    warm_list();
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
