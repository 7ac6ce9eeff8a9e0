//! Definitions, judged by what they hold that is none of their business.
//!
//! Responsible for what only the place of a string shows: parameters that ask for the conversation or for what a file holds,
//! and prose where a value should be. What any text of a definition says is for the rules. It must never judge a definition
//! by what the tool can do: a tool that deletes files may say so.

use doorward_core::guard::{Confidence, Severity};

use super::readings::How;
use super::rules;
use super::scan::seen;
use super::words::Meaning;
use crate::guard::{Found, Report};
use crate::scene::Scene;
use crate::text::{Role, Text};

/// Judges every string of a definition by its place.
pub(crate) fn judge(scene: &Scene<'_>, report: &mut Report) {
    let mut name = "";
    for (place, text) in scene.texts.iter().enumerate().filter(|(_, text)| text.origin.is_none()) {
        let found = match text.role {
            Role::Name => {
                name = text.text.as_ref();
                parameter(text)
            }
            Role::Value if VALUES.contains(&name) => value(scene, text),
            Role::Value => None,
        };
        let Some((rule, severity)) = found else { continue };
        if !report.spend(text.text.len()) {
            return;
        }
        report.add(Found::new(rule, severity, Confidence::percent(97), place, 0..text.text.len()));
    }
}

/// Members whose values are data, or a few words.
const VALUES: &[&str] =
    &["default", "enum", "const", "examples", "example", "title", "pattern", "format", "$comment", "anyOf", "oneOf"];

/// A parameter that takes what the tool has no business with.
fn parameter(text: &Text<'_>) -> Option<(&'static str, Severity)> {
    let words = words_of(&text.text);
    if CONVERSATION.contains(&words.as_str()) {
        return Some(("parameter-conversation", Severity::Medium));
    }
    let name = text.text.to_lowercase();
    let meanings =
        |text: &str| seen(text, std::slice::from_ref(&(0..text.len()))).iter().fold(0, |all, one| all | one.means);
    let means = meanings(&words) | meanings(&name);
    let holds = means & (Meaning::Vault.bit() | Meaning::Secret.bit()) != 0;
    let contents = ["content of", "contents of", "content from", "contents from", "result from reading", "output of"];
    (holds && contents.iter().any(|phrase| words.contains(phrase))).then_some(("parameter-contents", Severity::Medium))
}

/// Names under which a tool is handed what was said before it was called.
const CONVERSATION: &[&str] = &[
    "conversation history",
    "chat history",
    "message history",
    "previous messages",
    "prior messages",
    "full conversation",
    "full context",
    "conversation context",
    "conversation so far",
    "chat transcript",
    "chain of thought",
    "sidenote",
    "side note",
];

/// The words of a name: `conversationHistory` and `conversation_history` say the same.
fn words_of(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut small = false;
    for letter in name.chars() {
        if letter.is_uppercase() && small {
            words.push(' ');
        }
        small = letter.is_lowercase();
        words.extend(if matches!(letter, '_' | '-' | '.') { ' ' } else { letter }.to_lowercase());
    }
    words.trim().to_owned()
}

/// Prose that gives orders where a value should be.
fn value(scene: &Scene<'_>, text: &Text<'_>) -> Option<(&'static str, Severity)> {
    if text.text.len() < 24 || text.text.split_whitespace().count() < 4 {
        return None;
    }
    let normal = text.normal();
    let all = 0..normal.text.len();
    let judged = rules::judge_again(&normal.text, std::slice::from_ref(&all), scene.content.surface, How::Disguised);
    (judged.severity >= Some(Severity::Medium)).then_some(("instruction-as-value", Severity::Medium))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_words() {
        for (name, words) in
            [("conversationHistory", "conversation history"), ("side-note", "side note"), ("URL", "url")]
        {
            assert_eq!(words_of(name), words);
        }
    }
}
