//! Decisions that stay true as long as the policy does, kept in bounded memory.
//!
//! Names in requests come from outside, so a stranger can fill the cache; when it is full it is emptied, and the worst
//! that happens is that decisions are worked out again. It must hold nothing that depends on arguments or on the time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use doorward_core::access::{AccessRequest, Action, ClientName, Face, Resource};
use doorward_core::principal::Principal;
use doorward_mcp::revision::Era;

use crate::limits::{CACHED_DECISIONS_MAX, CACHED_NAME_MAX};
use crate::mentions::{Fact, Mentions};

/// Everything a lasting decision depends on. Of how a client comes to us it holds what the rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    principal: Principal,
    action: Action,
    resource: Resource,
    face: Option<Face>,
    era: Option<Era>,
    origin: Option<Arc<str>>,
    client: Option<Arc<ClientName>>,
}

impl Key {
    /// The key of `request` under rules that look at `mentions`; `None` for one whose name is too long to keep.
    pub(crate) fn of(request: &AccessRequest, mentions: &Mentions) -> Option<Self> {
        let sees = |fact: Fact| mentions.facts.contains(&fact);
        let approach = &request.approach;
        let length = request.resource.name().map_or(0, str::len);
        (length <= CACHED_NAME_MAX).then(|| Self {
            principal: request.principal.clone(),
            action: request.action,
            resource: request.resource.clone(),
            face: sees(Fact::Face).then_some(approach.face),
            era: sees(Fact::Era).then_some(request.era),
            origin: approach.origin.clone().filter(|_| sees(Fact::Origin)),
            client: approach.client.clone().filter(|_| sees(Fact::Client)),
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
    use doorward_core::access::{Approach, Direction, Kind};
    use doorward_core::ids::ServerId;
    use doorward_core::principal::Proof;
    use doorward_core::time::Timestamp;

    use super::*;

    fn key(uri: &str) -> Option<Key> {
        Key::of(&reading(uri), &Mentions::default())
    }

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
            cache.keep(key(&format!("file:///{number}")).unwrap(), number);
            assert!(cache.0.read().unwrap().len() <= CACHED_DECISIONS_MAX);
        }
        let last = key(&format!("file:///{CACHED_DECISIONS_MAX}")).unwrap();
        assert_eq!(cache.find(&last), Some(CACHED_DECISIONS_MAX));
    }

    #[test]
    fn long_names_are_not_kept() {
        assert!(key(&"x".repeat(CACHED_NAME_MAX)).is_some());
        assert!(key(&"x".repeat(CACHED_NAME_MAX + 1)).is_none());
    }

    #[test]
    fn a_key_holds_what_the_rules_look_at() {
        let plain = reading("file:///a");
        let mut other = plain.clone();
        other.approach.face = Face::Stdio;
        other.approach.origin = Some(Arc::from("https://a.example"));
        other.approach.client = Some(Arc::new(ClientName { name: "c".into(), version: "1".into() }));
        other.era = Era::Modern;
        let same = |facts: &[Fact]| {
            let mentions = Mentions { facts: facts.iter().copied().collect(), ..Mentions::default() };
            Key::of(&plain, &mentions) == Key::of(&other, &mentions)
        };
        assert!(same(&[]));
        assert!(same(&[Fact::At, Fact::Time, Fact::Agent, Fact::Delegation]));
        for fact in [Fact::Face, Fact::Era, Fact::Origin, Fact::Client] {
            assert!(!same(&[fact]), "{fact:?}");
        }
    }
}
