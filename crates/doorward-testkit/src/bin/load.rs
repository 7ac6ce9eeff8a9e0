//! Calls an MCP server as fast as it answers and prints what that took as one line of JSON:
//! `load (--url URL [--token T] [--pid N] | -- COMMAND…) [--era modern|legacy] [--clients N]
//! [--rate N] [--result-bytes N] [--argument-bytes N] [--warm-up-ms N] [--window-ms N]`.
//!
//! With `-- COMMAND…` it starts a server on pipes and keeps `--clients` calls in flight on them.
//! `--rate` is in calls per second of all clients together; without it each calls again at once.
//! `--pid` names the process whose CPU time and memory are reported; on pipes it is the command's.
//! Exits with 1 when any answer was wrong.

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use doorward_testkit::{
    load::{self, Call, Era, Plan, Target},
    net,
};

// One thread: the generator shares the machine with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let report = load::run(&plan()?).await?;
    writeln!(io::stdout().lock(), "{}", report.to_json())?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn plan() -> Result<Plan, Box<dyn Error + Send + Sync>> {
    let era = net::argument("--era").unwrap_or_else(|| "modern".to_owned());
    let call = Call {
        era: Era::named(&era).ok_or_else(|| format!("there is no era {era:?}"))?,
        result_bytes: number("--result-bytes", 1024)?,
        argument_bytes: number("--argument-bytes", 1024)?,
    };
    Ok(Plan {
        target: target()?,
        call,
        clients: number("--clients", 1)?.max(1),
        rate: net::argument("--rate").map(|rate| rate.parse()).transpose()?,
        warm_up: milliseconds("--warm-up-ms", 500)?,
        measured: milliseconds("--window-ms", 2000)?,
    })
}

fn target() -> Result<Target, Box<dyn Error + Send + Sync>> {
    let command: Vec<String> = std::env::args().skip_while(|argument| argument != "--").skip(1).collect();
    if !command.is_empty() {
        return Ok(Target::Stdio { command });
    }
    let process = net::argument("--pid").map(|pid| pid.parse()).transpose()?;
    let url = net::argument("--url").ok_or("--url URL or -- COMMAND… is needed")?;
    Ok(Target::Http { url, token: net::argument("--token"), process })
}

fn number(flag: &str, default: usize) -> Result<usize, Box<dyn Error + Send + Sync>> {
    let value = net::argument(flag).map_or(Ok(default), |value| value.parse());
    value.map_err(|error| format!("{flag}: {error}").into())
}

fn milliseconds(flag: &str, default: usize) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    Ok(Duration::from_millis(number(flag, default)?.try_into()?))
}
