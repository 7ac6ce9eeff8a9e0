//! What judging a call costs: `cargo run --release -p doorward-flow --example judge [SHAPE]`.
//!
//! Measured is [`Context::judge`] and a look at the label, in a context that has a task, has read 200 records of somebody
//! untrusted and so knows many values: no parsing of JSON, no policy, no fingerprints. Times are those of this thread on a
//! processor, without what others ran in between, where the system says so. Each shape is measured in several rounds; told
//! are the best and the one in the middle. Each has about as many bytes of arguments as its row says, and how many values
//! without an origin the judgement told is told as well: no time means anything when that is not what it should be.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement, run by hand")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use doorward_core::ids::ServerId;
use doorward_flow::canonical::Key;
use doorward_flow::context::{Arrived, Beginning, Call, Context, Voice};
use doorward_flow::nature::Nature;
use doorward_flow::structure::Shapes;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::ToolDefinition;

const ROUNDS: usize = 15;

/// One round takes about so long: the system counts time in steps of a few milliseconds.
const ROUND: Duration = Duration::from_millis(25);

const SIZES: [usize; 2] = [1024, 64 * 1024];

const SEND: &str = r#"{"name":"send_email","inputSchema":{"type":"object","properties":{"recipients":{"type":"array"},
"cc":{"type":"array"},"subject":{"type":"string"},"body":{"type":"string"},"thread_id":{"type":"string"}}}}"#;

const SAVE: &str =
    r#"{"name":"update_record","inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}"#;

/// What a shape is called, which tool it is for, and what makes arguments of about so many bytes.
type Shape = (&'static str, &'static str, fn(usize) -> String);

/// What callers send.
const HONEST: [Shape; 9] = [
    ("letter", SEND, letter),
    ("prose", SEND, |size| body(size, |_| "The team met and agreed on the next steps for all of it. ".to_owned())),
    ("prose with accents", SEND, |size| body(size, |_| "L’équipe s’est réunie et a décidé d’avancer. ".to_owned())),
    ("addresses known", SEND, |size| body(size, |n| format!("p{}@mills.example, ", n % 200))),
    ("addresses unknown", SEND, |size| body(size, |n| format!("q{n}@other.example, "))),
    ("links unknown", SEND, |size| body(size, |n| format!("see https://other.example/a/{n} "))),
    ("recipients known", SEND, |size| list(size, "recipients", |n| format!("\"p{}@mills.example\"", n % 200))),
    ("nested", SAVE, |size| {
        list(size, "rows", |n| format!(r#"{{"id":"{0}","note":{{"by":["Dora Mills {0}"],"n":{0}}}}}"#, n % 200))
    }),
    ("base64", SEND, |size| body(size, |_| "VGhlIHRlYW0gbWV0IGFuZCBhZ3JlZWQgb24gdGhlIG5leHQgc3RlcHM".to_owned())),
];

/// What is made to cost as much as it can.
const HOSTILE: [Shape; 14] = [
    ("a@a.a@a.a@", SEND, |size| body(size, |_| "a@a.a@".to_owned())),
    ("a@b.cc many", SEND, |size| body(size, |n| format!("{n:x}@b.cc "))),
    ("http:http:", SEND, |size| body(size, |_| "http:".to_owned())),
    ("http://http://", SEND, |size| body(size, |_| "http://".to_owned())),
    ("//a //b", SEND, |size| body(size, |n| format!("//{n:x} "))),
    ("1.1.1.", SEND, |size| body(size, |_| "1.".to_owned())),
    ("a.a.a.", SEND, |size| body(size, |_| "a.".to_owned())),
    ("a.b:1/a.b:1/", SEND, |size| body(size, |_| "a.b:1/@".to_owned())),
    ("1 1 1 ", SEND, |size| body(size, |n| format!("{} ", n % 10))),
    ("AA11 AA11", SEND, |size| body(size, |_| "AA11 ".to_owned())),
    ("+1(+1(", SEND, |size| body(size, |_| "+1(2".to_owned())),
    ("wide letters", SEND, |size| body(size, |_| "ａ＠ａ．ｃｏ\u{301}ｍ ".to_owned())),
    ("target a@a.a@", SEND, |size| one(size, "recipients", |_| "a@a.a@".to_owned())),
    ("target 7/7/7/", SAVE, |size| one(size, "path", |_| "7/".to_owned())),
];

fn main() {
    let only = std::env::args().nth(1);
    let server = ServerId::parse("mail").unwrap();
    let context = context(&server);
    println!("microseconds of processor time for each judgement, the best and the middle one of {ROUNDS} rounds");
    println!("{:<20}{:>9}{:>10}{:>10}{:>9}", "shape", "bytes", "best", "middle", "missing");
    for (kind, shapes) in [("what callers send", &HONEST[..]), ("what is made to cost", &HOSTILE[..])] {
        println!("{kind}:");
        for (name, tool, make) in shapes.iter().filter(|(name, ..)| only.as_deref().is_none_or(|only| only == *name)) {
            let nature = nature(tool);
            for size in SIZES {
                let arguments = json(&make(size));
                let tool = "send_email";
                let call = Call { server: &server, tool, nature: &nature, arguments: Some(arguments.as_raw()) };
                let (best, middle) = best_and_middle(&context, &call);
                let missing = context.judge(&call).missing_values.len();
                println!("{name:<20}{:>9}{best:>10.2}{middle:>10.2}{missing:>9}", arguments.bytes().len());
            }
        }
    }
}

/// A context with a task that has read records.
fn context(server: &ServerId) -> Context {
    let key = Key::from_bytes([1; 16]);
    let mut context = Context::new(&key, Beginning::Known);
    context.declare(
        "Send the minutes of the team meeting to Dora Mills and ann@lee.example, and reply to thread 17.",
        Voice::Task,
    );
    let records: Vec<String> = (0..200)
        .map(|n| format!(r#"{{"id":"{n}","name":"Dora Mills {n}","mail":"p{n}@mills.example","title":"Minutes {n}"}}"#))
        .collect();
    let result = json(&format!("[{}]", records.join(",")));
    let label = nature(SEND).result;
    let arrived = Arrived { server, call: None, label: &label, output_schema: None, parts: &[result.as_raw()] };
    context.absorb(&arrived, &mut Shapes::new(&key));
    assert!(context.label().is_untrusted());
    println!("the context has read {} bytes and takes {}", result.bytes().len(), context.bytes());
    context
}

fn nature(tool: &str) -> Nature {
    Nature::infer(&ToolDefinition::from_raw(json(tool).as_raw()).unwrap())
}

/// How many microseconds of processor time one judgement takes.
fn best_and_middle(context: &Context, call: &Call<'_>) -> (f64, f64) {
    let run = |times: u32| {
        for _ in 0..times {
            black_box(context.judge(black_box(call)));
            black_box(context.label().is_untrusted());
        }
    };
    let began = Instant::now();
    let mut warm = 0;
    while began.elapsed() < ROUND / 2 {
        run(1);
        warm += 1;
    }
    let times = 2 * warm;
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (clock, before) = (Instant::now(), busy());
            run(times);
            let took = busy().zip(before).map_or_else(|| clock.elapsed(), |(now, before)| now.saturating_sub(before));
            took.as_secs_f64() * 1e6 / f64::from(times)
        })
        .collect();
    took.sort_by(f64::total_cmp);
    (took[0], took[ROUNDS / 2])
}

/// How long this thread has had a processor, where the system tells (Linux): others may want it as well.
fn busy() -> Option<Duration> {
    // The number is brought up to date when the processor may go to another.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// A mail with a few of everything: the shape for which there is a budget.
fn letter(size: usize) -> String {
    let rest = body(size - 110, |_| {
        "The team met and agreed on the next steps, see https://minutes.example/17 for all of it. ".to_owned()
    });
    format!(
        r#"{{"recipients":["ann@lee.example","p7@mills.example"],"cc":["p9@mills.example"],"subject":"Minutes","thread_id":"17",{}"#,
        rest.trim_start_matches('{')
    )
}

/// A mail with such a body.
fn body(size: usize, piece: fn(usize) -> String) -> String {
    one(size, "body", piece)
}

/// One argument made of such pieces, of about so many bytes.
fn one(size: usize, name: &str, piece: fn(usize) -> String) -> String {
    format!(r#"{{"{name}":"{}"}}"#, pieces(size, "", piece))
}

/// A list of such elements, of about so many bytes.
fn list(size: usize, name: &str, piece: fn(usize) -> String) -> String {
    format!(r#"{{"{name}":[{}]}}"#, pieces(size, ",", piece))
}

fn pieces(size: usize, between: &str, piece: fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let piece = piece(number);
        if number > 0 && text.len() + between.len() + piece.len() + 16 > size {
            break;
        }
        text.push_str(if number > 0 { between } else { "" });
        text.push_str(&piece);
    }
    text
}

fn json(text: &str) -> RawJson {
    RawJson::parse(text.as_bytes().to_vec(), &Limits::for_results()).unwrap()
}
