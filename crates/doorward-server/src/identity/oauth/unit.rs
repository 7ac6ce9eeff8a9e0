//! The unit of work that a token names.
//!
//! Responsible for reading one claim, whole or not at all. It must never take a part of one: a list of tools that cannot be
//! read would otherwise count as no list, which is more than its issuer gave. Such a token is refused like any other whose
//! claims have another form than they must have.

use std::sync::Arc;

use doorward_core::flow::{SignedUnit, TaskToken};
use serde_json::{Map, Value};

use super::claims::find;
use super::flaw::Flaw;
use super::json::Object;

/// What the claim at `path` says; `None` where the token has none.
pub(super) fn unit(claims: &Object, path: &str) -> Result<Option<Arc<SignedUnit>>, Flaw> {
    let unit = match find(claims, path) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(id)) => named(id)?,
        Some(Value::Object(claim)) => described(claim)?,
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => return Err(Flaw::Claims),
    };
    Ok(Some(Arc::new(unit)))
}

fn named(id: &str) -> Result<SignedUnit, Flaw> {
    SignedUnit::new(id).map_err(|_| Flaw::Claims)
}

/// Other members are for others (a mission's `origin`, say). One that is `null` is absent.
fn described(claim: &Map<String, Value>) -> Result<SignedUnit, Flaw> {
    let member = |name: &str| claim.get(name).filter(|value| !value.is_null());
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(Flaw::Claims);
    let id = member("id").ok_or(Flaw::Claims).and_then(text)?;
    let purpose = member("purpose").map(text).transpose()?;
    let tools = member("tools").map(|tools| tools.as_array().ok_or(Flaw::Claims)).transpose()?;
    let tools = tools.map(|tools| tools.iter().map(text).collect::<Result<Vec<String>, Flaw>>()).transpose()?;
    let calls = member("calls").map(|calls| calls.as_u64().and_then(|calls| u32::try_from(calls).ok()));
    let calls = calls.map(|calls| calls.ok_or(Flaw::Claims)).transpose()?;
    let token = TaskToken::new(tools.as_ref().map(|tools| tools.iter().map(String::as_str)), calls);
    let unit = named(&id)?.with_token(token.map_err(|_| Flaw::Claims)?);
    purpose.map_or(Ok(unit.clone()), |purpose| unit.with_purpose(&purpose).map_err(|_| Flaw::Claims))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claim: &Value) -> Result<Option<Arc<SignedUnit>>, Flaw> {
        let claims = json!({ "mission": claim, "ext": { "work": claim } });
        let Value::Object(claims) = claims else { panic!() };
        let unit = unit(&claims, "mission");
        assert_eq!(unit, super::unit(&claims, "ext.work"));
        unit
    }

    #[test]
    fn a_unit_of_work_is_a_name_or_what_is_said_of_it() {
        assert_eq!(read(&json!("m-1")).unwrap().unwrap().id(), "m-1");
        let whole = json!({ "id": "m-1", "origin": 7, "purpose": "Pay Ann", "tools": ["shop/pay"], "calls": 3 });
        let unit = read(&whole).unwrap().unwrap();
        let token = TaskToken::new(Some(["shop/pay"]), Some(3)).unwrap();
        assert_eq!((unit.id(), unit.purpose(), unit.token()), ("m-1", Some("Pay Ann"), &token));
        let bare = read(&json!({ "id": "m-1", "purpose": null, "tools": null, "calls": null })).unwrap().unwrap();
        assert_eq!((bare.purpose(), bare.token().narrows()), (None, false));
        assert!(read(&json!({ "id": "m-1", "tools": [] })).unwrap().unwrap().token().narrows());
        assert_eq!(read(&Value::Null), Ok(None));
        assert_eq!(unit_of_nothing(), Ok(None));
    }

    fn unit_of_nothing() -> Result<Option<Arc<SignedUnit>>, Flaw> {
        unit(&Map::new(), "mission")
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_in_part() {
        let cases = [
            json!(7),
            json!(true),
            json!(["m"]),
            json!(""),
            json!("a\nb"),
            json!("x".repeat(257)),
            json!({}),
            json!({ "id": 7 }),
            json!({ "id": "m", "purpose": 7 }),
            json!({ "id": "m", "purpose": "" }),
            json!({ "id": "m", "purpose": "x".repeat(4097) }),
            json!({ "id": "m", "tools": "pay" }),
            json!({ "id": "m", "tools": ["pay", 7] }),
            json!({ "id": "m", "tools": [""] }),
            json!({ "id": "m", "tools": ["pay", ""] }),
            json!({ "id": "m", "calls": -1 }),
            json!({ "id": "m", "calls": 1.5 }),
            json!({ "id": "m", "calls": "3" }),
            json!({ "id": "m", "calls": 4_294_967_296_u64 }),
        ];
        for claim in cases {
            assert_eq!(read(&claim), Err(Flaw::Claims), "{claim}");
        }
    }
}
