//! A scripted hostile MCP server: `hostile-upstream --stdio MODE` or `--http PORT MODE`.
//!
//! Without a known mode it lists the modes and ends with status 2.

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use doorward_testkit::{
    hostile::{MODES, Mode, serve_http, serve_stdio},
    net,
};

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--stdio", mode] => {
            let Some(mode) = Mode::named(mode) else {
                return Ok(usage());
            };
            serve_stdio(mode).await?;
            // Calls may still be hanging; returning would wait for none of them, but a runtime
            // that shuts down waits for its reader of stdin.
            std::process::exit(0);
        }
        ["--http", port, mode] => {
            let Some(mode) = Mode::named(mode) else {
                return Ok(usage());
            };
            let listener = net::listen(port.parse()?).await?;
            net::announce(&listener, "/mcp")?;
            serve_http(listener, mode).await?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(usage()),
    }
}

fn usage() -> ExitCode {
    let names: Vec<&str> = MODES.iter().map(|(name, _)| *name).collect();
    let text = "usage: hostile-upstream --stdio MODE | --http PORT MODE";
    // With stderr closed there is nobody to tell; the status says it too.
    let _ = writeln!(io::stderr(), "{text}\nmodes: {}", names.join(" "));
    ExitCode::from(2)
}
