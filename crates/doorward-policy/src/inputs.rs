//! Everything a policy is made of beside the servers it is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::source::Source;
use crate::zone::Zone;

/// What the operator wrote: the policy texts, and what the words in them stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyInputs {
    /// The texts, in order.
    pub sources: Vec<Source>,
    /// The counters that rules may look at as `context.counts.NAME`.
    pub counters: BTreeSet<Arc<str>>,
    /// Where `context.time` is read off the clock.
    pub zone: Zone,
}

impl From<Vec<Source>> for PolicyInputs {
    /// Texts that use nothing the operator has to declare.
    fn from(sources: Vec<Source>) -> Self {
        Self { sources, ..Self::default() }
    }
}
