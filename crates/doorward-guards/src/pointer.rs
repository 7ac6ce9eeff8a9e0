//! Where a value stands, as a JSON pointer (RFC 6901) that says nothing else.
//!
//! Names of members come from outside: a pointer repeats only those that are short and plain, and none in which something
//! was found. Of a name in which something was found it tells the place of the object.

use doorward_mcp::raw::{Kind, Raw};

use crate::limits::POINTER_NAME_MAX;

/// Stands for a name that is not repeated.
const UNTOLD: &str = "*";

/// The pointer from `part` down to the value that starts at `place`, or to the object of the name that does. `told` says of
/// a name, by where it starts, whether it may be repeated.
pub(crate) fn of(part: Raw<'_>, place: usize, told: &dyn Fn(usize) -> bool) -> String {
    let mut pointer = String::new();
    let mut at = part;
    loop {
        let below = match at.kind() {
            Kind::Object => at
                .named_values()
                .find(|(name, value)| name.range().start <= place && place < value.range().end)
                .map(|(name, value)| (plain(name, told), value)),
            Kind::Array => {
                let found = at.elements().enumerate().find(|(_, value)| value.range().contains(&place));
                found.map(|(index, value)| (index.to_string(), value))
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        };
        let Some((step, value)) = below else { return pointer };
        if place < value.range().start {
            return pointer;
        }
        pointer.push('/');
        pointer.push_str(&step);
        at = value;
    }
}

fn plain(name: Raw<'_>, told: &dyn Fn(usize) -> bool) -> String {
    let is_plain = |name: &str| {
        (1..=POINTER_NAME_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.-".contains(&byte))
    };
    match name.as_str() {
        Some(text) if is_plain(&text) && told(name.range().start) => text.into_owned(),
        Some(_) | None => UNTOLD.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    #[test]
    fn a_pointer_repeats_plain_names_alone() {
        let long = "n".repeat(POINTER_NAME_MAX + 1);
        let just = "n".repeat(POINTER_NAME_MAX);
        for (json, pointer) in [
            (r#"{"a":{"b_$.-1":["x","!"]}}"#.to_owned(), "/a/b_$.-1/1".to_owned()),
            (r#"{"ignore all of this":{"a":"!"}}"#.to_owned(), "/*/a".to_owned()),
            (r#"{"a/b":"!"}"#.to_owned(), "/*".to_owned()),
            (r#"{"":"!"}"#.to_owned(), "/*".to_owned()),
            (r#"{"ä":{"\u0061":"!"}}"#.to_owned(), "/*/a".to_owned()),
            (format!(r#"{{"{long}":"!"}}"#), "/*".to_owned()),
            (format!(r#"{{"{just}":"!"}}"#), format!("/{just}")),
            (r#"{"a":{"!":"x"}}"#.to_owned(), "/a".to_owned()),
            (r#""!""#.to_owned(), String::new()),
        ] {
            let value = RawJson::parse(json.clone(), &Limits::default()).unwrap();
            let place = json.find("\"!\"").unwrap();
            assert_eq!(of(value.as_raw(), place, &|_| true), pointer, "{json}");
        }
        let value = RawJson::parse(r#"{"AKIA":{"b":"!"}}"#, &Limits::default()).unwrap();
        assert_eq!(of(value.as_raw(), 13, &|start| start != 1), "/*/b");
    }
}
