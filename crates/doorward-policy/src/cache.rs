//! Decisions that stay true as long as the policy does, kept in bounded memory.
//!
//! Names in requests come from outside, so a stranger can fill the cache; when it is full it is emptied, and the worst
//! that happens is that decisions are worked out again. It must hold nothing that depends on arguments or on the time.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use doorward_core::access::{AccessRequest, Action, Face, Resource};
use doorward_core::principal::Principal;
use doorward_mcp::revision::Era;

use crate::limits::{CACHED_DECISIONS_MAX, CACHED_NAME_MAX};

/// Everything a lasting decision depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    principal: Principal,
    action: Action,
    resource: Resource,
    face: Face,
    era: Era,
}

impl Key {
    /// The key of `request`; `None` for one whose name is too long to keep.
    pub(crate) fn of(request: &AccessRequest) -> Option<Self> {
        let length = request.resource.name().map_or(0, str::len);
        (length <= CACHED_NAME_MAX).then(|| Self {
            principal: request.principal.clone(),
            action: request.action,
            resource: request.resource.clone(),
            face: request.approach.face,
            era: request.era,
        })
    }
}

/// Answers by key.
#[derive(Debug)]
pub(crate) struct Cache<T>(RwLock<HashMap<Key, T>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(RwLock::new(HashMap::new()))
    }
}

impl<T: Clone> Cache<T> {
    /// The kept answer.
    pub(crate) fn find(&self, key: &Key) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps an answer.
    pub(crate) fn keep(&self, key: Key, answer: T) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= CACHED_DECISIONS_MAX {
            kept.clear();
        }
        kept.insert(key, answer);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use doorward_core::access::{Approach, Direction, Kind};
    use doorward_core::ids::ServerId;
    use doorward_core::principal::Proof;
    use doorward_core::time::Timestamp;

    use super::*;

    fn reading(uri: &str) -> AccessRequest {
        AccessRequest {
            principal: Principal::new("ann", Proof::None),
            action: Action::of(Direction::ToServer, Kind::Request, "resources/read").unwrap(),
            resource: Resource::Resource(ServerId::parse("files").unwrap(), Arc::from(uri)),
            arguments: None,
            approach: Approach::new(Face::Http),
            era: Era::Legacy,
            at: Timestamp::default(),
        }
    }

    #[test]
    fn never_holds_more_than_its_limit() {
        let cache = Cache::default();
        for number in 0..=CACHED_DECISIONS_MAX {
            cache.keep(Key::of(&reading(&format!("file:///{number}"))).unwrap(), number);
            assert!(cache.0.read().unwrap().len() <= CACHED_DECISIONS_MAX);
        }
        let last = Key::of(&reading(&format!("file:///{CACHED_DECISIONS_MAX}"))).unwrap();
        assert_eq!(cache.find(&last), Some(CACHED_DECISIONS_MAX));
    }

    #[test]
    fn long_names_are_not_kept() {
        assert!(Key::of(&reading(&"x".repeat(CACHED_NAME_MAX))).is_some());
        assert!(Key::of(&reading(&"x".repeat(CACHED_NAME_MAX + 1))).is_none());
    }
}
