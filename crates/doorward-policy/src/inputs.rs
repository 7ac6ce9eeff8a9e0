//! Everything a policy is made of beside the servers it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::history::Counter;
use doorward_core::ids::ServerId;

use crate::pattern::Pattern;
use crate::place::ServerPlace;
use crate::source::Source;
use crate::zone::Zone;

/// What the operator wrote: the policy texts, and what the words in them stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyInputs {
    /// The texts, in order.
    pub sources: Vec<Source>,
    /// The counters that rules may look at as `context.counts.NAME`.
    pub counters: BTreeSet<Arc<str>>,
    /// What those count. Counting is the shell's; a name without a counter is unknown.
    pub counted: Vec<Counter>,
    /// Where `context.time` is read off the clock.
    pub zone: Zone,
    /// What a caller is told of a thing that its lists would not show.
    pub denied: Denied,
    /// The regular expressions that rules may look at as `context.matches.ARG.NAME`.
    pub patterns: BTreeMap<Arc<str>, Pattern>,
    /// What is said of single servers.
    pub places: BTreeMap<ServerId, ServerPlace>,
}

/// What a caller is told when it asks for something that its lists would not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Denied {
    /// Why it is refused.
    #[default]
    Explain,
    /// That there is no such thing.
    Hide,
}

impl Denied {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Explain, Self::Hide];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Explain => "explain",
            Self::Hide => "hide",
        }
    }
}

impl From<Vec<Source>> for PolicyInputs {
    /// Texts that use nothing the operator has to declare.
    fn from(sources: Vec<Source>) -> Self {
        Self { sources, ..Self::default() }
    }
}
