//! A pack's file.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;

use super::matches::Matches;
use super::stated::{Fault, Member, Reader, Stated, members, shown};
use super::{Flaw, Pack, Voice, statement};
use crate::limits::{PACK_BYTES_MAX, PACK_TOOLS_MAX, TEXT_MAX};

const TABLES: &[&str] = &["pack", "tools"];
const KEYS: &[&str] = &["name", "about", "reviewed", "matches"];

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Flaw>> {
        let mut faults = Vec::new();
        let pack = if text.len() > PACK_BYTES_MAX {
            Reader { faults: &mut faults }.fault(&(0..0), "the pack is too long", "describe one server in each");
            None
        } else {
            document(text, &mut faults)
        };
        match pack.filter(|_| faults.is_empty()) {
            Some(pack) => Ok(pack),
            None => Err(flaws(text, faults)),
        }
    }
}

fn flaws(text: &str, mut faults: Vec<Fault>) -> Vec<Flaw> {
    faults.sort_by_key(|fault| fault.span.start);
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let flaw = |fault: Fault| Flaw { line: line(fault.span.start), message: fault.message, advice: fault.advice };
    faults.into_iter().map(flaw).collect()
}

fn document(text: &str, faults: &mut Vec<Fault>) -> Option<Pack> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or_default();
        faults.push(Fault {
            span,
            message: error.message().to_owned(),
            advice: "write it as TOML wants it".to_owned(),
        });
    }
    if !errors.is_empty() {
        return None;
    }
    let mut reader = Reader { faults };
    let document = members(table.get_ref());
    for member in document.iter().filter(|member| !TABLES.contains(&member.name.as_str())) {
        reader.unknown(member, "a pack", TABLES);
    }
    let mut pack = head(&mut reader, document.iter().find(|member| member.name == "pack"))?;
    let tools = document.iter().find(|member| member.name == "tools");
    pack.tools = tools.map(|tools| all_tools(&mut reader, &pack.name, tools)).unwrap_or_default();
    if pack.tools.is_empty() {
        reader.fault(&(0..0), "the pack speaks of no tool", "add [tools.NAME] for each tool of the server");
    }
    Some(pack)
}

fn head(reader: &mut Reader<'_>, head: Option<&Member>) -> Option<Pack> {
    let Some(head) = head else {
        reader.fault(&(0..0), "the pack has no [pack]", "begin with [pack], and give it name, about and reviewed");
        return None;
    };
    let keys = reader.table("pack", &head.value);
    for key in keys.iter().filter(|key| !KEYS.contains(&key.name.as_str())) {
        reader.unknown(key, "[pack]", KEYS);
    }
    let find = |wanted: &str| keys.iter().find(|key| key.name == wanted);
    let name = wanted(reader, head, find("name"), "name", "the server's name in lower case, as \"filesystem\"");
    let about = wanted(reader, head, find("about"), "about", "say in a line whose tools it speaks of");
    let reviewed = wanted(reader, head, find("reviewed"), "reviewed", REVIEWED);
    let matches = find("matches").map(|key| Matches::read(reader, &key.value)).unwrap_or_default();
    let (name, name_at) = name?;
    if !is_pack_name(name) {
        let message = format!("'{}' is no name of a pack", shown(name));
        reader.fault(&name_at.span, message, "it has 1 to 64 characters of a-z, 0-9 and '-', and is not auto or none");
    }
    let ((about, _), (reviewed, reviewed_at)) = (about?, reviewed?);
    if !is_review(reviewed) {
        reader.fault(&reviewed_at.span, "reviewed does not say when, by whom and from what", REVIEWED);
    }
    let (name, about, reviewed) = (Arc::from(name), about.into(), reviewed.into());
    Some(Pack { name, about, reviewed, matches, tools: BTreeMap::new() })
}

const REVIEWED: &str = "write \"2026-11-23, by whom, from which source at which version\"";

/// A text that has to be there.
fn wanted<'v>(
    reader: &mut Reader<'_>,
    head: &Member,
    found: Option<&'v Member>,
    key: &str,
    advice: &str,
) -> Option<(&'v str, &'v Stated)> {
    let Some(member) = found else {
        reader.fault(&head.name_span, format!("[pack] has no {key}"), advice);
        return None;
    };
    let text = reader.text(key, &member.value)?;
    if text.trim().is_empty() || text.len() > TEXT_MAX {
        reader.fault(&member.value.span, format!("{key} has 1 to {TEXT_MAX} bytes"), advice);
        return None;
    }
    Some((text, &member.value))
}

fn is_pack_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && name != "auto" && name != "none"
}

/// A date, a name and a source, with commas between.
fn is_review(text: &str) -> bool {
    let mut parts = text.splitn(3, ',').map(str::trim);
    let date = parts.next().unwrap_or_default();
    let shape = date.len() == 10
        && date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape && parts.next().is_some_and(|who| !who.is_empty()) && parts.next().is_some_and(|from| from.contains(' '))
}

fn all_tools(reader: &mut Reader<'_>, pack: &Arc<str>, tools: &Member) -> BTreeMap<Box<str>, super::ToolLabels> {
    let mut all = BTreeMap::new();
    let tools = reader.table("tools", &tools.value);
    for tool in tools.iter().take(PACK_TOOLS_MAX) {
        if !is_tool_name(&tool.name) {
            let message = format!("'{}' does not look like the name of a tool", shown(&tool.name));
            reader.fault(
                &tool.name_span,
                message,
                "it has 1 to 128 characters of A-Z, a-z, 0-9, '_', '-', '.' and '/'",
            );
        }
        let said = statement::tool(&Voice::Pack(pack.clone()), &tool.name, &tool.value, reader.faults);
        all.insert(Box::from(tool.name.as_str()), said);
    }
    if let Some(beyond) = tools.get(PACK_TOOLS_MAX) {
        reader.fault(&beyond.name_span, format!("a pack speaks of {PACK_TOOLS_MAX} tools at most"), "split the server");
    }
    all
}

fn is_tool_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    (1..=128).contains(&name.len()) && name.bytes().all(allowed)
}
