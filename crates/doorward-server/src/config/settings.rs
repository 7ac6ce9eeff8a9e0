//! Settings of one layer, and what a person is shown of them.

use std::collections::BTreeMap;

use doorward_core::ids::ServerId;
use doorward_core::joint::ViewId;

use super::key::{Form, Key};
use super::node::{Member, Node, Reader};
use super::origin::Origin;
use super::problem::Problems;

/// What one source says: a file, the environment or the command line.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) settings: BTreeMap<Key, Setting>,
    pub(super) servers: Vec<ServerEntry>,
    pub(super) views: Vec<ViewEntry>,
    pub(super) issuers: Vec<IssuerEntry>,
    pub(super) scopes: Vec<ScopeEntry>,
    pub(super) patterns: Vec<PatternEntry>,
    pub(super) counters: Vec<PatternEntry>,
    pub(super) guards: Vec<GuardEntry>,
    pub(super) sinks: Vec<SinkEntry>,
}

/// One value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: SettingValue,
    pub(super) origin: Origin,
}

/// The value, in the form of its key.
#[derive(Debug, Clone)]
pub(super) enum SettingValue {
    Text(String),
    List(Vec<Element>),
    Number(u64),
    Flag(bool),
}

/// One element of a list.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// One server as it stands in a file, not yet looked into.
#[derive(Debug, Clone)]
pub(super) struct ServerEntry {
    pub(super) id: ServerId,
    /// Where its name stands.
    pub(super) origin: Origin,
    pub(super) node: Node,
    pub(super) manner: Manner,
}

/// One view as it stands in a file, not yet looked into.
#[derive(Debug, Clone)]
pub(super) struct ViewEntry {
    pub(super) id: ViewId,
    /// Where its name stands.
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// One issuer as it stands in a file, not yet looked into.
#[derive(Debug, Clone)]
pub(super) struct IssuerEntry {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// One sink as it stands in a file, not yet looked into.
#[derive(Debug, Clone)]
pub(super) struct SinkEntry {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// One scope that holds others.
#[derive(Debug, Clone)]
pub(super) struct ScopeEntry {
    pub(super) scope: String,
    pub(super) implied: Vec<String>,
    /// Where its name stands.
    pub(super) origin: Origin,
}

/// One named regular expression, or one named counter.
#[derive(Debug, Clone)]
pub(super) struct PatternEntry {
    pub(super) name: String,
    pub(super) written: String,
    /// Where it stands.
    pub(super) origin: Origin,
}

/// In whose words a server is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Ours: `[servers.NAME]`.
    Own,
    /// A client's: `mcpServers`.
    Client,
}

/// What is said of one guard as it stands in a file, not yet looked into.
#[derive(Debug, Clone)]
pub(super) struct GuardEntry {
    pub(super) member: Member,
    /// The file.
    pub(super) origin: Origin,
}

/// One line of `config show`: a setting, its value as TOML, and its origin. Secrets are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The dotted key.
    pub key: String,
    /// The value in TOML's notation.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Reads a setting that was given as words: on the command line or in the environment.
pub(super) fn from_words(key: Key, words: Vec<String>, origin: &Origin, problems: &mut Problems) -> Option<Setting> {
    let value = match key.form() {
        Form::Text => SettingValue::Text(words.into_iter().next_back()?),
        Form::List => {
            let element = |text| Element { text, origin: origin.clone() };
            SettingValue::List(words.into_iter().map(element).collect())
        }
        Form::Number => match words.iter().next_back()?.parse() {
            Ok(number) => SettingValue::Number(number),
            Err(_) => {
                problems.error(origin.clone(), format!("{key} is a whole number"), "write digits only, for example 50");
                return None;
            }
        },
        Form::Flag => match words.iter().next_back()?.as_str() {
            "true" => SettingValue::Flag(true),
            "false" => SettingValue::Flag(false),
            _ => {
                problems.error(origin.clone(), format!("{key} is true or false"), "write one of these two words");
                return None;
            }
        },
    };
    Some(Setting { value, origin: origin.clone() })
}

/// Reads a setting from a file.
pub(super) fn from_node(key: Key, member: &Member, reader: &mut Reader<'_>) -> Option<Setting> {
    let name = key.to_string();
    let value = match key.form() {
        Form::Text => SettingValue::Text(reader.text(&name, &member.node)?),
        Form::Number => SettingValue::Number(reader.number(&name, &member.node)?),
        Form::Flag => SettingValue::Flag(reader.flag(&name, &member.node)?),
        Form::List => {
            let texts = reader.texts(&name, &member.node)?;
            let element = |(text, span)| Element { text, origin: reader.origin.at(&span) };
            SettingValue::List(texts.into_iter().map(element).collect())
        }
    };
    Some(Setting { value, origin: reader.origin.at(&member.node.span) })
}

/// `text` in TOML's notation.
pub(super) fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `texts` as an array in TOML's notation.
pub(super) fn toml_list<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    format!("[{}]", texts.map(toml_text).collect::<Vec<_>>().join(", "))
}
