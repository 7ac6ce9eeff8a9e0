//! What a record tells of findings of guards: one column, a JSON array. Members are added, never changed.

use doorward_core::guard::{Action, Finding};
use doorward_core::record::Record;
use serde::{Deserialize, Serialize};

/// One finding, and what was done about it. It says where something was found and what kind of thing, never what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingView {
    /// Who found it: `secrets`, `injection`, …
    pub guard: String,
    /// The rule of that guard.
    pub rule: String,
    /// `low`, `medium` or `high`.
    pub severity: String,
    /// How sure the guard is, in percent.
    pub confidence: u8,
    /// What was done: `observe`, `redact`, `spotlight`, `hold` or `block`.
    pub action: String,
    /// The string it stood in, as a JSON pointer below what was inspected; empty when it is all of it.
    pub pointer: String,
    /// The first byte of it in that string.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl FindingView {
    /// Those of a record.
    #[must_use]
    pub fn of(record: &Record) -> Vec<Self> {
        record.findings.iter().map(|(finding, action)| Self::one(finding, *action)).collect()
    }

    fn one(finding: &Finding, action: Action) -> Self {
        Self {
            guard: finding.guard.name().to_owned(),
            rule: finding.rule.to_string(),
            severity: finding.severity.name().to_owned(),
            confidence: finding.confidence.as_percent(),
            action: action.name().to_owned(),
            pointer: finding.pointer.to_string(),
            start: finding.range.start,
            end: finding.range.end,
        }
    }
}

/// The column's text; `None` when nothing was found.
pub(crate) fn written(record: &Record) -> Result<Option<String>, serde_json::Error> {
    if record.findings.is_empty() { Ok(None) } else { serde_json::to_string(&FindingView::of(record)).map(Some) }
}

/// From its column. What cannot be read is left out: a record is shown all the same.
pub(crate) fn read(text: Option<&str>) -> Vec<FindingView> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
