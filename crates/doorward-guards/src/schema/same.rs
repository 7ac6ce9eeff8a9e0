//! Whether two JSON values are the same, however they are written.

use doorward_mcp::raw::{Kind, Raw};

/// Whether `one` is `other` (JSON Schema core §4.2.2).
pub(super) fn same(one: Raw<'_>, other: Raw<'_>) -> bool {
    if one.kind() != other.kind() {
        return false;
    }
    if one.text() == other.text() {
        return true;
    }
    match one.kind() {
        Kind::Null => true,
        Kind::Bool => false,
        Kind::Number => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64().is_some() && one.as_f64() == other.as_f64(),
        },
        Kind::String => one.as_str() == other.as_str(),
        Kind::Array => {
            one.elements().count() == other.elements().count()
                && one.elements().zip(other.elements()).all(|(one, other)| same(one, other))
        }
        Kind::Object => {
            one.members().count() == other.members().count()
                && one.members().all(|(name, value)| other.member(&name).is_some_and(|other| same(value, other)))
        }
    }
}
