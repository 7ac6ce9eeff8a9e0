//! What the policy is about: the configured servers, with the catalogues of those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::ids::ServerId;

use crate::catalogue::Catalogue;
use crate::inputs::PolicyInputs;

/// The configured servers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    catalogues: BTreeMap<ServerId, Arc<Catalogue>>,
    unknown: BTreeSet<ServerId>,
}

impl Surroundings {
    /// A server with a catalogue is known, whatever else is said of it.
    pub(crate) fn new(catalogues: &[Arc<Catalogue>], unknown: &[ServerId], inputs: &PolicyInputs) -> Self {
        let seen = |catalogue: &Arc<Catalogue>| match inputs.places.get(catalogue.server()) {
            Some(place) if place.says_of_tools() => Arc::new(catalogue.under(place)),
            Some(_) | None => Arc::clone(catalogue),
        };
        let catalogues: BTreeMap<ServerId, Arc<Catalogue>> =
            catalogues.iter().map(|catalogue| (catalogue.server().clone(), seen(catalogue))).collect();
        let unknown = unknown.iter().filter(|server| !catalogues.contains_key(server)).cloned().collect();
        Self { catalogues, unknown }
    }

    /// The configured server of that name.
    pub(crate) fn server(&self, name: &str) -> Option<ServerId> {
        self.servers().find(|server| server.as_str() == name).cloned()
    }

    /// The tools of the server of that name, when they are known.
    pub(crate) fn catalogue(&self, name: &str) -> Option<&Arc<Catalogue>> {
        self.catalogues.values().find(|catalogue| catalogue.server().as_str() == name)
    }

    /// All catalogues, in the order of their servers.
    pub(crate) fn catalogues(&self) -> impl Iterator<Item = &Arc<Catalogue>> {
        self.catalogues.values()
    }

    /// All configured servers.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &ServerId> {
        self.catalogues.keys().chain(&self.unknown)
    }

    /// Their names.
    pub(crate) fn server_names(&self) -> impl Iterator<Item = &str> {
        self.servers().map(ServerId::as_str)
    }

    /// Whether some server's tools are not known.
    pub(crate) fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }
}
