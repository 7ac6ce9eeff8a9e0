//! What is done about findings when the operator says nothing.

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings, Severity};

/// Ready-made settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// See [`standard`].
    #[default]
    Standard,
    /// Everything passes as it is, and what is found is recorded.
    Observe,
    /// As the standard, and what is likely harmful goes no further either.
    Strict,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Observe, Self::Strict];

    /// Its name in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Observe => "observe",
            Self::Strict => "strict",
        }
    }

    /// What it says.
    #[must_use]
    pub fn settings(self) -> GuardSettings {
        match self {
            Self::Standard => standard(),
            Self::Observe => GuardSettings::all(Action::Observe),
            Self::Strict => {
                let mut settings = standard();
                for severity in [Severity::Medium, Severity::High] {
                    settings.apply(GuardDuty {
                        guard: None,
                        direction: None,
                        severity: Some(severity),
                        action: Some(Action::Block),
                    });
                }
                settings
            }
        }
    }
}

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
    (GuardName::Pins, Some(Direction::ToClient), Severity::High, Action::Block),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_speaks_of_everything_and_a_stricter_one_is_nowhere_milder() {
        let [standard, observe, strict] = Preset::ALL.map(Preset::settings);
        let nothing = GuardSettings::all(Action::Observe);
        for settings in [standard, observe, strict] {
            assert_eq!(nothing.under(&settings), settings, "a cell is left open");
        }
        assert_eq!(observe.stricter(&standard), standard);
        assert_eq!(standard.stricter(&strict), strict);
    }
}
