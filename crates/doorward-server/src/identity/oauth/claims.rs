//! From what an issuer says to a principal, as the operator configured it.
//!
//! Names of an issuer stand under its prefix, so that nobody of one issuer is ever taken for somebody of another. What
//! cannot be read is an error: a token is never taken with a part of its groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::principal::{Claims, Principal, Proof, Subject};
use serde_json::Value;

use super::flaw::Flaw;
use super::json::{self, Object};
use super::limits::DELEGATION_MAX;
use crate::config::IssuerConfig;

/// Which scopes hold which others, followed to the end.
#[derive(Debug, Default)]
pub(super) struct Implied(BTreeMap<Arc<str>, BTreeSet<Arc<str>>>);

/// Everything that reading the claims of one issuer's tokens takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping<'m> {
    pub(super) issuer: &'m IssuerConfig,
    pub(super) implied: &'m Implied,
    /// The prefixes of the other issuers.
    pub(super) others: &'m [String],
}

impl Implied {
    /// Follows `direct` to the end; circles end where they began.
    pub(super) fn new(direct: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let closure = |scope: &String| {
            let mut found: BTreeSet<Arc<str>> = BTreeSet::new();
            let mut open = vec![scope];
            while let Some(next) = open.pop() {
                for implied in direct.get(next).into_iter().flatten() {
                    if found.insert(Arc::from(implied.as_str())) {
                        open.push(implied);
                    }
                }
            }
            found
        };
        Self(direct.keys().map(|scope| (Arc::from(scope.as_str()), closure(scope))).collect())
    }

    fn expand(&self, scopes: BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
        let implied: Vec<Arc<str>> = scopes.iter().filter_map(|scope| self.0.get(scope)).flatten().cloned().collect();
        scopes.into_iter().chain(implied).collect()
    }
}

impl Mapping<'_> {
    /// The principal that `claims` name.
    pub(super) fn principal(&self, claims: &Object, proof: Proof) -> Result<Principal, Flaw> {
        let words = &self.issuer.claims;
        let client = self.client(claims)?;
        let (subject, agent) = self.subject(claims, client)?;
        let tenant = match &words.tenant {
            Some(tenant) => optional_text(claims, tenant)?.map(|name| self.named(name)).transpose()?,
            None => None,
        };
        let groups = match &words.groups {
            Some(path) => texts(claims, path)?,
            None => Vec::new(),
        };
        let groups = groups.into_iter().map(|name| self.named(name)).collect::<Result<_, _>>()?;
        let scopes = self.issuer.claims.scopes.iter().find(|path| find(claims, path).is_some());
        let scopes = scopes.map_or_else(|| Ok(Vec::new()), |path| texts(claims, path))?;
        let scopes = self.implied.expand(scopes.into_iter().map(Arc::from).collect());
        let actors = self.actors(claims)?;
        let issuer = Some(Arc::from(self.issuer.name.as_str()));
        Principal::claimed(Claims { subject, proof, tenant, issuer, agent, actors, groups, scopes })
            .map_err(|_| Flaw::Names)
    }

    /// The program the token was given to.
    fn client<'c>(&self, claims: &'c Object) -> Result<Option<&'c str>, Flaw> {
        let named = self.issuer.claims.agent.iter().find(|path| find(claims, path).is_some());
        named.map_or(Ok(None), |path| optional_text(claims, path))
    }

    /// A person, and the program that acts for it; or the program alone where the token names nobody else.
    fn subject(&self, claims: &Object, client: Option<&str>) -> Result<(Subject, Option<Arc<str>>), Flaw> {
        let subject = optional_text(claims, "sub")?;
        let user = optional_text(claims, &self.issuer.claims.user)?;
        let itself = subject.is_some() && subject == client;
        let for_itself = itself && (user.is_none() || user == client);
        match (user, client) {
            (_, Some(client)) if for_itself => Ok((Subject::Agent(self.named(client)?), None)),
            (Some(user), client) => {
                Ok((Subject::User(self.named(user)?), client.map(|name| self.named(name)).transpose()?))
            }
            (None, _) => Err(Flaw::Claims),
        }
    }

    /// The chain of `act` claims, the one acting now first (RFC 8693 §4.1).
    fn actors(&self, claims: &Object) -> Result<Vec<Arc<str>>, Flaw> {
        let mut actors = Vec::new();
        let mut next = claims.get("act");
        while let Some(acting) = next {
            let acting = acting.as_object().ok_or(Flaw::Claims)?;
            if actors.len() >= DELEGATION_MAX {
                return Err(Flaw::Names);
            }
            let name = json::text(acting, "sub").or_else(|| json::text(acting, "client_id")).ok_or(Flaw::Claims)?;
            actors.push(self.named(name)?);
            next = acting.get("act");
        }
        Ok(actors)
    }

    /// A name as policies know it.
    fn named(&self, name: &str) -> Result<Arc<str>, Flaw> {
        let prefix = &self.issuer.prefix;
        if name.is_empty() {
            return Err(Flaw::Names);
        }
        if !prefix.is_empty() {
            return Ok(Arc::from(format!("{prefix}/{name}")));
        }
        let first = name.split('/').next().unwrap_or_default();
        let foreign = name.contains('/') && self.others.iter().any(|other| other == first);
        // Those are names of client certificates.
        let foreign = foreign || name.starts_with("spiffe://");
        if foreign { Err(Flaw::Names) } else { Ok(Arc::from(name)) }
    }
}

/// The claim of that very name, else the one its dots lead to.
pub(super) fn find<'c>(claims: &'c Object, path: &str) -> Option<&'c Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let mut parts = path.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn optional_text<'c>(claims: &'c Object, path: &str) -> Result<Option<&'c str>, Flaw> {
    find(claims, path).map(|value| value.as_str().ok_or(Flaw::Claims)).transpose()
}

/// Several words: an array of texts, or one text with spaces between them (RFC 6749 §3.3).
fn texts<'c>(claims: &'c Object, path: &str) -> Result<Vec<&'c str>, Flaw> {
    match find(claims, path) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(words)) => Ok(words.split(' ').filter(|word| !word.is_empty()).collect()),
        Some(Value::Array(several)) => several.iter().map(|word| word.as_str().ok_or(Flaw::Claims)).collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => Err(Flaw::Claims),
    }
}

#[cfg(test)]
mod tests;
