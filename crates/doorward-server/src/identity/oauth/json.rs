//! Reading what issuers and clients signed: strict JSON, in which no name stands twice.
//!
//! Two readers of one token must see one content; what can be read in two ways is not read at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use serde_json::{Map, Value};

use super::limits::{ANSWER_BYTES_MAX, TOKEN_DEPTH_MAX, TOKEN_MEMBERS_MAX};

/// An object's members.
pub(super) type Object = Map<String, Value>;

/// Reads an object; `None` for anything else, and where a name stands twice.
pub(super) fn object(bytes: &[u8]) -> Option<Object> {
    let limits = Limits {
        message_bytes: ANSWER_BYTES_MAX,
        depth: TOKEN_DEPTH_MAX,
        open_members: TOKEN_MEMBERS_MAX,
        ..Limits::default()
    };
    let checked = RawJson::parse(bytes.to_vec(), &limits).ok()?;
    serde_json::from_slice(checked.bytes()).ok()
}

/// The bytes behind base64url without padding, in its one canonical spelling.
pub(super) fn unpadded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A text member; `None` when it is absent or no text.
pub(super) fn text<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    object.get(name).and_then(Value::as_str)
}

/// Seconds since 1970 (RFC 7519 §2, `NumericDate`), a fraction cut off.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(seconds);
    }
    let seconds = value.as_f64()?.floor();
    #[expect(clippy::cast_possible_truncation, reason = "within the range in which it is exact")]
    (seconds.abs() < 1e15).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_which_a_name_stands_twice_is_none() {
        assert!(object(br#"{"a":1,"b":{"a":2}}"#).is_some());
        for twice in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, r#"{"x":{"a":1,"a":1}}"#, r#"[{"a":1}]"#, "{} {}"] {
            assert!(object(twice.as_bytes()).is_none(), "{twice}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(unpadded("AQ").as_deref(), Some(&[1][..]));
        for odd in ["AQ==", "AR", "A+", "A/", "A", "AQ\n"] {
            assert!(unpadded(odd).is_none(), "{odd:?}");
        }
    }

    #[test]
    fn dates_are_numbers() {
        assert_eq!(seconds(&Value::from(1_700_000_000)), Some(1_700_000_000));
        assert_eq!(seconds(&Value::from(1.9)), Some(1));
        for odd in [Value::from("1"), Value::from(1e300), Value::Null] {
            assert_eq!(seconds(&odd), None);
        }
    }
}
