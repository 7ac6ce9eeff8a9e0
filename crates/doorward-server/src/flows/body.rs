//! What is kept of one context beside its label.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use doorward_core::flow::{Confidentiality, ContextId, Ground, Source, Why};
use doorward_core::time::Timestamp;
use doorward_flow::canonical::{Key, Keyed, Kind};
use doorward_flow::context::{Beginning, Context};
use doorward_flow::contexts::{self, Place};
use doorward_flow::ledger::{Ledger, PrincipalLedger};
use doorward_flow::prints::{PrintKey, Prints};

use super::hidden::kept::Hidden;
use super::{FlowRules, locked, task};
use crate::limits::{FLOW_REFUSALS_MAX, FLOW_SOURCES_MAX, FLOW_SOURCES_TOLD_MAX};

/// About how many bytes the names in a source take: an exchange, an item and a field.
const SOURCE_NAMES: usize = 160;

const DAY_MICROS: i64 = 86_400_000_000;

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
    /// Whether something speaks against what is done in it.
    pub(super) is_doubtful: bool,
    began: Timestamp,
    rules: Arc<ArcSwap<FlowRules>>,
    /// What is counted for its principal, over all contexts.
    counted_in: Option<Arc<Mutex<PrincipalLedger>>>,
    /// Hashes of the calls that were refused last, the newest at the end.
    refused: VecDeque<u64>,
}

impl Body {
    /// What is kept of the context of `place` from now on. What was read where a fallback begins, nobody can tell.
    pub(super) fn new(key: &Key, place: &Place, rules: &Arc<ArcSwap<FlowRules>>, now: Timestamp) -> Self {
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
            is_doubtful: false,
            began: now,
            rules: rules.clone(),
            counted_in: None,
            refused: VecDeque::new(),
        }
    }

    /// The unit of work that it is, for what is learned. What has no name of its own is one for each day: nobody can tell
    /// whether it was another.
    pub(super) fn unit(&self, keyed: &Keyed, place: &Place) -> ContextId {
        match place.ground() {
            Ground::Signed | Ground::Declared => place.id(),
            Ground::Correlated | Ground::Fallback => {
                let half = |part: u8| {
                    let day = self.began.as_micros() / DAY_MICROS;
                    keyed.hash(Kind::Place, &format!("{}\n{day}\n{part}", place.id())).to_be_bytes()
                };
                let mut bytes = [0; 16];
                let halves = half(0).into_iter().chain(half(1));
                bytes.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
                ContextId::from_bytes(bytes)
            }
        }
    }

    /// Counts towards `ledger` when it ends.
    pub(super) fn count_in(&mut self, ledger: &Arc<Mutex<PrincipalLedger>>) {
        if self.counted_in.is_none() {
            self.counted_in = Some(ledger.clone());
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

    /// What was usual in it may raise what its principal may do in a day. One that something speaks against is not usual.
    fn ended(&mut self) {
        if let Some(ledger) = self.counted_in.take().filter(|_| !self.is_doubtful) {
            locked(&ledger).ended(&self.ledger, &self.rules.load().caps);
        }
    }

    fn shed(&mut self) {
        self.context.shed();
        self.hidden.forget();
        self.refused = VecDeque::new();
        self.read = BTreeMap::new();
        self.prints = Prints::new();
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::flow::Hints;
    use doorward_core::principal::{Principal, Proof};
    use doorward_flow::contexts::{Bounds, Contexts, Honesty};

    use super::*;

    /// How many contexts have taught the ledger what is usual, by its size.
    fn taught(is_doubtful: bool) -> bool {
        let (who, now) = (Principal::new("ann", Proof::LocalToken), Timestamp::from_micros(1));
        let rules: Arc<ArcSwap<FlowRules>> = Arc::default();
        let key = Key::from_bytes([0; 16]);
        let begin = move |place: &Place| Body::new(&key, place, &rules, now);
        let contexts = Contexts::new(&[0; 32], Bounds::default(), begin);
        let place = contexts.resolve(&who, &Hints::default().with_signed("m"), Honesty::Unproven, now);
        let ledger = Arc::new(Mutex::new(PrincipalLedger::new(now)));
        let before = locked(&ledger).bytes();
        contexts.with(&place, now, |entry| {
            entry.body.count_in(&ledger);
            entry.body.is_doubtful = is_doubtful;
        });
        contexts.sweep(Timestamp::from_micros(i64::MAX));
        let after = locked(&ledger).bytes();
        after > before
    }

    #[test]
    fn a_context_that_is_over_says_what_is_usual_unless_something_was_refused_in_it() {
        assert!(taught(false));
        assert!(!taught(true));
    }
}
