//! What is done about findings when the operator says nothing.

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings, Severity};

/// The settings of a gateway that nobody has set: secrets do not leave, hostile text arrives marked or not at all, and what
/// is only suspicious is recorded.
#[must_use]
pub fn standard() -> GuardSettings {
    let mut settings = GuardSettings::all(Action::Observe);
    for (guard, direction, severity, action) in STANDARD {
        settings.apply(GuardDuty {
            guard: Some(*guard),
            direction: *direction,
            severity: Some(*severity),
            action: Some(*action),
        });
    }
    settings
}

const STANDARD: &[(GuardName, Option<Direction>, Severity, Action)] = &[
    (GuardName::Schema, Some(Direction::ToServer), Severity::High, Action::Block),
    (GuardName::Secrets, Some(Direction::ToServer), Severity::Medium, Action::Block),
    (GuardName::Secrets, Some(Direction::ToServer), Severity::High, Action::Block),
    (GuardName::Secrets, Some(Direction::ToClient), Severity::Medium, Action::Redact),
    (GuardName::Secrets, Some(Direction::ToClient), Severity::High, Action::Redact),
    (GuardName::Injection, Some(Direction::ToClient), Severity::Medium, Action::Spotlight),
    (GuardName::Injection, Some(Direction::ToClient), Severity::High, Action::Block),
    (GuardName::Unicode, None, Severity::Medium, Action::Redact),
    (GuardName::Unicode, None, Severity::High, Action::Redact),
    (GuardName::Arguments, Some(Direction::ToServer), Severity::High, Action::Block),
    (GuardName::Size, None, Severity::High, Action::Block),
    (GuardName::Apps, None, Severity::High, Action::Block),
];
