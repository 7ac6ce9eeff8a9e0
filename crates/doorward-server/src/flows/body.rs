//! What is kept of one context beside its label.

use std::collections::{BTreeMap, VecDeque};

use doorward_core::flow::{Confidentiality, Ground, Source, Why};
use doorward_flow::canonical::Key;
use doorward_flow::context::{Beginning, Context};
use doorward_flow::contexts::{self, Place};
use doorward_flow::ledger::Ledger;
use doorward_flow::prints::{PrintKey, Prints};

use super::hidden::kept::Hidden;
use super::task;
use crate::limits::{FLOW_REFUSALS_MAX, FLOW_SOURCES_MAX, FLOW_SOURCES_TOLD_MAX};

/// About how many bytes the names in a source take: an exchange, an item and a field.
const SOURCE_NAMES: usize = 160;

/// What is kept of one context.
pub(super) struct Body {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    pub(super) hidden: Hidden,
    /// Where what matters was read first.
    sources: Vec<Source>,
    /// What texts were taken from, by the number under which their fingerprints are kept.
    read: BTreeMap<u32, Source>,
    next: u32,
    prints: Prints,
    /// Hashes of the calls that were refused last, the newest at the end.
    refused: VecDeque<u64>,
}

impl Body {
    /// What is kept of the context of `place` from now on. What was read where a fallback begins, nobody can tell.
    pub(super) fn new(key: &Key, place: &Place) -> Self {
        let beginning = match place.ground() {
            Ground::Signed | Ground::Declared => Beginning::Known,
            Ground::Correlated | Ground::Fallback => Beginning::Unknown,
        };
        let mut context = Context::new(key, beginning);
        context.raise(place.label());
        task::declare(&mut context, place);
        Self {
            context,
            ledger: Ledger::new(),
            hidden: Hidden::default(),
            sources: Vec::new(),
            read: BTreeMap::new(),
            next: 0,
            prints: Prints::new(),
            refused: VecDeque::new(),
        }
    }

    /// Whether a call of this hash was refused before. It is remembered, in place of the oldest when there are many.
    pub(super) fn was_refused(&mut self, call: u64) -> bool {
        if self.refused.contains(&call) {
            return true;
        }
        if self.refused.len() >= FLOW_REFUSALS_MAX {
            self.refused.pop_front();
        }
        self.refused.push_back(call);
        false
    }

    /// Remembers where something was read: the first of each kind.
    pub(super) fn remember(&mut self, source: Source) {
        if !self.has(source.why) {
            self.sources.push(source);
        }
    }

    /// Keeps the fingerprints of a text, so that it is known again where it would be sent.
    pub(super) fn index(&mut self, key: &PrintKey, source: Source, confidentiality: Confidentiality, text: &str) {
        if self.read.len() >= FLOW_SOURCES_MAX {
            self.read.pop_first();
        }
        self.prints.index(key, self.next, confidentiality, text);
        self.read.insert(self.next, source);
        self.next = self.next.wrapping_add(1);
    }

    /// What `text` was taken from. Evidence: nothing follows from finding nothing.
    pub(super) fn taken_from(&self, key: &PrintKey, text: &str) -> Vec<Source> {
        let matches = self.prints.matches(key, text);
        matches.iter().filter_map(|found| self.read.get(&found.source)).take(FLOW_SOURCES_TOLD_MAX).cloned().collect()
    }

    /// Whether something of that kind was read already.
    fn has(&self, why: Why) -> bool {
        self.sources.iter().any(|source| source.why == why)
    }

    /// Where what matters was read.
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl contexts::Body for Body {
    fn bytes(&self) -> usize {
        let sources = self.sources.len() * size_of::<Source>();
        let refused = self.refused.len() * size_of::<u64>();
        let read = self.read.len() * (size_of::<Source>() + SOURCE_NAMES);
        self.context.bytes()
            + self.ledger.bytes()
            + self.prints.bytes()
            + self.hidden.bytes()
            + sources
            + read
            + refused
    }

    fn shed(&mut self) {
        self.context.shed();
        self.hidden.forget();
        self.refused = VecDeque::new();
        self.read = BTreeMap::new();
        self.prints = Prints::new();
    }
}
