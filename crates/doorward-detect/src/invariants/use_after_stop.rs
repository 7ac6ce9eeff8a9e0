//! `use-after-stop`: a principal that was stopped goes on trying.
//!
//! A stop shows in records as the code that refuses what was stopped; what gets through a stop is for the tests of the
//! gateway, since a record cannot show what should have been refused.

use doorward_core::guard::Severity;

use super::{Sighting, Trail};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;
use crate::settings::Settings;

pub(super) fn look(event: &Event, trail: &mut Trail, settings: &Settings) -> Option<Sighting> {
    if !event.is_use() {
        return None;
    }
    let is_stopped = event.code.is_some_and(|code| settings.stop_codes.contains(&code.entry().number));
    if !is_stopped {
        trail.after_stop = 0;
        return None;
    }
    trail.after_stop = trail.after_stop.saturating_add(1);
    (trail.after_stop == settings.stop_calls.max(1)).then(|| Sighting {
        detector: DetectorId::UseAfterStop,
        severity: Severity::Medium,
        sentence: format!(
            "{} was stopped and has tried {} calls since, the last of them {} of {}.",
            plain(&event.who),
            trail.after_stop,
            plain(&event.item),
            plain(&event.server)
        ),
        before: Vec::new(),
    })
}
