//! One form for all ways to write the same JSON: members in the order of their names, no space between them, strings
//! escaped one way. Numbers stay as they were written, so `1` and `1.0` differ.

use doorward_mcp::compose::quote;
use doorward_mcp::raw::{Kind, Raw};

/// Which members of an object are left out.
pub(crate) type LeftOut<'a> = dyn Fn(&str, Raw<'_>) -> bool + 'a;

/// `value` in the canonical form, without those of its own members that `left_out` says.
pub(crate) fn canonical(value: Raw<'_>, left_out: &LeftOut<'_>) -> String {
    let mut out = String::with_capacity(value.bytes().len());
    write(value, left_out, &mut out);
    out
}

/// `value` in one form for all ways to write the same JSON: members in the order of their names, no space, strings escaped
/// one way, numbers as they were written.
#[must_use]
pub fn canonical_json(value: Raw<'_>) -> String {
    canonical(value, &|_, _| false)
}

fn write(value: Raw<'_>, left_out: &LeftOut<'_>, out: &mut String) {
    match value.kind() {
        Kind::Object => {
            let mut members: Vec<_> = value.members().filter(|(name, member)| !left_out(name, *member)).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            out.push('{');
            for (place, (name, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                out.push_str(&quote(&name));
                out.push(':');
                write(member, &|_, _| false, out);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for (place, element) in value.elements().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(element, &|_, _| false, out);
            }
            out.push(']');
        }
        // A string that is no text (a lone surrogate) is kept as it was written.
        Kind::String => match value.as_str() {
            Some(text) => out.push_str(&quote(&text)),
            None => out.push_str(value.text()),
        },
        Kind::Null | Kind::Bool | Kind::Number => out.push_str(value.text()),
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    fn of(text: &'static str, left_out: &[&str]) -> String {
        canonical(RawJson::parse(text, &Limits::default()).unwrap().as_raw(), &|name, _| left_out.contains(&name))
    }

    #[test]
    fn the_order_of_members_and_the_space_between_them_are_not_kept() {
        let one = of(r#"{"b":[1, 2],"a":{"y":"\u0041","x":null}}"#, &[]);
        let other = of(r#"{ "a" : { "x":null, "y":"A" }, "b":[1,2] }"#, &[]);
        assert_eq!(one, other);
        assert_eq!(one, r#"{"a":{"x":null,"y":"A"},"b":[1,2]}"#);
    }

    #[test]
    fn everything_else_is_kept() {
        for (one, other) in [
            (r#"["a","b"]"#, r#"["b","a"]"#),
            (r#"{"a":1}"#, r#"{"a":1.0}"#),
            (r#"{"a":"x"}"#, r#"{"a":"x "}"#),
            (r#"{"a":null}"#, "{}"),
            (r#"{"a":"1"}"#, r#"{"a":1}"#),
            (r#""a""#, "\"a\u{200b}\""),
        ] {
            assert_ne!(of(one, &[]), of(other, &[]), "{one} {other}");
        }
    }

    #[test]
    fn only_its_own_members_are_left_out() {
        assert_eq!(of(r#"{"size":1,"a":{"size":2}}"#, &["size"]), r#"{"a":{"size":2}}"#);
    }
}
