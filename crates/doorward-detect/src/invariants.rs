//! The invariants: what is worth a word whenever it happens, whatever else does.
//!
//! Each looks at one event and at what its principal did before, and decides without statistics.

use std::collections::VecDeque;

use doorward_core::guard::Severity;
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;

use crate::baseline::{PrincipalBaseline, Wide};
use crate::catalogue::DetectorId;
use crate::event::Event;
use crate::known::Known;
use crate::settings::Settings;

mod argument_mismatch;
mod definition_drift;
mod hidden_touched;
mod new_way_out;
mod probing;
mod result_mismatch;
mod unused_harm;
mod use_after_stop;

/// What an invariant has seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) detector: DetectorId,
    pub(crate) severity: Severity,
    pub(crate) sentence: String,
    /// The exchanges before this one that it rests on.
    pub(crate) before: Vec<ExchangeId>,
}

/// What one principal did of late, as far as invariants count.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Trail {
    /// Refused calls with the key of their tool and arguments, the oldest first.
    refused: VecDeque<Refused>,
    /// The tool whose arguments did not fit the last times, and how often in a row.
    misfits: Option<Misfits>,
    /// Calls since it was stopped.
    after_stop: u8,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Misfits {
    tool: u64,
    times: u8,
    last: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Refused {
    at: Timestamp,
    tool: u64,
    subject: u64,
    exchange: ExchangeId,
}

#[cfg(test)]
impl Trail {
    pub(crate) fn bytes(&self) -> usize {
        self.refused.capacity() * size_of::<Refused>()
    }
}

/// Everything that is to be said of `event`.
pub(crate) fn look(
    event: &Event,
    principal: &mut PrincipalBaseline,
    everyone: &Wide,
    settings: &Settings,
) -> Vec<Sighting> {
    let PrincipalBaseline { wide, trail, .. } = principal;
    // Without a history everything would be new; to somebody new what is new to everyone is.
    let today = day(event.at);
    let history = [&*wide, everyone].into_iter().find(|one| one.has_history(today)).map(|one| &one.known);
    let sightings = [
        definition_drift::look(event),
        result_mismatch::look(event),
        argument_mismatch::look(event, trail, settings),
        hidden_touched::look(event, settings),
        history.and_then(|known| unused_harm::look(event, known, settings)),
        history.and_then(|known| new_way_out::look(event, known, settings)),
        probing::look(event, trail, settings),
        use_after_stop::look(event, trail, settings),
    ];
    sightings.into_iter().flatten().filter(|sighting| settings.is_on(sighting.detector)).collect()
}

/// Remembers what was used, once it has been looked at.
pub(crate) fn remember(event: &Event, known: &mut Known) {
    if event.is_refused() || !event.is_use() {
        return;
    }
    let today = day(event.at);
    known.note(crate::key::short(event.tool_key()), today);
    new_way_out::ways(event).for_each(|way| known.note(way, today));
}

/// The day of `at`, counted from 1970.
pub(crate) fn day(at: Timestamp) -> u16 {
    u16::try_from(at.as_unix_millis() / 86_400_000).unwrap_or(u16::MAX)
}

/// Whether `key` was used within the days that count.
fn is_within_history(event: &Event, known: &Known, key: u32, settings: &Settings) -> bool {
    known.seen(key).is_some_and(|entry| day(event.at).saturating_sub(entry.day) <= settings.history_days)
}

#[cfg(test)]
pub(crate) mod tests;
