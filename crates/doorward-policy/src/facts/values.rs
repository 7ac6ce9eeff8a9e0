//! Facts as Cedar values.

use core::net::IpAddr;
use std::borrow::Cow;
use std::collections::BTreeSet;

use cedar_policy::RestrictedExpression as Expression;
use doorward_core::access::{HostSeen, Observed, PathSeen};
use doorward_facts::path::{self, Lookup, Path};
use doorward_facts::{Unclear, email, money, shell, size, sql, url};

use super::{Call, Kind};
use crate::limits::PATTERN_TEXT_MAX;
use crate::place::Files;

/// How the facts of one kind are told.
pub(super) struct Values<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) observed: &'a Observed,
    pub(super) kind: Kind,
}

/// Facts, and what is not known among them.
pub(super) struct Found {
    pub(super) value: Expression,
    pub(super) unclear: Vec<(String, Unclear)>,
}

/// Facts, or why there are none.
pub(super) type Reading = Result<Found, Unclear>;

type Fields = Vec<(&'static str, Expression)>;

impl Values<'_> {
    /// The facts of one text, which stands at `name`.
    pub(super) fn one(&self, text: &str, name: &str) -> Reading {
        let all = [Cow::Borrowed(text)];
        match self.kind {
            Kind::Paths => {
                let path = self.path(text)?;
                let single =
                    vec![("text", string(&path.text)), ("name", string(&path.name)), ("ext", string(&path.ext))];
                found(paths(&[path]).into_iter().chain(single).collect(), name)
            }
            Kind::Urls => {
                let asked = url::of(text)?;
                let single = vec![
                    ("scheme", string(&asked.scheme)),
                    ("host", string(&asked.host)),
                    ("domain", string(&asked.domain)),
                    ("port", Expression::new_long(asked.port.into())),
                    ("path", string(&asked.path)),
                ];
                self.urls(&[asked], single, name)
            }
            Kind::Money => {
                let money = money::of(text)?;
                let amount = Expression::new_decimal(money.amount);
                found(vec![("amount", amount), ("currency", string(&money.currency))], name)
            }
            Kind::Sql | Kind::Shell | Kind::Emails | Kind::Sizes | Kind::Matches => self.many(&all, name),
        }
    }

    /// The facts of all `texts` together.
    pub(super) fn many(&self, texts: &[Cow<'_, str>], name: &str) -> Reading {
        match self.kind {
            Kind::Paths => {
                let all: Vec<Path> = texts.iter().map(|text| self.path(text)).collect::<Result<_, _>>()?;
                found(paths(&all), name)
            }
            Kind::Urls => {
                let all: Vec<url::Asked> = texts.iter().map(|text| url::of(text)).collect::<Result<_, _>>()?;
                self.urls(&all, Vec::new(), name)
            }
            Kind::Sql => found(self.sql(texts)?, name),
            Kind::Shell => found(shells(texts)?, name),
            Kind::Emails => found(emails(texts)?, name),
            Kind::Sizes => found(sizes(texts), name),
            Kind::Matches => Ok(self.matches(texts, name)),
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

    fn urls(&self, all: &[url::Asked], single: Fields, name: &str) -> Reading {
        let ports = all.iter().map(|url| i64::from(url.port)).collect::<BTreeSet<i64>>();
        let nested: BTreeSet<&str> = all.iter().flat_map(|url| &url.nested).map(String::as_str).collect();
        let mut fields = single;
        fields.extend([
            ("schemes", strings(all.iter().map(|url| url.scheme.as_str()))),
            ("hosts", strings(all.iter().map(|url| url.host.as_str()))),
            ("domains", strings(all.iter().map(|url| url.domain.as_str()))),
            ("ports", Expression::new_set(ports.into_iter().map(Expression::new_long))),
            ("userinfo", Expression::new_bool(all.iter().any(|url| url.userinfo))),
            ("lookalike", Expression::new_bool(all.iter().any(|url| url.lookalike))),
            ("nested", strings(nested)),
        ]);
        let places: Option<Vec<url::Where>> = all.iter().map(|url| url.resolved(self.addresses(url))).collect();
        let mut unclear = Vec::new();
        if let Some(places) = places {
            // Cedar reads no IPv4 address in an IPv6 one.
            let addresses: BTreeSet<IpAddr> =
                places.iter().flat_map(|place| &place.addresses).map(IpAddr::to_canonical).collect();
            let addresses = addresses.into_iter().map(|address| Expression::new_ip(address.to_string()));
            fields.push(("private", Expression::new_bool(places.iter().any(|place| place.private))));
            fields.push(("addresses", Expression::new_set(addresses)));
        } else {
            for attribute in super::OF_ADDRESSES {
                let below = format!("{name}.{attribute}");
                fields.push((attribute, Expression::new_unknown(&below)));
                unclear.push((below, Unclear::Unresolved));
            }
        }
        Ok(Found { unclear, ..found(fields, name)? })
    }

    fn addresses(&self, url: &url::Asked) -> Option<&[IpAddr]> {
        match self.observed.hosts.get(url.lookup()?)? {
            HostSeen::Addresses(addresses) => Some(addresses),
            HostSeen::Unknown => None,
        }
    }

    fn sql(&self, texts: &[Cow<'_, str>]) -> Result<Fields, Unclear> {
        let all: Vec<sql::Sql> =
            texts.iter().map(|text| sql::of(text, self.call.dialect())).collect::<Result<_, _>>()?;
        let union = |of: fn(&sql::Sql) -> &BTreeSet<String>| strings(all.iter().flat_map(of).map(String::as_str));
        let statements: u64 = all.iter().map(|sql| sql.statements).sum();
        Ok(vec![
            ("kinds", union(|sql| &sql.kinds)),
            ("tables", union(|sql| &sql.tables)),
            ("columns", union(|sql| &sql.columns)),
            ("functions", union(|sql| &sql.functions)),
            ("hasWhere", Expression::new_bool(!all.is_empty() && all.iter().all(|sql| sql.has_where))),
            ("statements", long(statements)),
        ])
    }

    /// Of a list: whether all match. When only some do, that is unclear: one rule means all of them, another any.
    fn matches(&self, texts: &[Cow<'_, str>], name: &str) -> Found {
        let mut fields = Vec::new();
        let mut unclear = Vec::new();
        let long: usize = texts.iter().map(|text| text.len()).sum();
        for (pattern, expression) in &self.call.inputs.patterns {
            let count = if long > PATTERN_TEXT_MAX {
                None
            } else {
                Some(texts.iter().filter(|text| expression.matches(text)).count())
            };
            let value = match count {
                Some(0) => Expression::new_bool(false),
                Some(count) if count == texts.len() => Expression::new_bool(true),
                Some(_) | None => {
                    let below = format!("{name}.{pattern}");
                    let why = if count.is_none() { Unclear::TooLong } else { Unclear::SomeOnly };
                    unclear.push((below.clone(), why));
                    Expression::new_unknown(&below)
                }
            };
            fields.push((pattern.to_string(), value));
        }
        let value = Expression::new_record(fields).unwrap_or_else(|_| Expression::new_unknown(name));
        Found { value, unclear }
    }
}

/// `within` holds the folders all of them are in, `touches` those any is in.
fn paths(all: &[Path]) -> Fields {
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
        ("real", Expression::new_bool(!all.is_empty() && all.iter().all(|path| path.real))),
    ]
}

fn shells(texts: &[Cow<'_, str>]) -> Result<Fields, Unclear> {
    let all: Vec<shell::Shell> = texts.iter().map(|text| shell::of(text)).collect::<Result<_, _>>()?;
    let union = |of: fn(&shell::Shell) -> &BTreeSet<String>| strings(all.iter().flat_map(of).map(String::as_str));
    Ok(vec![
        ("programs", union(|shell| &shell.programs)),
        ("arguments", union(|shell| &shell.arguments)),
        ("operators", union(|shell| &shell.operators)),
        ("simple", Expression::new_bool(!all.is_empty() && all.iter().all(|shell| shell.simple))),
    ])
}

fn emails(texts: &[Cow<'_, str>]) -> Result<Fields, Unclear> {
    let all: Vec<email::Emails> = texts.iter().map(|text| email::of(text)).collect::<Result<_, _>>()?;
    let count: u64 = all.iter().map(|emails| emails.count).sum();
    Ok(vec![
        ("addresses", strings(all.iter().flat_map(|emails| &emails.addresses).map(String::as_str))),
        ("domains", strings(all.iter().flat_map(|emails| &emails.domains).map(String::as_str))),
        ("count", long(count)),
    ])
}

fn sizes(texts: &[Cow<'_, str>]) -> Fields {
    let size = size::of(texts.iter().map(AsRef::as_ref));
    vec![("bytes", long(size.bytes)), ("characters", long(size.characters)), ("items", long(size.items))]
}

fn found(fields: Fields, name: &str) -> Reading {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    // Cedar refuses only a name given twice.
    let value = Expression::new_record(fields).unwrap_or_else(|_| Expression::new_unknown(name));
    Ok(Found { value, unclear: Vec::new() })
}

fn string(text: &str) -> Expression {
    Expression::new_string(text.to_owned())
}

fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> Expression {
    let distinct: BTreeSet<&str> = texts.into_iter().collect();
    Expression::new_set(distinct.into_iter().map(string))
}

fn long(number: u64) -> Expression {
    Expression::new_long(i64::try_from(number).unwrap_or(i64::MAX))
}
