//! Who may come in: `[identity]`, the gateway as a protected resource.
//!
//! Responsible for the parts that concern all issuers; one issuer is read in [`super::issuers`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::build::Builder;
use super::issuers;
use super::key::Key;
use super::limits::{ISSUERS_MAX, SCOPES_MAX};
use super::node::{Member, Reader};
use super::origin::Origin;
use super::secret::Secret;
use super::settings::{IssuerEntry, Layer, ScopeEntry, Shown, toml_list, toml_text};
use super::{Auth, ListenConfig};
use crate::identity::oauth::{Algorithm, Resource};

/// Whose tokens are taken, and what this gateway is called in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentityConfig {
    /// The gateway's own URI. There with every issuer.
    pub resource: Option<Resource>,
    /// The scopes that the policy speaks of, for clients that ask what there is.
    pub scopes: Vec<String>,
    /// The scopes a client is advised to begin with.
    pub initial_scopes: Vec<String>,
    /// Which scopes hold which others.
    pub scope_implies: BTreeMap<String, BTreeSet<String>>,
    /// The issuers, in the order of their names.
    pub issuers: Vec<IssuerConfig>,
    /// The claim that names the unit of work; `None` where none does.
    pub task_claim: Option<String>,
}

/// One issuer of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerConfig {
    /// What it is called in policies and records.
    pub name: String,
    /// Its identifier (RFC 8414 §2), compared exactly.
    pub issuer: String,
    /// Where its keys are; `None` where its metadata say it.
    pub jwks_uri: Option<String>,
    /// Further names under which it knows this gateway, compared exactly.
    pub audiences: Vec<String>,
    /// The algorithms it may sign with.
    pub algorithms: Vec<Algorithm>,
    /// What the names it gives begin with in policies, before a slash; empty for nothing.
    pub prefix: String,
    /// Where its tokens say what.
    pub claims: ClaimNames,
    /// How it is asked about tokens; `None` for never.
    pub introspection: Option<IntrospectionConfig>,
    /// Whether its tokens may, or must, be bound to a key.
    pub dpop: Dpop,
    /// Which signed tokens are access tokens.
    pub token_type: TokenType,
    /// By how much its clock may be off.
    pub clock_skew: Duration,
    /// Which addresses its names may lead to.
    pub addresses: Addresses,
}

/// Where tokens say what: names of claims, with dots for what lies within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// The person.
    pub user: String,
    /// The organisation; `None` where there is one alone.
    pub tenant: Option<String>,
    /// The groups the person is in; `None` for none.
    pub groups: Option<String>,
    /// The program that acts, the first that is there.
    pub agent: Vec<String>,
    /// What the token was given for, the first that is there.
    pub scopes: Vec<String>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        Self {
            user: "sub".to_owned(),
            tenant: None,
            groups: Some("groups".to_owned()),
            agent: names(["azp", "client_id"]),
            scopes: names(["scope", "scp"]),
        }
    }
}

/// How an issuer is asked about tokens (RFC 7662).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntrospectionConfig {
    /// Where; `None` where its metadata say it.
    pub url: Option<String>,
    /// Who we are to it.
    pub client_id: String,
    /// How we prove that.
    pub client_secret: Secret,
    /// How long its word holds: within this time a revoked token is refused.
    pub life: Duration,
    /// About which tokens.
    pub tokens: Introspected,
}

impl IntrospectionConfig {
    pub(crate) fn life_seconds(&self) -> i64 {
        i64::try_from(self.life.as_secs()).unwrap_or(i64::MAX)
    }
}

impl IssuerConfig {
    pub(crate) fn skew_seconds(&self) -> i64 {
        i64::try_from(self.clock_skew.as_secs()).unwrap_or(0)
    }
}

/// About which tokens an issuer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspected {
    /// Those that say nothing themselves.
    Opaque,
    /// Signed ones as well, once their signature was checked.
    All,
}

/// Whether tokens may be bound to a key that their sender proves to hold (RFC 9449).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dpop {
    /// Bound tokens are refused.
    Off,
    /// Bound tokens need their proof.
    Accept,
    /// Every token must be bound.
    Require,
}

/// Which signed tokens are access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Those of type `at+jwt`, and those of type `JWT` or none that bear no mark of another kind.
    Any,
    /// Those of type `at+jwt` alone (RFC 9068 §4).
    AccessToken,
}

/// Which addresses an issuer's names may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// Public ones alone.
    Public,
    /// Private ones as well.
    Private,
}

impl Builder<'_> {
    pub(super) fn identity(&mut self, listen: Option<&ListenConfig>) -> Option<IdentityConfig> {
        let configured = self.issuers();
        let resource = self.resource(!configured.is_empty());
        let scopes = self.scopes(Key::IdentityScopes);
        let initial = self.has(Key::IdentityInitialScopes);
        let initial_scopes = if initial { self.scopes(Key::IdentityInitialScopes) } else { scopes.clone() };
        let scope_implies = self.scope_implies();
        let entries = self.issuers.len();
        self.check_auth(listen, entries);
        let task_claim = self.task_claim(entries);
        let complete = configured.len() == entries && (resource.is_some() || configured.is_empty());
        let issuers = configured;
        complete.then_some(IdentityConfig { resource, scopes, initial_scopes, scope_implies, issuers, task_claim })
    }

    fn issuers(&mut self) -> Vec<IssuerConfig> {
        let entries: Vec<IssuerEntry> = self.issuers.values().cloned().collect();
        if entries.len() > ISSUERS_MAX {
            let advice = "share the issuers between several gateways";
            self.problems.error(Origin::Default, format!("there are more than {ISSUERS_MAX} issuers"), advice);
            return Vec::new();
        }
        let mut configured: Vec<IssuerConfig> = Vec::new();
        for entry in entries {
            let Some(read) = issuers::read(&entry, self.surroundings, &mut self.problems) else { continue };
            self.files.extend(read.files);
            self.check_apart(&read.issuer, &configured, &entry.origin);
            self.show_issuer(&read.issuer, &entry.origin);
            configured.push(read.issuer);
        }
        configured
    }

    /// Two issuers must never be able to speak of the same person, nor be asked about each other's tokens.
    fn check_apart(&mut self, issuer: &IssuerConfig, others: &[IssuerConfig], origin: &Origin) {
        for other in others {
            let (one, two) = (&issuer.name, &other.name);
            if other.prefix == issuer.prefix {
                let message = format!("the issuers '{two}' and '{one}' have the same prefix '{}'", issuer.prefix);
                self.problems.error(origin.clone(), message, "give each a prefix of its own");
            }
            if other.issuer == issuer.issuer {
                let message = format!("the issuers '{two}' and '{one}' are the same: {}", issuer.issuer);
                self.problems.error(origin.clone(), message, "keep one of the two");
            }
            if other.introspection.is_some() && issuer.introspection.is_some() {
                let message = format!("the issuers '{two}' and '{one}' both have an introspection");
                let advice = "a token that names no issuer can be shown to one alone; keep one of the two";
                self.problems.error(origin.clone(), message, advice);
            }
        }
    }

    fn resource(&mut self, wanted: bool) -> Option<Resource> {
        if !self.has(Key::IdentityResource) {
            if wanted {
                let advice = "write the address clients use: resource = \"https://gateway.example\" under [identity]";
                let message = "there are issuers, and [identity] does not say what this gateway is called in tokens";
                self.problems.error(Origin::Default, message, advice);
            }
            return None;
        }
        let (text, origin) = self.text(Key::IdentityResource, "");
        match Resource::parse(&text) {
            Ok(resource) => Some(resource),
            Err(error) => {
                let advice = "write the address clients use, for example \"https://gateway.example\"";
                self.problems.error(origin, format!("identity.resource cannot be '{text}': {error}"), advice);
                None
            }
        }
    }

    fn scopes(&mut self, key: Key) -> Vec<String> {
        let elements = self.list(key);
        for element in &elements {
            if let Some(advice) = scope_flaw(&element.text) {
                let message = format!("'{}' cannot stand in {key}", element.text);
                self.problems.error(element.origin.clone(), message, advice);
            }
        }
        elements.into_iter().map(|element| element.text).collect()
    }

    fn scope_implies(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        let entries: Vec<ScopeEntry> = self.scope_entries.values().cloned().collect();
        let mut implied = BTreeMap::new();
        for entry in entries {
            let words = [&entry.scope].into_iter().chain(&entry.implied);
            if let Some((word, advice)) = words.filter_map(|word| Some((word, scope_flaw(word)?))).next() {
                let message = format!("'{word}' cannot stand in [identity.scope_implies]");
                self.problems.error(entry.origin.clone(), message, advice);
            }
            let key = format!("identity.scope_implies.{}", toml_text(&entry.scope));
            let value = toml_list(entry.implied.iter().map(String::as_str));
            self.shown.push(Shown { key, value, origin: entry.origin });
            implied.insert(entry.scope, entry.implied.into_iter().collect());
        }
        if implied.len() > SCOPES_MAX {
            let message = format!("more than {SCOPES_MAX} scopes hold others");
            self.problems.error(Origin::Default, message, "let fewer scopes stand for others");
        }
        implied
    }

    /// What a client must prove, and by what it could.
    fn check_auth(&mut self, listen: Option<&ListenConfig>, issuers: usize) {
        let Some(listen) = listen else { return };
        let origin = self.origin(Key::ListenAuth);
        match (&listen.auth, issuers) {
            (Auth::None, 1..) => {
                let message = "auth = \"none\" takes everybody for the local user, and issuers are configured";
                self.problems.error(
                    origin,
                    message,
                    "write auth = \"token\" or \"identity\", or remove [identity.issuers]",
                );
            }
            (Auth::Identity, 0) if listen.tls.as_ref().is_none_or(|tls| tls.clients.is_none()) => {
                let message =
                    "auth = \"identity\" takes API keys alone: there is no issuer, and no client certificates";
                self.problems.warning(
                    origin,
                    message,
                    "make keys with `doorward keys create`, or add [identity.issuers.NAME]",
                );
            }
            (Auth::None, 0) | (Auth::Identity, _) | (Auth::Token(_), _) => {}
        }
    }

    fn show_issuer(&mut self, issuer: &IssuerConfig, origin: &Origin) {
        for (key, value) in issuers::shown(issuer) {
            let key = format!("identity.issuers.{}.{key}", issuer.name);
            self.shown.push(Shown { key, value, origin: origin.clone() });
        }
    }
}

/// `[identity]` of a file.
pub(super) fn gather(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    const TABLES: [&str; 3] = ["issuers", "scope_implies", "certificates"];
    let keys: Vec<(Key, &str)> =
        Key::ALL.iter().filter(|key| key.place().0 == "identity").map(|key| (*key, key.place().1)).collect();
    let names: Vec<&str> = keys.iter().map(|(_, name)| *name).chain(TABLES).collect();
    for inner in reader.table("[identity]", &member.node).unwrap_or_default() {
        match (inner.name.as_str(), keys.iter().find(|(_, name)| *name == inner.name)) {
            ("issuers", _) => issuer_entries(inner, layer, reader),
            ("certificates", _) => super::find::table(inner, "identity", layer, reader),
            ("scope_implies", _) => scope_entries(inner, layer, reader),
            (_, Some((key, _))) => {
                if let Some(setting) = super::settings::from_node(*key, inner, reader) {
                    layer.settings.insert(*key, setting);
                }
            }
            (_, None) => reader.unknown(inner, "[identity]", &names),
        }
    }
}

fn issuer_entries(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for issuer in reader.table("[identity.issuers]", &member.node).unwrap_or_default() {
        if !issuers::is_name(&issuer.name) {
            let message = format!("'{}' is no name of an issuer", issuer.name);
            let advice = "use 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter or digit";
            reader.error(&issuer.name_span.clone(), message, advice);
            continue;
        }
        let origin = reader.origin.at(&issuer.name_span);
        layer.issuers.push(IssuerEntry { name: issuer.name.clone(), origin, node: issuer.node.clone() });
    }
}

fn scope_entries(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for scope in reader.table("[identity.scope_implies]", &member.node).unwrap_or_default() {
        let Some(implied) = reader.texts(&scope.name, &scope.node) else { continue };
        let implied = implied.into_iter().map(|(text, _)| text).collect();
        let origin = reader.origin.at(&scope.name_span);
        layer.scopes.push(ScopeEntry { scope: scope.name.clone(), implied, origin });
    }
}

/// RFC 6749 §3.3, and what is between a client and its issuer alone.
fn scope_flaw(scope: &str) -> Option<&'static str> {
    if scope == "offline_access" {
        return Some("it is between clients and their issuer; MCP servers do not ask for it");
    }
    let fits = !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    (!fits).then_some("a scope is one word of ASCII characters without quotes and backslashes")
}
