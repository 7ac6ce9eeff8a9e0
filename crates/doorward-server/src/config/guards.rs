//! `[guards]`, `[servers.NAME.guards]` and `[servers.NAME.tools.TOOL.guards]`: what is done about what guards find.
//!
//! What is said of a single direction or severity wins over what is said of all, wherever it stands.

mod options;

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings, Severity};
use doorward_guards::{Options, Preset, Spotlighting};

use super::ServerConfig;
use super::build::Builder;
use super::find;
use super::key::Key;
use super::node::{Member, Reader, Value, nearest};
use super::settings::{GuardEntry, Layer, Shown, toml_text};

/// Which results are marked as data.
pub(super) const SPOTLIGHT: &str = "spotlight";

/// Which kinds of personal data a server or tool gets for their tokens.
pub(super) const RESTORE: &str = "restore";

/// What is said of all guards.
const ALL: &str = "all";

/// The tables for one direction.
const DIRECTIONS: [(&str, Direction); 2] = [("requests", Direction::ToServer), ("results", Direction::ToClient)];

/// The table `[guards]` of a file.
pub(super) fn gather(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for inner in reader.table("[guards]", &member.node).unwrap_or_default() {
        match inner.name.as_str() {
            "preset" => find::keep(Key::GuardsPreset, inner, layer, reader),
            SPOTLIGHT => find::keep(Key::GuardsSpotlight, inner, layer, reader),
            _ => layer.guards.push(GuardEntry { member: inner.clone(), origin: reader.origin.clone() }),
        }
    }
}

/// What `[servers.NAME.guards]` or the same of a tool says, over what is said of everything; `None` when something is wrong
/// with it. Members named in `apart` are left to the caller.
pub(super) fn local(within: &str, member: &Member, apart: &[&str], reader: &mut Reader<'_>) -> Option<GuardSettings> {
    let members = reader.table(&format!("[{within}]"), &member.node)?;
    let mut said = Said::default();
    for member in members.iter().filter(|member| !apart.contains(&member.name.as_str())) {
        read(within, member, reader, (&mut said, None));
    }
    said.sound.then(|| said.settings(GuardSettings::default()))
}

impl Builder<'_> {
    /// How content is inspected, at all servers and at each.
    pub(super) fn guards(&mut self, servers: &[ServerConfig]) -> Options {
        let preset = self.preset();
        let mut options = Options { spotlight: self.spotlight(), ..Options::default() };
        let mut settings = preset.settings();
        for entry in std::mem::take(&mut self.guards) {
            let mut said = Said::default();
            let mut reader = Reader { origin: entry.origin.clone(), problems: &mut self.problems };
            read("guards", &entry.member, &mut reader, (&mut said, Some(&mut options)));
            for (key, value, span) in said.shown.drain(..) {
                self.shown.push(Shown { key, value, origin: entry.origin.at(&span) });
            }
            settings = said.settings(settings);
        }
        options.personal.told = servers.iter().map(|server| (server.id.clone(), server.told.clone())).collect();
        let servers = servers.iter().map(|server| (server.id.clone(), server.guards.clone())).collect();
        Options { settings, servers, ..options }
    }

    fn spotlight(&mut self) -> Spotlighting {
        let (text, origin) = self.text(Key::GuardsSpotlight, Spotlighting::default().name());
        let known = Spotlighting::ALL.into_iter().find(|one| one.name() == text);
        if known.is_none() {
            let names = Spotlighting::ALL.map(Spotlighting::name);
            let message = format!("results are not marked '{}'", text.escape_debug());
            self.problems.error(origin, message, meant(&text, &names));
        }
        known.unwrap_or_default()
    }

    fn preset(&mut self) -> Preset {
        let (text, origin) = self.text(Key::GuardsPreset, Preset::default().name());
        let known = Preset::ALL.into_iter().find(|preset| preset.name() == text);
        if known.is_none() {
            let names = Preset::ALL.map(Preset::name);
            let message = format!("guards have no preset '{}'", text.escape_debug());
            self.problems.error(origin, message, meant(&text, &names));
        }
        known.unwrap_or_default()
    }
}

/// What a table says.
#[derive(Debug)]
struct Said {
    duties: Vec<GuardDuty>,
    shown: Vec<(String, String, std::ops::Range<usize>)>,
    sound: bool,
}

impl Default for Said {
    fn default() -> Self {
        Self { duties: Vec::new(), shown: Vec::new(), sound: true }
    }
}

impl Said {
    /// `before` with this over it.
    fn settings(mut self, mut before: GuardSettings) -> GuardSettings {
        self.duties.sort_by_key(|duty| (duty.guard.is_some(), duty.severity.is_some(), duty.direction.is_some()));
        self.duties.into_iter().for_each(|duty| before.apply(duty));
        before
    }
}

/// Everything said of one guard, or of all; where there are `options`, what else the guard can be told.
fn read(
    within: &str,
    member: &Member,
    reader: &mut Reader<'_>,
    (said, mut options): (&mut Said, Option<&mut Options>),
) {
    let guard = GuardName::parse(&member.name);
    if guard.is_none() && member.name != ALL {
        let names: Vec<&str> = GuardName::ALL.iter().map(|guard| guard.name()).chain([ALL]).collect();
        said.sound = false;
        return reader.unknown(member, &format!("[{within}]"), &names);
    }
    let duty = GuardDuty { guard, direction: None, severity: None, action: None };
    let within = format!("{within}.{}", member.name);
    let Value::Table(members) = &member.node.value else { return action(&within, member, duty, reader, said) };
    let own = guard.filter(|_| options.is_some()).map_or(&[][..], options::keys);
    for inner in members {
        let known = guard.filter(|_| own.contains(&inner.name.as_str()));
        if let Some((guard, options)) = known.zip(options.as_deref_mut()) {
            options::take(guard, &within, inner, reader, options);
            continue;
        }
        match DIRECTIONS.into_iter().find(|(name, _)| *name == inner.name) {
            None => severity((&within, own), inner, duty, reader, said),
            Some((name, direction)) => {
                let (duty, within) = (GuardDuty { direction: Some(direction), ..duty }, format!("{within}.{name}"));
                let Value::Table(members) = &inner.node.value else {
                    action(&within, inner, duty, reader, said);
                    continue;
                };
                members.iter().for_each(|inner| severity((&within, &[]), inner, duty, reader, said));
            }
        }
    }
}

/// `own` are the other keys there.
fn severity(
    (within, own): (&str, &[&str]),
    member: &Member,
    duty: GuardDuty,
    reader: &mut Reader<'_>,
    said: &mut Said,
) {
    match Severity::ALL.into_iter().find(|severity| severity.name() == member.name) {
        Some(severity) => {
            let duty = GuardDuty { severity: Some(severity), ..duty };
            action(&format!("{within}.{}", member.name), member, duty, reader, said);
        }
        None => {
            let directions: &[_] = if duty.direction.is_none() { &DIRECTIONS } else { &[] };
            let names = Severity::ALL.iter().map(|severity| severity.name());
            let names: Vec<&str> =
                names.chain(directions.iter().map(|(name, _)| *name)).chain(own.iter().copied()).collect();
            said.sound = false;
            reader.unknown(member, &format!("[{within}]"), &names);
        }
    }
}

fn action(key: &str, member: &Member, duty: GuardDuty, reader: &mut Reader<'_>, said: &mut Said) {
    let Some(text) = reader.text(key, &member.node) else {
        said.sound = false;
        return;
    };
    let done = if text == OFF { Some(None) } else { Action::parse(&text).map(Some) };
    match done {
        Some(action) => {
            said.duties.push(GuardDuty { action, ..duty });
            said.shown.push((key.to_owned(), toml_text(&text), member.node.span.clone()));
        }
        None => {
            let names: Vec<&str> = Action::ALL.iter().map(|action| action.name()).chain([OFF]).collect();
            said.sound = false;
            let message = format!("{key} cannot be '{}'", text.escape_debug());
            reader.error(&member.node.span, message, meant(&text, &names));
        }
    }
}

/// The word for passing over what is found.
const OFF: &str = "off";

pub(super) fn meant(word: &str, names: &[&str]) -> String {
    match nearest(word, names) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("it is one of {}", names.join(", ")),
    }
}
