//! What a record says, in the forms that several sinks want.

use doorward_store::RecordView;

use crate::clock;

/// One line for a person: who did what to what, and how it ended.
pub(crate) fn sentence(record: &RecordView) -> String {
    let mut text = format!("{}: {}", record.principal, record.action);
    for (word, part) in [(" ", &record.resource), (" on ", &record.server)] {
        if let Some(part) = part {
            text.push_str(word);
            text.push_str(part);
        }
    }
    text.push_str(": ");
    text.push_str(if is_intent(record) { "intent" } else { &record.disposition });
    if let Some(code) = &record.code {
        text.push(' ');
        text.push_str(code);
    }
    text
}

/// When it was written, in microseconds since 1970; zero when nobody can read it.
pub(crate) fn micros(record: &RecordView) -> u64 {
    clock::micros_of(&record.at).unwrap_or(0)
}

pub(crate) fn is_intent(record: &RecordView) -> bool {
    record.phase == "intent"
}

/// How a record ended, as far as severity goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// As wanted.
    Fine,
    /// The other side answered with an error.
    Error,
    /// Refused or failed, or a guard found something.
    Trouble,
    /// A guard found something grave.
    Grave,
}

pub(crate) fn weight(record: &RecordView) -> Weight {
    let ended = match record.disposition.as_str() {
        "answer-error" => Weight::Error,
        "refuse" | "fail" => Weight::Trouble,
        _ => Weight::Fine,
    };
    let found = record.findings.iter().map(|finding| match finding.severity.as_str() {
        "high" => Weight::Grave,
        _ => Weight::Trouble,
    });
    found.fold(ended, Ord::max)
}
