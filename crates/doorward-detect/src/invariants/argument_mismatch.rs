//! `argument-mismatch`: arguments do not fit what the tool declares, several times in a row.
//!
//! Once is what models do; in a row it is a client that was told of another tool than the server has, or a search.

use doorward_core::guard::Severity;
use doorward_core::refusal::Code;

use super::{Misfits, Sighting, Trail};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;
use crate::settings::Settings;

pub(super) fn look(event: &Event, trail: &mut Trail, settings: &Settings) -> Option<Sighting> {
    if !event.is_use() {
        return None;
    }
    let tool = event.tool_key();
    if event.code != Some(Code::SchemaMismatch) {
        trail.misfits = trail.misfits.filter(|misfits| misfits.tool != tool);
        return None;
    }
    let goes_on = |misfits: &Misfits| misfits.tool == tool && event.at.since(misfits.last) < settings.probing_window();
    let times = trail.misfits.filter(goes_on).map_or(0, |misfits| misfits.times).saturating_add(1);
    trail.misfits = Some(Misfits { tool, times, last: event.at });
    (times == settings.mismatch_calls.max(1)).then(|| Sighting {
        detector: DetectorId::ArgumentMismatch,
        severity: Severity::Low,
        sentence: format!(
            "{} sent {} of {} arguments that it does not declare, {times} times in a row.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server)
        ),
        before: Vec::new(),
    })
}
