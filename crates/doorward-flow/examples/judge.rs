//! How long a call of 1 KiB takes to be judged, in a context that has read a few things: `cargo run --release -p
//! doorward-flow --example judge`.

use std::hint::black_box;
use std::time::Instant;

use doorward_core::ids::ServerId;
use doorward_flow::canonical::Key;
use doorward_flow::context::{Arrived, Beginning, Call, Context, Voice};
use doorward_flow::nature::Nature;
use doorward_flow::structure::Shapes;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::ToolDefinition;

const ROUNDS: u32 = 20_000;

const TOOL: &str = r#"{"name":"send_email","inputSchema":{"type":"object","properties":{"recipients":{"type":"array"},
"cc":{"type":"array"},"subject":{"type":"string"},"body":{"type":"string"},"thread_id":{"type":"string"}}}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let json = |text: String| RawJson::parse(text, &Limits::default()).map_err(|_| "no JSON");
    let definition = json(TOOL.to_owned())?;
    let nature = Nature::infer(&ToolDefinition::from_raw(definition.as_raw()).map_err(|_| "no tool")?);
    let server = ServerId::parse("mail")?;
    let key = Key::from_bytes([1; 16]);
    let mut context = Context::new(&key, Beginning::Known);
    context.declare(
        "Send the minutes of the team meeting to Dora Mills and ann@lee.example, and reply to thread 17.",
        Voice::Task,
    );
    let records: Vec<String> = (0..200)
        .map(|n| format!(r#"{{"id":"{n}","name":"Dora Mills {n}","mail":"p{n}@mills.example","title":"Minutes {n}"}}"#))
        .collect();
    let result = json(format!("[{}]", records.join(",")))?;
    let mut shapes = Shapes::new(&key);
    let arrived =
        Arrived { server: &server, call: None, label: &nature.result, output_schema: None, parts: &[result.as_raw()] };
    let start = Instant::now();
    context.absorb(&arrived, &mut shapes);
    let absorbed = start.elapsed();
    let body = "The team met and agreed on the next steps, see https://minutes.example/17 for all of it. ".repeat(10);
    let arguments = json(format!(
        r#"{{"recipients":["ann@lee.example","p7@mills.example"],"cc":["p9@mills.example"],"subject":"Minutes","thread_id":"17","body":"{body}"}}"#
    ))?;
    let call = Call { server: &server, tool: "send_email", nature: &nature, arguments: Some(arguments.as_raw()) };
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(context.judge(black_box(&call)));
        black_box(context.label().is_untrusted());
    }
    let each = start.elapsed() / ROUNDS;
    let lines = [
        format!("judge, {} bytes of arguments: {each:?}", arguments.bytes().len()),
        format!(
            "absorb, {} bytes of records: {absorbed:?}; the context takes {} bytes",
            result.bytes().len(),
            context.bytes()
        ),
    ];
    std::io::Write::write_all(&mut std::io::stdout(), lines.join("\n").as_bytes())?;
    Ok(())
}
