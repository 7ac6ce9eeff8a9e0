//! How a conversation opens: `initialize` in the legacy era, `server/discover` in the modern one.
//!
//! Responsible for saying in one what was learnt by the other. It must never promise what the other side did not.

use super::abilities::{Declared, with_tasks_extension};
use super::edit::{self, Change, Member, Meta};
use super::results;
use crate::compose::quote;
use crate::raw::{Kind, Raw};
use crate::revision::{Era, Revision, TASKS_EXTENSION};

/// Whether tasks are carried over between the eras for this peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TasksBridged {
    /// The tasks of 2025-11-25 and the extension stand for each other.
    Yes,
    /// Neither is offered.
    No,
}

const SERVER_INFO: &str = results::SERVER_INFO;

/// What a server is called that does not say its name: a legacy client must be told one.
const NAMELESS: &str = r#"{"name":"unnamed","version":"unknown"}"#;

/// The tasks of 2025-11-25, as a server that has the extension can offer them.
const LEGACY_TASKS: &str = r#"{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#;

/// The params of an `initialize`, as JSON. `client` is an Implementation, as JSON.
#[must_use]
pub fn initialize_params(declared: &Declared, revision: Revision, client: &str) -> String {
    let capabilities = declared.to_legacy_json();
    let revision = quote(revision.as_str());
    format!(r#"{{"protocolVersion":{revision},"capabilities":{capabilities},"clientInfo":{client}}}"#)
}

/// The result of `server/discover` that says what a legacy server said in its `initialize`, as JSON. `ours` are the
/// revisions to name. `None` when the server's result is no sound one.
#[must_use]
pub fn discover_result(initialize_result: Raw<'_>, ours: &[Revision], tasks: TasksBridged) -> Option<String> {
    let capabilities = object(initialize_result, "capabilities")?;
    let versions: Vec<String> = ours.iter().map(|revision| quote(revision.as_str())).collect();
    let infers_completions = initialize_result
        .member("protocolVersion")
        .and_then(|version| version.as_str())
        .is_some_and(|version| version == Revision::V2024_11_05.as_str());
    let mut added = vec![
        ("capabilities", capabilities_to_modern(capabilities, infers_completions, tasks)?),
        ("supportedVersions", format!("[{}]", versions.join(","))),
    ];
    added.extend(results::cache_hints());
    added.push(results::complete());
    let info = object(initialize_result, "serverInfo");
    let meta = Meta { set: info.map(|info| (SERVER_INFO, info.text().to_owned())).into_iter().collect(), drop: &[] };
    let change = |name: &str| match name {
        "protocolVersion" | "serverInfo" => Change::Drop,
        _ => Change::Keep,
    };
    edit::edited_with_meta(initialize_result, change, &added, meta)
}

/// The revision agreed on and the result of `initialize`, as JSON, that says what a modern server said in its
/// `server/discover`. A legacy revision that was asked for is agreed to; otherwise the newest legacy one is offered.
/// `None` when the server's result is no sound one.
#[must_use]
pub fn initialize_result(discover_result: Raw<'_>, asked: &str, tasks: TasksBridged) -> Option<(Revision, String)> {
    let revision =
        Revision::parse(asked).filter(|revision| revision.era() == Era::Legacy).unwrap_or(Revision::LATEST_LEGACY);
    let capabilities = object(discover_result, "capabilities")?;
    let info = object(discover_result, "_meta").and_then(|meta| object(meta, SERVER_INFO));
    let added = [
        ("protocolVersion", quote(revision.as_str())),
        ("capabilities", capabilities_to_legacy(capabilities, revision, tasks)?),
        ("serverInfo", server_info(info, revision)?),
    ];
    let change = |name: &str| match name {
        "supportedVersions" | "resultType" | "ttlMs" | "cacheScope" => Change::Drop,
        _ => Change::Keep,
    };
    let meta = Meta { drop: &results::RESULT_META, set: Vec::new() };
    Some((revision, edit::edited_with_meta(discover_result, change, &added, meta)?))
}

fn capabilities_to_modern(capabilities: Raw<'_>, infers_completions: bool, tasks: TasksBridged) -> Option<String> {
    let mut added: Vec<Member<'_>> = Vec::new();
    let has = |name: &str| capabilities.member(name).is_some();
    // 2024-11-05 has completion but no capability to say so.
    if infers_completions && !has("completions") && (has("prompts") || has("resources")) {
        added.push(("completions", "{}".to_owned()));
    }
    match tasks {
        TasksBridged::Yes if has("tasks") => {
            added.push(("extensions", with_tasks_extension(object(capabilities, "extensions"))?));
        }
        TasksBridged::Yes | TasksBridged::No => {}
    }
    let change = |name: &str| if name == "tasks" { Change::Drop } else { Change::Keep };
    edit::edited(capabilities, change, &added)
}

fn capabilities_to_legacy(capabilities: Raw<'_>, revision: Revision, tasks: TasksBridged) -> Option<String> {
    let extensions = object(capabilities, "extensions");
    let has_tasks = extensions.is_some_and(|extensions| extensions.member(TASKS_EXTENSION).is_some());
    let mut added: Vec<Member<'_>> = Vec::new();
    if has_tasks && tasks == TasksBridged::Yes && revision >= Revision::V2025_11_25 {
        added.push(("tasks", LEGACY_TASKS.to_owned()));
    }
    let others = extensions.map(|extensions| extensions.members().filter(|(id, _)| id != TASKS_EXTENSION).count());
    if let Some(extensions) = extensions.filter(|_| has_tasks && others != Some(0)) {
        let change = |id: &str| if id == TASKS_EXTENSION { Change::Drop } else { Change::Keep };
        added.push(("extensions", edit::edited(extensions, change, &[])?));
    }
    let change = |name: &str| match name {
        "completions" if revision < Revision::V2025_03_26 => Change::Drop,
        "extensions" if has_tasks => Change::Drop,
        // Not a member of the modern era: it would promise what nobody answers.
        "tasks" => Change::Drop,
        _ => Change::Keep,
    };
    edit::edited(capabilities, change, &added)
}

fn server_info(info: Option<Raw<'_>>, revision: Revision) -> Option<String> {
    let Some(info) = info else {
        return Some(NAMELESS.to_owned());
    };
    let change = |name: &str| match name {
        "icons" if revision < Revision::V2025_11_25 => Change::Drop,
        _ => Change::Keep,
    };
    edit::edited(info, change, &[])
}

fn object<'a>(value: Raw<'a>, name: &str) -> Option<Raw<'a>> {
    value.member(name).filter(|found| found.kind() == Kind::Object)
}
