//! `result-mismatch`: a tool's result does not fit what the tool declares.

use doorward_core::guard::Severity;
use doorward_core::refusal::Code;

use super::Sighting;
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;

pub(super) fn look(event: &Event) -> Option<Sighting> {
    (event.code == Some(Code::ResultMismatch)).then(|| Sighting {
        detector: DetectorId::ResultMismatch,
        severity: Severity::Medium,
        sentence: format!(
            "{} of {} answered {} with a result that does not fit what it declares.",
            plain(&event.item),
            plain(&event.server),
            plain(&event.who)
        ),
        before: Vec::new(),
    })
}
