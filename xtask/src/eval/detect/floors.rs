//! The figures below which a change must not fall. They stand beside those of the guards, in a member of their own.

use serde_json::{Value, json};

/// The member of the file of floors.
pub(in crate::eval) const MEMBER: &str = "detect";

/// The file with `numbers` as the floors of detection; the others stay. `None` when it is no JSON object.
pub(super) fn recorded(file: &str, numbers: &Value) -> Option<String> {
    let mut file: Value = serde_json::from_str(file).ok()?;
    let held: Value = numbers
        .as_object()?
        .iter()
        .filter(|(name, _)| is_cost(name) || is_seen(name))
        .filter_map(|(name, value)| Some((name.clone(), json!(rounded(name, value.as_f64()?)))))
        .collect();
    file.as_object_mut()?.insert(MEMBER.to_owned(), held);
    Some(format!("{file:#}\n"))
}

/// The floors of detection in `file` put into `other`, which has been written anew.
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
    let worse = floors.filter_map(|(name, floor)| {
        let (floor, now) = (floor.as_f64()?, numbers.get(name).and_then(Value::as_f64)?);
        let (is_worse, bound) = if is_cost(name) { (now > floor, "at most") } else { (now < floor, "at least") };
        is_worse.then(|| format!("detect/{name}: {now}, {bound} {floor} is the floor"))
    });
    worse.collect()
}

/// Two digits after the point, on the side that leaves room.
fn rounded(name: &str, value: f64) -> f64 {
    if is_cost(name) { (value * 100.0).ceil() / 100.0 } else { (value * 100.0).floor() / 100.0 }
}

fn is_cost(name: &str) -> bool {
    name == "false_alerts_per_10000"
}

/// Generated attacks: what traces show is told, and not claimed.
fn is_seen(name: &str) -> bool {
    name.ends_with("_seen") && !name.starts_with("trace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_worse_is_told_and_what_gets_better_is_not() {
        let figures = json!({"attacks_seen": 0.968, "false_alerts_per_10000": 0.412, "trace_attacks_seen": 0.03});
        let file = recorded("{\"pii\":{}}", &figures).unwrap();
        assert!(file.contains("pii") && !file.contains("trace"));
        assert_eq!(broken(&file, &figures), Vec::<String>::new());
        assert_eq!(broken(&file, &json!({"attacks_seen": 0.9, "false_alerts_per_10000": 0.9})).len(), 2);
        assert_eq!(kept(&file, "{\"pii\":{\"all\":1}}").unwrap().matches("attacks_seen").count(), 1);
    }
}
