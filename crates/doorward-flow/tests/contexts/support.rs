//! What the tests of contexts share: principals, times, labels of numbered parts, and a source of numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doorward_core::flow::{Category, Hints, Label};
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::time::Timestamp;
use doorward_flow::contexts::{Body, Bounds, Contexts};

/// A body that weighs what it is told to.
#[derive(Debug, Default)]
pub(crate) struct Weight {
    pub(crate) permits: usize,
    pub(crate) forbids: usize,
    /// Grows when it ends.
    pub(crate) ends: Option<Arc<AtomicUsize>>,
}

impl Body for Weight {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.permits + self.forbids
    }

    fn ended(&mut self) {
        if let Some(ends) = &self.ends {
            ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn shed(&mut self) {
        self.permits = 0;
    }
}

pub(crate) const KEY: [u8; 32] = [42; 32];

pub(crate) fn contexts() -> Contexts<Weight> {
    bounded(Bounds::default())
}

pub(crate) fn bounded(bounds: Bounds) -> Contexts<Weight> {
    Contexts::new(&KEY, bounds, |_| Weight::default())
}

/// A time so many seconds after the first.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + i64::try_from(seconds).unwrap() * 1_000_000)
}

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 3600;

pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs()
}

/// A subject that uses a client.
pub(crate) fn principal(subject: &str, client: &str) -> Principal {
    let claims = Claims::of(Subject::User(subject.into()), Proof::AccessToken);
    Principal::claimed(Claims { agent: Some(client.into()), ..claims }).unwrap()
}

pub(crate) fn ann() -> Principal {
    principal("ann", "client")
}

pub(crate) fn nothing() -> Hints {
    Hints::default()
}

pub(crate) fn declared(text: &str) -> Hints {
    Hints::default().with_declared(text)
}

pub(crate) fn signed(text: &str) -> Hints {
    Hints::default().with_signed(text)
}

/// How many parts a numbered label can have.
pub(crate) const PARTS: u32 = 20;

/// Labels by number: every bit is one thing that is known, so that joining is `|` and being below is being a subset.
#[derive(Clone)]
pub(crate) struct Labels {
    categories: Arc<[Category]>,
}

impl Labels {
    pub(crate) fn new() -> Self {
        Self { categories: (0..PARTS).map(|part| Category::parse(&format!("c{part:02}")).unwrap()).collect() }
    }

    pub(crate) fn of(&self, bits: u32) -> Label {
        let parts = self.categories.iter().enumerate().filter(|(part, _)| bits & (1 << part) != 0);
        Label { categories: parts.map(|(_, category)| category.clone()).collect(), ..Label::default() }
    }

    pub(crate) fn bits(&self, label: &Label) -> u32 {
        label.categories.iter().map(|category| 1 << category.as_str()[1..].parse::<u32>().unwrap()).sum()
    }
}

/// The label whose only part is `part`.
pub(crate) fn part(part: u32) -> Label {
    Labels::new().of(1 << part)
}

/// Numbers that are the same for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn sixteen(&mut self) -> [u8; 16] {
        let [high, low] = [self.next(), self.next()];
        ((u128::from(high) << 64) | u128::from(low)).to_be_bytes()
    }
}
