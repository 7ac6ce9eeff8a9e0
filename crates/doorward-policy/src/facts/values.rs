//! Facts, read off one text or a list of them.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::BTreeSet;

use doorward_core::access::{HostSeen, Observed, PathSeen};
use doorward_facts::path::{self, Lookup, Path};
use doorward_facts::{Unclear, email, money, shell, size, sql, url};

use super::{Call, Kind};
use crate::limits::PATTERN_TEXT_MAX;
use crate::place::Files;

/// How the facts of one kind are told.
#[derive(Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) call: &'a Call<'a>,
    pub(crate) observed: &'a Observed,
    pub(crate) kind: Kind,
}

/// What is known of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FactValue {
    /// `String`
    Text(String),
    /// `Set<String>`; each once.
    Texts(Vec<String>),
    /// `Long`
    Whole(i64),
    /// `Set<Long>`; each once.
    Wholes(Vec<i64>),
    /// `Bool`
    Truth(bool),
    /// `decimal`, as Cedar reads it.
    Decimal(String),
    /// `Set<ipaddr>`; each once.
    Addresses(Vec<IpAddr>),
    /// Nobody can tell, for that reason.
    Unclear(Unclear),
}

/// The attributes of one place, each once.
pub(crate) type Fields<'a> = Vec<(&'a str, FactValue)>;

/// Facts, or why there are none at all.
pub(crate) type Reading<'a> = Result<Fields<'a>, Unclear>;

impl<'a> Values<'a> {
    /// The facts of one text.
    pub(crate) fn one(&self, text: &str) -> Reading<'a> {
        match self.kind {
            Kind::Paths => {
                let path = self.path(text)?;
                let single = [("text", string(&path.text)), ("name", string(&path.name)), ("ext", string(&path.ext))];
                Ok(paths(&[path]).into_iter().chain(single).collect())
            }
            Kind::Urls => {
                let asked = url::of(text)?;
                let single = vec![
                    ("scheme", string(&asked.scheme)),
                    ("host", string(&asked.host)),
                    ("domain", string(&asked.domain)),
                    ("port", FactValue::Whole(asked.port.into())),
                    ("path", string(&asked.path)),
                ];
                Ok(self.urls(&[asked], single))
            }
            Kind::Money => {
                let money = money::of(text)?;
                Ok(vec![("amount", FactValue::Decimal(money.amount)), ("currency", string(&money.currency))])
            }
            Kind::Sql | Kind::Shell | Kind::Emails | Kind::Sizes | Kind::Matches => self.many(&[Cow::Borrowed(text)]),
        }
    }

    /// The facts of all `texts` together.
    pub(crate) fn many(&self, texts: &[Cow<'_, str>]) -> Reading<'a> {
        match self.kind {
            Kind::Paths => {
                let all: Vec<Path> = texts.iter().map(|text| self.path(text)).collect::<Result<_, _>>()?;
                Ok(paths(&all))
            }
            Kind::Urls => {
                let all: Vec<url::Asked> = texts.iter().map(|text| url::of(text)).collect::<Result<_, _>>()?;
                Ok(self.urls(&all, Vec::new()))
            }
            Kind::Sql => self.sql(texts),
            Kind::Shell => shells(texts),
            Kind::Emails => emails(texts),
            Kind::Sizes => Ok(sizes(texts)),
            Kind::Matches => Ok(self.matches(texts)),
            // The schema has no such record.
            Kind::Money => Err(Unclear::NotMoney),
        }
    }

    fn path(&self, text: &str) -> Result<Path, Unclear> {
        let asked = path::of(text, self.call.root())?;
        let (folded, unfolded) = asked.lookups();
        asked.resolved(self.lookup(&folded), unfolded.as_deref().map_or(Lookup::Elsewhere, |path| self.lookup(path)))
    }

    fn lookup(&self, path: &str) -> Lookup<'_> {
        match (self.observed.paths.get(path), self.call.files()) {
            (Some(PathSeen::Real(real)), _) => Lookup::Real(real),
            (Some(PathSeen::Unknown), _) | (None, Files::Here) => Lookup::Failed,
            (None, Files::Elsewhere) => Lookup::Elsewhere,
        }
    }

    fn urls(&self, all: &[url::Asked], single: Fields<'a>) -> Fields<'a> {
        let ports = all.iter().map(|url| i64::from(url.port)).collect::<BTreeSet<i64>>();
        let mut fields = single;
        fields.extend([
            ("schemes", strings(all.iter().map(|url| url.scheme.as_str()))),
            ("hosts", strings(all.iter().map(|url| url.host.as_str()))),
            ("domains", strings(all.iter().map(|url| url.domain.as_str()))),
            ("ports", FactValue::Wholes(ports.into_iter().collect())),
            ("userinfo", FactValue::Truth(all.iter().any(|url| url.userinfo))),
            ("lookalike", FactValue::Truth(all.iter().any(|url| url.lookalike))),
            ("nested", strings(all.iter().flat_map(|url| &url.nested).map(String::as_str))),
        ]);
        let places: Option<Vec<url::Where>> = all.iter().map(|url| url.resolved(self.addresses(url))).collect();
        if let Some(places) = places {
            // Cedar reads no IPv4 address in an IPv6 one.
            let addresses: BTreeSet<IpAddr> =
                places.iter().flat_map(|place| &place.addresses).map(IpAddr::to_canonical).collect();
            fields.push(("private", FactValue::Truth(places.iter().any(|place| place.private))));
            fields.push(("addresses", FactValue::Addresses(addresses.into_iter().collect())));
        } else {
            fields.extend(super::OF_ADDRESSES.map(|attribute| (attribute, FactValue::Unclear(Unclear::Unresolved))));
        }
        fields
    }

    fn addresses(&self, url: &url::Asked) -> Option<&[IpAddr]> {
        match self.observed.hosts.get(url.lookup()?)? {
            HostSeen::Addresses(addresses) => Some(addresses),
            HostSeen::Unknown => None,
        }
    }

    fn sql(&self, texts: &[Cow<'_, str>]) -> Reading<'a> {
        let all: Vec<sql::Sql> =
            texts.iter().map(|text| sql::of(text, self.call.dialect())).collect::<Result<_, _>>()?;
        let union = |of: fn(&sql::Sql) -> &BTreeSet<String>| strings(all.iter().flat_map(of).map(String::as_str));
        let statements: u64 = all.iter().map(|sql| sql.statements).sum();
        Ok(vec![
            ("kinds", union(|sql| &sql.kinds)),
            ("tables", union(|sql| &sql.tables)),
            ("columns", union(|sql| &sql.columns)),
            ("functions", union(|sql| &sql.functions)),
            ("hasWhere", FactValue::Truth(!all.is_empty() && all.iter().all(|sql| sql.has_where))),
            ("statements", long(statements)),
        ])
    }

    /// Of a list: whether all match. When only some do, that is unclear: one rule means all of them, another any.
    fn matches(&self, texts: &[Cow<'_, str>]) -> Fields<'a> {
        let long: usize = texts.iter().map(|text| text.len()).sum();
        let patterns = self.call.inputs.patterns.iter();
        let tried = patterns.map(|(name, pattern)| {
            let value = if long > PATTERN_TEXT_MAX {
                FactValue::Unclear(Unclear::TooLong)
            } else {
                match texts.iter().filter(|text| pattern.matches(text)).count() {
                    0 => FactValue::Truth(false),
                    count if count == texts.len() => FactValue::Truth(true),
                    _ => FactValue::Unclear(Unclear::SomeOnly),
                }
            };
            (&**name, value)
        });
        tried.collect()
    }
}

/// `within` holds the folders all of them are in, `touches` those any is in.
fn paths(all: &[Path]) -> Fields<'static> {
    let mut within: Option<BTreeSet<&str>> = None;
    let mut touches: BTreeSet<&str> = BTreeSet::new();
    for path in all {
        let folders: BTreeSet<&str> = path.within.iter().map(String::as_str).collect();
        touches.extend(&folders);
        within = Some(match within {
            None => folders,
            Some(common) => common.intersection(&folders).copied().collect(),
        });
    }
    vec![
        ("within", strings(within.unwrap_or_default())),
        ("touches", strings(touches)),
        ("texts", strings(all.iter().map(|path| path.text.as_str()))),
        ("names", strings(all.iter().map(|path| path.name.as_str()))),
        ("exts", strings(all.iter().map(|path| path.ext.as_str()))),
        ("real", FactValue::Truth(!all.is_empty() && all.iter().all(|path| path.real))),
    ]
}

fn shells(texts: &[Cow<'_, str>]) -> Reading<'static> {
    let all: Vec<shell::Shell> = texts.iter().map(|text| shell::of(text)).collect::<Result<_, _>>()?;
    let union = |of: fn(&shell::Shell) -> &BTreeSet<String>| strings(all.iter().flat_map(of).map(String::as_str));
    Ok(vec![
        ("programs", union(|shell| &shell.programs)),
        ("arguments", union(|shell| &shell.arguments)),
        ("operators", union(|shell| &shell.operators)),
        ("simple", FactValue::Truth(!all.is_empty() && all.iter().all(|shell| shell.simple))),
    ])
}

fn emails(texts: &[Cow<'_, str>]) -> Reading<'static> {
    let all: Vec<email::Emails> = texts.iter().map(|text| email::of(text)).collect::<Result<_, _>>()?;
    let count: u64 = all.iter().map(|emails| emails.count).sum();
    Ok(vec![
        ("addresses", strings(all.iter().flat_map(|emails| &emails.addresses).map(String::as_str))),
        ("domains", strings(all.iter().flat_map(|emails| &emails.domains).map(String::as_str))),
        ("count", long(count)),
    ])
}

fn sizes(texts: &[Cow<'_, str>]) -> Fields<'static> {
    let size = size::of(texts.iter().map(AsRef::as_ref));
    vec![("bytes", long(size.bytes)), ("characters", long(size.characters)), ("items", long(size.items))]
}

fn string(text: &str) -> FactValue {
    FactValue::Text(text.to_owned())
}

fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> FactValue {
    let mut distinct: Vec<&str> = texts.into_iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    FactValue::Texts(distinct.into_iter().map(str::to_owned).collect())
}

fn long(number: u64) -> FactValue {
    FactValue::Whole(i64::try_from(number).unwrap_or(i64::MAX))
}
