//! `probing`: a refused call was tried again and again with other arguments.

use doorward_core::guard::Severity;

use super::{Refused, Sighting, Trail};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;
use crate::limits::REFUSALS_MAX;
use crate::settings::Settings;

pub(super) fn look(event: &Event, trail: &mut Trail, settings: &Settings) -> Option<Sighting> {
    if !event.is_refused() || !event.is_use() || !is_judged(event) {
        return None;
    }
    let this = Refused { at: event.at, tool: event.tool_key(), subject: event.subject_key(), exchange: event.exchange };
    let is_told = trail.refused.iter().any(|before| before.subject == this.subject);
    trail.refused.retain(|before| event.at.since(before.at) < settings.probing_window());
    if trail.refused.len() >= REFUSALS_MAX {
        trail.refused.pop_front();
    }
    if is_told {
        return None;
    }
    trail.refused.push_back(this);
    let of_tool: Vec<_> =
        trail.refused.iter().filter(|before| before.tool == this.tool).map(|one| one.exchange).collect();
    (of_tool.len() == usize::from(settings.probing_calls.max(2))).then(|| Sighting {
        detector: DetectorId::Probing,
        severity: Severity::Medium,
        sentence: format!(
            "{} was refused {} of {} {} times within {} minutes, each time with other arguments.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server),
            of_tool.len(),
            settings.probing_seconds / 60
        ),
        before: of_tool.into_iter().filter(|exchange| *exchange != event.exchange).collect(),
    })
}

/// Whether rules, guards or flow refused it: what does not fit a schema or comes too fast is no answer to learn from.
fn is_judged(event: &Event) -> bool {
    use doorward_core::refusal::Code;
    let Some(code) = event.code else { return false };
    matches!(
        code,
        Code::NotAllowed
            | Code::Forbidden
            | Code::Unclear
            | Code::ApprovalDenied
            | Code::RequestBlocked
            | Code::NotEndorsed
            | Code::FlowRefused
            | Code::BeyondTask
            | Code::UnknownItem
            | Code::UnknownTool
            | Code::ForeignHandle
    )
}
