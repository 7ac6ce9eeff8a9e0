//! What is kept of one context beside its label.

use doorward_core::flow::{Ground, Source, Why};
use doorward_flow::canonical::Key;
use doorward_flow::context::{Beginning, Context};
use doorward_flow::contexts::{self, Place};
use doorward_flow::ledger::Ledger;

/// What is kept of one context.
pub(super) struct Body {
    pub(super) context: Context,
    pub(super) ledger: Ledger,
    /// Where what matters was read first.
    sources: Vec<Source>,
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
        Self { context, ledger: Ledger::new(), sources: Vec::new() }
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
        self.context.bytes() + self.ledger.bytes() + sources
    }

    fn shed(&mut self) {
        self.context.shed();
    }
}
