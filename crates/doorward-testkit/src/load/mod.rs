//! The load generator: clients that each keep one call open at a time, or one client on pipes.
//!
//! Responsible for driving an MCP server through a warm-up and a timed window, checking every
//! answer, and reporting latency, throughput and what the measured process spent. It must never
//! report a figure for calls that went wrong.

mod call;
mod histogram;
mod http;
mod pace;
mod process;
mod stdio;
mod window;

use std::{error::Error, time::Duration};

use serde_json::{Value, json};

pub use call::{Call, Era};

use process::{Process, Usage};
use window::{Tally, Window};

/// How long it may take until all clients have opened their conversations.
const OPEN_WAIT: Duration = Duration::from_secs(60);

/// What a load run does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whom to call.
    pub target: Target,
    /// What to call.
    pub call: Call,
    /// Calls in flight at once: HTTP connections, or calls pipelined on the one pipe.
    pub clients: usize,
    /// Calls to begin per second by all HTTP clients together; as many as are answered when `None`.
    pub rate: Option<u32>,
    /// How long to call before measuring.
    pub warm_up: Duration,
    /// How long to measure.
    pub measured: Duration,
}

/// Whom to call.
#[derive(Debug, Clone)]
pub enum Target {
    /// A Streamable HTTP endpoint.
    Http {
        /// Its address, `http://HOST:PORT/PATH`.
        url: String,
        /// Bearer token to present.
        token: Option<String>,
        /// The process whose CPU time and memory count, when it is on this machine.
        process: Option<u32>,
    },
    /// A program on pipes, which is also the process measured.
    Stdio {
        /// The program and its arguments.
        command: Vec<String>,
    },
}

/// What a load run found.
#[derive(Debug, Clone)]
pub struct Report {
    tally: Tally,
    elapsed: Duration,
    spent: Option<Usage>,
}

type Failure = Box<dyn Error + Send + Sync>;

/// Runs `plan` to its end.
///
/// # Errors
///
/// Fails when the target cannot be reached or opened at all; what goes wrong later is counted in
/// the report.
pub async fn run(plan: &Plan) -> Result<Report, Failure> {
    let window = Window::new();
    match &plan.target {
        Target::Http { url, token, process } => {
            let clients = http::open(url, token.as_deref(), &plan.call, plan.clients);
            let clients = tokio::time::timeout(OPEN_WAIT, clients).await??;
            let paces = pace::shared(plan.rate, plan.clients);
            let running = clients.into_iter().zip(paces);
            let running = running.map(|(client, pace)| tokio::spawn(client.drive(window.clone(), pace))).collect();
            let (elapsed, spent) = pass(plan, &window, process.map(Process::of)).await;
            finish(running).await?;
            Ok(Report { tally: window.into_tally(), elapsed, spent })
        }
        Target::Stdio { command } => {
            let client = stdio::open(command, &plan.call, plan.clients);
            let client = tokio::time::timeout(OPEN_WAIT, client).await??;
            let process = client.process();
            let running = vec![tokio::spawn(client.drive(window.clone()))];
            let (elapsed, spent) = pass(plan, &window, process).await;
            finish(running).await?;
            Ok(Report { tally: window.into_tally(), elapsed, spent })
        }
    }
}

/// Lets the warm-up and the window pass; what `process` spent is read at the window's edges.
async fn pass(plan: &Plan, window: &Window, process: Option<Process>) -> (Duration, Option<Usage>) {
    tokio::time::sleep(plan.warm_up).await;
    let before = process.as_ref().and_then(Process::begin);
    let opened = window.open();
    tokio::time::sleep(plan.measured).await;
    let after = process.as_ref().and_then(Process::usage);
    let elapsed = opened.elapsed();
    window.close();
    let spent = before.zip(after).map(|(before, after)| after.since(before));
    (elapsed, spent)
}

async fn finish(running: Vec<tokio::task::JoinHandle<()>>) -> Result<(), Failure> {
    for client in running {
        client.await?;
    }
    Ok(())
}

impl Report {
    /// Whether every call was answered as it should be, and there was at least one.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.tally.errors == 0 && self.tally.latencies.count() > 0
    }

    /// The report as one flat JSON object; figures that were not measured are left out.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let calls = self.tally.latencies.count();
        let mut report = json!({
            "requests": calls,
            "errors": self.tally.errors,
            "rps": rounded(calls as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)),
            "p50_us": rounded(self.tally.latencies.quantile(0.50) / 1e3),
            "p99_us": rounded(self.tally.latencies.quantile(0.99) / 1e3),
        });
        if let Some(members) = report.as_object_mut() {
            if let Some(spent) = self.spent.filter(|_| calls > 0) {
                let cpu = spent.cpu.as_secs_f64() * 1e6 / calls as f64;
                members.insert("cpu_us".to_owned(), json!(rounded(cpu)));
                members.insert("peak_mib".to_owned(), json!(rounded(spent.peak_kib as f64 / 1024.0)));
            }
            if let Some(error) = &self.tally.first_error {
                members.insert("first_error".to_owned(), json!(error));
            }
        }
        report
    }
}

/// Two decimals: more would only look exact.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(errors: u64, latencies_us: &[u64]) -> Report {
        let mut tally = Tally { errors, ..Tally::default() };
        for latency in latencies_us {
            tally.latencies.record(Duration::from_micros(*latency));
        }
        let spent = Usage { cpu: Duration::from_millis(1), peak_kib: 2048 };
        Report { tally, elapsed: Duration::from_secs(2), spent: Some(spent) }
    }

    #[test]
    fn the_report_divides_by_what_was_counted() {
        let json = report(0, &[100, 100, 100, 100]).to_json();
        assert_eq!(json["requests"], 4);
        assert_eq!(json["rps"], 2.0);
        assert_eq!(json["cpu_us"], 250.0);
        assert_eq!(json["peak_mib"], 2.0);
    }

    #[test]
    fn a_report_with_an_error_or_without_a_call_is_not_clean() {
        assert!(report(0, &[1]).is_clean());
        assert!(!report(1, &[1]).is_clean());
        assert!(!report(0, &[]).is_clean());
        assert!(report(0, &[]).to_json().get("cpu_us").is_none());
    }
}
