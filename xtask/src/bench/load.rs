//! Running the load generator and reading what it reports.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::case::Case;
use super::options::Options;

/// Calls made before anything is measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// What one measurement found, as the generator reported it: names and numbers.
#[derive(Debug)]
pub(super) struct Report(Vec<(String, f64)>);

/// The generator for one measurement of `case`, still without whom to call.
pub(super) fn command(program: &Path, case: &Case, options: &Options) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--era", case.manner.era()])
        .args(["--clients", &case.in_flight().to_string()])
        .args(["--result-bytes", &case.size.bytes().to_string()])
        .args(["--warm-up-ms", &WARM_UP.as_millis().to_string()])
        .args(["--window-ms", &options.seconds.as_millis().to_string()]);
    if let Some(rate) = case.rate() {
        command.args(["--rate", &rate.to_string()]);
    }
    command
}

/// Runs the generator, which bounds every wait of its own; an error says what was answered wrongly.
pub(super) fn run(command: &mut Command) -> Result<Report, String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("cannot start the load generator: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let report =
        read(&output.stdout).ok_or_else(|| format!("the load generator ended with {}: {said}", output.status))?;
    let error = report.get("first_error").and_then(Value::as_str);
    match report.get("errors").and_then(Value::as_u64) {
        Some(0) if output.status.success() => Ok(Report(numbers(&report))),
        errors => Err(format!("{} wrong answers, the first: {}", errors.unwrap_or(0), error.unwrap_or("none at all"))),
    }
}

impl Report {
    /// The figure called `name`, if it was measured.
    pub(super) fn figure(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    #[cfg(test)]
    pub(super) fn of(figures: &[(&str, f64)]) -> Self {
        Self(figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect())
    }
}

fn read(stdout: &[u8]) -> Option<Value> {
    let line = stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty())?;
    serde_json::from_slice(line).ok()
}

fn numbers(report: &Value) -> Vec<(String, f64)> {
    let members = report.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(script: &str) -> Result<Report, String> {
        run(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn a_clean_report_gives_its_numbers() {
        let report = reported(r#"echo '{"errors":0,"rps":12.5,"p50_us":3}'"#).unwrap();
        assert_eq!(report.figure("rps"), Some(12.5));
        assert_eq!(report.figure("cpu_us"), None);
    }

    #[test]
    fn a_wrong_answer_fails_with_the_reason() {
        let error = reported(r#"echo '{"errors":2,"first_error":"403 Forbidden"}'; exit 1"#).unwrap_err();
        assert!(error.contains("403 Forbidden"), "{error}");
        let error = reported("echo refused >&2; exit 1").unwrap_err();
        assert!(error.contains("refused"), "{error}");
    }
}
