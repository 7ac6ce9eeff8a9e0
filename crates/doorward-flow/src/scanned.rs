//! What guards have found, as a label: findings only raise how far a text may not go.

use doorward_core::flow::{Category, Confidentiality, Label};
use doorward_core::guard::{Action, Finding, GuardName, Severity};

/// The label of what was found and stays in what is shown; something to join.
#[must_use]
pub fn found(findings: &[(Finding, Action)]) -> Label {
    let stays = |action: &Action| match action {
        Action::Observe | Action::Spotlight | Action::Hold => true,
        Action::Redact | Action::Block => false,
    };
    let kept = findings.iter().filter(|(finding, action)| stays(action) && finding.severity >= Severity::Medium);
    kept.fold(Label::default(), |label, (finding, _)| match finding.guard {
        GuardName::Secrets => label.join(&raised(Confidentiality::Secret)),
        GuardName::Personal => label.join(&raised(Confidentiality::Confidential)),
        GuardName::Schema
        | GuardName::Injection
        | GuardName::Unicode
        | GuardName::Arguments
        | GuardName::Size
        | GuardName::Apps
        | GuardName::Pins => label,
    })
}

/// The label of data of that confidentiality of which no more is known: credentials where it is secret, people otherwise.
#[must_use]
pub fn raised(confidentiality: Confidentiality) -> Label {
    let word = if confidentiality == Confidentiality::Secret { "credential" } else { "pii" };
    Label { confidentiality, categories: Category::parse(word).into_iter().collect(), ..Label::default() }
}
