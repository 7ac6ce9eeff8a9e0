//! What is said of one tool, and what a statement must give a reason for.
//!
//! A definition is not at hand here, only the tool's name. What the definition shows is weighed once more where the statement
//! is put to use (`Nature::with`).

use std::ops::Range;
use std::sync::Arc;

use doorward_core::flow::{Category, Confidentiality, Integrity, Role};

use super::stated::{Fault, Member, Reader, Stated, shown};
use super::{Said, ToolLabels, Voice};
use crate::limits::{POINTER_BYTES_MAX, POINTERS_MAX, TEXT_MAX};
use crate::nature::{Act, ByName, Links};

const KEYS: &[&str] = &["act", "egress", "links", "makes", "hide", "result", "roles", "fields", "because"];
const LABEL_KEYS: &[&str] = &["confidentiality", "integrity", "categories", "because"];

/// Reads what is said of the tool of this name; what is wrong with it is added to `faults`.
pub fn tool(by: &Voice, name: &str, stated: &Stated, faults: &mut Vec<Fault>) -> ToolLabels {
    let mut reader = Reader { faults };
    let mut said = ToolLabels::nothing(by.clone());
    let within = match by {
        Voice::Pack(_) => format!("[tools.{}]", shown(name)),
        Voice::Operator => format!("[servers….tools.{}.labels]", shown(name)),
    };
    let keys = reader.table(&within, stated);
    for key in keys {
        let (word, value) = (key.name.as_str(), &key.value);
        match word {
            "act" => said.act = reader.word(word, value, Act::ALL, Act::parse),
            "egress" => said.egress = reader.flag(word, value),
            "links" => said.links = reader.word(word, value, &[Links::Own, Links::Ask], Links::parse),
            "makes" => said.makes = reader.flag(word, value),
            "hide" => said.hide = reader.flag(word, value),
            "result" => said.result = label(&mut reader, word, value),
            "roles" => said.roles = roles(&mut reader, value),
            "fields" => said.fields = fields(&mut reader, value),
            "because" => said.because = reason(&mut reader, value),
            _ => reader.unknown(key, &within, KEYS),
        }
    }
    justified(&mut reader, name, keys, &said);
    said
}

fn label(reader: &mut Reader<'_>, within: &str, stated: &Stated) -> Said {
    let mut said = Said::default();
    for key in reader.table(within, stated) {
        let (word, value) = (key.name.as_str(), &key.value);
        match word {
            "confidentiality" => {
                said.confidentiality = reader.word(word, value, Confidentiality::ALL, Confidentiality::parse);
            }
            "integrity" => said.integrity = reader.word(word, value, Integrity::ALL, Integrity::parse),
            "categories" => said.categories = categories(reader, value),
            "because" => said.because = reason(reader, value),
            _ => reader.unknown(key, within, LABEL_KEYS),
        }
    }
    said
}

fn categories(reader: &mut Reader<'_>, stated: &Stated) -> Vec<Category> {
    let mut found = Vec::new();
    for (text, span) in reader.texts("categories", stated) {
        match Category::parse(text) {
            Some(category) => found.push(category),
            None => {
                let message = format!("'{}' is no category", shown(text));
                reader.fault(
                    &span,
                    message,
                    "write a short word of a-z, 0-9 and '-', as \"pii\", \"money\" or \"health\"",
                );
            }
        }
    }
    found
}

fn reason(reader: &mut Reader<'_>, stated: &Stated) -> Option<Arc<str>> {
    let text = reader.text("because", stated)?.trim();
    // A word is no reason.
    if !text.contains(' ') || text.len() > TEXT_MAX {
        let message = format!("because is a sentence of at most {TEXT_MAX} bytes");
        reader.fault(&stated.span, message, "say what makes it so, for the next who reviews it");
        return None;
    }
    Some(text.into())
}

fn roles(reader: &mut Reader<'_>, stated: &Stated) -> Vec<(Arc<str>, Role)> {
    let members = bounded(reader, "roles", stated);
    let role = |member: &Member, reader: &mut Reader<'_>| {
        let pointer = pointer(reader, member)?;
        Some((pointer, reader.word(&member.name, &member.value, Role::ALL, Role::parse)?))
    };
    members.iter().filter_map(|member| role(member, reader)).collect()
}

fn fields(reader: &mut Reader<'_>, stated: &Stated) -> Vec<(Arc<str>, Said)> {
    let members = bounded(reader, "fields", stated);
    let mut found = Vec::new();
    for member in members {
        let Some(pointer) = pointer(reader, member) else { continue };
        found.push((pointer, label(reader, &member.name, &member.value)));
    }
    found
}

fn bounded<'v>(reader: &mut Reader<'_>, key: &str, stated: &'v Stated) -> &'v [Member] {
    let members = reader.table(key, stated);
    if let Some(beyond) = members.get(POINTERS_MAX) {
        let advice = "use * for names that are alike, or a shorter pointer for all below it";
        reader.fault(&beyond.name_span, format!("{key} has {POINTERS_MAX} pointers at most"), advice);
    }
    members.get(..members.len().min(POINTERS_MAX)).unwrap_or_default()
}

fn pointer(reader: &mut Reader<'_>, member: &Member) -> Option<Arc<str>> {
    let fits = member.name.starts_with('/') && member.name.len() <= POINTER_BYTES_MAX;
    if !fits {
        let message = format!("'{}' is no JSON pointer", shown(&member.name));
        let advice = "write \"/name\", \"/list/*/name\" or \"/*\"; the pointer begins with '/'";
        reader.fault(&member.name_span, message, advice);
    }
    fits.then(|| Arc::from(member.name.as_str()))
}

/// What must have a reason has one.
fn justified(reader: &mut Reader<'_>, name: &str, keys: &[Member], said: &ToolLabels) {
    let shows = ByName::of(name);
    let at = |wanted: &str| keys.iter().find(|key| key.name == wanted).map(|key| key.value.span.clone());
    let mut unless = |reasoned: bool, key: &str, lowered: bool, message: String| {
        if lowered && !reasoned {
            let span = at(key).unwrap_or_default();
            reader.fault(&span, message, "add because = \"…\" that says why, or leave it out");
        }
    };
    let reasoned = said.because.is_some();
    let acts = shows.act.is_some_and(Act::is_consequential);
    unless(reasoned, "act", said.act == Some(Act::Read) && acts, format!("the name of {name} is not that of a reader"));
    let sends = shows.act == Some(Act::Send);
    unless(reasoned, "egress", said.egress == Some(false) && sends, format!("the name of {name} speaks of sending"));
    unless(reasoned, "links", said.links == Some(Links::Own), "links = \"own\" asks less".to_owned());
    let makes = said.makes == Some(true) && !shows.makes;
    unless(reasoned, "makes", makes, format!("the name of {name} does not say that it makes something new"));
    for (pointer, role) in &said.roles {
        let lowered = shows.lowered(pointer, *role);
        unless(reasoned, "roles", lowered, format!("the name of {pointer} says that it decides more than {role}"));
    }
    if said.makes == Some(true) && said.act.is_some_and(|act| act != Act::Write) {
        let advice = "leave it out, or say act = \"write\"";
        reader.fault(&at("makes").unwrap_or_default(), "only a tool that writes makes something new", advice);
    }
    let result = at("result").unwrap_or_default();
    whole(reader, &result, said);
    let fields = keys.iter().find(|key| key.name == "fields");
    for (pointer, label) in &said.fields {
        let members = fields.map(|fields| match &fields.value.value {
            super::Value::Table(members) => members.as_slice(),
            super::Value::Text(_) | super::Value::Flag(_) | super::Value::List(_) | super::Value::Other => &[],
        });
        let member = members.and_then(|members| members.iter().find(|member| *member.name == **pointer));
        let span = member.map(|member| member.name_span.clone()).unwrap_or_default();
        field(reader, &span, pointer, label);
    }
}

/// Of a whole result, its prose too, nobody can say that it is believed.
fn whole(reader: &mut Reader<'_>, span: &Range<usize>, said: &ToolLabels) {
    let reasoned = said.because.is_some() || said.result.because.is_some();
    let least = match said.by {
        Voice::Pack(_) => Integrity::AdversaryWritable,
        Voice::Operator => Integrity::ThirdParty,
    };
    if said.result.integrity.is_some_and(|integrity| integrity < least) {
        let message = "a whole result cannot be trusted, because what it says in prose would be";
        reader.fault(
            span,
            message,
            "name the fields: fields = { \"/*/id\" = { integrity = \"internal\", because = \"…\" } }",
        );
    }
    if said.result.confidentiality == Some(Confidentiality::Public) && !reasoned {
        reader.fault(span, "a result that anybody may know needs a reason", "add because = \"…\" that says why");
    }
}

fn field(reader: &mut Reader<'_>, span: &Range<usize>, pointer: &str, label: &Said) {
    let trusted = label.integrity.is_some_and(|integrity| integrity < Integrity::AdversaryWritable);
    if trusted && crate::nature::is_prose(pointer) {
        let message = format!("{pointer} holds prose, which is never trusted");
        reader.fault(span, message, "trust fields that hold an id, an address or a name");
    }
    if trusted && pointer.split('/').skip(1).all(|token| token == "*") {
        let message = format!("{pointer} names no field, and would trust all of them");
        reader.fault(span, message, "name each field that holds an id, an address or a name");
        return;
    }
    let lowered = trusted || label.confidentiality == Some(Confidentiality::Public);
    if lowered && label.because.is_none() {
        let message = format!("{pointer} is believed more or guarded less than the rest without a reason");
        reader.fault(span, message, "add because = \"…\" to it");
    }
}
