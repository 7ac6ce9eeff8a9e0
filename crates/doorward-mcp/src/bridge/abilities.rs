//! What a client can be asked, in words that both eras share.
//!
//! Responsible for reading capabilities and for saying whether a question is covered by them. It must never add to
//! what a client declared.

use std::collections::BTreeSet;

use super::edit::{self, Change, Member};
use super::opening::TasksBridged;
use crate::raw::{Kind, Raw};
use crate::revision::TASKS_EXTENSION;

/// The extension for interfaces that a server brings along.
const UI_EXTENSION: &str = "io.modelcontextprotocol/ui";

/// One thing a client can be asked, or can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// It puts a form before the person.
    ElicitationForm,
    /// It sends the person to an address.
    ElicitationUrl,
    /// It asks its model.
    Sampling,
    /// It lets the server offer tools to its model.
    SamplingTools,
    /// It adds what other servers said to what its model sees.
    SamplingContext,
    /// It names its folders.
    Roots,
    /// It shows interfaces that servers bring along.
    Ui,
}

/// What a client declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Declared(BTreeSet<Ability>);

impl Ability {
    /// Every ability.
    pub const ALL: [Self; 7] = [
        Self::ElicitationForm,
        Self::ElicitationUrl,
        Self::Sampling,
        Self::SamplingTools,
        Self::SamplingContext,
        Self::Roots,
        Self::Ui,
    ];

    /// What error -32021 names as required, as JSON: the capabilities that would have covered it.
    #[must_use]
    pub fn required_json(self) -> &'static str {
        match self {
            Self::ElicitationForm => r#"{"elicitation":{"form":{}}}"#,
            Self::ElicitationUrl => r#"{"elicitation":{"url":{}}}"#,
            Self::Sampling => r#"{"sampling":{}}"#,
            Self::SamplingTools => r#"{"sampling":{"tools":{}}}"#,
            Self::SamplingContext => r#"{"sampling":{"context":{}}}"#,
            Self::Roots => r#"{"roots":{}}"#,
            Self::Ui => r#"{"extensions":{"io.modelcontextprotocol/ui":{}}}"#,
        }
    }
}

impl FromIterator<Ability> for Declared {
    fn from_iter<I: IntoIterator<Item = Ability>>(abilities: I) -> Self {
        Self(abilities.into_iter().collect())
    }
}

impl Declared {
    /// Every ability.
    #[must_use]
    pub fn everything() -> Self {
        Ability::ALL.into_iter().collect()
    }

    /// What a capabilities object of either era says. Whatever is no object declares nothing.
    #[must_use]
    pub fn from_capabilities(capabilities: Option<Raw<'_>>) -> Self {
        let Some(capabilities) = capabilities else {
            return Self::default();
        };
        let mut abilities = BTreeSet::new();
        if let Some(elicitation) = object(capabilities, &["elicitation"]) {
            let url = object(elicitation, &["url"]).is_some();
            // An empty declaration means forms, as it did before there was another mode.
            if object(elicitation, &["form"]).is_some() || !url {
                abilities.insert(Ability::ElicitationForm);
            }
            if url {
                abilities.insert(Ability::ElicitationUrl);
            }
        }
        let others: [(&[&str], Ability); 5] = [
            (&["sampling"], Ability::Sampling),
            (&["sampling", "tools"], Ability::SamplingTools),
            (&["sampling", "context"], Ability::SamplingContext),
            (&["roots"], Ability::Roots),
            (&["extensions", UI_EXTENSION], Ability::Ui),
        ];
        abilities.extend(others.iter().filter(|(path, _)| object(capabilities, path).is_some()).map(|(_, it)| *it));
        Self(abilities)
    }

    /// Whether it was declared.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.0.contains(&ability)
    }

    /// Every ability that was declared, in a fixed order.
    pub fn abilities(&self) -> impl Iterator<Item = Ability> + '_ {
        self.0.iter().copied()
    }

    /// The capabilities object of an `initialize`, as JSON. Roots come without `listChanged`: the modern era has no
    /// such notification.
    #[must_use]
    pub fn to_legacy_json(&self) -> String {
        let group = |name: &'static str, own: Option<Ability>, parts: &[(&'static str, Ability)]| {
            let has: Vec<Member<'_>> =
                parts.iter().filter(|(_, part)| self.has(*part)).map(|(name, _)| (*name, "{}".to_owned())).collect();
            let declared = own.is_some_and(|own| self.has(own)) || !has.is_empty();
            declared.then(|| (name, edit::object_of(&has)))
        };
        let mut members: Vec<Member<'_>> = Vec::new();
        let modes = [("form", Ability::ElicitationForm), ("url", Ability::ElicitationUrl)];
        members.extend(group("elicitation", None, &modes));
        let parts = [("tools", Ability::SamplingTools), ("context", Ability::SamplingContext)];
        members.extend(group("sampling", Some(Ability::Sampling), &parts));
        members.extend(group("roots", Some(Ability::Roots), &[]));
        if self.has(Ability::Ui) {
            let settings = r#"{"mimeTypes":["text/html;profile=mcp-app"]}"#.to_owned();
            members.push(("extensions", edit::object_of(&[(UI_EXTENSION, settings)])));
        }
        edit::object_of(&members)
    }

    /// Whether this question may be put to the client.
    ///
    /// # Errors
    /// The ability that was not declared. An unknown method is never covered.
    pub fn covers(&self, method: &str, params: Option<Raw<'_>>) -> Result<(), Ability> {
        let member = |name: &str| params.and_then(|params| params.member(name));
        match method {
            "elicitation/create" => {
                let mode = member("mode").and_then(|mode| mode.as_str());
                self.require(match mode.as_deref() {
                    Some("url") => Ability::ElicitationUrl,
                    Some(_) | None => Ability::ElicitationForm,
                })
            }
            "sampling/createMessage" => {
                self.require(Ability::Sampling)?;
                if member("tools").is_some() || member("toolChoice").is_some() {
                    self.require(Ability::SamplingTools)?;
                }
                match member("includeContext").and_then(|context| context.as_str()).as_deref() {
                    None | Some("none") => Ok(()),
                    Some(_) => self.require(Ability::SamplingContext),
                }
            }
            "roots/list" => self.require(Ability::Roots),
            _ => Err(Ability::ElicitationForm),
        }
    }

    fn require(&self, ability: Ability) -> Result<(), Ability> {
        if self.has(ability) { Ok(()) } else { Err(ability) }
    }
}

/// Whether a client declared the tasks extension.
#[must_use]
pub fn declares_tasks(capabilities: Option<Raw<'_>>) -> bool {
    capabilities.is_some_and(|capabilities| object(capabilities, &["extensions", TASKS_EXTENSION]).is_some())
}

/// The capabilities a legacy client declared once, as JSON, to be said with every modern request: without the legacy
/// `tasks`, and with the tasks extension where tasks are bridged. `None` when they are no object.
#[must_use]
pub fn capabilities_to_modern(capabilities: Raw<'_>, tasks: TasksBridged) -> Option<String> {
    if capabilities.kind() != Kind::Object {
        return None;
    }
    let extensions = capabilities.member("extensions").filter(|extensions| extensions.kind() == Kind::Object);
    let mut added = Vec::new();
    match tasks {
        TasksBridged::No => {}
        TasksBridged::Yes => added.push(("extensions", with_tasks_extension(extensions)?)),
    }
    let change = |name: &str| if name == "tasks" { Change::Drop } else { Change::Keep };
    edit::edited(capabilities, change, &added)
}

/// The map of extensions with the tasks extension in it, as JSON.
pub(super) fn with_tasks_extension(extensions: Option<Raw<'_>>) -> Option<String> {
    let tasks = [(TASKS_EXTENSION, "{}".to_owned())];
    match extensions {
        Some(extensions) => edit::edited(extensions, |_| Change::Keep, &tasks),
        None => Some(edit::object_of(&tasks)),
    }
}

fn object<'a>(value: Raw<'a>, path: &[&str]) -> Option<Raw<'a>> {
    value.path(path).filter(|found| found.kind() == Kind::Object)
}
