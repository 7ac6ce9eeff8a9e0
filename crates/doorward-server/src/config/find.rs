//! Where configuration files lie, and reading them into layers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::ViewId;

use super::environment::{CONFIG_VARIABLE, Surroundings};
use super::identity;
use super::key::Key;
use super::limits::CONFIG_FILE_BYTES_MAX;
use super::node::{Member, Reader};
use super::origin::{Origin, SourceFile};
use super::problem::Problems;
use super::secret::read_bounded;
use super::settings::{Layer, Manner, ServerEntry, ViewEntry, from_node};
use super::{clients, counters, guards, patterns, sinks, toml_text};

/// Which files count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The project's, the user's and the machine's.
    All,
    /// Not the project's. `run` is started by clients inside folders that came from elsewhere, and a file there must not
    /// decide what is allowed.
    WithoutProject,
}

/// What was found: the layers, lowest precedence first, and the files they came from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) layers: Vec<Layer>,
    pub(super) files: Vec<PathBuf>,
}

/// Reads the named file alone, or else those in their places.
pub(super) fn read(named: Option<&Path>, scope: Scope, surroundings: &Surroundings, problems: &mut Problems) -> Found {
    let mut found = Found::default();
    let variable = || surroundings.variable(CONFIG_VARIABLE).map(|path| (PathBuf::from(path), CONFIG_VARIABLE));
    if let Some((path, by)) = named.map(|path| (path.to_owned(), "--config")).or_else(variable) {
        match read_bounded(&surroundings.absolute(&path), CONFIG_FILE_BYTES_MAX) {
            Ok(text) => found.add(path, &text, surroundings, problems),
            Err(reason) => {
                let origin =
                    if by == CONFIG_VARIABLE { Origin::Variable(by.to_owned()) } else { Origin::Flag("--config") };
                let message = format!("the file {} cannot be read: {reason}", path.display());
                problems.error(origin, message, "name a file that exists and that you may read");
            }
        }
        return found;
    }
    for path in places(scope, surroundings) {
        let there = surroundings.absolute(&path);
        if !there.exists() {
            continue;
        }
        match read_bounded(&there, CONFIG_FILE_BYTES_MAX) {
            Ok(text) => found.add(path, &text, surroundings, problems),
            Err(reason) => {
                let origin = Origin::File(SourceFile::new(path, ""), None);
                let advice = "make it readable, or name another file with --config";
                problems.error(origin, format!("the file cannot be read: {reason}"), advice);
            }
        }
    }
    found
}

/// Lowest precedence first.
fn places(scope: Scope, surroundings: &Surroundings) -> Vec<PathBuf> {
    let mut places = vec![surroundings.system.join("config.toml")];
    places.extend(surroundings.xdg("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("doorward/config.toml")));
    match scope {
        Scope::All => places.push(PathBuf::from("./doorward.toml")),
        Scope::WithoutProject => {}
    }
    places
}

impl Found {
    fn add(&mut self, path: PathBuf, text: &str, surroundings: &Surroundings, problems: &mut Problems) {
        self.files.push(surroundings.absolute(&path));
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let file = SourceFile::new(path, text);
        let layer = if is_json { of_client_file(&file, problems) } else { of_toml(&file, problems) };
        self.layers.push(layer);
    }
}

fn of_client_file(file: &Arc<SourceFile>, problems: &mut Problems) -> Layer {
    Layer { servers: clients::read(file, problems), ..Layer::default() }
}

fn of_toml(file: &Arc<SourceFile>, problems: &mut Problems) -> Layer {
    let origin = Origin::File(file.clone(), None);
    let members = match toml_text::read(file.text()) {
        Ok(members) => members,
        Err(flaws) => {
            for flaw in flaws {
                let origin = Origin::File(file.clone(), flaw.span);
                problems.error(origin, flaw.message, "correct the TOML at this place");
            }
            return Layer::default();
        }
    };
    let mut reader = Reader { origin, problems };
    let mut layer = Layer::default();
    for member in &members {
        top(member, &mut layer, &mut reader);
    }
    layer
}

/// One member of the top of a file: a setting, a table of settings, the servers or the views.
fn top(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    const TOP: &[&str] = &[
        "listen",
        "identity",
        "admin",
        "store",
        "policy",
        "guards",
        "pins",
        "approvals",
        "flow",
        "aggregate",
        "sinks",
        "servers",
        "views",
        "servers_from",
    ];
    match member.name.as_str() {
        "servers" => servers(member, layer, reader),
        "views" => views(member, layer, reader),
        "guards" => guards::gather(member, layer, reader),
        "identity" => identity::gather(member, layer, reader),
        "sinks" => sinks::gather(member, layer, reader),
        "servers_from" => keep(Key::ServersFrom, member, layer, reader),
        "listen" | "admin" | "store" | "policy" | "pins" | "approvals" | "flow" | "aggregate" => {
            table(member, "", layer, reader)
        }
        _ => reader.unknown(member, "", TOP),
    }
}

/// The settings of a table, which stands in the table `within`, or in none.
pub(super) fn table(member: &Member, within: &str, layer: &mut Layer, reader: &mut Reader<'_>) {
    let table = if within.is_empty() { member.name.clone() } else { format!("{within}.{}", member.name) };
    let table = table.as_str();
    let is_inner = |name: &str| {
        let inner = format!("{table}.{name}");
        Key::ALL.iter().any(|key| key.place().0 == inner)
    };
    let keys: Vec<(Key, &str)> =
        Key::ALL.iter().filter(|key| key.place().0 == table).map(|key| (*key, key.place().1)).collect();
    let below: &[&str] = if table == "policy" { &["counters", "patterns"] } else { &[] };
    let names: Vec<&str> = keys.iter().map(|(_, name)| *name).chain(below.iter().copied()).collect();
    for inner in reader.table(&format!("[{table}]"), &member.node).unwrap_or_default() {
        match keys.iter().find(|(_, name)| *name == inner.name) {
            Some((key, _)) => keep(*key, inner, layer, reader),
            None if is_inner(&inner.name) => self::table(inner, table, layer, reader),
            None if below.contains(&inner.name.as_str()) => match inner.name.as_str() {
                "counters" => counters::gather(inner, layer, reader),
                _ => patterns::gather(inner, layer, reader),
            },
            None => reader.unknown(inner, &format!("[{table}]"), &names),
        }
    }
}

pub(super) fn keep(key: Key, member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    if let Some(setting) = from_node(key, member, reader) {
        layer.settings.insert(key, setting);
    }
}

fn servers(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for server in reader.table("[servers]", &member.node).unwrap_or_default() {
        match ServerId::parse(&server.name) {
            Ok(id) => layer.servers.push(ServerEntry {
                id,
                origin: reader.origin.at(&server.name_span),
                node: server.node.clone(),
                manner: Manner::Own,
            }),
            Err(error) => {
                let advice = match clients::slug(&server.name) {
                    Some(slug) => format!("call it '{}'", slug.as_str()),
                    None => "choose a short name of letters, digits and '-'".to_owned(),
                };
                reader.error(&server.name_span.clone(), format!("'{}' is no server id: {error}", server.name), advice);
            }
        }
    }
}

fn views(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for view in reader.table("[views]", &member.node).unwrap_or_default() {
        match ViewId::parse(&view.name) {
            Some(id) => {
                layer.views.push(ViewEntry { id, origin: reader.origin.at(&view.name_span), node: view.node.clone() })
            }
            None => {
                let message = format!("'{}' is no name of a view", view.name);
                let advice = "use 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter or digit";
                reader.error(&view.name_span.clone(), message, advice);
            }
        }
    }
}
