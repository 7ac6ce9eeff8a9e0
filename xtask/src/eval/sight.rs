//! What the guards see in one item: it is put before them as it would reach them, under the standard settings.

use std::thread;
use std::time::{Duration, Instant};

use doorward_core::guard::{Confidence, Content, GuardName, GuardSettings, Severity, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Guards, Options, standard};
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Raw, RawJson};
use serde_json::{Value, json};

use super::corpus::{Item, Place};

/// What was seen in one item.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    /// Who found something, how grave and how sure.
    pub(super) findings: Vec<(GuardName, Severity, Confidence)>,
    /// Whether the message would not have gone on as it was.
    pub(super) is_disturbed: bool,
    /// The bytes inspected.
    pub(super) bytes: usize,
    pub(super) took: Duration,
}

impl Sight {
    /// The gravest that one of `guards` says.
    pub(super) fn severity(&self, guards: &[GuardName]) -> Option<Severity> {
        self.of(guards).map(|(_, severity, _)| *severity).max()
    }

    /// The surest that one of `guards` is.
    pub(super) fn confidence(&self, guards: &[GuardName]) -> Option<Confidence> {
        self.of(guards).map(|(_, _, confidence)| *confidence).max()
    }

    fn of<'a>(&'a self, guards: &'a [GuardName]) -> impl Iterator<Item = &'a (GuardName, Severity, Confidence)> {
        self.findings.iter().filter(|(guard, ..)| guards.contains(guard))
    }
}

/// Puts every item before the guards, two at a time: the time of each is measured on its own.
pub(super) fn see(items: &[Item]) -> Result<Vec<Sight>, String> {
    let guards = Guards::new(options());
    // Making them is no part of looking.
    guards.prepare();
    let server = ServerId::parse("corpus").map_err(|error| error.to_string())?;
    let half = items.len().div_ceil(2).max(1);
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(half)
            .map(|part| scope.spawn(|| part.iter().map(|item| look(&guards, &server, item)).collect()))
            .collect();
        let mut sights = Vec::new();
        for part in parts {
            let seen: Result<Vec<Sight>, String> =
                part.join().map_err(|_| "a guard panicked on an item of the corpus".to_owned())?;
            sights.extend(seen?);
        }
        Ok(sights)
    })
}

fn options() -> Options {
    let mut options = Options::default();
    let settings = &mut options.settings;
    *settings = standard();
    options
}

fn look(guards: &Guards, server: &ServerId, item: &Item) -> Result<Sight, String> {
    let (surface, method, path, message) = message(item);
    let message = RawJson::parse(message.to_string(), &Limits::for_results())
        .map_err(|_| format!("{} is no text that JSON can hold", item.id))?;
    let part = part(message.as_raw(), path).ok_or("the message lacks its part")?;
    let settings = GuardSettings::default();
    let content = Content { parts: vec![part], ..Content::outside(surface, method, server, &settings, &message) };
    let started = Instant::now();
    let inspection = guards.inspect(&content, &Around::default(), "mark");
    let took = started.elapsed();
    let seen = inspection.findings.iter().map(|(one, _)| (one.guard, one.severity, one.confidence));
    let mut findings: Vec<_> = seen.collect();
    let is_disturbed = inspection.verdict != Verdict::Pass;
    // What could not be inspected to the end is blocked, whatever it held.
    if findings.is_empty() && is_disturbed {
        findings.extend(GuardName::ALL.map(|guard| (guard, Severity::High, Confidence::CERTAIN)));
    }
    Ok(Sight { findings, is_disturbed, bytes: part.bytes().len(), took })
}

/// The message that brings an item, and where in it the inspected part lies.
pub(crate) fn message(item: &Item) -> (Surface, &'static str, &'static [&'static str], Value) {
    let text = &item.text;
    match item.place {
        Place::Description => {
            let tool = json!({"name": "lookup", "description": text, "inputSchema": {"type": "object"}});
            (Surface::Definition, "tools/list", &["result", "tools"], json!({"result": {"tools": [tool]}}))
        }
        Place::Result | Place::User => {
            let result = json!({"content": [{"type": "text", "text": text}]});
            (Surface::Result, "tools/call", &["result"], json!({"jsonrpc": "2.0", "id": 1, "result": result}))
        }
        Place::Argument => {
            let object = serde_json::from_str(text).ok().filter(Value::is_object);
            let params = json!({"name": "lookup", "arguments": object.unwrap_or_else(|| json!({"input": text}))});
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
            (Surface::Request, "tools/call", &["params"], message)
        }
    }
}

/// The part at `path`; of a list, its first element.
pub(crate) fn part<'a>(message: Raw<'a>, path: &[&str]) -> Option<Raw<'a>> {
    let part = message.path(path)?;
    Some(part.elements().next().unwrap_or(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(place: Place, text: &str) -> Item {
        Item {
            id: "a".to_owned(),
            text: text.to_owned(),
            is_positive: true,
            category: "c".to_owned(),
            technique: None,
            source: "s".to_owned(),
            place,
        }
    }

    #[test]
    fn a_text_stands_where_its_surface_says() {
        let inspected = |place, text| {
            let item = item(place, text);
            let (_, _, path, message) = message(&item);
            let message = RawJson::parse(message.to_string(), &Limits::default()).unwrap();
            let written = part(message.as_raw(), path).unwrap().text().to_owned();
            serde_json::from_str::<serde_json::Value>(&written).unwrap()
        };
        assert_eq!(inspected(Place::Description, "x")["description"], "x");
        assert_eq!(inspected(Place::Result, "x"), json!({"content": [{"text": "x", "type": "text"}]}));
        assert_eq!(inspected(Place::Argument, r#"{"a":1}"#), json!({"arguments": {"a": 1}, "name": "lookup"}));
        assert_eq!(inspected(Place::Argument, "[1]"), json!({"arguments": {"input": "[1]"}, "name": "lookup"}));
    }

    #[test]
    fn what_a_guard_finds_is_seen() {
        let hidden = item(Place::Result, "hello\u{e0041}\u{e0042}");
        let plain = item(Place::Result, "hello");
        let sights = see(&[hidden, plain]).unwrap();
        let severity = |at: usize| sights[at].severity(&[GuardName::Unicode]);
        assert_eq!((severity(0), severity(1)), (Some(Severity::High), None));
        assert_eq!(sights[0].severity(&[GuardName::Personal]), None);
        assert!(sights[0].is_disturbed && !sights[1].is_disturbed);
    }
}
