//! What stands beside messages or is split over several: put before the guards as text.
//!
//! Responsible for what an exchange does not see: values of HTTP headers that travel with a call, and what a server says on
//! the way of one call, read on from one message to the next. It must never pass on what a guard would not let pass as it is.

use doorward_core::guard::{Action, Content, GuardName, GuardSettings, Inspection, Surface, Verdict};
use doorward_core::ids::ServerId;
use doorward_mcp::compose::quote;
use doorward_mcp::headers::decode;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Raw, RawJson, Token};

use crate::gateway::{Authority, Gateway};
use crate::inspect;
use crate::limits::TAIL_BYTES_MAX;
use crate::upstream::ParamHeaders;

/// Those of a client's headers that may travel with its call.
pub(super) fn passed(gateway: &Gateway, server: &ServerId, params: ParamHeaders) -> ParamHeaders {
    let passes = |value: &[u8]| match decode(value) {
        Ok(text) => inspect(gateway, server, (Surface::Request, &text)).verdict == Verdict::Pass,
        Err(_) => false,
    };
    match gateway.authority() {
        Authority::Endpoint => params,
        Authority::Policy => params.into_iter().filter(|(_, value)| passes(value.as_bytes())).collect(),
    }
}

/// The end of what a server has said on the way of one call.
#[derive(Debug, Default)]
pub(super) struct Tail(String);

impl Tail {
    /// Takes in what is said now. What the guards find only when it is read on from what was said before, in one sentence.
    pub(super) fn hear(&mut self, gateway: &Gateway, server: &ServerId, said: Option<Raw<'_>>) -> Option<String> {
        if gateway.authority() == Authority::Endpoint {
            return None;
        }
        let text = said.map(words).unwrap_or_default();
        let head = cut(&text, TAIL_BYTES_MAX).0;
        let split = match self.0.is_empty() || head.is_empty() {
            true => None,
            false => self.split(gateway, server, head),
        };
        let whole = format!("{}{text}", self.0);
        self.0 = cut(&whole, whole.len().saturating_sub(TAIL_BYTES_MAX)).1.to_owned();
        split
    }

    fn split(&self, gateway: &Gateway, server: &ServerId, head: &str) -> Option<String> {
        let found = |text: &str| stopped(&inspect(gateway, server, (Surface::Notification, text)));
        let together = [format!("{}{head}", self.0), format!("{}\n{head}", self.0)];
        let mut seen: Vec<_> = together.iter().flat_map(|text| found(text)).collect();
        if seen.is_empty() {
            return None;
        }
        let apart = [found(&self.0), found(head)].concat();
        seen.retain(|id| !apart.contains(id));
        seen.first().map(|(_, id)| format!("{id} is split over messages of one call."))
    }
}

/// What is found that may not go on as it is.
fn stopped(inspection: &Inspection) -> Vec<(GuardName, String)> {
    let acted = inspection.findings.iter().filter(|(_, action)| match action {
        Action::Redact | Action::Hold | Action::Block => true,
        Action::Observe | Action::Spotlight => false,
    });
    acted.map(|(finding, _)| (finding.guard, finding.id())).collect()
}

fn inspect(gateway: &Gateway, server: &ServerId, (surface, text): (Surface, &str)) -> Inspection {
    // A text of ours is a JSON string, and no longer than a message may be.
    let Ok(text) = RawJson::parse(quote(text), &Limits::for_results()) else { return unreadable() };
    let settings = GuardSettings::default();
    let content = Content::outside(surface, "", server, &settings, &text);
    inspect::inspect(gateway, &content)
}

fn unreadable() -> Inspection {
    let verdict =
        Verdict::Block { code: doorward_core::refusal::Code::GuardUnfinished, detail: "It cannot be read.".to_owned() };
    Inspection { findings: Vec::new(), verdict }
}

/// Members that say what a text is rather than what it says; between two texts they would hide that one goes on.
const LABELS: [&str; 10] =
    ["_meta", "level", "logger", "mimeType", "progressToken", "resultType", "role", "status", "taskId", "type"];

/// Everything that a message says, in its order.
fn words(said: Raw<'_>) -> String {
    let (mut text, mut depth, mut label) = (String::new(), 0_usize, None);
    for token in said.tokens() {
        match token {
            Token::Open(_) => depth = depth.saturating_add(1),
            Token::Close => {
                depth = depth.saturating_sub(1);
                label = label.filter(|opened| *opened < depth);
            }
            Token::Name(name) if label.is_none_or(|opened| opened >= depth) => {
                label = name.as_str().filter(|name| LABELS.contains(&&**name)).map(|_| depth);
            }
            Token::Name(_) => {}
            Token::Scalar(value) if label.is_none() => text.push_str(&value.as_str().unwrap_or_default()),
            Token::Scalar(_) => {}
        }
    }
    text
}

/// The text up to `at`, and what follows, parted at a character.
fn cut(text: &str, at: usize) -> (&str, &str) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_on_without_its_labels() {
        for (json, text) in [
            (r#"{"level":"info","logger":"l","data":"one"}"#, "one"),
            (
                r#"{"data":{"a":"one","type":"x","b":["two",{"type":"y","c":"three"}]},"_meta":{"a":{"b":"no"}},"z":"four"}"#,
                "onetwothreefour",
            ),
            (r#"{"content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]}"#, "onetwo"),
            (r#"{"progressToken":"p","progress":1,"message":"one"}"#, "one"),
        ] {
            let said = RawJson::parse(json, &Limits::default()).unwrap();
            assert_eq!(words(said.as_raw()), text, "{json}");
        }
    }

    #[test]
    fn texts_are_parted_at_characters() {
        assert_eq!(cut("aäb", 2), ("a", "äb"));
        assert_eq!(cut("ab", 9), ("ab", ""));
    }
}
