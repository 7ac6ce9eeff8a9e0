//! What a client says of one visit.

use std::collections::BTreeMap;

use serde_json::Value;

use super::servers::Step;

/// One visit, as a script reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Visit {
    /// How each step ended; none at all for a client that did not get in.
    pub(super) steps: BTreeMap<Step, Result<Value, String>>,
    /// The revision they agreed on, where the client tells.
    pub(super) protocol: String,
    /// What went wrong while getting in or out.
    pub(super) error: Option<String>,
}

impl Visit {
    /// A visit that did not come about.
    pub(super) fn failed(reason: &str) -> Self {
        Self { error: Some(reason.to_owned()), ..Self::default() }
    }

    /// Whether the client got in: some only find out at their first step.
    pub(super) fn is_connected(&self) -> bool {
        self.steps.values().any(Result::is_ok)
    }

    /// Why nothing came of it.
    pub(super) fn complaint(&self) -> &str {
        let step = || self.steps.values().find_map(|ended| ended.as_ref().err());
        self.error.as_ref().or_else(step).map_or("it did nothing", String::as_str)
    }

    /// Whether the client waited until it gave up, instead of being refused.
    pub(super) fn is_silence(&self) -> bool {
        let signs = ["no end after", "TimeoutError", "Timed out", "timed out", "still running", "said nothing"];
        !self.is_connected() && signs.iter().any(|sign| self.complaint().contains(sign))
    }

    /// The steps that went well, one letter each.
    pub(super) fn letters(&self) -> String {
        let good = |step: &Step| matches!(self.steps.get(step), Some(Ok(_)));
        Step::ALL.iter().filter(|step| good(step)).filter_map(|step| step.name().chars().next()).collect()
    }
}

/// The visits in a script's output, by the name of their way.
pub(super) fn visits(output: &str) -> BTreeMap<String, Visit> {
    let reports = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    reports.filter_map(|report| Some((text(&report, "way")?, read(&report)))).collect()
}

fn read(report: &Value) -> Visit {
    let ended = |step: Step| {
        let end = report.get("steps")?.get(step.name())?;
        let error = || text(end, "error").unwrap_or_else(|| end.to_string());
        Some((step, end.get("ok").cloned().ok_or_else(error)))
    };
    Visit {
        steps: Step::ALL.into_iter().filter_map(ended).collect(),
        protocol: text(report, "protocol").unwrap_or_default(),
        error: text(report, "error"),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_and_failures_are_read() {
        let output = "noise\n{\"way\":\"run\",\"protocol\":\"2025-11-25\",\"steps\":{\"list\":{\"ok\":[\"a\"]},\
                      \"ask\":{\"error\":\"refused\"}}}\n{\"way\":\"serve\",\"error\":\"closed\"}\n";
        let visits = visits(output);
        let run = visits.get("run").unwrap();
        assert_eq!(run.steps.get(&Step::List), Some(&Ok(json!(["a"]))));
        assert_eq!(run.steps.get(&Step::Ask), Some(&Err("refused".to_owned())));
        assert_eq!((run.protocol.as_str(), run.letters().as_str()), ("2025-11-25", "l"));
        let serve = visits.get("serve").unwrap();
        assert!(!serve.is_connected() && !serve.is_silence());
        assert_eq!(serve.complaint(), "closed");
        assert!(Visit::failed("Error: no end after 40000 ms").is_silence());
    }
}
