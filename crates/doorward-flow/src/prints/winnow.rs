//! Which fingerprints a text has.
//!
//! Responsible for hashing every stretch of [`LETTERS`] letters and digits, without case, and for keeping one of every
//! [`WINDOW`], the same ones wherever the stretch stands. Nobody without the key can tell which text a fingerprint is of.

use std::fmt;
use std::ops::Range;

use super::limits::{LETTERS, WINDOW};
use crate::canonical::{Key, Keyed, Kind};

/// What fingerprints are made with: derived once from the key of a tenant.
#[derive(Clone)]
pub struct PrintKey {
    pub(super) keyed: Keyed,
    /// A random number for every byte.
    bytes: [u64; 256],
    /// The number of each ASCII character without case; 0 for what is neither letter nor digit.
    ascii: [u64; 128],
    order: u64,
    kept: u64,
}

impl PrintKey {
    /// What fingerprints are made with under `key`.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let keyed = Keyed::new(key);
        let number = |at: usize| keyed.hash(Kind::Text, &format!("fingerprints {at}"));
        let bytes: [u64; 256] = std::array::from_fn(number);
        let ascii = std::array::from_fn(|at| {
            let byte = u8::try_from(at).unwrap_or(0);
            let own = bytes.get(usize::from(byte.to_ascii_lowercase())).copied().unwrap_or(0);
            if byte.is_ascii_alphanumeric() { own | 1 } else { 0 }
        });
        Self { keyed, bytes, ascii, order: number(256), kept: number(257) }
    }

    /// The number of `c`; `None` for what is neither letter nor digit.
    fn symbol(&self, c: char) -> Option<u64> {
        if let Some(&symbol) = self.ascii.get(c as usize) {
            return (symbol != 0).then_some(symbol);
        }
        if !c.is_alphanumeric() {
            return None;
        }
        let folded = c.to_lowercase().next().unwrap_or(c);
        let parts = u32::from(folded).to_le_bytes().into_iter();
        let number = |byte: u8| self.bytes.get(usize::from(byte)).copied().unwrap_or(0);
        Some(parts.fold(0, |all: u64, byte| all.rotate_left(21) ^ number(byte)))
    }

    /// What is kept of a short value.
    pub(super) fn mixed(&self, value: u64) -> u64 {
        mix(mix(value ^ self.order) ^ self.kept)
    }
}

impl fmt::Debug for PrintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrintKey(..)")
    }
}

/// Gives every fingerprint of `text` to `take`, with where it stands.
pub(super) fn each(key: &PrintKey, text: &str, take: &mut impl FnMut(u64, Range<usize>)) {
    let mut letters = [(0_u64, 0_usize); LETTERS];
    let mut window = Window::new();
    let (mut rolling, mut count, mut place) = (0_u64, 0_usize, 0_usize);
    let mut give = |(hash, start, end): Candidate| take(mix(hash ^ key.kept), start..end);
    for (at, c) in text.char_indices() {
        let Some(symbol) = key.symbol(c) else { continue };
        let Some(oldest) = letters.get_mut(place) else { continue };
        rolling = rolling.rotate_left(1) ^ symbol ^ oldest.0.rotate_left(LETTERS as u32);
        *oldest = (symbol, at);
        place = if place + 1 == LETTERS { 0 } else { place + 1 };
        count += 1;
        if count >= LETTERS {
            let start = letters.get(place).map_or(at, |(_, start)| *start);
            window.push((mix(rolling ^ key.order), start, at + c.len_utf8())).map(&mut give);
        }
    }
    window.rest().map(&mut give);
}

/// The hash of a stretch, with where it stands.
type Candidate = (u64, usize, usize);

/// The last stretches, of which the smallest is kept.
struct Window {
    last: [Candidate; WINDOW],
    count: usize,
    place: usize,
    least: Candidate,
    least_at: usize,
}

impl Window {
    fn new() -> Self {
        Self { last: [(u64::MAX, 0, 0); WINDOW], count: 0, place: 0, least: (u64::MAX, 0, 0), least_at: 0 }
    }

    /// Takes in the next; gives the smallest of the window when it is another than before.
    fn push(&mut self, next: Candidate) -> Option<Candidate> {
        if let Some(place) = self.last.get_mut(self.place) {
            *place = next;
        }
        self.place = if self.place + 1 == WINDOW { 0 } else { self.place + 1 };
        self.count += 1;
        let before = self.least_at;
        if self.count == 1 || next.0 < self.least.0 {
            (self.least, self.least_at) = (next, self.count);
        } else if self.least_at + WINDOW <= self.count {
            self.look_again();
        }
        let is_new = self.least_at != before;
        (self.count == WINDOW || self.count > WINDOW && is_new).then_some(self.least)
    }

    /// The smallest of a text that is shorter than a window.
    fn rest(&self) -> Option<Candidate> {
        (1..WINDOW).contains(&self.count).then_some(self.least)
    }

    /// Finds the smallest of the window, the last of equal ones.
    fn look_again(&mut self) {
        let (older, newer) = (self.last.get(self.place..), self.last.get(..self.place));
        let in_order = older.into_iter().chain(newer).flatten();
        self.least = (u64::MAX, 0, 0);
        for (number, candidate) in (self.count + 1 - WINDOW..).zip(in_order) {
            if candidate.0 <= self.least.0 {
                (self.least, self.least_at) = (*candidate, number);
            }
        }
    }
}

/// Spreads every bit over all.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    value = (value ^ (value >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ (value >> 33)
}
