//! `hidden-touched`: something was touched that nobody has a reason to touch.
//!
//! Refused attempts count: whoever looks for it has told who they are.

use doorward_core::guard::Severity;

use super::Sighting;
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::Event;
use crate::settings::Settings;

pub(super) fn look(event: &Event, settings: &Settings) -> Option<Sighting> {
    let hidden = settings.hidden.get(&*event.server)?;
    let is_meant = |pattern: &String| match pattern.strip_suffix('*') {
        Some(prefix) => event.item.starts_with(prefix),
        None => *event.item == **pattern,
    };
    (event.is_use() && hidden.iter().take(crate::limits::HIDDEN_ITEMS_MAX).any(is_meant)).then(|| Sighting {
        detector: DetectorId::HiddenTouched,
        severity: Severity::High,
        sentence: format!(
            "{} touched {} of {}, which is there for nobody.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server)
        ),
        before: Vec::new(),
    })
}
