//! What a record tells of the flow of data: the unit of work in a column of its own, the rest as JSON in another.
//! Members are added, never changed.

use doorward_core::flow::{FlowNote, Label, Source};
use serde::{Deserialize, Serialize};

/// The flow that an exchange was part of. It holds no value of any message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowView {
    /// The unit of work, as 32 hexadecimal digits.
    pub context: String,
    /// The contexts it belongs to, as the gateway writes them for itself.
    #[serde(default)]
    pub trail: Box<str>,
    /// Its label: in an intent with the most that the answer may add, in an outcome as it then is.
    pub label: Label,
    /// The arguments without an endorsed origin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingView>,
    /// Where what led to a refusal was read, or what was sent comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// An argument without an endorsed origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingView {
    /// JSON pointer into the arguments.
    pub path: String,
    /// What it decides.
    pub role: String,
}

impl FlowView {
    /// How a note is shown.
    #[must_use]
    pub fn of(note: &FlowNote) -> Self {
        let missing = note.missing.iter();
        Self {
            context: note.context.to_string(),
            trail: note.trail.clone(),
            label: note.label.clone(),
            missing: missing
                .map(|one| MissingView { path: one.path.to_string(), role: one.role.as_str().to_owned() })
                .collect(),
            sources: note.sources.clone(),
        }
    }
}

/// The column's text; `None` where no contexts are kept.
pub(crate) fn written(note: Option<&FlowNote>) -> Result<Option<String>, serde_json::Error> {
    note.map(|note| serde_json::to_string(&FlowView::of(note))).transpose()
}

/// From its column. What cannot be read is left out: a record is shown all the same.
pub(crate) fn read(text: Option<&str>) -> Option<FlowView> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
