//! `unused-harm`: a destructive tool was used that this principal did not use in 30 days.

use doorward_core::guard::Severity;

use super::{Sighting, is_within_history};
use crate::alert::plain;
use crate::catalogue::DetectorId;
use crate::event::{Event, Harm};
use crate::key;
use crate::known::Known;
use crate::settings::Settings;

pub(super) fn look(event: &Event, known: &Known, settings: &Settings) -> Option<Sighting> {
    let is_harmful = match event.traits.harm {
        Harm::Destructive => !event.is_refused(),
        Harm::Unknown | Harm::Mild => false,
    };
    let is_new = !is_within_history(event, known, key::short(event.tool_key()), settings);
    (is_harmful && is_new).then(|| Sighting {
        detector: DetectorId::UnusedHarm,
        severity: Severity::High,
        sentence: format!(
            "{} used {} of {}, which can destroy something and was not used in the last {} days.",
            plain(&event.who),
            plain(&event.item),
            plain(&event.server),
            settings.history_days
        ),
        before: Vec::new(),
    })
}
