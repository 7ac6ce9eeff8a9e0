//! Servers as MCP clients write them: `mcpServers` (most), `servers` (VS Code).
//!
//! Responsible for finding the servers in such a file and giving them ids. What a client's file says beyond that is the
//! client's; it is left alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::limits::SERVER_ID_MAX;

use super::json;
use super::node::{Member, Node, Reader, Value};
use super::origin::{Origin, SourceFile};
use super::problem::Problems;
use super::settings::{Manner, ServerEntry};

/// The servers of a client's file.
pub(super) fn read(file: &Arc<SourceFile>, problems: &mut Problems) -> Vec<ServerEntry> {
    let root = match json::read(file.text()) {
        Ok(root) => root,
        Err(flaw) => {
            problems.error(Origin::File(file.clone(), flaw.span), flaw.message, flaw.advice);
            return Vec::new();
        }
    };
    let mut reader = Reader { origin: Origin::File(file.clone(), None), problems };
    let Some(members) = servers_of(&root, &mut reader) else { return Vec::new() };
    let mut entries = Vec::new();
    let mut taken: BTreeMap<ServerId, String> = BTreeMap::new();
    for member in members {
        entries.extend(entry(member, &mut taken, &mut reader));
    }
    entries
}

fn servers_of<'n>(root: &'n Node, reader: &mut Reader<'_>) -> Option<&'n [Member]> {
    let members = reader.table("a client's file", root)?;
    let named: Vec<&Member> =
        members.iter().filter(|member| matches!(member.name.as_str(), "mcpServers" | "servers")).collect();
    match named.as_slice() {
        [servers] => reader.table(&servers.name, &servers.node),
        [] => {
            let advice = "a client's file holds its servers in \"mcpServers\" or \"servers\"";
            reader.error(&(root.span.start..root.span.start + 1), "this file holds no servers", advice);
            None
        }
        [_, second, ..] => {
            reader.error(&second.name_span, "this file holds \"mcpServers\" and \"servers\"", "keep one of the two");
            None
        }
    }
}

fn entry(member: &Member, taken: &mut BTreeMap<ServerId, String>, reader: &mut Reader<'_>) -> Option<ServerEntry> {
    if is_disabled(&member.node) {
        let message = format!("the server '{}' is disabled and left out", member.name);
        reader.warning(&member.name_span, message, "remove \"disabled\" to use it");
        return None;
    }
    let Some(id) = slug(&member.name) else {
        let message = format!("no server id can be made of '{}'", member.name);
        reader.error(&member.name_span, message, "give it a name with letters or digits");
        return None;
    };
    if let Some(other) = taken.get(&id) {
        let message = format!("'{other}' and '{}' both become the server id '{id}'", member.name);
        reader.error(&member.name_span, message, "rename one of them");
        return None;
    }
    if id.as_str() != member.name {
        let message = format!("the server '{}' is known as '{id}' here", member.name);
        reader.warning(&member.name_span, message, format!("use '{id}' in policies and addresses"));
    }
    taken.insert(id.clone(), member.name.clone());
    Some(ServerEntry {
        id,
        origin: reader.origin.at(&member.name_span),
        node: member.node.clone(),
        manner: Manner::Client,
    })
}

fn is_disabled(node: &Node) -> bool {
    let Value::Table(members) = &node.value else { return false };
    members.iter().any(|member| member.name == "disabled" && matches!(member.node.value, Value::Flag(true)))
}

/// The server id made of a name: lower case, every run of other characters one hyphen.
pub(super) fn slug(name: &str) -> Option<ServerId> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    slug.truncate(SERVER_ID_MAX);
    ServerId::parse(slug.trim_end_matches('-')).ok()
}
