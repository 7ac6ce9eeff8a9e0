//! One issuer's table, `[identity.issuers.NAME]`, as an [`IssuerConfig`].

use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;

use super::environment::Surroundings;
use super::identity::{Addresses, ClaimNames, Dpop, Introspected, IntrospectionConfig, IssuerConfig, TokenType};
use super::limits::{INTROSPECTION_LIFE_MAX, SKEW_MAX};
use super::node::nearest;
use super::problem::Problems;
use super::settings::{IssuerEntry, toml_list, toml_text};
use super::table::{Table, word_of};
use crate::identity::oauth::{Algorithm, is_loopback};

/// The keys of `[identity.issuers.NAME]`.
const KEYS: &[&str] = &[
    "issuer",
    "jwks_uri",
    "audiences",
    "algorithms",
    "prefix",
    "claims",
    "introspection",
    "dpop",
    "token_type",
    "clock_skew_s",
    "private_addresses",
];

/// The keys of `claims`.
const CLAIM_KEYS: &[&str] = &["user", "tenant", "groups", "agent", "scopes"];

/// The keys of `introspection`.
const INTROSPECTION_KEYS: &[&str] = &["url", "client_id", "client_secret", "cache_s", "tokens"];

const DPOP: &[(&str, Dpop)] = &[("off", Dpop::Off), ("accept", Dpop::Accept), ("require", Dpop::Require)];
const TOKEN_TYPES: &[(&str, TokenType)] = &[("any", TokenType::Any), ("at+jwt", TokenType::AccessToken)];
const INTROSPECTED: &[(&str, Introspected)] = &[("opaque", Introspected::Opaque), ("all", Introspected::All)];

const SKEW: Duration = Duration::from_secs(30);
const INTROSPECTION_LIFE: Duration = Duration::from_secs(30);

/// An issuer that was read, and the files with its secrets.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) issuer: IssuerConfig,
    pub(super) files: Vec<PathBuf>,
}

/// Whether an issuer, or a prefix, may be called that.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 40 && !name.starts_with('-') && name.chars().all(allowed)
}

/// Reads one issuer; `None` when something is wrong with it, which `problems` then hold.
pub(super) fn read(entry: &IssuerEntry, surroundings: &Surroundings, problems: &mut Problems) -> Option<Read> {
    let name = format!("[identity.issuers.{}]", entry.name);
    let mut table = Table::open(name, &entry.node, &entry.origin, surroundings, problems)?;
    let issuer = table.issuer(&entry.name);
    table.sound?;
    Some(Read { issuer: issuer?, files: table.files })
}

/// What `config show` says of an issuer.
pub(super) fn shown(issuer: &IssuerConfig) -> Vec<(&'static str, String)> {
    let list = |texts: &[String]| toml_list(texts.iter().map(String::as_str));
    let mut lines = vec![
        ("issuer", toml_text(&issuer.issuer)),
        ("audiences", list(&issuer.audiences)),
        ("algorithms", toml_list(issuer.algorithms.iter().map(|algorithm| algorithm.name()))),
        ("prefix", toml_text(&issuer.prefix)),
        ("claims.user", toml_text(&issuer.claims.user)),
        ("claims.agent", list(&issuer.claims.agent)),
        ("claims.scopes", list(&issuer.claims.scopes)),
        ("dpop", toml_text(word_of(DPOP, issuer.dpop))),
        ("token_type", toml_text(word_of(TOKEN_TYPES, issuer.token_type))),
        ("clock_skew_s", issuer.clock_skew.as_secs().to_string()),
        ("private_addresses", (issuer.addresses == Addresses::Private).to_string()),
    ];
    let optional = [
        ("jwks_uri", &issuer.jwks_uri),
        ("claims.tenant", &issuer.claims.tenant),
        ("claims.groups", &issuer.claims.groups),
    ];
    lines.extend(optional.into_iter().filter_map(|(key, value)| Some((key, toml_text(value.as_deref()?)))));
    if let Some(asked) = &issuer.introspection {
        lines.push(("introspection.client_id", toml_text(&asked.client_id)));
        lines.push(("introspection.cache_s", asked.life.as_secs().to_string()));
        lines.push(("introspection.tokens", toml_text(word_of(INTROSPECTED, asked.tokens))));
        lines.extend(asked.url.as_deref().map(|url| ("introspection.url", toml_text(url))));
    }
    lines
}

impl<'n> Table<'n, '_, '_> {
    fn issuer(&mut self, name: &str) -> Option<IssuerConfig> {
        self.only(KEYS);
        let issuer = self.text("issuer");
        let Some(issuer) = issuer else {
            if self.find("issuer").is_none() {
                let message = format!("{} does not say which issuer it is", self.name);
                let advice = "add issuer = \"https://…\", exactly as its metadata and tokens have it";
                self.reader.problems.error(self.reader.origin.clone(), message, advice);
            }
            return None;
        };
        self.check_url("issuer", &issuer);
        let jwks_uri = self.text("jwks_uri");
        jwks_uri.iter().for_each(|url| self.check_url("jwks_uri", url));
        let prefix = self.text("prefix").unwrap_or_else(|| name.to_owned());
        if !prefix.is_empty() && !is_name(&prefix) {
            self.error("prefix", format!("'{prefix}' is no prefix"), "use letters a-z, digits and '-', or nothing");
        }
        Some(IssuerConfig {
            name: name.to_owned(),
            audiences: self.texts("audiences").unwrap_or_default(),
            algorithms: self.algorithms(),
            claims: self.claims(),
            introspection: self.introspection(),
            dpop: self.word("dpop", DPOP).unwrap_or(Dpop::Accept),
            token_type: self.word("token_type", TOKEN_TYPES).unwrap_or(TokenType::Any),
            clock_skew: self.seconds("clock_skew_s", SKEW, SKEW_MAX),
            addresses: self.addresses(),
            issuer,
            jwks_uri,
            prefix,
        })
    }

    fn addresses(&mut self) -> Addresses {
        let key = "private_addresses";
        match self.read(key, |reader, member| reader.flag(key, &member.node)) {
            Some(true) => Addresses::Private,
            Some(false) | None => Addresses::Public,
        }
    }

    fn algorithms(&mut self) -> Vec<Algorithm> {
        let Some(names) = self.texts("algorithms") else { return Algorithm::DEFAULT.to_vec() };
        let mut algorithms = Vec::new();
        for name in &names {
            match Algorithm::parse(name) {
                Some(algorithm) => algorithms.push(algorithm),
                None => {
                    let known: Vec<&str> = Algorithm::ALL.iter().map(|known| known.name()).collect();
                    let advice = match nearest(name, &known) {
                        Some(near) if !name.starts_with("HS") => format!("did you mean '{near}'?"),
                        Some(_) | None => format!("the algorithms are {}", known.join(", ")),
                    };
                    self.error("algorithms", format!("tokens cannot be signed with '{name}' here"), advice);
                }
            }
        }
        if names.is_empty() {
            self.error("algorithms", "algorithms is empty", "name those the issuer signs with, or remove it");
        }
        algorithms
    }

    fn check_url(&mut self, key: &str, text: &str) {
        let url = text.parse::<Uri>().ok();
        let plain = !text.contains(['#', '@', '\\']) && (key != "issuer" || !text.contains('?'));
        let fits = url.as_ref().is_some_and(|url| match (url.scheme_str(), url.host()) {
            (Some("https"), Some(host)) => !host.is_empty(),
            (Some("http"), Some(host)) => is_loopback(host),
            (_, _) => false,
        });
        if !fits || !plain {
            let advice =
                "write https://…; http is for loopback alone, and neither user name nor fragment belongs there";
            self.error(key, format!("{key} cannot be '{text}'"), advice);
        }
    }

    fn claims(&mut self) -> ClaimNames {
        let default = ClaimNames::default();
        let Some(mut within) = self.within("claims", CLAIM_KEYS) else { return default };
        let one = |within: &mut Table<'_, '_, '_>, key, default: Option<String>| match within.text(key) {
            Some(name) if name.is_empty() => None,
            Some(name) => Some(name),
            None => default,
        };
        let names = ClaimNames {
            user: within.text("user").filter(|name| !name.is_empty()).unwrap_or(default.user),
            tenant: one(&mut within, "tenant", default.tenant),
            groups: one(&mut within, "groups", default.groups),
            agent: one(&mut within, "agent", None).map_or(default.agent, |name| vec![name]),
            scopes: one(&mut within, "scopes", None).map_or(default.scopes, |name| vec![name]),
        };
        if within.sound.is_none() {
            self.sound = None;
        }
        names
    }

    fn introspection(&mut self) -> Option<IntrospectionConfig> {
        let mut within = self.within("introspection", INTROSPECTION_KEYS)?;
        let url = within.text("url");
        url.iter().for_each(|url| within.check_url("url", url));
        let client_id = within.text("client_id");
        let client_secret = within.secret("client_secret");
        let life = within.seconds("cache_s", INTROSPECTION_LIFE, INTROSPECTION_LIFE_MAX);
        let tokens = within.word("tokens", INTROSPECTED).unwrap_or(Introspected::Opaque);
        let files = std::mem::take(&mut within.files);
        let (sound, name) = (within.sound, within.name.clone());
        self.files.extend(files);
        if sound.is_none() {
            self.sound = None;
        }
        let (Some(client_id), Some(client_secret)) = (client_id, client_secret) else {
            if sound.is_some() {
                let advice = "write client_id = \"…\" and client_secret = \"env:NAME\" or \"file:PATH\"";
                self.error("introspection", format!("{name} says not who is asking"), advice);
            }
            return None;
        };
        Some(IntrospectionConfig { url, client_id, client_secret, life, tokens })
    }
}
