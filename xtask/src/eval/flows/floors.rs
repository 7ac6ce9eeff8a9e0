//! The figures below which a change must not fall. They stand beside those of the guards, in a member of their own.

use serde_json::{Value, json};

/// The member of the file of floors.
pub(in crate::eval) const MEMBER: &str = "flows";

/// The file with `numbers` as the floors of flow; the others stay. `None` when it is no JSON object.
pub(super) fn recorded(file: &str, numbers: &Value) -> Option<String> {
    let mut file: Value = serde_json::from_str(file).ok()?;
    let held: Value = numbers
        .as_object()?
        .iter()
        .filter(|(name, _)| is_held(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    file.as_object_mut()?.insert(MEMBER.to_owned(), held);
    Some(format!("{file:#}\n"))
}

/// The floors of flow in `file` put into `other`, which has been written anew.
pub(in crate::eval) fn kept(file: &str, other: &str) -> Option<String> {
    let file: Value = serde_json::from_str(file).ok()?;
    let mut other: Value = serde_json::from_str(other).ok()?;
    other.as_object_mut()?.insert(MEMBER.to_owned(), file.get(MEMBER).cloned().unwrap_or_else(|| json!({})));
    Some(format!("{other:#}\n"))
}

/// A sentence for each figure that is worse than its floor.
pub(super) fn broken(file: &str, numbers: &Value) -> Vec<String> {
    let file: Value = serde_json::from_str(file).unwrap_or_default();
    let floors = file.get(MEMBER).and_then(Value::as_object).into_iter().flatten();
    let mut broken = Vec::new();
    for (name, floor) in floors {
        let (Some(floor), now) = (floor.as_f64(), numbers.get(name).and_then(Value::as_f64)) else { continue };
        let is_worse = match now {
            None => true,
            Some(now) if is_cost(name) => now > floor,
            Some(now) => now < floor,
        };
        if is_worse {
            let now = now.map_or_else(|| "not measured".to_owned(), |now| now.to_string());
            let bound = if is_cost(name) { "at most" } else { "at least" };
            broken.push(format!("flows/{name}: {now}, {bound} {floor} is the floor"));
        }
    }
    broken
}

/// What asks or disturbs is to stay low; what stops is to stay high.
fn is_cost(name: &str) -> bool {
    is_benign(name) || name == "unreadable"
}

/// What is claimed, by suite and together.
fn is_held(name: &str) -> bool {
    is_cost(name) || name.contains("attacks_stopped")
}

fn is_benign(name: &str) -> bool {
    name.contains("benign_calls_asked")
        || name.contains("benign_calls_refused")
        || name.contains("benign_tasks_disturbed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_worse_is_told_and_what_gets_better_is_not() {
        let file = recorded("{\"pii\":{}}", &json!({"benign_calls_asked": 0.2, "attacks_stopped": 0.9})).unwrap();
        assert!(file.contains("pii"));
        assert_eq!(broken(&file, &json!({"benign_calls_asked": 0.1, "attacks_stopped": 0.9})), Vec::<String>::new());
        assert_eq!(broken(&file, &json!({"benign_calls_asked": 0.3, "attacks_stopped": 0.8})).len(), 2);
        assert_eq!(broken(&file, &json!({"benign_calls_asked": 0.2})).len(), 1);
        assert_eq!(kept(&file, "{\"pii\":{\"all\":1}}").unwrap().matches("stopped").count(), 1);
    }
}
