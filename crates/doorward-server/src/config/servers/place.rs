//! What `[servers.NAME]` says for policies and guards: `root`, `files` and `sql` for facts, `trust` and `tools` for what tools
//! count as, `guards` for what is done about findings. What it says of labels is read beside.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::guard::GuardSettings;
use doorward_guards::Spotlighting;
use doorward_guards::personal::Category;
use doorward_policy::effect::{Effect, Reach};
use doorward_policy::{Dialect, Files, ToolWord, Trust};

use super::super::guards::{RESTORE, SPOTLIGHT, meant};
use super::super::node::{Member, Value};
use super::super::{ServerConfig, guards};
use super::{Faults, Table, labels};

/// The keys of `[servers.NAME.tools.TOOL]`.
const TOOL_KEYS: &[&str] = &["effect", "egress", "guards", "labels"];

/// Reads the keys; those that are not there leave `place` as it is.
pub(super) fn read(table: &mut Table<'_, '_, '_>, server: &mut ServerConfig) {
    let ServerConfig { place, guards, told, labels, .. } = server;
    labels.pack = labels::pack(table);
    if let Some(member) = table.find("root")
        && let Some(path) = table.path("root", member)
    {
        // A parent would be folded by its letters, and a link before it leads elsewhere.
        let upwards = path.components().any(|part| part == std::path::Component::ParentDir);
        let root: std::path::PathBuf = table.folder.join(path).components().collect();
        match root.to_str().filter(|_| !upwards) {
            Some(root) => place.root = Some(Arc::from(root)),
            None => table.error(&member.node.span, "root is a folder without '..'", "write its whole path"),
        }
    }
    if let Some(files) = word(table, "files", &Files::ALL.map(|files| (files.name(), files))) {
        place.files = files;
    }
    if let Some(dialect) = word(table, "sql", &Dialect::ALL.map(|dialect| (dialect.name(), dialect))) {
        place.dialect = dialect;
    }
    if let Some(trust) = word(table, "trust", &Trust::ALL.map(|trust| (trust.name(), trust))) {
        place.trust = trust;
    }
    if let Some(member) = table.find("guards") {
        guards.settings = settings(table, member, &[SPOTLIGHT, RESTORE]);
        guards.spotlight = spotlight(table, member);
        told.server = restored(table, member);
    }
    tools(table, server);
}

/// Which of its results are marked as data, where its guards say so.
fn spotlight(table: &mut Table<'_, '_, '_>, member: &Member) -> Option<Spotlighting> {
    let Value::Table(members) = &member.node.value else { return None };
    let said = members.iter().find(|member| member.name == SPOTLIGHT)?;
    one_of(table, said, &Spotlighting::ALL.map(|one| (one.name(), one)))
}

/// Which kinds of personal data are given for their tokens, where its guards say so.
fn restored(table: &mut Table<'_, '_, '_>, member: &Member) -> BTreeSet<Category> {
    let Value::Table(members) = &member.node.value else { return BTreeSet::new() };
    let Some(said) = members.iter().find(|member| member.name == RESTORE) else { return BTreeSet::new() };
    let Some(kinds) = table.reader.texts(RESTORE, &said.node) else {
        table.faults = Faults::Some;
        return BTreeSet::new();
    };
    let mut known = BTreeSet::new();
    for (kind, span) in kinds {
        match Category::ALL.into_iter().find(|category| category.name() == kind) {
            Some(category) => drop(known.insert(category)),
            None => {
                let message = format!("'{}' is no kind of personal data", kind.escape_debug());
                table.error(&span, message, meant(&kind, &Category::ALL.map(Category::name)));
            }
        }
    }
    known
}

fn settings(table: &mut Table<'_, '_, '_>, member: &Member, apart: &[&str]) -> GuardSettings {
    let within = format!("{}.guards", table.name.trim_matches(['[', ']']));
    let said = guards::local(&within, member, apart, &mut table.reader);
    if said.is_none() {
        table.faults = Faults::Some;
    }
    said.unwrap_or_default()
}

fn tools(table: &mut Table<'_, '_, '_>, server: &mut ServerConfig) {
    let ServerConfig { place, guards: guarded, told, labels, .. } = server;
    let Some(member) = table.find("tools") else { return };
    let Some(tools) = table.reader.table("tools", &member.node) else {
        table.faults = Faults::Some;
        return;
    };
    for tool in tools {
        let within = format!("[servers….tools.{}]", tool.name);
        let Some(keys) = table.reader.table(&within, &tool.node) else {
            table.faults = Faults::Some;
            continue;
        };
        let mut said = ToolWord::default();
        for key in keys {
            match key.name.as_str() {
                "effect" => {
                    let effects = [Effect::Read, Effect::Write, Effect::Destructive];
                    said.effect = one_of(table, key, &effects.map(|effect| (effect.as_str(), effect)));
                }
                "egress" => said.reach = reach(table, key),
                "guards" => {
                    let settings = settings(table, key, &[RESTORE]);
                    guarded.tools.insert(Arc::from(tool.name.as_str()), settings);
                    told.tools.insert(Arc::from(tool.name.as_str()), restored(table, key));
                }
                "labels" => {
                    drop(labels.tools.insert(Box::from(tool.name.as_str()), labels::tool(table, &tool.name, key)))
                }
                _ => {
                    table.faults = Faults::Some;
                    table.reader.unknown(key, &within, TOOL_KEYS);
                }
            }
        }
        place.tools.insert(Arc::from(tool.name.as_str()), said);
    }
}

fn reach(table: &mut Table<'_, '_, '_>, key: &Member) -> Option<Reach> {
    let flag = table.reader.flag("egress", &key.node);
    if flag.is_none() {
        table.faults = Faults::Some;
    }
    flag.map(|reaches_out| if reaches_out { Reach::Open } else { Reach::Closed })
}

fn word<T: Copy>(table: &mut Table<'_, '_, '_>, key: &str, known: &[(&str, T)]) -> Option<T> {
    let member = table.find(key)?;
    one_of(table, member, known)
}

fn one_of<T: Copy>(table: &mut Table<'_, '_, '_>, member: &Member, known: &[(&str, T)]) -> Option<T> {
    let key = &member.name;
    let Some(text) = table.reader.text(key, &member.node) else {
        table.faults = Faults::Some;
        return None;
    };
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("{key} cannot be '{}'", text.escape_debug());
        table.error(&member.node.span, message, format!("it is one of {}", names.join(", ")));
    }
    found
}
