//! `definition-drift`: something whose definition is no longer the approved one was used, or shown in a list.

use doorward_core::guard::Severity;
use doorward_core::refusal::Code;

use super::Sighting;
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;

/// What the guard of pins says of it.
const FINDING: &str = "pins/drifted";

pub(super) fn look(event: &Event) -> Option<Sighting> {
    if event.code != Some(Code::Drifted) && !event.has_finding(FINDING) {
        return None;
    }
    let (who, item, server) = (plain(&event.who), plain(&event.item), plain(&event.server));
    let sentence = if event.is_use() {
        format!("{who} called {item} of {server}, whose definition has changed since it was approved.")
    } else {
        format!("{server} now says something else of what it offers than was approved ({who} asked for {item}).")
    };
    Some(Sighting { detector: DetectorId::DefinitionDrift, severity: Severity::High, sentence, before: Vec::new() })
}
