//! What is done about findings: settings of the operator, and the word of the rules that allow.

use std::fmt;

use super::{Action, GuardName, Severity};
use crate::access::Direction;

/// One word about guards. What it leaves open it says of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuardDuty {
    /// Which guard.
    pub guard: Option<GuardName>,
    /// Which way the message travels.
    pub direction: Option<Direction>,
    /// How grave the finding is.
    pub severity: Option<Severity>,
    /// What is done; `None` passes over what is found without a record.
    pub action: Option<Action>,
}

/// As `@guard` writes it: `secrets.high.requests=block`.
impl fmt::Display for GuardDuty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.guard.map_or("all", GuardName::name))?;
        if let Some(severity) = self.severity {
            write!(f, ".{}", severity.name())?;
        }
        if let Some(direction) = self.direction {
            f.write_str(match direction {
                Direction::ToServer => ".requests",
                Direction::ToClient => ".results",
            })?;
        }
        write!(f, "={}", self.action.map_or("off", Action::name))
    }
}

/// What is done about every finding. Empty settings block: closed by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuardSettings([[[Option<Option<Action>>; SEVERITIES]; DIRECTIONS]; GUARDS]);

const GUARDS: usize = GuardName::ALL.len();
const DIRECTIONS: usize = 2;
const SEVERITIES: usize = Severity::ALL.len();

impl GuardSettings {
    /// Settings that say the same of everything.
    #[must_use]
    pub fn all(action: Action) -> Self {
        let mut settings = Self::default();
        settings.apply(GuardDuty { guard: None, direction: None, severity: None, action: Some(action) });
        settings
    }

    /// Lets `duty` win over what was said before.
    pub fn apply(&mut self, duty: GuardDuty) {
        for (guard, direction, severity, said) in self.cells_mut() {
            let meant = duty.guard.is_none_or(|named| named == guard)
                && duty.direction.is_none_or(|named| named == direction)
                && duty.severity.is_none_or(|named| named == severity);
            if meant {
                *said = Some(duty.action);
            }
        }
    }

    /// These settings with every word of `later` over them.
    #[must_use]
    pub fn under(&self, later: &Self) -> Self {
        let mut joined = *self;
        for (guard, direction, severity, said) in joined.cells_mut() {
            *said = later.said(guard, direction, severity).or(*said);
        }
        joined
    }

    /// These settings and those of another who has a say: where both speak, the stricter counts.
    #[must_use]
    pub fn stricter(&self, other: &Self) -> Self {
        let mut joined = *self;
        for (guard, direction, severity, said) in joined.cells_mut() {
            *said = (*said).max(other.said(guard, direction, severity));
        }
        joined
    }

    /// Whether they say nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is done about such a finding; `None` when it is passed over. What nobody has spoken of is blocked.
    #[must_use]
    pub fn action(&self, guard: GuardName, direction: Direction, severity: Severity) -> Option<Action> {
        self.said(guard, direction, severity).unwrap_or(Some(Action::Block))
    }

    /// Whether such a guard need not even look: whatever it finds is passed over.
    #[must_use]
    pub fn is_off(&self, guard: GuardName, direction: Direction) -> bool {
        Severity::ALL.into_iter().all(|severity| self.action(guard, direction, severity).is_none())
    }

    fn said(&self, guard: GuardName, direction: Direction, severity: Severity) -> Option<Option<Action>> {
        let place = match direction {
            Direction::ToServer => 0,
            Direction::ToClient => 1,
        };
        *self.0.get(guard as usize)?.get(place)?.get(severity as usize)?
    }

    fn cells_mut(&mut self) -> impl Iterator<Item = (GuardName, Direction, Severity, &mut Option<Option<Action>>)> {
        GuardName::ALL.into_iter().zip(&mut self.0).flat_map(|(guard, directions)| {
            let ways = [Direction::ToServer, Direction::ToClient].into_iter().zip(directions);
            ways.flat_map(move |(direction, severities)| {
                let cells = Severity::ALL.into_iter().zip(severities);
                cells.map(move |(severity, said)| (guard, direction, severity, said))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: GuardDuty = GuardDuty { guard: None, direction: None, severity: None, action: None };

    #[test]
    fn what_nobody_has_spoken_of_is_blocked() {
        let settings = GuardSettings::default();
        for guard in GuardName::ALL {
            assert_eq!(settings.action(guard, Direction::ToServer, Severity::Low), Some(Action::Block));
        }
    }

    #[test]
    fn a_later_word_wins_where_it_speaks() {
        let mut settings = GuardSettings::all(Action::Observe);
        let secrets = GuardDuty { guard: Some(GuardName::Secrets), action: Some(Action::Block), ..EVERYTHING };
        settings.apply(secrets);
        settings.apply(GuardDuty { severity: Some(Severity::Low), ..secrets });
        settings.apply(GuardDuty { direction: Some(Direction::ToClient), action: Some(Action::Redact), ..secrets });
        let action = |guard, direction| settings.action(guard, direction, Severity::High);
        assert_eq!(action(GuardName::Secrets, Direction::ToServer), Some(Action::Block));
        assert_eq!(action(GuardName::Secrets, Direction::ToClient), Some(Action::Redact));
        assert_eq!(action(GuardName::Personal, Direction::ToServer), Some(Action::Observe));
    }

    #[test]
    fn of_two_who_have_a_say_the_stricter_counts() {
        let (mut one, mut other) = (GuardSettings::default(), GuardSettings::default());
        one.apply(GuardDuty { guard: Some(GuardName::Secrets), action: Some(Action::Redact), ..EVERYTHING });
        other.apply(GuardDuty { guard: Some(GuardName::Secrets), ..EVERYTHING });
        other.apply(GuardDuty { guard: Some(GuardName::Size), ..EVERYTHING });
        for joined in [one.stricter(&other), other.stricter(&one)] {
            let action = |guard| joined.action(guard, Direction::ToClient, Severity::High);
            assert_eq!(action(GuardName::Secrets), Some(Action::Redact));
            assert_eq!(action(GuardName::Size), None);
        }
    }

    #[test]
    fn each_cell_is_found_where_it_was_put() {
        for guard in GuardName::ALL {
            for direction in [Direction::ToServer, Direction::ToClient] {
                for severity in Severity::ALL {
                    let mut settings = GuardSettings::all(Action::Block);
                    let (guard, direction, severity) = (Some(guard), Some(direction), Some(severity));
                    settings.apply(GuardDuty { guard, direction, severity, action: Some(Action::Observe) });
                    let observed = |(guard, direction, severity, said): (_, _, _, &mut _)| {
                        (*said == Some(Some(Action::Observe))).then_some((Some(guard), Some(direction), Some(severity)))
                    };
                    let mut copy = settings;
                    assert_eq!(
                        copy.cells_mut().filter_map(observed).collect::<Vec<_>>(),
                        [(guard, direction, severity)]
                    );
                    let said = settings.action(guard.unwrap(), direction.unwrap(), severity.unwrap());
                    assert_eq!(said, Some(Action::Observe));
                }
            }
        }
    }

    #[test]
    fn settings_laid_over_others_keep_what_they_do_not_speak_of() {
        let mut later = GuardSettings::default();
        later.apply(GuardDuty { guard: Some(GuardName::Injection), ..EVERYTHING });
        let joined = GuardSettings::all(Action::Hold).under(&later);
        assert!(joined.is_off(GuardName::Injection, Direction::ToClient));
        assert_eq!(joined.action(GuardName::Size, Direction::ToClient, Severity::Low), Some(Action::Hold));
    }
}
