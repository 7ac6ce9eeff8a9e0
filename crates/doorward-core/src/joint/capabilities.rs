//! What a joint face says of itself.
//!
//! Responsible for a union: a capability that one server has, the face has. It must never reduce the face to its weakest
//! server.

use std::collections::BTreeMap;

use doorward_mcp::compose::quote;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind, Raw, RawJson};

use super::Plan;
use super::view::Part;
use crate::ids::ServerId;
use crate::limits::JOINT_INSTRUCTIONS_MAX;

/// What a server that was never reached may have.
const POSSIBLE: &str = r#"{"completions":{},"logging":{},"prompts":{},"resources":{"subscribe":true},"tools":{}}"#;

impl Plan {
    /// The server capabilities of the face, as JSON text: the union over all servers, objects joined member by member.
    /// `known` holds what each server declared. One that is missing may turn out to have anything that a face can pass on,
    /// so the face then declares all of that: a client asks only for what was declared.
    #[must_use]
    pub fn capabilities(&self, known: &[(ServerId, RawJson)]) -> String {
        let possible = RawJson::parse(POSSIBLE, &Limits::default()).ok();
        let unsure = self.servers().any(|server| known.iter().all(|(other, _)| other != server));
        let declared = known.iter().map(|(_, capabilities)| capabilities);
        let declared = declared.chain(possible.as_ref().filter(|_| unsure));
        let declared: Vec<Raw<'_>> = declared.map(RawJson::as_raw).collect();
        let mut union = members(&declared);
        let lists = [("tools", Part::Shown), ("prompts", self.rules.prompts), ("resources", self.rules.resources)];
        for (list, part) in lists {
            match part {
                Part::Hidden => _ = union.remove(list),
                Part::Shown if list == "tools" || union.contains_key(list) => {
                    let declared = declared.iter().filter_map(|capabilities| capabilities.member(list));
                    union.insert(list.to_owned(), with_list_changed(&declared.collect::<Vec<_>>()));
                }
                Part::Shown => {}
            }
        }
        object(&union)
    }

    /// The instructions of all servers, each under its id; `None` when none gave any. What passes the bound is left out,
    /// server by server.
    #[must_use]
    pub fn instructions(&self, known: &[(ServerId, String)]) -> Option<String> {
        let mut joined = String::new();
        for (server, instructions) in known {
            let section = format!("# {server}\n\n{}\n\n", below_its_title(instructions.trim()));
            if !instructions.trim().is_empty() && joined.len() + section.len() <= JOINT_INSTRUCTIONS_MAX {
                joined.push_str(&section);
            }
        }
        let joined = joined.trim_end();
        (!joined.is_empty()).then(|| joined.to_owned())
    }
}

/// A server's text with its titles one step lower, so that it cannot begin what looks like the section of another server.
fn below_its_title(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    let lines: Vec<String> = lines.map(lowered).collect();
    lines.join("\n")
}

fn lowered(line: &str) -> String {
    let text = line.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
    if text.starts_with('#') {
        return format!("#{text}");
    }
    // Underlined, the line before is a title too; underlined this way, one step lower.
    let is_underline = !text.is_empty() && text.trim_end().chars().all(|c| c == '=');
    if is_underline { "-".repeat(text.trim_end().len()) } else { line.to_owned() }
}

/// Characters that leave no mark, behind which a title could hide.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The face says itself when one of its lists changes.
fn with_list_changed(declared: &[Raw<'_>]) -> String {
    let mut union = members(declared);
    union.insert("listChanged".to_owned(), "true".to_owned());
    object(&union)
}

fn members(objects: &[Raw<'_>]) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, Vec<Raw<'_>>> = BTreeMap::new();
    for (name, value) in objects.iter().flat_map(Raw::members) {
        if value.kind() != Kind::Null {
            values.entry(name.into_owned()).or_default().push(value);
        }
    }
    values.into_iter().map(|(name, values)| (name, joined(&values))).collect()
}

/// Objects become one, a truth that one server claims is true, and of anything else the first counts.
fn joined(values: &[Raw<'_>]) -> String {
    if values.iter().all(|value| value.kind() == Kind::Object) {
        return object(&members(values));
    }
    if values.iter().any(|value| value.as_bool() == Some(true)) {
        return "true".to_owned();
    }
    values.first().map(|value| value.text().to_owned()).unwrap_or_default()
}

fn object(members: &BTreeMap<String, String>) -> String {
    let members: Vec<String> = members.iter().map(|(name, json)| format!("{}:{json}", quote(name))).collect();
    format!("{{{}}}", members.join(","))
}
