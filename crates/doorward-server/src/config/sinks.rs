//! Where records go besides the store: `[sinks.NAME]`.

use std::path::PathBuf;
use std::time::Duration;

use doorward_export::limits::SINKS_MAX;
use doorward_export::{
    Behind, Form, HttpTarget, OcsfFile, Otlp, Records, Signal, SigningKey, SinkConfig, Syslog, Target, TargetError,
    Trust, Webhook,
};
use doorward_store::SinkStart;

use super::build::Builder;
use super::environment::Surroundings;
use super::issuers::is_name;
use super::limits::{CA_FILE_BYTES_MAX, SINK_BEHIND_MAX, SINK_FILE_MIB_MAX, SINK_FILES_MAX, SINK_WAIT_MAX};
use super::node::{Member, Reader};
use super::origin::Origin;
use super::problem::Problems;
use super::secret::{Writing, read_bounded, resolve};
use super::servers::holds_credentials;
use super::settings::{Layer, Shown, SinkEntry, toml_list, toml_text};
use super::table::{Table, word_of};
use crate::identity::oauth::is_loopback;

/// The keys of every sink.
const KEYS: &[&str] = &["kind", "start", "records", "behind", "behind_max", "behind_max_s"];

/// Those of a webhook beside them.
const WEBHOOK_KEYS: &[&str] = &["url", "headers", "secret", "form", "tls"];

/// Those of a file.
const OCSF_KEYS: &[&str] = &["path", "max_mb", "keep"];

/// Those of syslog.
const SYSLOG_KEYS: &[&str] = &["address", "hostname", "plaintext", "tls"];

/// Those of OTLP.
const OTLP_KEYS: &[&str] = &["url", "headers", "signals", "tls"];

/// The keys of `tls`.
const TLS_KEYS: &[&str] = &["ca", "certificate", "key"];

const KINDS: &[(&str, Kind)] =
    &[("otlp", Kind::Otlp), ("ocsf", Kind::Ocsf), ("syslog", Kind::Syslog), ("webhook", Kind::Webhook)];
const SIGNALS: &[(&str, Signal)] = &[("traces", Signal::Traces), ("logs", Signal::Logs), ("metrics", Signal::Metrics)];
const STARTS: &[(&str, SinkStart)] = &[("oldest", SinkStart::Oldest), ("newest", SinkStart::Newest)];
const RECORDS: &[(&str, Records)] = &[("all", Records::All), ("outcomes", Records::Outcomes)];
const BEHIND: &[(&str, Waiting)] = &[("spool", Waiting::Spool), ("refuse", Waiting::Refuse)];
const FORMS: &[(&str, Form)] = &[("records", Form::Records), ("ocsf", Form::Ocsf)];

/// Size of a file of events from which on it is turned over, unless configured otherwise, in MiB.
const FILE_MIB_DEFAULT: u64 = 64;

/// Older files of events that are kept, unless configured otherwise.
const FILES_KEPT_DEFAULT: u64 = 10;

/// The port of syslog over TLS (RFC 5425 §4.1) and the one in use for it over TCP.
const SYSLOG_PORTS: (u16, u16) = (6514, 601);

/// Records that may wait before calls are refused, unless configured otherwise.
const BEHIND_DEFAULT: u64 = 100_000;

/// How long a record may wait before calls are refused, unless configured otherwise.
const WAIT_DEFAULT: Duration = Duration::from_secs(300);

/// The word for where records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Otlp,
    Ocsf,
    Syslog,
    Webhook,
}

impl Kind {
    /// The keys beside those of every sink.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Otlp => OTLP_KEYS,
            Self::Ocsf => OCSF_KEYS,
            Self::Syslog => SYSLOG_KEYS,
            Self::Webhook => WEBHOOK_KEYS,
        }
    }
}

/// The word for what becomes of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Spool,
    Refuse,
}

impl Builder<'_> {
    /// The sinks, in the order of their names.
    pub(super) fn sinks(&mut self) -> Vec<SinkConfig> {
        let entries: Vec<SinkEntry> = self.sinks.values().cloned().collect();
        if entries.len() > SINKS_MAX {
            let advice = "let one sink pass records on to the others";
            self.problems.error(Origin::Default, format!("there are more than {SINKS_MAX} sinks"), advice);
            return Vec::new();
        }
        let mut configured = Vec::new();
        for entry in entries {
            let Some((sink, files)) = read(&entry, self.surroundings, &mut self.problems) else { continue };
            self.files.extend(files);
            if let Some(other) = same_file(&configured, &sink) {
                let message = format!("[sinks.{}] and [sinks.{other}] have the same path", sink.name);
                self.problems.error(entry.origin.clone(), message, "give each its own file");
                continue;
            }
            for (key, value) in shown(&sink) {
                let key = format!("sinks.{}.{key}", sink.name);
                self.shown.push(Shown { key, value, origin: entry.origin.clone() });
            }
            configured.push(sink);
        }
        configured
    }
}

/// `[sinks]` of a file.
pub(super) fn gather(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for sink in reader.table("[sinks]", &member.node).unwrap_or_default() {
        if !is_name(&sink.name) {
            let message = format!("'{}' is no name of a sink", sink.name);
            let advice = "use 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter or digit";
            reader.error(&sink.name_span.clone(), message, advice);
            continue;
        }
        let origin = reader.origin.at(&sink.name_span);
        layer.sinks.push(SinkEntry { name: sink.name.clone(), origin, node: sink.node.clone() });
    }
}

/// Reads one sink and the files it was made from; `None` when something is wrong with it, which `problems` then hold.
fn read(entry: &SinkEntry, surroundings: &Surroundings, problems: &mut Problems) -> Option<(SinkConfig, Vec<PathBuf>)> {
    let name = format!("[sinks.{}]", entry.name);
    let mut table = Table::open(name, &entry.node, &entry.origin, surroundings, problems)?;
    let sink = table.sink(&entry.name);
    table.sound?;
    Some((sink?, table.files))
}

impl Table<'_, '_, '_> {
    fn sink(&mut self, name: &str) -> Option<SinkConfig> {
        let Some(kind) = self.word("kind", KINDS) else {
            let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            self.missing("kind", &format!("add kind = \"…\", one of {}", words.join(", ")));
            return None;
        };
        let keys: Vec<&str> = KEYS.iter().chain(kind.keys()).copied().collect();
        self.only(&keys);
        let (start, records) = (self.word("start", STARTS), self.word("records", RECORDS));
        let behind = self.behind();
        let target = match kind {
            Kind::Otlp => self.otlp().map(Target::Otlp),
            Kind::Ocsf => self.ocsf().map(Target::Ocsf),
            Kind::Syslog => self.syslog().map(Target::Syslog),
            Kind::Webhook => self.webhook().map(Target::Webhook),
        };
        let (start, records) = (start.unwrap_or_default(), records.unwrap_or_default());
        Some(SinkConfig { name: name.to_owned(), target: target?, start, records, behind })
    }

    fn behind(&mut self) -> Behind {
        match self.word("behind", BEHIND) {
            Some(Waiting::Refuse) => Behind::Refuse {
                records: self.count("behind_max", BEHIND_DEFAULT, SINK_BEHIND_MAX),
                wait: self.seconds("behind_max_s", WAIT_DEFAULT, SINK_WAIT_MAX),
            },
            Some(Waiting::Spool) | None => {
                for key in ["behind_max", "behind_max_s"] {
                    self.error_if_there(key, format!("{key} has a meaning only with behind = \"refuse\""), "remove it");
                }
                Behind::Spool
            }
        }
    }

    fn webhook(&mut self) -> Option<Webhook> {
        let target = self.http_target();
        let key = self.secret("secret").and_then(|secret| match SigningKey::parse(secret.reveal()) {
            Ok(key) => Some(key),
            Err(error) => {
                self.error("secret", error.to_string(), "make one with `openssl rand -base64 32`, after \"whsec_\"");
                None
            }
        });
        let form = self.word("form", FORMS).unwrap_or_default();
        Some(Webhook { target: target?, key, form })
    }

    fn otlp(&mut self) -> Option<Otlp> {
        let target = self.http_target();
        let words = self.texts("signals").unwrap_or_else(|| vec!["traces".to_owned(), "logs".to_owned()]);
        let mut signals = Vec::new();
        for word in &words {
            match SIGNALS.iter().find(|(known, _)| known == word) {
                Some((_, signal)) if !signals.contains(signal) => signals.push(*signal),
                Some(_) => {}
                None => {
                    let advice = "write \"traces\", \"logs\" or \"metrics\"";
                    self.error("signals", format!("there is no signal '{word}'"), advice);
                }
            }
        }
        if words.is_empty() {
            self.error("signals", "signals is empty", "name what is sent, or remove it");
        }
        Some(Otlp { target: target?, signals })
    }

    fn ocsf(&mut self) -> Option<OcsfFile> {
        let Some(path) = self.text("path") else {
            self.missing("path", "add path = \"/var/log/doorward/events.jsonl\"");
            return None;
        };
        let mib = self.count("max_mb", FILE_MIB_DEFAULT, SINK_FILE_MIB_MAX);
        let keep = self.count("keep", FILES_KEPT_DEFAULT, SINK_FILES_MAX);
        let path = self.surroundings.absolute(&self.folder.join(path));
        Some(OcsfFile { path, bytes: mib.saturating_mul(1024 * 1024), keep: u32::try_from(keep).unwrap_or(u32::MAX) })
    }

    fn syslog(&mut self) -> Option<Syslog> {
        let trust = self.trust();
        let plaintext =
            self.read("plaintext", |reader, member| reader.flag("plaintext", &member.node)).unwrap_or(false);
        let (tls_port, plain_port) = SYSLOG_PORTS;
        let Some(text) = self.text("address") else {
            self.missing("address", "add address = \"host:6514\"");
            return None;
        };
        let Some((host, port)) = address(&text, if plaintext { plain_port } else { tls_port }) else {
            self.error("address", format!("address cannot be '{text}'"), "write host or host:port");
            return None;
        };
        if plaintext && self.find("tls").is_some() {
            self.error("plaintext", "a sink speaks TLS or not", "remove plaintext or tls");
        }
        if plaintext && !is_loopback(&host) && host != "::1" {
            let message = format!("records of {} cross the network in the clear", self.name);
            self.warn("plaintext", message, "use TLS, or a receiver on this machine that passes them on");
        }
        Some(Syslog { host, port, trust: (!plaintext).then_some(trust), hostname: self.text("hostname") })
    }

    /// An address, the headers that go with every message there, and whom to believe.
    fn http_target(&mut self) -> Option<HttpTarget> {
        let url = self.referenced("url");
        let (headers, trust) = (self.headers(), self.trust());
        let Some(url) = url else {
            self.missing("url", "add url = \"https://…\"");
            return None;
        };
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        match HttpTarget::new(&url, pairs, trust) {
            Ok(target) => {
                if !target.is_encrypted() && !target.url().host().is_some_and(is_loopback) {
                    let advice = "use https, or a receiver on this machine that passes them on";
                    let message = format!("records of {} cross the network in the clear", self.name);
                    self.warn("url", message, advice);
                }
                Some(target)
            }
            Err(error) => {
                let at = match &error {
                    TargetError::Url | TargetError::UserInfo | TargetError::Key => "url",
                    TargetError::Header(_) | TargetError::ReservedHeader(_) | TargetError::Headers => "headers",
                };
                self.error(at, error.to_string(), "see the guide on observability");
                None
            }
        }
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let Some(member) = self.find("headers") else { return Vec::new() };
        let Some(members) = self.reader.table("headers", &member.node) else {
            self.sound = None;
            return Vec::new();
        };
        let mut headers = Vec::new();
        for inner in members {
            let Some(text) = self.reader.text(&inner.name, &inner.node) else {
                self.sound = None;
                continue;
            };
            match resolve(&text, &self.folder, self.surroundings) {
                Ok(resolved) => {
                    if resolved.writing == Writing::Literal && holds_credentials(&inner.name) {
                        let message =
                            format!("the header '{}' of {} holds a secret in plain text", inner.name, self.name);
                        let advice = format!("keep it elsewhere: {} = \"env:NAME\" or \"file:PATH\"", inner.name);
                        self.reader.warning(&inner.name_span, message, advice);
                    }
                    self.files.extend(resolved.files);
                    headers.push((inner.name.clone(), resolved.value.reveal().to_owned()));
                }
                Err(dangling) => {
                    self.sound = None;
                    self.reader.error(&inner.node.span, dangling.message, dangling.advice);
                }
            }
        }
        headers
    }

    fn trust(&mut self) -> Trust {
        let Some(mut within) = self.within("tls", TLS_KEYS) else { return Trust::default() };
        let roots = within.pem("ca");
        let (certificate, key) = (within.pem("certificate"), within.pem("key"));
        let (one, both) = (certificate.is_some() || key.is_some(), certificate.zip(key));
        let (sound, files) = (within.sound, std::mem::take(&mut within.files));
        self.files.extend(files);
        if sound.is_none() {
            self.sound = None;
        } else if one && both.is_none() {
            self.error("tls", "a certificate and its key belong together", "name both: certificate and key");
        }
        Trust { roots, identity: both }
    }

    /// The text of a file that is named.
    fn pem(&mut self, key: &str) -> Option<String> {
        let name = self.text(key)?;
        let path = self.surroundings.absolute(&self.folder.join(&name));
        match read_bounded(&path, CA_FILE_BYTES_MAX) {
            Ok(text) => {
                self.files.push(path);
                Some(text)
            }
            Err(reason) => {
                let message = format!("the file {} cannot be read: {reason}", path.display());
                self.error(key, message, "name a PEM file that exists");
                None
            }
        }
    }

    /// A text in which references to secrets may stand.
    fn referenced(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        match resolve(&text, &self.folder, self.surroundings) {
            Ok(resolved) => {
                self.files.extend(resolved.files);
                Some(resolved.value.reveal().to_owned())
            }
            Err(dangling) => {
                self.error(key, dangling.message, dangling.advice);
                None
            }
        }
    }

    fn count(&mut self, key: &str, default: u64, most: u64) -> u64 {
        match self.read(key, |reader, member| reader.number(key, &member.node)) {
            Some(number) if (1..=most).contains(&number) => number,
            Some(_) => {
                self.error(key, format!("{key} is from 1 to {most}"), "write a number between the two");
                default
            }
            None => default,
        }
    }

    fn error_if_there(&mut self, key: &str, message: String, advice: &str) {
        if self.find(key).is_some() {
            self.error(key, message, advice);
        }
    }

    fn warn(&mut self, key: &str, message: String, advice: &str) {
        if let Some(member) = self.find(key) {
            self.reader.warning(&member.node.span, message, advice);
        }
    }

    /// Tells that a key is missing, if it is: one that is there and wrong was told of already.
    fn missing(&mut self, key: &str, advice: &str) {
        self.sound = None;
        if self.find(key).is_none() {
            let message = format!("{} has no {key}", self.name);
            self.reader.problems.error(self.reader.origin.clone(), message, advice);
        }
    }
}

/// The sink among `others` that has the same file; they would turn it over under each other.
fn same_file<'o>(others: &'o [SinkConfig], sink: &SinkConfig) -> Option<&'o str> {
    let path = |sink: &'_ SinkConfig| match &sink.target {
        Target::Ocsf(file) => Some(file.path.clone()),
        Target::Webhook(_) | Target::Syslog(_) | Target::Otlp(_) => None,
    };
    let ours = path(sink)?;
    others.iter().find(|other| path(other).as_ref() == Some(&ours)).map(|other| other.name.as_str())
}

/// A host and a port; IPv6 addresses stand in brackets.
fn address(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':')?)),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(usual), |port| port.parse().ok())?;
    let fits = !host.is_empty() && !host.contains(['/', '@', ' ', '[', ']']);
    fits.then(|| (host.to_owned(), port))
}

/// What `config show` says of a sink.
fn shown(sink: &SinkConfig) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("kind", toml_text(sink.target.kind())),
        ("start", toml_text(word_of(STARTS, sink.start))),
        ("records", toml_text(word_of(RECORDS, sink.records))),
    ];
    match sink.behind {
        Behind::Spool => lines.push(("behind", toml_text("spool"))),
        Behind::Refuse { records, wait } => lines.extend([
            ("behind", toml_text("refuse")),
            ("behind_max", records.to_string()),
            ("behind_max_s", wait.as_secs().to_string()),
        ]),
    }
    match &sink.target {
        Target::Webhook(webhook) => {
            lines.extend(shown_http(&webhook.target));
            lines.push(("form", toml_text(word_of(FORMS, webhook.form))));
        }
        Target::Otlp(otlp) => {
            lines.extend(shown_http(&otlp.target));
            lines.push(("signals", toml_list(otlp.signals.iter().map(|signal| word_of(SIGNALS, *signal)))));
        }
        Target::Ocsf(file) => lines.extend([
            ("path", toml_text(&file.path.display().to_string())),
            ("max_mb", (file.bytes / (1024 * 1024)).to_string()),
            ("keep", file.keep.to_string()),
        ]),
        Target::Syslog(syslog) => lines.extend([
            ("address", toml_text(&format!("{}:{}", syslog.host, syslog.port))),
            ("plaintext", syslog.trust.is_none().to_string()),
        ]),
    }
    lines
}

fn shown_http(target: &HttpTarget) -> Vec<(&'static str, String)> {
    // What follows a '?' is where some services put their keys.
    let url = target.url().to_string();
    let url = url.split('?').next().unwrap_or_default();
    vec![("url", toml_text(url)), ("headers", toml_list(target.header_names()))]
}
