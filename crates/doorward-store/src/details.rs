//! What a record tells beyond its own columns: rarely asked, so it stands in one column as JSON.
//!
//! A principal is the same in most records, so its text is made once. Members are added, never changed.

use std::sync::Arc;

use doorward_core::access::ClientName;
use doorward_core::principal::{Principal, Subject};
use doorward_core::record::Record;
use serde::{Deserialize, Serialize};

use crate::limits::DETAILS_KEPT_MAX;

/// Who acted and from where, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// `agent` when the principal is a program that acts for itself; a user otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The program that acts for the user, or for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who acts on whose behalf, the one acting then first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// Groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What the credentials were given for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Who vouched for the principal: an issuer, or an API key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the client called itself. Nothing vouches for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Client>,
    /// The web origin of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// What a client called itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Its version; empty when it gave none.
    pub version: String,
}

impl Details {
    /// Those of a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let Record { principal, client, origin, .. } = record;
        let text = |text: &Arc<str>| text.to_string();
        let (kind, agent) = match principal.subject() {
            Subject::User(_) => (None, principal.agent().map(text)),
            Subject::Agent(name) => (Some("agent".to_owned()), Some(name.to_string())),
        };
        Self {
            kind,
            tenant: principal.tenant().map(text),
            agent,
            actors: principal.actors().iter().map(text).collect(),
            groups: principal.groups().iter().map(text).collect(),
            scopes: principal.scopes().iter().map(text).collect(),
            issuer: principal.issuer().map(text),
            client: client
                .as_ref()
                .map(|client| Client { name: client.name.to_string(), version: client.version.to_string() }),
            origin: origin.as_ref().map(text),
        }
    }

    /// From its column. What cannot be read is left out: a record is shown all the same.
    pub(crate) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// How the details of those who act at present are written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Latest first.
    known: Vec<(Whose, Option<Arc<str>>)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Whose {
    principal: Principal,
    client: Option<Arc<ClientName>>,
    origin: Option<Arc<str>>,
}

impl Written {
    /// The column's text; `None` when there is nothing to tell.
    pub(crate) fn of(&mut self, record: &Record) -> Result<Option<Arc<str>>, serde_json::Error> {
        let same = |whose: &Whose| {
            whose.principal == record.principal && whose.client == record.client && whose.origin == record.origin
        };
        if let Some((_, written)) = self.known.iter().find(|(whose, _)| same(whose)) {
            return Ok(written.clone());
        }
        let details = Details::of(record);
        let written = match details == Details::default() {
            true => None,
            false => Some(Arc::from(serde_json::to_string(&details)?)),
        };
        if self.known.len() >= DETAILS_KEPT_MAX {
            self.known.clear();
        }
        let Record { principal, client, origin, .. } = record;
        let whose = Whose { principal: principal.clone(), client: client.clone(), origin: origin.clone() };
        self.known.push((whose, written.clone()));
        Ok(written)
    }
}
