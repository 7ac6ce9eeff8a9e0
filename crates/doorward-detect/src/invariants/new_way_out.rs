//! `new-way-out`: data of a context that has read an outsider's words goes to a server where data from those servers never
//! went for this principal.

use doorward_core::guard::Severity;

use super::{Sighting, is_within_history};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::{Event, Reach, Trust};
use crate::key;
use crate::known::Known;
use crate::limits::ORIGINS_MAX;
use crate::settings::Settings;

pub(super) fn look(event: &Event, known: &Known, settings: &Settings) -> Option<Sighting> {
    let is_untrusted = match event.trust {
        Trust::Untrusted => !event.is_refused(),
        Trust::Unknown | Trust::Trusted => false,
    };
    let is_new = is_untrusted && ways(event).any(|way| !is_within_history(event, known, way, settings));
    is_new.then(|| Sighting {
        detector: DetectorId::NewWayOut,
        severity: Severity::High,
        sentence: format!(
            "{} sent something to {} of {} after reading what outsiders can have written; nothing went there from {} in \
             the last {} days.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server),
            others(event).map(plain).collect::<Vec<_>>().join(", "),
            settings.history_days
        ),
        before: Vec::new(),
    })
}

/// The ways that the data of this call takes: from each other server that its context has read from, to this one.
pub(super) fn ways(event: &Event) -> impl Iterator<Item = u32> {
    let goes_out = match event.traits.reach {
        Reach::Out => true,
        Reach::Unknown | Reach::Within => false,
    };
    let way = |origin: &str| key::short(key::of(&[b"way", origin.as_bytes(), event.server.as_bytes()]));
    others(event).filter(move |_| goes_out && event.is_use()).map(way)
}

fn others(event: &Event) -> impl Iterator<Item = &str> {
    event.origins.iter().map(AsRef::as_ref).filter(|origin| **origin != *event.server).take(ORIGINS_MAX)
}
