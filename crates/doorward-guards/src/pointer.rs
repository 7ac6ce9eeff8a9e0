//! Where a value stands, as a JSON pointer (RFC 6901).

use doorward_mcp::raw::{Kind, Raw};

/// The pointer from `part` down to the value, or to the value of the name, that starts at `place`.
pub(crate) fn of(part: Raw<'_>, place: usize) -> String {
    let mut pointer = String::new();
    let mut at = part;
    loop {
        let below = match at.kind() {
            Kind::Object => at
                .named_values()
                .find(|(name, value)| name.range().start <= place && place < value.range().end)
                .map(|(name, value)| (name.as_str().unwrap_or_default().replace('~', "~0").replace('/', "~1"), value)),
            Kind::Array => {
                let found = at.elements().enumerate().find(|(_, value)| value.range().contains(&place));
                found.map(|(index, value)| (index.to_string(), value))
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        };
        let Some((step, value)) = below else { return pointer };
        pointer.push('/');
        pointer.push_str(&step);
        if place < value.range().start {
            return pointer;
        }
        at = value;
    }
}
