//! `new-way-out`: data of a context that has read an outsider's words goes to a server where data from those servers never
//! went for this principal.
//!
//! Servers count as origins once they are in use: what a new one gave has no ways yet.

use doorward_core::guard::Severity;

use super::{Sighting, is_within_history};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::{Event, Reach, Trust};
use crate::key;
use crate::known::Known;
use crate::limits::{EVENTS_MIN, ORIGINS_MAX};
use crate::settings::Settings;

pub(super) fn look(event: &Event, known: &Known, settings: &Settings) -> Option<Sighting> {
    let is_untrusted = match event.trust {
        Trust::Untrusted => !event.is_refused(),
        Trust::Unknown | Trust::Trusted => false,
    };
    let is_established =
        |origin: &&str| known.seen(server(origin)).is_some_and(|one| u32::from(one.times) >= EVENTS_MIN);
    let mut news = others(event).filter(is_established).filter_map(|origin| Some((origin, way(event, origin)?)));
    let news: Vec<&str> = news
        .by_ref()
        .filter(|(_, way)| is_untrusted && !is_within_history(event, known, *way, settings))
        .map(|(origin, _)| origin)
        .collect();
    (!news.is_empty()).then(|| Sighting {
        detector: DetectorId::NewWayOut,
        severity: Severity::High,
        sentence: format!(
            "{} sent something to {} of {} after reading what outsiders can have written; nothing went there from {} in \
             the last {} days.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server),
            news.into_iter().map(plain).collect::<Vec<_>>().join(", "),
            settings.history_days
        ),
        before: Vec::new(),
    })
}

/// What is to be remembered of this call: its server, and the ways that its data takes, from each other server that its
/// context has read from.
pub(super) fn ways(event: &Event) -> impl Iterator<Item = u32> {
    std::iter::once(server(&event.server)).chain(others(event).filter_map(|origin| way(event, origin)))
}

/// The way from `origin` to the server of this call, if it goes out.
fn way(event: &Event, origin: &str) -> Option<u32> {
    let goes_out = match event.traits.reach {
        Reach::Out => event.is_use(),
        Reach::Unknown | Reach::Within => false,
    };
    goes_out.then(|| key::short(key::of(&[b"way", origin.as_bytes(), event.server.as_bytes()])))
}

fn server(name: &str) -> u32 {
    key::short(key::of(&[b"server", name.as_bytes()]))
}

fn others(event: &Event) -> impl Iterator<Item = &str> {
    event.origins.iter().map(AsRef::as_ref).filter(|origin| **origin != *event.server).take(ORIGINS_MAX)
}
