//! From merged layers to a [`Config`]: defaults, checks, and where each value comes from.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::joint::ViewId;
use doorward_policy::effect::Reach;
use doorward_policy::{Denied, FlowPolicy, PolicyInputs, Preset, Source, Zone};
use doorward_store::{Durability, StoreConfig, StoreUrl};

use super::environment::Surroundings;
use super::key::Key;
use super::limits::{CONFIG_FILE_BYTES_MAX, FLUSH_MAX, SERVERS_MAX};
use super::origin::{Origin, SourceFile};
use super::problem::Problems;
use super::secret::read_bounded;
use super::settings::{
    Element, GuardEntry, IssuerEntry, Layer, PatternEntry, ScopeEntry, ServerEntry, Setting, SettingValue, Shown,
    SinkEntry, ViewEntry, toml_list, toml_text,
};
use super::state::state_directory;
use super::{AdminConfig, Auth, ListenConfig, PolicyConfig, ServerConfig, Way, clients, servers};

/// The layers as one, the highest precedence having won; built part by part.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    pub(super) settings: BTreeMap<Key, Setting>,
    pub(super) servers: BTreeMap<ServerId, ServerEntry>,
    pub(super) views: BTreeMap<ViewId, ViewEntry>,
    pub(super) issuers: BTreeMap<String, IssuerEntry>,
    pub(super) scope_entries: BTreeMap<String, ScopeEntry>,
    pub(super) patterns: BTreeMap<String, PatternEntry>,
    pub(super) counters: BTreeMap<String, PatternEntry>,
    /// The lowest precedence first.
    pub(super) guards: Vec<GuardEntry>,
    pub(super) sinks: BTreeMap<String, SinkEntry>,
    pub(super) surroundings: &'s Surroundings,
    pub(super) problems: Problems,
    pub(super) shown: Vec<Shown>,
    pub(super) files: Vec<PathBuf>,
}

impl<'s> Builder<'s> {
    /// `layers` come lowest precedence first. A server or view is taken whole from the highest layer that has it.
    pub(super) fn new(
        layers: Vec<Layer>,
        files: Vec<PathBuf>,
        surroundings: &'s Surroundings,
        problems: Problems,
    ) -> Self {
        let mut settings = BTreeMap::new();
        let mut servers = BTreeMap::new();
        let mut views = BTreeMap::new();
        let mut issuers = BTreeMap::new();
        let mut scope_entries = BTreeMap::new();
        let mut patterns = BTreeMap::new();
        let mut counters = BTreeMap::new();
        let mut guards = Vec::new();
        let mut sinks = BTreeMap::new();
        for layer in layers {
            settings.extend(layer.settings);
            servers.extend(layer.servers.into_iter().map(|entry| (entry.id.clone(), entry)));
            views.extend(layer.views.into_iter().map(|entry| (entry.id.clone(), entry)));
            issuers.extend(layer.issuers.into_iter().map(|entry| (entry.name.clone(), entry)));
            scope_entries.extend(layer.scopes.into_iter().map(|entry| (entry.scope.clone(), entry)));
            patterns.extend(layer.patterns.into_iter().map(|entry| (entry.name.clone(), entry)));
            counters.extend(layer.counters.into_iter().map(|entry| (entry.name.clone(), entry)));
            guards.extend(layer.guards);
            sinks.extend(layer.sinks.into_iter().map(|entry| (entry.name.clone(), entry)));
        }
        Self {
            settings,
            servers,
            views,
            issuers,
            scope_entries,
            patterns,
            counters,
            guards,
            sinks,
            surroundings,
            problems,
            shown: Vec::new(),
            files,
        }
    }

    pub(super) fn listen(&mut self) -> Option<ListenConfig> {
        let http = self.address(Key::ListenHttp, "127.0.0.1:8420");
        let auth = self.auth(http);
        let hosts = self.checked_list(Key::ListenHosts, host_flaw);
        let origins = self.checked_list(Key::ListenOrigins, origin_flaw);
        let (tls, certificates) = (self.tls(), self.certificate_rules());
        let (http, auth, tls, certificates) = (http?, auth?, tls?, certificates?);
        if !http.ip().is_loopback() && tls.is_none() {
            let origin = self.origin(Key::ListenHttp);
            let advice =
                "set up [listen.tls], or put a proxy that speaks TLS in front; list the names clients use in hosts";
            let message =
                format!("{http} is not loopback, and the gateway speaks no TLS: credentials cross the network");
            self.problems.warning(origin, message, advice);
        }
        Some(ListenConfig { http, auth, hosts, origins, tls, certificates })
    }

    pub(super) fn admin(&mut self) -> Option<AdminConfig> {
        let (text, _) = self.text(Key::AdminHttp, "127.0.0.1:8421");
        if text == "off" {
            return Some(AdminConfig::Off);
        }
        let address = self.parsed_address(Key::AdminHttp, &text)?;
        if !address.ip().is_loopback() {
            let advice = "keep it on loopback unless only your monitoring can reach it";
            let message = format!("{address} is not loopback, and health and metrics ask nobody who they are");
            self.problems.warning(self.origin(Key::AdminHttp), message, advice);
        }
        Some(AdminConfig::Http(address))
    }

    pub(super) fn store(&mut self) -> Option<StoreConfig> {
        let state = state_directory(self.surroundings).map(|folder| folder.join("records.db"));
        let default = state.map(|path| format!("sqlite://{}", path.display()));
        let Some(default) = default.or_else(|| self.settings.contains_key(&Key::StoreUrl).then(String::new)) else {
            let advice = "set HOME or XDG_STATE_HOME, or name a place with [store] url or --store";
            self.problems.error(Origin::Default, "there is no place for the records", advice);
            return None;
        };
        let (text, origin) = self.text(Key::StoreUrl, &default);
        let url = match StoreUrl::parse(&text) {
            Ok(StoreUrl::File(path)) => StoreUrl::File(self.based(&path, &origin)),
            Ok(url @ (StoreUrl::Memory | StoreUrl::Nowhere)) => url,
            Err(error) => {
                let advice = "write sqlite:///absolute/path/records.db";
                self.problems.error(origin, format!("store.url cannot be used: {error}"), advice);
                return None;
            }
        };
        let durability = self.durability();
        Some(StoreConfig::new(url).with_durability(durability?))
    }

    pub(super) fn policy(&mut self, default: Preset) -> Option<PolicyConfig> {
        let (text, origin) = self.text(Key::PolicyPreset, default.name());
        let preset = text.parse::<Preset>().ok();
        if preset.is_none() {
            let names = Preset::ALL.map(Preset::name);
            let advice = match super::node::nearest(&text, &names) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("the presets are {}", names.join(", ")),
            };
            self.problems.error(origin, format!("there is no preset '{text}'"), advice);
        }
        let mut sources: Vec<Source> = preset.map(Preset::source).into_iter().collect();
        sources.extend(self.flow_policies(preset).into_iter().map(FlowPolicy::source));
        let mut files = Vec::new();
        for element in self.list(Key::PolicyFiles) {
            let path = self.based(Path::new(&element.text), &element.origin);
            match read_bounded(&path, CONFIG_FILE_BYTES_MAX) {
                Ok(text) => sources.push(Source { name: element.text.clone(), text }),
                Err(reason) => {
                    let message = format!("the policy file {} cannot be read: {reason}", path.display());
                    self.problems.error(element.origin, message, "name a Cedar file that exists");
                }
            }
            files.push(path);
        }
        let zone = self.zone();
        let denied = self.denied();
        let patterns = self.patterns();
        let counted = self.counters();
        let counters = counted.iter().map(|counter| counter.name.clone()).collect();
        let (zone, denied) = (zone?, denied?);
        let inputs = PolicyInputs { sources, counters, counted, zone, denied, patterns, ..PolicyInputs::default() };
        Some(PolicyConfig { preset: preset?, files, inputs })
    }

    fn denied(&mut self) -> Option<Denied> {
        let (text, origin) = self.text(Key::PolicyDenied, Denied::default().name());
        let denied = Denied::ALL.into_iter().find(|denied| denied.name() == text);
        if denied.is_none() {
            let advice = "it is \"explain\" (say why) or \"hide\" (say that there is no such thing)";
            self.problems.error(origin, format!("policy.denied cannot be '{text}'"), advice);
        }
        denied
    }

    fn zone(&mut self) -> Option<Zone> {
        let (text, origin) = self.text(Key::PolicyTimezone, "UTC");
        Zone::named(&text)
            .map_err(|error| {
                let advice = match &error.nearest {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "name a zone of the IANA database, such as Europe/Berlin".to_owned(),
                };
                self.problems.error(origin, error.to_string(), advice);
            })
            .ok()
    }

    pub(super) fn servers(&mut self) -> Vec<ServerConfig> {
        self.servers_from();
        let entries: Vec<ServerEntry> = self.servers.values().cloned().collect();
        if entries.len() > SERVERS_MAX {
            let advice = "share the servers between several gateways";
            self.problems.error(Origin::Default, format!("there are more than {SERVERS_MAX} servers"), advice);
            return Vec::new();
        }
        let mut configured = Vec::new();
        for entry in entries {
            let Some(read) = servers::read(&entry, self.surroundings, &mut self.problems) else { continue };
            self.files.extend(read.files);
            self.show_server(&read.server, &entry.origin);
            configured.push(read.server);
        }
        configured
    }

    /// The ids of all servers, whatever else is said of them.
    pub(super) fn server_ids(&mut self) -> Vec<ServerId> {
        self.servers_from();
        self.servers.keys().cloned().collect()
    }

    /// Adds the servers of a client's file; a name that is taken is an error, because either could be meant.
    fn servers_from(&mut self) {
        let Some(Setting { value: SettingValue::Text(text), origin }) = self.settings.get(&Key::ServersFrom).cloned()
        else {
            return;
        };
        self.show(Key::ServersFrom, toml_text(&text), &origin);
        let path = self.based(Path::new(&text), &origin);
        let read = match read_bounded(&path, CONFIG_FILE_BYTES_MAX) {
            Ok(read) => read,
            Err(reason) => {
                let message = format!("the file {} cannot be read: {reason}", path.display());
                self.problems.error(origin, message, "name a client's file with mcpServers");
                return;
            }
        };
        self.files.push(path.clone());
        let file = SourceFile::new(path, &read);
        for entry in clients::read(&file, &mut self.problems) {
            if self.servers.contains_key(&entry.id) {
                let message = format!("the server id '{}' stands in the configuration already", entry.id);
                self.problems.error(entry.origin, message, "rename or remove one of the two");
                continue;
            }
            self.servers.insert(entry.id.clone(), entry);
        }
    }

    fn durability(&mut self) -> Option<Durability> {
        let (text, origin) = self.text(Key::StoreDurability, "relaxed");
        let strict = match text.as_str() {
            "strict" => Some(Durability::Strict),
            "relaxed" => None,
            _ => {
                let advice = "write \"relaxed\" or \"strict\"";
                self.problems.error(origin, format!("there is no durability '{text}'"), advice);
                return None;
            }
        };
        let Some(Setting { value: SettingValue::Number(flush), origin }) =
            self.settings.get(&Key::StoreFlushMs).cloned()
        else {
            return Some(strict.unwrap_or_default());
        };
        self.show(Key::StoreFlushMs, flush.to_string(), &origin);
        let flush = Duration::from_millis(flush);
        if strict.is_some() {
            let advice = "remove it, or set durability = \"relaxed\"";
            self.problems.error(origin, "flush_ms has a meaning only with relaxed durability", advice);
            return None;
        }
        if flush > FLUSH_MAX {
            let message = format!("flush_ms is at most {}", FLUSH_MAX.as_millis());
            self.problems.error(origin, message, "it is how many milliseconds of records a crash may lose");
            return None;
        }
        Some(Durability::Relaxed { flush })
    }

    fn auth(&mut self, http: Option<SocketAddr>) -> Option<Auth> {
        let (text, origin) = self.text(Key::ListenAuth, "token");
        match (text.as_str(), http) {
            ("none", Some(http)) if !http.ip().is_loopback() => {
                let message = format!("auth = \"none\" would let everyone who reaches {http} call every server");
                self.problems.error(origin, message, "use auth = \"token\", or listen on 127.0.0.1");
                None
            }
            ("none", _) => Some(Auth::None),
            ("identity", _) => Some(Auth::Identity),
            ("token", _) => match state_directory(self.surroundings) {
                Some(folder) => Some(Auth::Token(folder.join("token"))),
                None => {
                    let advice = "set HOME or XDG_STATE_HOME";
                    self.problems.error(origin, "there is no place for the local token", advice);
                    None
                }
            },
            _ => {
                let message = format!("there is no way of authentication called '{text}'");
                self.problems.error(origin, message, "write \"token\", \"identity\" or \"none\"");
                None
            }
        }
    }

    fn address(&mut self, key: Key, default: &str) -> Option<SocketAddr> {
        let (text, _) = self.text(key, default);
        self.parsed_address(key, &text)
    }

    fn parsed_address(&mut self, key: Key, text: &str) -> Option<SocketAddr> {
        let numeric = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        let address = numeric.parse().ok();
        if address.is_none() {
            let message = format!("{key} is an address and a port, and '{text}' is not");
            self.problems.error(self.origin(key), message, "write for example \"127.0.0.1:8420\" or \"[::1]:8420\"");
        }
        address
    }

    /// The value of a text setting and its origin.
    pub(super) fn text(&mut self, key: Key, default: &str) -> (String, Origin) {
        let (text, origin) = match self.settings.get(&key) {
            Some(Setting { value: SettingValue::Text(text), origin }) => (text.clone(), origin.clone()),
            Some(Setting {
                value: SettingValue::List(_) | SettingValue::Number(_) | SettingValue::Flag(_), ..
            })
            | None => (default.to_owned(), Origin::Default),
        };
        self.show(key, toml_text(&text), &origin);
        (text, origin)
    }

    pub(super) fn number(&mut self, key: Key, default: u64) -> (u64, Origin) {
        let (number, origin) = match self.settings.get(&key) {
            Some(Setting { value: SettingValue::Number(number), origin }) => (*number, origin.clone()),
            Some(Setting { value: SettingValue::Text(_) | SettingValue::List(_) | SettingValue::Flag(_), .. })
            | None => (default, Origin::Default),
        };
        self.show(key, number.to_string(), &origin);
        (number, origin)
    }

    pub(super) fn flag(&mut self, key: Key, default: bool) -> bool {
        let (flag, origin) = match self.settings.get(&key) {
            Some(Setting { value: SettingValue::Flag(flag), origin }) => (*flag, origin.clone()),
            Some(Setting {
                value: SettingValue::Text(_) | SettingValue::List(_) | SettingValue::Number(_), ..
            })
            | None => (default, Origin::Default),
        };
        self.show(key, flag.to_string(), &origin);
        flag
    }

    pub(super) fn list(&mut self, key: Key) -> Vec<Element> {
        let (elements, origin) = match self.settings.get(&key) {
            Some(Setting { value: SettingValue::List(elements), origin }) => (elements.clone(), origin.clone()),
            Some(Setting {
                value: SettingValue::Text(_) | SettingValue::Number(_) | SettingValue::Flag(_), ..
            })
            | None => (Vec::new(), Origin::Default),
        };
        let value = toml_list(elements.iter().map(|element| element.text.as_str()));
        self.show(key, value, &origin);
        elements
    }

    fn checked_list(&mut self, key: Key, flaw: fn(&str) -> Option<&'static str>) -> Vec<String> {
        let elements = self.list(key);
        for element in &elements {
            if let Some(advice) = flaw(&element.text) {
                let message = format!("'{}' cannot stand in {key}", element.text);
                self.problems.error(element.origin.clone(), message, advice);
            }
        }
        elements.into_iter().map(|element| element.text).collect()
    }

    /// Whether anybody said anything of a setting.
    pub(super) fn has(&self, key: Key) -> bool {
        self.settings.contains_key(&key)
    }

    pub(super) fn origin(&self, key: Key) -> Origin {
        self.settings.get(&key).map_or(Origin::Default, |setting| setting.origin.clone())
    }

    /// A path as its origin means it: from the file's folder, or from the working directory.
    pub(super) fn based(&self, path: &Path, origin: &Origin) -> PathBuf {
        plain(&origin.folder(self.surroundings).join(path))
    }

    pub(super) fn show(&mut self, key: Key, value: String, origin: &Origin) {
        self.shown.push(Shown { key: key.to_string(), value, origin: origin.clone() });
    }

    fn show_server(&mut self, server: &ServerConfig, origin: &Origin) {
        let mut line = |key: &str, value: String| {
            let key = format!("servers.{}.{key}", server.id);
            self.shown.push(Shown { key, value, origin: origin.clone() });
        };
        match &server.way {
            Way::Child { command, environment, directory } => {
                let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
                line("command", toml_list(words.iter().map(AsRef::as_ref)));
                line("env", toml_list(environment.iter().map(|(name, _)| name.as_str())));
                if let Some(directory) = directory {
                    line("directory", toml_text(&directory.display().to_string()));
                }
            }
            Way::Http { url, headers, transport } => {
                // What follows a '?' is where some services put their keys.
                line("url", toml_text(url.split('?').next().unwrap_or_default()));
                line("headers", toml_list(headers.iter().map(|(name, _)| name.as_str())));
                line("transport", toml_text(servers::transport_name(*transport)));
            }
        }
        line("timeout_s", server.silence.as_secs().to_string());
        if let Some(root) = &server.place.root {
            line("root", toml_text(root));
        }
        line("files", toml_text(server.place.files.name()));
        line("sql", toml_text(server.place.dialect.name()));
        line("trust", toml_text(server.place.trust.name()));
        line("labels", toml_text(server.labels.pack.as_str()));
        for (tool, word) in &server.place.tools {
            let effect = word.effect.map(|effect| format!("effect = {}", toml_text(effect.as_str())));
            let egress = word.reach.map(|reach| format!("egress = {}", reach == Reach::Open));
            let said: Vec<String> = effect.into_iter().chain(egress).collect();
            line(&format!("tools.{}", toml_text(tool)), format!("{{ {} }}", said.join(", ")));
        }
    }
}

/// The same path without the `.` parts that joining leaves.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn host_flaw(host: &str) -> Option<&'static str> {
    let fits = !host.is_empty() && !host.contains(['/', '@', ' ', '*']);
    (!fits).then_some("write a name or name:port, without scheme and path")
}

fn origin_flaw(origin: &str) -> Option<&'static str> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let fits = host.is_some_and(|host| host_flaw(host).is_none());
    (!fits).then_some("write scheme://host or scheme://host:port, without a path")
}
