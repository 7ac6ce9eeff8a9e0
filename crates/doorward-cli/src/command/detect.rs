//! `doorward detect`: what is unusual in the records.

mod event;

use std::time::{Duration, Instant};

use doorward_detect::alert::Alert;
use doorward_detect::catalogue::DetectorId;
use doorward_detect::engine::Detector;
use doorward_detect::settings::Settings;
use doorward_store::{Reader, rfc3339};
use serde_json::json;

use super::audit::{open, time};
use super::now;
use crate::args::{DetectCommand, ListDetectorsArgs, ReplayArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, inert};

/// How many records are read at once.
const PAGE: u32 = 2000;

/// How long a replay works before it says how far it is, and how long until it says so again.
const PROGRESS: Duration = Duration::from_secs(2);

pub(super) async fn detect(command: DetectCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        DetectCommand::Replay(args) => replay(&args, terminal).await,
        DetectCommand::List(args) => list(&args, terminal),
    }
}

async fn replay(args: &ReplayArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let since = match &args.since {
        None => None,
        Some(text) => Some(time::parse(text, now()).ok_or_else(|| {
            let advice = "Write 15m, 2h, 3d, 2026-11-22 or 2026-11-22T10:00:00Z.";
            Fault::told(Exit::Usage, format!("'{}' is no time", inert(text)), advice)
        })?),
    };
    let mut settings = Settings::default();
    for name in &args.without {
        settings.off.insert(detector(name)?);
    }
    let reader = open(&args.source).await?;
    let mut detector = Detector::new(settings);
    let (mut exchanges, mut alerts, mut unread) = (0_u64, 0_u64, 0_u64);
    let (mut last, mut told) = (0, Instant::now());
    loop {
        let page = page(&reader, last).await?;
        let Some(newest) = page.last() else { break };
        last = newest.seq;
        for record in page.iter().filter(|record| record.phase == "outcome") {
            let Some(event) = event::of(record) else {
                unread += 1;
                continue;
            };
            exchanges += 1;
            for alert in detector.take(&event).iter().filter(|alert| since.is_none_or(|since| alert.at >= since)) {
                alerts += 1;
                tell(alert, args.json, terminal)?;
            }
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            terminal.say(format_args!("{exchanges} exchanges …"));
        }
    }
    terminal.say(format_args!("{alerts} alerts in {exchanges} exchanges."));
    if unread > 0 {
        terminal.say(format_args!("{unread} records could not be read and were left out."));
    }
    Ok(Exit::Success)
}

async fn page(reader: &Reader, after: i64) -> Result<Vec<doorward_store::RecordView>, Fault> {
    Ok(reader.tail(after, PAGE).await?)
}

fn detector(name: &str) -> Result<DetectorId, Fault> {
    DetectorId::parse(name).ok_or_else(|| {
        let what = format!("there is no detector '{}'", inert(name));
        Fault::told(Exit::Usage, what, "'doorward detect list' lists them.")
    })
}

fn tell(alert: &Alert, json: bool, terminal: &Terminal) -> Result<(), Fault> {
    let records: Vec<String> = alert.records.iter().map(ToString::to_string).collect();
    let nearest = alert.nearest_normal.map(|exchange| exchange.to_string());
    if json {
        let numbers = alert.numbers.iter().chain(&alert.also).map(|one| {
            json!({ "detector": one.detector.as_str(), "observed": one.observed, "expected": one.expected,
                "p": one.p, "e": one.e })
        });
        let numbers: Vec<_> = numbers.collect();
        return Ok(terminal.line(json!({
            "at": rfc3339(alert.at), "detector": alert.detector.as_str(), "severity": alert.severity.name(),
            "principal": &*alert.who, "server": &*alert.server, "tool": &*alert.tool, "sentence": alert.sentence,
            "numbers": numbers, "nearest_normal": nearest, "records": records,
        }))?);
    }
    let name = terminal.paint(Tone::Warn, alert.detector.as_str());
    terminal.line(format_args!("{} {name} {}", rfc3339(alert.at), inert(&alert.sentence)))?;
    if let Some(numbers) = &alert.numbers {
        let (seen, usual, p) = (numbers.observed, numbers.expected, numbers.p);
        terminal.line(format_args!("  seen {seen:.1}, usual {usual:.1}, p {p:.5}"))?;
    }
    if let Some(nearest) = nearest {
        terminal.line(format_args!("  the nearest that was normal: {nearest}"))?;
    }
    if let Some(last) = records.last() {
        terminal.line(format_args!("  doorward audit show {last}"))?;
    }
    Ok(())
}

fn list(args: &ListDetectorsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    for detector in DetectorId::ALL {
        let (id, kind, about) = (detector.as_str(), detector.kind().as_str(), detector.about());
        if args.json {
            terminal.line(json!({ "detector": id, "kind": kind, "about": about, "page": detector.page() }))?;
        } else {
            terminal.line(format_args!("{id:<20} {kind:<12} {about}"))?;
        }
    }
    Ok(Exit::Success)
}
