//! Short keys for names. Names themselves are not kept in baselines.

use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// A key of these parts, in this order; no two lists of parts run together.
pub(crate) fn of(parts: &[&[u8]]) -> u64 {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.finish()
}

/// The same in fewer bits, where a mistake costs little. Never zero, which stands for nothing.
pub(crate) fn short(key: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    let low = (key ^ (key >> 32)) as u32;
    low.max(1)
}
