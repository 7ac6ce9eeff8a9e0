//! What single guards can be told beside what is done: keys of `[guards.NAME]`.

use doorward_core::guard::{GuardName, Severity};
use doorward_guards::Options;
use doorward_guards::personal::{Category, Placeholders};
use doorward_guards::size::Bound;

use super::super::node::{Member, Reader};
use super::{OFF, meant};

const SIZE: [&str; 5] = ["bytes", "tokens", "depth", "text_bytes", "growth"];

const BOUND: [&str; 2] = ["note", "refuse"];

const PERSONAL: [&str; 4] = ["own_domains", "allowed", "placeholders", "kinds"];

/// The keys that guard knows.
pub(super) const fn keys(guard: GuardName) -> &'static [&'static str] {
    match guard {
        GuardName::Personal => &PERSONAL,
        GuardName::Size => &SIZE,
        GuardName::Schema
        | GuardName::Secrets
        | GuardName::Injection
        | GuardName::Unicode
        | GuardName::Arguments
        | GuardName::Apps
        | GuardName::Pins => &[],
    }
}

/// Takes one of the [`keys`] of that guard; whatever is wrong with its value is told.
pub(super) fn take(guard: GuardName, within: &str, member: &Member, reader: &mut Reader<'_>, options: &mut Options) {
    let key = format!("{within}.{}", member.name);
    match guard {
        GuardName::Personal => personal(&key, member, reader, options),
        GuardName::Size => size(&key, member, reader, options),
        GuardName::Schema
        | GuardName::Secrets
        | GuardName::Injection
        | GuardName::Unicode
        | GuardName::Arguments
        | GuardName::Apps
        | GuardName::Pins => {}
    }
}

fn size(key: &str, member: &Member, reader: &mut Reader<'_>, options: &mut Options) {
    let size = &mut options.size;
    let bound = match member.name.as_str() {
        "bytes" => &mut size.bytes,
        "tokens" => &mut size.tokens,
        "depth" => &mut size.depth,
        "text_bytes" => &mut size.text_bytes,
        _ => &mut size.growth,
    };
    self::bound(key, member, reader, bound);
}

fn personal(key: &str, member: &Member, reader: &mut Reader<'_>, options: &mut Options) {
    let personal = &mut options.personal;
    let texts = |reader: &mut Reader<'_>| {
        let texts = reader.texts(key, &member.node).unwrap_or_default();
        texts.into_iter().map(|(text, _)| text).collect()
    };
    match member.name.as_str() {
        "own_domains" => personal.own_domains = texts(reader),
        "allowed" => personal.allowed = texts(reader),
        "kinds" => {
            for kind in reader.table(&format!("[{key}]"), &member.node).unwrap_or_default() {
                self::kind(key, kind, reader, options);
            }
        }
        _ => {
            let Some(said) = reader.text(key, &member.node) else { return };
            match Placeholders::ALL.into_iter().find(|one| one.name() == said) {
                Some(placeholders) => personal.placeholders = placeholders,
                None => {
                    let message = format!("{key} cannot be '{}'", said.escape_debug());
                    reader.error(&member.node.span, message, meant(&said, &Placeholders::ALL.map(Placeholders::name)));
                }
            }
        }
    }
}

/// From where on a size is found.
fn bound(key: &str, member: &Member, reader: &mut Reader<'_>, bound: &mut Bound) {
    for inner in reader.table(&format!("[{key}]"), &member.node).unwrap_or_default() {
        if !BOUND.contains(&inner.name.as_str()) {
            reader.unknown(inner, &format!("[{key}]"), &BOUND);
            continue;
        }
        let Some(number) = reader.number(&format!("{key}.{}", inner.name), &inner.node) else { continue };
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if inner.name == "note" { bound.note = number } else { bound.refuse = Some(number) }
    }
    // Whoever only refuses wants nothing noted above that.
    match bound.refuse {
        Some(0) => reader.error(&member.node.span, format!("{key}.refuse is 0"), "every message is larger"),
        Some(refuse) => bound.note = bound.note.min(refuse),
        None => {}
    }
}

/// How grave one kind of personal data is, or that it is not looked for.
fn kind(within: &str, member: &Member, reader: &mut Reader<'_>, options: &mut Options) {
    let Some(category) = Category::ALL.into_iter().find(|category| category.name() == member.name) else {
        let known = Category::ALL.map(Category::name);
        return reader.unknown(member, &format!("[{within}]"), &known);
    };
    let key = format!("{within}.{}", member.name);
    let Some(text) = reader.text(&key, &member.node) else { return };
    let severities = &mut options.personal.severities;
    match Severity::ALL.into_iter().find(|severity| severity.name() == text) {
        Some(severity) => drop(severities.insert(category, severity)),
        None if text == OFF => drop(severities.remove(&category)),
        None => {
            let known: Vec<&str> = Severity::ALL.iter().map(|severity| severity.name()).chain([OFF]).collect();
            let message = format!("{key} cannot be '{}'", text.escape_debug());
            reader.error(&member.node.span, message, meant(&text, &known));
        }
    }
}
