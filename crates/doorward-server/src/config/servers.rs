//! One server's table, ours or a client's, as a [`ServerConfig`].

mod labels;
mod place;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Surroundings;
use super::limits::SILENCE_MAX;
use super::node::{Member, Reader, Value};
use super::problem::Problems;
use super::secret::{Resolved, Secret, Writing, resolve};
use super::settings::{Manner, ServerEntry};
use super::{ServerConfig, Transport, Way};
use crate::limits::CALL_SILENCE;

/// What a child gets of our environment unless configured otherwise: what programs need to be found and to run at all.
pub(super) const INHERIT_DEFAULT: &[&str] = &["PATH", "HOME", "LANG", "TMPDIR", "USER"];

/// The keys of `[servers.NAME]`.
const OWN_KEYS: &[&str] = &[
    "command",
    "url",
    "env",
    "inherit",
    "directory",
    "headers",
    "timeout_s",
    "transport",
    "root",
    "files",
    "sql",
    "trust",
    "tools",
    "guards",
    "labels",
];

/// The values of `transport`.
const TRANSPORTS: [Transport; 3] = [Transport::Auto, Transport::Http, Transport::Sse];

/// What there is to choose from.
pub(super) const TRANSPORT_ADVICE: &str =
    "it is \"auto\", \"http\" (Streamable HTTP alone) or \"sse\" (HTTP+SSE of 2024-11-05 alone)";

/// The keys of a client's entry that mean something here. `type` says what the others show anyway.
const CLIENT_KEYS: &[&str] = &["command", "args", "env", "cwd", "url", "serverUrl", "httpUrl", "headers", "type"];

/// Keys of clients about their own screens and habits; nothing is lost without them.
const CLIENT_HABITS: &[&str] =
    &["disabled", "autoApprove", "alwaysAllow", "trust", "description", "enabled", "gallery"];

/// A server that was read, and the files with its secrets.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) server: ServerConfig,
    pub(super) files: Vec<PathBuf>,
}

/// Reads one server; `None` when something is wrong with it, which `problems` then hold.
pub(super) fn read(entry: &ServerEntry, surroundings: &Surroundings, problems: &mut Problems) -> Option<Read> {
    let folder = entry.origin.folder(surroundings);
    let name = format!("[servers.{}]", entry.id);
    let mut reader = Reader { origin: entry.origin.clone(), problems };
    let members = reader.table(&name, &entry.node)?;
    let mut table = Table { name, members, folder, surroundings, reader, files: Vec::new(), faults: Faults::None };
    let read = match entry.manner {
        Manner::Own => table.own(),
        Manner::Client => table.client(),
    };
    let (way, silence) = read?;
    let mut server = ServerConfig::new(entry.id.clone(), way, silence);
    if entry.manner == Manner::Own {
        place::read(&mut table, &mut server);
    }
    match table.faults {
        Faults::None => Some(Read { server, files: table.files }),
        Faults::Some => None,
    }
}

/// Whether something about the table is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Faults {
    None,
    Some,
}

struct Table<'n, 's, 'p> {
    name: String,
    members: &'n [Member],
    folder: PathBuf,
    surroundings: &'s Surroundings,
    reader: Reader<'p>,
    files: Vec<PathBuf>,
    faults: Faults,
}

impl<'n> Table<'n, '_, '_> {
    fn own(&mut self) -> Option<(Way, Duration)> {
        for member in self.members.iter().filter(|member| !OWN_KEYS.contains(&member.name.as_str())) {
            self.faults = Faults::Some;
            self.reader.unknown(member, &self.name, OWN_KEYS);
        }
        let silence = self.silence();
        let way = match (self.find("command"), self.find("url")) {
            (Some(command), None) => {
                for key in ["headers", "transport"] {
                    self.belongs_to(key, "url");
                }
                let command = self.own_command(command)?;
                self.child(command, "directory")?
            }
            (None, Some(url)) => {
                for key in ["env", "inherit", "directory"] {
                    self.belongs_to(key, "command");
                }
                let transport = self.own_transport()?;
                self.http(url, transport)?
            }
            (command, _) => return self.one_way_only(command),
        };
        Some((way, silence))
    }

    fn client(&mut self) -> Option<(Way, Duration)> {
        for member in self.members {
            if !CLIENT_KEYS.contains(&member.name.as_str()) && !CLIENT_HABITS.contains(&member.name.as_str()) {
                let message = format!("'{}' of {} is not used", member.name, self.name);
                self.reader.warning(&member.name_span, message, "write the server into doorward.toml to say more");
            }
        }
        let urls = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| self.find(key));
        let way = match (self.find("command"), urls) {
            (Some(command), None) => {
                let command = self.client_command(command)?;
                self.child(command, "cwd")?
            }
            (None, Some(url)) => {
                let transport = self.client_transport()?;
                self.http(url, transport)?
            }
            (command, _) => return self.one_way_only(command),
        };
        Some((way, CALL_SILENCE))
    }

    fn find(&self, key: &str) -> Option<&'n Member> {
        self.members.iter().find(|member| member.name == key)
    }

    fn error(&mut self, span: &Range<usize>, message: impl Into<String>, advice: impl Into<String>) {
        self.faults = Faults::Some;
        self.reader.error(span, message, advice);
    }

    fn one_way_only<T>(&mut self, command: Option<&Member>) -> Option<T> {
        let name = self.name.clone();
        match command {
            Some(member) => {
                let message = format!("{name} has a command and a url");
                self.error(&member.name_span, message, "keep the one by which the server is reached");
            }
            None => {
                let origin = self.reader.origin.clone();
                let advice = "add command = [\"program\", \"argument\"] or url = \"https://host/mcp\"";
                self.faults = Faults::Some;
                self.reader.problems.error(origin, format!("{name} says neither command nor url"), advice);
            }
        }
        None
    }

    fn belongs_to(&mut self, key: &str, wanted: &str) {
        if let Some(member) = self.find(key) {
            let message = format!("'{key}' has a meaning only beside '{wanted}'");
            self.error(&member.name_span, message, format!("remove it, or reach the server by {wanted}"));
        }
    }

    fn silence(&mut self) -> Duration {
        let Some(member) = self.find("timeout_s") else { return CALL_SILENCE };
        match self.reader.number("timeout_s", &member.node).map(Duration::from_secs) {
            Some(silence) if !silence.is_zero() && silence <= SILENCE_MAX => silence,
            Some(_) => {
                let message = format!("timeout_s is between 1 and {}", SILENCE_MAX.as_secs());
                self.error(&member.node.span, message, "it is how many seconds a server may be silent during a call");
                CALL_SILENCE
            }
            None => {
                self.faults = Faults::Some;
                CALL_SILENCE
            }
        }
    }

    fn own_command(&mut self, member: &Member) -> Option<Vec<OsString>> {
        if let Value::Text(text) = &member.node.value {
            let words: Vec<&str> = text.split_whitespace().collect();
            let advice = format!("write the program and each argument by itself: command = {words:?}");
            self.error(&member.node.span, "command is an array, and here is a string", advice);
            return None;
        }
        let words = self.reader.texts("command", &member.node)?;
        if words.first().is_none_or(|(program, _)| program.is_empty()) {
            self.error(&member.node.span, "command names no program", "begin it with the program to start");
            return None;
        }
        Some(words.into_iter().map(|(word, _)| OsString::from(word)).collect())
    }

    fn client_command(&mut self, member: &Member) -> Option<Vec<OsString>> {
        let program = self.reader.text("command", &member.node)?;
        if program.is_empty() {
            self.error(&member.node.span, "command names no program", "name the program to start");
            return None;
        }
        let mut command = vec![OsString::from(program)];
        if let Some(arguments) = self.find("args") {
            for (argument, span) in self.reader.texts("args", &arguments.node)? {
                command.push(OsString::from(self.resolved(&argument, &span)?.value.reveal()));
            }
        }
        Some(command)
    }

    fn child(&mut self, command: Vec<OsString>, directory_key: &str) -> Option<Way> {
        let mut environment = self.inherited()?;
        if let Some(member) = self.find("env") {
            for (name, value, _) in self.pairs(member)? {
                if name.is_empty() || name.contains(['=', '\0']) || value.reveal().contains('\0') {
                    let message = format!("'{}' cannot be a variable", name.escape_debug());
                    self.error(&member.name_span, message, "a name has no '=', and neither part has a zero byte");
                }
                environment.insert(name, value);
            }
        }
        let directory = match self.find(directory_key) {
            Some(member) => {
                let path = self.path(directory_key, member)?;
                Some(self.folder.join(path))
            }
            None => None,
        };
        Some(Way::Child { command, environment: environment.into_iter().collect(), directory })
    }

    fn inherited(&mut self) -> Option<BTreeMap<String, Secret>> {
        let names: Vec<String> = match self.find("inherit") {
            Some(member) => self.reader.texts("inherit", &member.node)?.into_iter().map(|(name, _)| name).collect(),
            None => INHERIT_DEFAULT.iter().map(|name| (*name).to_owned()).collect(),
        };
        let value = |name: String| Some((name.clone(), Secret::new(self.surroundings.variables.get(&name)?.as_str())));
        Some(names.into_iter().filter_map(value).collect())
    }

    fn http(&mut self, member: &Member, transport: Transport) -> Option<Way> {
        let url = self.reader.text(&member.name, &member.node)?;
        let url = self.resolved(&url, &member.node.span)?.value.reveal().to_owned();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            self.error(&member.node.span, "a url begins with http:// or https://", "write the whole address");
            return None;
        }
        let mut headers = Vec::new();
        if let Some(member) = self.find("headers") {
            for (name, value, writing) in self.pairs(member)? {
                if writing == Writing::Literal && holds_credentials(&name) {
                    let message = format!("the header '{name}' of {} holds a secret in plain text", self.name);
                    let advice = format!("put it into a variable or a file: {name} = \"env:NAME\" or \"file:PATH\"");
                    self.reader.warning(&member.name_span, message, advice);
                }
                headers.push((name, value));
            }
        }
        Some(Way::Http { url, headers, transport })
    }

    fn own_transport(&mut self) -> Option<Transport> {
        let Some(member) = self.find("transport") else { return Some(Transport::Auto) };
        let Some(text) = self.reader.text("transport", &member.node) else {
            self.faults = Faults::Some;
            return None;
        };
        let known = transport_named(&text);
        if known.is_none() {
            let message = format!("there is no transport '{}'", text.escape_debug());
            self.error(&member.node.span, message, TRANSPORT_ADVICE);
        }
        known
    }

    /// What a client's `type` says. Some write `http` for whatever has a URL, so that alone says nothing.
    fn client_transport(&mut self) -> Option<Transport> {
        let Some(member) = self.find("type") else { return Some(Transport::Auto) };
        let Value::Text(kind) = &member.node.value else { return Some(Transport::Auto) };
        match kind.as_str() {
            "sse" => Some(Transport::Sse),
            "ws" => {
                let advice = "use the server's Streamable HTTP address (often .../mcp) and \"type\": \"http\"";
                self.error(&member.node.span, "this transport is not supported", advice);
                None
            }
            _ => Some(Transport::Auto),
        }
    }

    /// The members of a table of texts, with their references followed.
    fn pairs(&mut self, member: &Member) -> Option<Vec<(String, Secret, Writing)>> {
        let mut pairs = Vec::new();
        for inner in self.reader.table(&member.name, &member.node)? {
            let key = format!("{}.{}", member.name, inner.name);
            let text = match &inner.node.value {
                // Clients write numbers for ports.
                Value::Number(number) => Some(number.to_string()),
                Value::Text(_)
                | Value::Fraction(_)
                | Value::Flag(_)
                | Value::List(_)
                | Value::Table(_)
                | Value::Other(_) => self.reader.text(&key, &inner.node),
            };
            let Some(text) = text else {
                self.faults = Faults::Some;
                continue;
            };
            if let Some(resolved) = self.resolved(&text, &inner.node.span) {
                pairs.push((inner.name.clone(), resolved.value, resolved.writing));
            }
        }
        Some(pairs)
    }

    fn resolved(&mut self, text: &str, span: &Range<usize>) -> Option<Resolved> {
        match resolve(text, &self.folder, self.surroundings) {
            Ok(resolved) => {
                self.files.extend(resolved.files.iter().cloned());
                Some(resolved)
            }
            Err(dangling) => {
                self.error(span, dangling.message, dangling.advice);
                None
            }
        }
    }

    fn path(&mut self, key: &str, member: &Member) -> Option<PathBuf> {
        let text = self.reader.text(key, &member.node)?;
        if text.starts_with('~') {
            self.error(&member.node.span, "'~' is not expanded here", "write the whole path");
            return None;
        }
        Some(Path::new(&text).to_owned())
    }
}

/// The transport that is written so.
pub(super) fn transport_named(text: &str) -> Option<Transport> {
    TRANSPORTS.into_iter().find(|transport| transport_name(*transport) == text)
}

/// How a transport is written.
pub(super) const fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Auto => "auto",
        Transport::Http => "http",
        Transport::Sse => "sse",
    }
}

/// Whether headers of this name usually carry credentials.
pub(super) fn holds_credentials(header: &str) -> bool {
    let name = header.to_ascii_lowercase();
    ["authorization", "token", "key", "secret", "cookie", "password"].iter().any(|word| name.contains(word))
}
