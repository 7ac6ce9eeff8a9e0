//! Hidden results, as a context keeps them: in memory, for as long as it lives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_core::flow::{Label, Source};
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::Code;
use doorward_flow::hide::HiddenId;
use doorward_mcp::raw::RawJson;

use crate::limits::{HIDDEN_BYTES_MAX, HIDDEN_CONTEXT_BYTES_MAX, HIDDEN_CONTEXT_MAX, HIDDEN_VALUE_BYTES_MAX};

/// The hidden results of one context.
#[derive(Debug, Default)]
pub(in crate::flows) struct Hidden {
    kept: BTreeMap<HiddenId, Kept>,
    bytes: usize,
    /// How many bits of them were told. Letting go of them changes nothing about that.
    pub(super) told: u32,
}

/// One of them.
pub(in crate::flows) struct Kept {
    /// Whose call it answered.
    pub(super) owner: PrincipalId,
    /// What is known of it.
    pub(super) label: Label,
    /// Where it comes from.
    pub(super) source: Source,
    /// The result itself.
    pub(super) value: RawJson,
    pub(super) weight: Weight,
}

/// Why a result cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRoom {
    /// It is too large by itself.
    Large,
    /// Too much is kept already.
    Full,
}

/// A share of the bytes that all hidden results may have together. It is given back when dropped.
pub(in crate::flows) struct Weight {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Hidden {
    /// Keeps a result under `id`.
    pub(super) fn keep(&mut self, id: HiddenId, kept: Kept) -> Result<(), NoRoom> {
        let bytes = self.bytes.saturating_add(kept.weight.bytes);
        if self.kept.len() >= HIDDEN_CONTEXT_MAX || bytes > HIDDEN_CONTEXT_BYTES_MAX {
            return Err(NoRoom::Full);
        }
        self.bytes = bytes;
        self.kept.insert(id, kept);
        Ok(())
    }

    /// The result that `owner` has this handle of.
    pub(super) fn find(&self, id: HiddenId, owner: &PrincipalId) -> Option<&Kept> {
        self.kept.get(&id).filter(|kept| kept.owner == *owner)
    }

    /// Lets go of all of them: their handles are unknown from now on.
    pub(in crate::flows) fn forget(&mut self) {
        self.kept = BTreeMap::new();
        self.bytes = 0;
    }

    pub(in crate::flows) fn bytes(&self) -> usize {
        self.bytes.saturating_add(self.kept.len().saturating_mul(size_of::<Kept>()))
    }
}

/// Without the value.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("bytes", &self.weight.bytes).finish_non_exhaustive()
    }
}

impl NoRoom {
    pub(super) const fn code(self) -> Code {
        match self {
            Self::Large => Code::AnswerTooLarge,
            Self::Full => Code::Busy,
        }
    }
}

impl Weight {
    /// Takes the share of one result.
    pub(super) fn take(all: &Arc<AtomicUsize>, bytes: usize) -> Result<Self, NoRoom> {
        if bytes > HIDDEN_VALUE_BYTES_MAX {
            return Err(NoRoom::Large);
        }
        let add = |held: usize| held.checked_add(bytes).filter(|held| *held <= HIDDEN_BYTES_MAX);
        match all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(_) => Ok(Self { bytes, all: all.clone() }),
            Err(_) => Err(NoRoom::Full),
        }
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::flow::Why;
    use doorward_core::ids::{ExchangeId, ServerId};
    use doorward_core::principal::{Principal, Proof};
    use doorward_mcp::limits::Limits;

    use super::*;

    fn owner(name: &str) -> PrincipalId {
        Principal::new(name, Proof::LocalToken).id().clone()
    }

    fn kept(all: &Arc<AtomicUsize>, bytes: usize) -> Result<Kept, NoRoom> {
        let server = ServerId::parse("web").unwrap();
        let source = Source::new(ExchangeId::from_parts(0, 0), server, None, Why::Untrusted);
        let value = RawJson::parse("1", &Limits::default()).unwrap();
        let weight = Weight::take(all, bytes)?;
        Ok(Kept { owner: owner("ann"), label: Label::default(), source, value, weight })
    }

    fn id(number: u8) -> HiddenId {
        HiddenId::from_random([number; 16])
    }

    #[test]
    fn what_is_kept_is_for_its_owner_alone_and_until_it_is_let_go() {
        let all = Arc::default();
        let mut hidden = Hidden::default();
        hidden.keep(id(1), kept(&all, 9).unwrap()).unwrap();
        assert!(hidden.find(id(1), &owner("ann")).is_some());
        assert!(hidden.find(id(1), &owner("bob")).is_none());
        assert!(hidden.find(id(2), &owner("ann")).is_none());
        assert_eq!(all.load(Ordering::Relaxed), 9);
        hidden.told = 60;
        hidden.forget();
        assert!(hidden.find(id(1), &owner("ann")).is_none());
        assert_eq!(hidden.told, 60, "what was told stays told");
        assert_eq!((all.load(Ordering::Relaxed), hidden.bytes()), (0, 0));
    }

    #[test]
    fn room_is_bounded_for_one_for_a_context_and_over_all() {
        let all = Arc::default();
        assert_eq!(kept(&all, HIDDEN_VALUE_BYTES_MAX + 1).unwrap_err(), NoRoom::Large);
        let mut hidden = Hidden::default();
        let fitting = HIDDEN_CONTEXT_BYTES_MAX / HIDDEN_VALUE_BYTES_MAX;
        for number in 0..fitting {
            hidden.keep(id(u8::try_from(number).unwrap()), kept(&all, HIDDEN_VALUE_BYTES_MAX).unwrap()).unwrap();
        }
        assert_eq!(hidden.keep(id(200), kept(&all, 1).unwrap()), Err(NoRoom::Full));
        hidden.forget();
        for number in 0..HIDDEN_CONTEXT_MAX {
            hidden.keep(HiddenId::from_random((number as u128).to_be_bytes()), kept(&all, 1).unwrap()).unwrap();
        }
        assert_eq!(hidden.keep(id(200), kept(&all, 1).unwrap()), Err(NoRoom::Full));
        hidden.forget();
        let many: Vec<Kept> = (0..HIDDEN_BYTES_MAX / HIDDEN_VALUE_BYTES_MAX)
            .map(|_| kept(&all, HIDDEN_VALUE_BYTES_MAX).unwrap())
            .collect();
        assert_eq!(kept(&all, 1).unwrap_err(), NoRoom::Full);
        drop(many);
        assert!(kept(&all, 1).is_ok());
    }
}
