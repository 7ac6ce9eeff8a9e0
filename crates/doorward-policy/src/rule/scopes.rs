//! `@scopes("a b")` on a permit: what credentials must have been given for.
//!
//! It becomes a condition of the rule itself, the first one, so that Cedar's own answer needs no correction.

use std::collections::BTreeSet;
use std::sync::Arc;

use cedar_policy::Policy;
use serde_json::{Value, json};

use crate::limits::RULE_SCOPES_MAX;

/// The scopes an annotation names; what is wrong with it otherwise.
pub(super) fn read(text: &str) -> Result<BTreeSet<Arc<str>>, &'static str> {
    let scopes: BTreeSet<Arc<str>> = text.split_ascii_whitespace().map(Arc::from).collect();
    if scopes.is_empty() {
        Err("@scopes names no scope")
    } else if scopes.len() > RULE_SCOPES_MAX {
        Err("@scopes names more scopes than a token can have")
    } else if scopes.iter().all(|scope| scope.bytes().all(is_scope_character)) {
        Ok(scopes)
    } else {
        Err("@scopes holds a character that no scope can have")
    }
}

/// RFC 6749 §3.3.
const fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

/// `policy` with the condition before its own; `None` only if Cedar refused what it has written itself.
pub(super) fn demanding(policy: &Policy, scopes: &BTreeSet<Arc<str>>) -> Option<Policy> {
    let mut written = policy.to_json().ok()?;
    let wanted: Vec<Value> = scopes.iter().map(|scope| json!({ "Value": &**scope })).collect();
    let held = json!({ ".": { "left": { "Var": "principal" }, "attr": "scopes" } });
    let body = json!({ "containsAll": { "left": held, "right": { "Set": wanted } } });
    written.get_mut("conditions")?.as_array_mut()?.insert(0, json!({ "kind": "when", "body": body }));
    Policy::from_json(Some(policy.id().clone()), written).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words() {
        let read = |text: &str| read(text).map(|scopes| scopes.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(read("b  a:x b"), Ok(vec!["a:x".to_owned(), "b".to_owned()]));
        for wrong in ["", " ", "a\"b", "a\\b", "é", "a\u{7f}"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let many = |count: usize| (0..count).map(|number| format!("s{number} ")).collect::<String>();
        assert!(read(&many(RULE_SCOPES_MAX)).is_ok());
        assert!(read(&many(RULE_SCOPES_MAX + 1)).is_err());
    }

    #[test]
    fn the_condition_comes_first_and_annotations_stay() {
        let text = "@id(\"a\") permit(principal, action, resource) when { context.x } unless { context.y };";
        let policy = Policy::parse(None, text).unwrap();
        let demanding = demanding(&policy, &BTreeSet::from([Arc::from("s"), Arc::from("t")])).unwrap();
        assert_eq!(demanding.annotation("id"), Some("a"));
        let written = demanding.to_string();
        let place = |needle: &str| written.find(needle).unwrap_or_else(|| panic!("{needle}: {written}"));
        assert!(place("containsAll") < place("when { context.x").min(place("unless")), "{written}");
    }
}
