//! Ordinary exchanges, to name the one that is most like an unusual one.

use doorward_core::ids::ExchangeId;
use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::limits::NORMAL_MAX;
use crate::statistical::bytes_out::log2;

/// One exchange in so many is kept.
const EVERY: u32 = 7;

/// A few ordinary exchanges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Normal {
    seen: u32,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    #[serde(with = "exchange")]
    exchange: ExchangeId,
    request: f32,
    answer: f32,
}

impl Normal {
    pub(crate) fn is_bounded(&self) -> bool {
        self.kept.len() <= NORMAL_MAX
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.kept.capacity() * size_of::<Kept>()
    }

    pub(crate) fn note(&mut self, event: &Event) {
        self.seen = self.seen.wrapping_add(1);
        if self.kept.len() >= NORMAL_MAX {
            if !self.seen.is_multiple_of(EVERY) {
                return;
            }
            self.kept.remove(0);
        }
        let [request, answer] = sizes(event);
        self.kept.push(Kept { exchange: event.exchange, request, answer });
    }

    /// The one whose sizes are nearest to those of `event`.
    pub(crate) fn nearest(&self, event: &Event) -> Option<ExchangeId> {
        let [request, answer] = sizes(event);
        let distance = |kept: &Kept| (kept.request - request).abs() + (kept.answer - answer).abs();
        let nearest = self.kept.iter().min_by(|left, right| distance(left).total_cmp(&distance(right)));
        nearest.map(|kept| kept.exchange)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the precision of f32 is enough")]
fn sizes(event: &Event) -> [f32; 2] {
    [log2(event.request_bytes) as f32, log2(event.answer_bytes) as f32]
}

mod exchange {
    use doorward_core::ids::ExchangeId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &ExchangeId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ExchangeId, D::Error> {
        let text = Box::<str>::deserialize(deserializer)?;
        ExchangeId::parse(&text).ok_or_else(|| serde::de::Error::custom("no exchange has this id"))
    }
}
