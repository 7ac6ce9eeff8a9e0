//! Secrets, found wherever they stand.
//!
//! Responsible for values of any length, found exactly. It must never keep one, only keyed hashes of it and of its
//! beginning.

use super::PrintKey;
use super::limits::{SECRET_WORK_TIMES, SECRETS_MAX};
use crate::canonical::Kind;

/// What is known of all secrets.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets {
    /// In the order of their beginnings.
    all: Vec<Secret>,
    /// Grows with every secret; tells which is the oldest.
    age: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Secret {
    beginning: u64,
    length: usize,
    whole: u64,
    source: u32,
    age: u64,
}

/// How long a beginning is, for secrets that are as long.
const BEGINNING: usize = 8;

impl Secrets {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<Secret>()
    }

    pub(super) fn insert(&mut self, key: &PrintKey, source: u32, value: &str) {
        let Some(beginning) = value.as_bytes().get(..value.len().min(BEGINNING)).filter(|bytes| !bytes.is_empty())
        else {
            return;
        };
        self.age += 1;
        let beginning = hash_of_beginning(key, beginning);
        let secret = Secret { beginning, length: value.len(), whole: whole(key, value), source, age: self.age };
        self.all.retain(|other| (other.whole, other.source) != (secret.whole, source));
        if self.all.len() >= SECRETS_MAX
            && let Some(oldest) = self.all.iter().map(|secret| secret.age).min()
        {
            self.all.retain(|secret| secret.age != oldest);
        }
        let at = self.all.partition_point(|other| other < &secret);
        self.all.insert(at, secret);
    }

    /// Gives the source and length of every secret in `text` to `take`, for each place where it stands.
    pub(super) fn each(&self, key: &PrintKey, text: &str, take: &mut impl FnMut(u32, u32)) {
        let mut lengths: Vec<usize> = self.all.iter().map(|secret| secret.length.min(BEGINNING)).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let mut work = text.len().saturating_mul(SECRET_WORK_TIMES);
        for length in lengths {
            for (at, beginning) in text.as_bytes().windows(length).enumerate() {
                let beginning = hash_of_beginning(key, beginning);
                let from = self.all.partition_point(|secret| secret.beginning < beginning);
                let like = self.all.iter().skip(from).take_while(|secret| secret.beginning == beginning);
                for same in like {
                    let Some(stretch) = at.checked_add(same.length).and_then(|end| text.get(at..end)) else { continue };
                    let is_it = if work >= same.length {
                        work -= same.length;
                        whole(key, stretch) == same.whole
                    } else {
                        true
                    };
                    if is_it {
                        take(same.source, u32::try_from(same.length).unwrap_or(u32::MAX));
                    }
                }
            }
        }
    }
}

fn hash_of_beginning(key: &PrintKey, bytes: &[u8]) -> u64 {
    let value = bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    key.mixed(value ^ (bytes.len() as u64).rotate_right(8))
}

fn whole(key: &PrintKey, value: &str) -> u64 {
    key.keyed.hash(Kind::Text, value)
}
