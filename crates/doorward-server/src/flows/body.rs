//! What is kept of one context beside its label.

use std::collections::VecDeque;

use doorward_core::flow::{Ground, Source, Why};
use doorward_flow::canonical::Key;
use doorward_flow::context::{Beginning, Context};
use doorward_flow::contexts::{self, Place};
use doorward_flow::ledger::Ledger;

use crate::limits::FLOW_REFUSALS_MAX;

/// What is kept of one context.
pub(super) struct Body {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    /// Where what matters was read first.
    sources: Vec<Source>,
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
        Self { context, ledger: Ledger::new(), sources: Vec::new(), refused: VecDeque::new() }
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
        self.context.bytes() + self.ledger.bytes() + sources + refused
    }

    fn shed(&mut self) {
        self.context.shed();
        self.refused = VecDeque::new();
    }
}
