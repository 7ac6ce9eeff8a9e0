//! Writes random policies and requests with what this crate decides, for Cedar's own command line to decide again:
//! `cargo xtask cedar`. Arguments: a folder, how many requests, a seed.
//!
//! Each numbered folder gets `policies.json` (all rules as Cedar is asked, under their numbers) and `tests.json` (for
//! `cedar run-tests`). Where a rule fails we refuse, and Cedar goes by the others: such a request is written twice, as
//! `NAME|allow` and `NAME|deny`, and exactly one of the two must be found right, with the same number of failures.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a tool of the tests, with the tests' own helpers: it stops when anything is wrong"
)]

#[path = "../tests/policy/desk.rs"]
mod desk;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use doorward_core::access::{AccessRequest, ClientName, Face, HostSeen, Observed, PathSeen};
use doorward_core::decision::Decision;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Era;
use doorward_policy::{Asked, Engine, PolicyInputs, Preset};
use serde_json::{Map, Value, json};

use desk::{call, catalogue, source};

/// Requests for each random policy.
const EACH: usize = 500;

const PRINCIPALS: &[&str] = &[
    "principal",
    "principal",
    "principal",
    "principal == User::\"ann\"",
    "principal == Agent::\"ci\"",
    "principal in Group::\"dev\"",
    "principal in Tenant::\"acme\"",
    "principal is User",
    "principal is User in Group::\"ops\"",
    "principal is Agent in Tenant::\"acme\"",
];
const ACTIONS: &[&str] = &[
    "action in Action::\"tools/call\"",
    "action in Action::\"tools/call\"",
    "action in Action::\"read\"",
    "action in Action::\"write\"",
    "action == Action::\"s/read_a\"",
    "action == Action::\"t/read_a\"",
    "action in [Action::\"s/write_b\", Action::\"t/delete_c\"]",
];
const RESOURCES: &[&str] = &["resource", "resource", "resource in Server::\"s\"", "resource == Tool::\"t/read_a\""];
const CONDITIONS: &[&str] = &[
    "context.arguments.text like \"/srv/*\"",
    "context.arguments.text == \"a\" || context.arguments.text like \"*b*\"",
    "context.arguments has n && context.arguments.n < 3",
    "context.arguments has n && context.arguments.n + 1 > 5",
    "context.arguments has n && context.arguments.n * 4611686018427387904 > 3 && context.face == \"http\"",
    "context.arguments has yes && context.arguments.yes",
    "!(context.arguments has n)",
    "if context.arguments has yes && context.arguments.yes then context.arguments.text == \"a\" else true",
    "context.arguments has list && context.arguments.list.contains(1)",
    "context.arguments has rate && context.arguments.rate.lessThan(decimal(\"1.5\"))",
    "principal.proof == \"access-token\"",
    "principal.scopes.contains(\"x\")",
    "principal.scopes.containsAny([\"y\", \"z\"])",
    "principal has tenant && principal.tenant == Tenant::\"acme\"",
    "principal has issuer && principal.issuer like \"c*\"",
    "principal in Group::\"dev\"",
    "principal == Agent::\"ci\" || principal in Tenant::\"acme\"",
    "resource.effect == \"read\"",
    "context.face == \"stdio\"",
    "context.era == \"modern\"",
    "context.time.hour < 12 || context.time.weekday == 7",
    "context.at < datetime(\"2024-01-01\")",
    "context has origin && context.origin == \"https://a.example\"",
    "context has client && context.client.name == \"c\"",
    "context has agent && context.agent == Agent::\"ci\"",
    "context has agent && context.agent.scopes.contains(\"x\")",
    "context.delegation.depth < 2",
    "context.delegation.actors.contains(Agent::\"bot\")",
    "context.counts.mails < 3",
    "context.counts.mails * 3 > context.counts.orders",
    "context.paths.text.within.contains(\"/srv\")",
    "context.paths.text.ext == \"pem\"",
    "context.urls.text.host == \"example.com\"",
    "context.urls.text.private",
    "[\"select\"].containsAll(context.sql.text.kinds)",
    "context.shell.text.simple",
    "context.sizes.text.bytes < 6",
];
const TEXTS: &[&str] = &[
    "a",
    "b",
    "ab",
    "",
    "/srv/a.pem",
    "/srv/../etc/passwd",
    "/srv-evil/x",
    "relative/x",
    "https://example.com/a",
    "https://example.com@evil.test/",
    "http://127.0.0.1:80/",
    "select a from b",
    "delete from b",
    "select 1; drop table b",
    "ls -l",
    "ls $(rm -r /)",
    "é",
];

/// Random numbers that one seed repeats (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn some(&mut self, of: &[&str]) -> BTreeSet<Arc<str>> {
        of.iter().filter(|_| self.below(2) == 0).map(|name| Arc::from(*name)).collect()
    }

    fn maybe(&mut self, of: &[&str]) -> Option<Arc<str>> {
        (self.below(2) == 0).then(|| Arc::from(self.one(of)))
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, requests, seed] = args.as_slice() else { panic!("FOLDER REQUESTS SEED") };
    let mut dice = Dice(seed.parse().unwrap());
    let requests: usize = requests.parse().unwrap();
    let (mut written, mut unasked, mut failing, mut allowed) = (0, 0, 0, 0);
    for number in 0.. {
        if written >= requests {
            break;
        }
        let engine = random_engine(&mut dice);
        let names: Vec<String> = engine.rule_names().map(ToString::to_string).collect();
        let mut tests = Vec::new();
        for _ in 0..EACH.min(requests - written) {
            let (request, observed) = random_request(&mut dice, &engine);
            let name = format!("{number}-{}", tests.len());
            match cases(&engine, &names, &request, &observed, &name) {
                Some(cases) => {
                    failing += usize::from(cases.len() > 1);
                    allowed += usize::from(cases[0]["decision"] == "allow" && cases.len() == 1);
                    written += 1;
                    tests.extend(cases);
                }
                // Refused before Cedar is asked, or for something that nobody can tell.
                None => unasked += 1,
            }
        }
        let place = Path::new(folder).join(number.to_string());
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("policies.json"), engine.cedar_policies().unwrap().to_string()).unwrap();
        std::fs::write(place.join("tests.json"), Value::from(tests).to_string()).unwrap();
    }
    println!("{}", json!({"requests": written, "allowed": allowed, "failing": failing, "unasked": unasked}));
}

fn random_engine(dice: &mut Dice) -> Engine {
    let schema = json!({"type": "object", "required": ["text"], "properties": {
        "text": {"type": "string"}, "n": {"type": "integer"}, "yes": {"type": "boolean"}, "rate": {"type": "number"},
        "list": {"type": "array", "items": {"type": "integer"}},
    }});
    let tools: Value =
        ["read_a", "write_b", "delete_c"].iter().map(|name| json!({"name": name, "inputSchema": schema})).collect();
    let servers = [catalogue("s", &tools), catalogue("t", &tools)];
    loop {
        let text: String = (0..2 + dice.below(10)).map(|_| random_rule(dice)).collect();
        let mut inputs = PolicyInputs::from(vec![Preset::Locked.source(), source("own.cedar", &text)]);
        inputs.counters = ["mails", "orders"].map(Arc::from).into();
        // Scope and conditions may exclude each other; then the next one is tried.
        match Engine::load(&inputs, &servers, &[]) {
            Ok(engine) => return engine,
            Err(errors) => {
                let known = |text: &str| text.contains("can never match");
                assert!(errors.findings().iter().all(|finding| known(&finding.to_string())), "{:?}", errors.findings());
            }
        }
    }
}

fn random_rule(dice: &mut Dice) -> String {
    let effect = if dice.below(3) == 0 { "forbid" } else { "permit" };
    let scopes = if effect == "permit" && dice.below(6) == 0 { "@scopes(\"x y\") " } else { "" };
    let scope = [dice.one(PRINCIPALS), dice.one(ACTIONS), dice.one(RESOURCES)].join(", ");
    let conditions: String = (0..dice.below(3))
        .map(|_| format!(" {} {{ {} }}", dice.one(&["when", "when", "unless"]), guarded(dice.one(CONDITIONS))))
        .collect();
    format!("{scopes}{effect} ({scope}){conditions};\n")
}

/// Rules on groups are about tools to come, which may have no argument `text`.
fn guarded(condition: &str) -> String {
    let records = ["arguments", "paths", "urls", "sql", "shell", "sizes"];
    let needs = |record: &&&str| condition.contains(&format!("context.{record}.text"));
    match records.iter().find(needs) {
        Some(record) => format!("context has {record} && context.{record} has text && ({condition})"),
        None => condition.to_owned(),
    }
}

fn random_request(dice: &mut Dice, engine: &Engine) -> (AccessRequest, Observed) {
    let mut arguments = Map::from_iter([("text".to_owned(), json!(dice.one(TEXTS)))]);
    let values = [
        ("n", vec![json!(0), json!(4), json!(7), json!(i64::MAX), json!("1"), json!(1.5)]),
        ("yes", vec![json!(true), json!(false), json!(null)]),
        ("rate", vec![json!(1), json!(1.25), json!(2.5)]),
        ("list", vec![json!([]), json!([1, 2]), json!([3])]),
    ];
    for (name, of) in values {
        if dice.below(2) == 0 {
            arguments.insert(name.to_owned(), of[dice.below(of.len())].clone());
        }
    }
    let tool = dice.one(&["read_a", "write_b", "delete_c"]);
    let mut request = call(dice.one(&["s", "t"]), tool, Some(&Value::Object(arguments)));
    request.principal = random_principal(dice);
    request.era = if dice.below(2) == 0 { Era::Modern } else { Era::Legacy };
    request.approach.face = if dice.below(2) == 0 { Face::Http } else { Face::Stdio };
    request.approach.origin = dice.maybe(&["https://a.example", "https://b.example"]);
    request.approach.client =
        dice.maybe(&["c", "d"]).map(|name| Arc::new(ClientName { name: (&*name).into(), version: "1".into() }));
    request.at =
        Timestamp::from_micros(1_700_000_000_000_000 + 3_600_000_000 * i64::try_from(dice.below(2000)).unwrap());
    let wants = engine.wants(&request);
    let address = HostSeen::Addresses(vec![Ipv4Addr::new(93, 184, 215, 14).into()]);
    let observed = Observed {
        flow: Some(Arc::default()),
        paths: wants.paths.into_iter().map(|path| (Arc::clone(&path), PathSeen::Real(path))).collect(),
        hosts: wants.hosts.into_iter().map(|host| (host, address.clone())).collect(),
        counts: ["mails", "orders"].into_iter().map(|name| (Arc::from(name), dice.below(6) as u64)).collect(),
    };
    (request, observed)
}

fn random_principal(dice: &mut Dice) -> Principal {
    let subject = match dice.below(3) {
        0 => Subject::Agent(Arc::from("ci")),
        1 => Subject::User(Arc::from("ann")),
        _ => Subject::User(Arc::from("bob")),
    };
    let proof = Proof::ALL[dice.below(Proof::ALL.len())];
    Principal::claimed(Claims {
        tenant: dice.maybe(&["acme", "other"]),
        issuer: dice.maybe(&["corp", "dorp"]),
        agent: dice.maybe(&["ci", "bot"]),
        actors: dice.some(&["bot", "ci"]).into_iter().collect(),
        groups: dice.some(&["dev", "ops", "acme"]),
        scopes: dice.some(&["x", "y", "z"]),
        ..Claims::of(subject, proof)
    })
    .unwrap()
}

/// What Cedar must find; `None` where it is not asked.
fn cases(
    engine: &Engine,
    names: &[String],
    request: &AccessRequest,
    observed: &Observed,
    name: &str,
) -> Option<Vec<Value>> {
    let Asked { request: [principal, action, resource], context, entities } = engine.asked(request, observed)?;
    if json!(context).to_string().contains(r#"{"__extn":{"fn":"unknown""#) {
        return None;
    }
    let number = |rule: &Arc<str>| names.iter().position(|name| **name == **rule).expect("a rule").to_string();
    let numbers = |decision: &Decision| -> Vec<String> {
        let (Decision::Allow { reasons, .. } | Decision::Deny(doorward_core::decision::Denial { reasons, .. })) =
            decision;
        reasons.iter().map(|reason| number(&reason.rule)).collect()
    };
    let case = |name: String, decision: &str, reason: Vec<String>, errors: usize| {
        json!({
            "name": name, "decision": decision, "reason": reason, "num_errors": errors,
            "request": {"principal": principal, "action": action, "resource": resource, "context": context},
            "entities": entities,
        })
    };
    let decision = &engine.decide(request, observed);
    let named = numbers(decision);
    Some(match decision {
        Decision::Allow { .. } => vec![case(name.to_owned(), "allow", named, 0)],
        Decision::Deny(denial) => match denial.code.to_string().as_str() {
            "DW1201" | "DW1208" => vec![case(name.to_owned(), "deny", Vec::new(), 0)],
            "DW1202" => vec![case(name.to_owned(), "deny", named, 0)],
            "DW1203" => ["allow", "deny"]
                .map(|decision| case(format!("{name}|{decision}"), decision, Vec::new(), named.len()))
                .to_vec(),
            _ => {
                assert_eq!(denial.code, Code::Unclear, "{decision:?}");
                return None;
            }
        },
    })
}
