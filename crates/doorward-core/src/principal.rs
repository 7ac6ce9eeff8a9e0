//! Who acts.
//!
//! A principal is made by the shell's identity step and by nothing else; what a client says of itself in `clientInfo` is
//! a hint for records and never part of it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::limits::{PRINCIPAL_MEMBERS_MAX, PRINCIPAL_PART_MAX};

/// How the principal proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proof {
    /// Started us as a child process and holds our standard input: the operating system's user is the proof.
    LocalProcess,
    /// Presented the local bearer token.
    LocalToken,
    /// Presented an API key of ours.
    ApiKey,
    /// Presented an access token of a trusted issuer (OAuth 2.1, RFC 6750).
    AccessToken,
    /// Presented an access token and proved to hold its key (RFC 9449).
    BoundToken,
    /// Presented a client certificate (mutual TLS).
    Certificate,
    /// Nobody asked (`[listen] auth = "none"` on loopback).
    None,
}

impl Proof {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::LocalProcess,
        Self::LocalToken,
        Self::ApiKey,
        Self::AccessToken,
        Self::BoundToken,
        Self::Certificate,
        Self::None,
    ];

    /// The word records and policies use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalProcess => "local-process",
            Self::LocalToken => "local-token",
            Self::ApiKey => "api-key",
            Self::AccessToken => "access-token",
            Self::BoundToken => "bound-token",
            Self::Certificate => "certificate",
            Self::None => "none",
        }
    }
}

/// Whom a principal names first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A person, or an account that stands for one.
    User(Arc<str>),
    /// A program that acts for itself.
    Agent(Arc<str>),
}

impl Subject {
    /// The name without its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::User(name) | Self::Agent(name) => name,
        }
    }
}

/// Everything that credentials say about who acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claims {
    /// Whom they name first.
    pub subject: Subject,
    /// How it was proven.
    pub proof: Proof,
    /// The organisation; `None` where there is only one.
    pub tenant: Option<Arc<str>>,
    /// Who vouches for it: an issuer's configured name, a key's name; `None` for ourselves.
    pub issuer: Option<Arc<str>>,
    /// The program that acts for the subject (`azp`, `client_id`); `None` when nothing vouches for one.
    pub agent: Option<Arc<str>>,
    /// Who acts on whose behalf, the one acting now first (`act`, RFC 8693 §4.1).
    pub actors: Vec<Arc<str>>,
    /// The groups the subject is in.
    pub groups: BTreeSet<Arc<str>>,
    /// What the credentials were given for (`scope`).
    pub scopes: BTreeSet<Arc<str>>,
}

impl Claims {
    /// Claims that name a subject and nothing else.
    #[must_use]
    pub const fn of(subject: Subject, proof: Proof) -> Self {
        Self {
            subject,
            proof,
            tenant: None,
            issuer: None,
            agent: None,
            actors: Vec::new(),
            groups: BTreeSet::new(),
            scopes: BTreeSet::new(),
        }
    }

    /// Every name but the subject's.
    fn other_names(&self) -> impl Iterator<Item = &str> {
        let single = [&self.tenant, &self.issuer, &self.agent].into_iter().flatten();
        single.chain(&self.actors).chain(&self.groups).chain(&self.scopes).map(AsRef::as_ref)
    }
}

/// A name that cannot be a principal's: empty, too long, or with control characters. Never mended, because two names must
/// not become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitClaims {
    /// A name is empty, longer than [`PRINCIPAL_PART_MAX`] bytes, or holds a control character.
    #[error("a name in the credentials is empty, too long, or holds a control character")]
    Name,
    /// There are more than [`PRINCIPAL_MEMBERS_MAX`] groups, scopes or actors.
    #[error("the credentials name too many groups, scopes or actors")]
    Many,
}

/// Who acts: a subject, the agent and the chain of delegation before it, and how that was proven. Cheap to clone.
///
/// Two principals are equal when everything about them is. What belongs to somebody (a session, a task, a parked call)
/// belongs to a [`PrincipalId`], which does not change when a token is renewed with other groups or scopes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Principal {
    id: PrincipalId,
    standing: Arc<Standing>,
}

/// Who a principal is, without what it may: the same for every token of one agent that acts for one subject. Cheap to
/// clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrincipalId(Arc<Names>);

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Names {
    subject: Subject,
    proof: Proof,
    tenant: Option<Arc<str>>,
    issuer: Option<Arc<str>>,
    agent: Option<Arc<str>>,
    actors: Vec<Arc<str>>,
}

impl PrincipalId {
    /// Whom it names first.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }

    /// How it was proven.
    #[must_use]
    pub fn proof(&self) -> Proof {
        self.0.proof
    }

    /// The names of all who act: the subject, the agent that acts for it, and everybody in between.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.0.agent.iter().chain(&self.0.actors).map(AsRef::as_ref);
        std::iter::once(self.0.subject.name()).chain(others)
    }

    /// Everything about it in bytes that no other has, to be digested: each part with its length before it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Names { subject, proof, tenant, issuer, agent, actors } = &*self.0;
        let kind = match subject {
            Subject::User(_) => "user",
            Subject::Agent(_) => "agent",
        };
        let mut bytes = Vec::new();
        for part in [Some(kind), Some(subject.name()), Some(proof.as_str())] {
            push_part(&mut bytes, part);
        }
        for part in [tenant, issuer, agent] {
            push_part(&mut bytes, part.as_deref());
        }
        for actor in actors {
            push_part(&mut bytes, Some(actor));
        }
        bytes
    }
}

/// A part that is absent is not one that is empty.
fn push_part(bytes: &mut Vec<u8>, part: Option<&str>) {
    bytes.push(u8::from(part.is_some()));
    let part = part.unwrap_or_default().as_bytes();
    bytes.extend_from_slice(&part.len().to_be_bytes());
    bytes.extend_from_slice(part);
}

/// What may change from one token to the next.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Standing {
    groups: BTreeSet<Arc<str>>,
    scopes: BTreeSet<Arc<str>>,
}

impl Principal {
    /// A principal for a local `user` whose name is our own; a longer name than the limit is cut, control characters are
    /// dropped. Names from credentials go through [`Principal::claimed`].
    #[must_use]
    pub fn new(user: &str, proof: Proof) -> Self {
        let clean: String = user.chars().filter(|c| !c.is_control()).take(PRINCIPAL_PART_MAX).collect();
        Self::checked(Claims::of(Subject::User(Arc::from(clean)), proof))
    }

    /// The principal that `claims` describe.
    ///
    /// # Errors
    /// [`UnfitClaims`] for names that cannot be told apart safely, or too many of them.
    pub fn claimed(claims: Claims) -> Result<Self, UnfitClaims> {
        let many = [claims.groups.len(), claims.scopes.len(), claims.actors.len()];
        if many.into_iter().any(|count| count > PRINCIPAL_MEMBERS_MAX) {
            return Err(UnfitClaims::Many);
        }
        let fit = is_fit(claims.subject.name()) && claims.other_names().all(is_fit);
        if fit { Ok(Self::checked(claims)) } else { Err(UnfitClaims::Name) }
    }

    fn checked(claims: Claims) -> Self {
        let Claims { subject, proof, tenant, issuer, agent, actors, groups, scopes } = claims;
        let id = PrincipalId(Arc::new(Names { subject, proof, tenant, issuer, agent, actors }));
        Self { id, standing: Arc::new(Standing { groups, scopes }) }
    }

    /// Who it is, without what it may.
    #[must_use]
    pub const fn id(&self) -> &PrincipalId {
        &self.id
    }

    /// Whom it names first: `User::"name"` or `Agent::"name"` in policies.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.id.0.subject
    }

    /// The subject's name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.subject().name()
    }

    /// How it was proven.
    #[must_use]
    pub fn proof(&self) -> Proof {
        self.id.0.proof
    }

    /// The organisation.
    #[must_use]
    pub fn tenant(&self) -> Option<&Arc<str>> {
        self.id.0.tenant.as_ref()
    }

    /// Who vouches for it.
    #[must_use]
    pub fn issuer(&self) -> Option<&Arc<str>> {
        self.id.0.issuer.as_ref()
    }

    /// The program that acts for the subject.
    #[must_use]
    pub fn agent(&self) -> Option<&Arc<str>> {
        self.id.0.agent.as_ref()
    }

    /// Who acts on whose behalf, the one acting now first.
    #[must_use]
    pub fn actors(&self) -> &[Arc<str>] {
        &self.id.0.actors
    }

    /// The groups the subject is in.
    #[must_use]
    pub fn groups(&self) -> &BTreeSet<Arc<str>> {
        &self.standing.groups
    }

    /// What the credentials were given for.
    #[must_use]
    pub fn scopes(&self) -> &BTreeSet<Arc<str>> {
        &self.standing.scopes
    }

    /// The same principal with other scopes, to find out what they would change.
    #[must_use]
    pub fn with_scopes(&self, scopes: BTreeSet<Arc<str>>) -> Self {
        let standing = Standing { groups: self.standing.groups.clone(), scopes };
        Self { id: self.id.clone(), standing: Arc::new(standing) }
    }
}

fn is_fit(name: &str) -> bool {
    !name.is_empty() && name.len() <= PRINCIPAL_PART_MAX && !name.chars().any(char::is_control)
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.user())
    }
}
