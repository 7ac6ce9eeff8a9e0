//! `@guard("secrets.high=observe; injection=off")`: what a permit says of guards.
//!
//! A word is a guard or `all`, then in any order a severity and a direction, then what is done.

use std::sync::Arc;

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, Severity};

use super::duty::Fault;
use crate::suggest::nearest;

/// What to do with every finding of a kind.
const OFF: &str = "off";

/// The words for a direction.
const DIRECTIONS: [(&str, Direction); 2] = [("requests", Direction::ToServer), ("results", Direction::ToClient)];

/// Every word of the annotation, a narrower one later; what is wrong with it otherwise.
pub(super) fn read(text: &str) -> Result<Arc<[GuardDuty]>, Vec<Fault>> {
    let (mut duties, mut faults) = (Vec::new(), Vec::new());
    let mut from = 0;
    for part in text.split(';') {
        let start = from + part.len() - part.trim_start().len();
        match word(part.trim(), start) {
            Ok(duty) => duties.push(duty),
            Err(fault) => faults.push(fault),
        }
        from += part.len() + 1;
    }
    duties.sort_by_key(|duty| (duty.guard.is_some(), duty.severity.is_some(), duty.direction.is_some()));
    if faults.is_empty() { Ok(duties.into()) } else { Err(faults) }
}

fn word(part: &str, start: usize) -> Result<GuardDuty, Fault> {
    let Some((of, done)) = part.split_once('=') else {
        return Err(Fault {
            at: start..start + part.len(),
            message: format!("\"{part}\" does not say what a guard does"),
            advice: "write GUARD=ACTION, for example secrets.high=observe".to_owned(),
        });
    };
    let mut duty =
        GuardDuty { guard: None, direction: None, severity: None, action: action(done, start + of.len() + 1)? };
    let mut from = start;
    for (place, name) in of.split('.').enumerate() {
        let at = from + name.len() - name.trim_start().len();
        let name = name.trim();
        match place {
            0 if name == "all" => {}
            0 => duty.guard = Some(GuardName::parse(name).ok_or_else(|| unknown("guard", name, at, &guards()))?),
            _ => narrow(&mut duty, name, at)?,
        }
        from += name.len() + 1;
    }
    Ok(duty)
}

/// Takes a severity or a direction, each once.
fn narrow(duty: &mut GuardDuty, name: &str, at: usize) -> Result<(), Fault> {
    let severity = Severity::ALL.into_iter().find(|severity| severity.name() == name);
    let direction = DIRECTIONS.into_iter().find(|(word, _)| *word == name).map(|(_, direction)| direction);
    let twice = (severity.is_some() && duty.severity.is_some()) || (direction.is_some() && duty.direction.is_some());
    if twice {
        return Err(Fault {
            at: at..at + name.len(),
            message: format!("\"{name}\" is one too many"),
            advice: "write a word for each: secrets.low=off; secrets.medium=off".to_owned(),
        });
    }
    if severity.is_none() && direction.is_none() {
        let known: Vec<&str> =
            Severity::ALL.iter().map(|severity| severity.name()).chain(["requests", "results"]).collect();
        return Err(unknown("severity or direction", name, at, &known));
    }
    duty.severity = severity.or(duty.severity);
    duty.direction = direction.or(duty.direction);
    Ok(())
}

fn action(done: &str, start: usize) -> Result<Option<Action>, Fault> {
    let at = start + done.len() - done.trim_start().len();
    match done.trim() {
        OFF => Ok(None),
        name => match Action::parse(name) {
            Some(action) => Ok(Some(action)),
            None => {
                let known: Vec<&str> = Action::ALL.iter().map(|action| action.name()).chain([OFF]).collect();
                Err(unknown("action of guards", name, at, &known))
            }
        },
    }
}

fn guards() -> Vec<&'static str> {
    GuardName::ALL.iter().map(|guard| guard.name()).chain(["all"]).collect()
}

fn unknown(what: &str, name: &str, at: usize, known: &[&str]) -> Fault {
    let advice = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", known.join(", ")),
    };
    Fault { at: at..at + name.len(), message: format!("there is no {what} \"{name}\""), advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for text in ["secrets=off", "secrets.high=observe", "all.low.requests=hold", "size.results=block"] {
            let duties = read(text).unwrap();
            assert_eq!(duties.iter().map(ToString::to_string).collect::<Vec<_>>(), [text]);
        }
        let narrower_last = read("secrets.results.high = redact; all=observe ;secrets=block").unwrap();
        let told: Vec<String> = narrower_last.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["all=observe", "secrets=block", "secrets.high.results=redact"]);
    }

    #[test]
    fn whatever_else_is_written_is_pointed_at() {
        for (text, part, advice) in [
            ("secrets", "secrets", "write GUARD=ACTION, for example secrets.high=observe"),
            ("", "", "write GUARD=ACTION, for example secrets.high=observe"),
            ("secrets=off; secrts.high=off", "secrts", "did you mean secrets?"),
            ("secrets.hihg=off", "hihg", "did you mean high?"),
            ("secrets.high.low=off", "low", "write a word for each: secrets.low=off; secrets.medium=off"),
            ("secrets.request=off", "request", "did you mean requests?"),
            ("secrets = blok", "blok", "did you mean block?"),
            ("secrets=none of it", "none of it", "there are observe, redact, spotlight, hold, block, off"),
        ] {
            let faults = read(text).unwrap_err();
            let [fault] = &faults[..] else { panic!("{faults:?}") };
            assert_eq!((text.get(fault.at.clone()), fault.advice.as_str()), (Some(part), advice), "{text}");
        }
    }
}
