//! Which fingerprints a text has.
//!
//! Responsible for hashing every stretch of [`LETTERS`] letters and digits, without case, and for keeping one of every
//! [`WINDOW`], the same ones wherever the stretch stands. Nobody without the key can tell which text a fingerprint is of.

use std::fmt;
use std::ops::Range;

use super::limits::{LETTERS, WINDOW};
use crate::canonical::{Key, Keyed, Kind};

#[cfg(test)]
mod tests;

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
    let mut block = Block::new();
    let mut window = Window { seen: 0, least: u64::MAX, least_at: 0 };
    let mut from = 0;
    while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
        let chunk = rest.get(..rest.floor_char_boundary(BLOCK)).unwrap_or(rest);
        block.fill(key, from, chunk);
        block.hash(key);
        window.slide(&block, &mut |at| take(mix(block.hash_at(at) ^ key.kept), block.place_at(at, text)));
        window.shift(block.shift());
        from += chunk.len();
    }
    if (LETTERS..SPAN).contains(&window.seen) {
        let at = window.least_at;
        take(mix(block.hash_at(at) ^ key.kept), block.place_at(at, text));
    }
}

/// So many bytes are taken at once; their letters fit into the nearest cache.
const BLOCK: usize = 512;

/// So many letters decide on a fingerprint, and stay when the next block comes.
const SPAN: usize = LETTERS + WINDOW - 1;

const PLACES: usize = SPAN + BLOCK;

/// The letters of one stretch of text, after the last [`SPAN`] before it. Work on one kind of thing at a time is quicker
/// than work on one letter at a time, for hardly any of it has to wait for what was just done.
struct Block {
    symbols: [u64; PLACES],
    starts: [usize; PLACES],
    /// Of the letters that end at each place.
    hashes: [u64; PLACES],
    rolling: u64,
    /// Where the letters end.
    end: usize,
}

impl Block {
    fn new() -> Self {
        Self { symbols: [0; PLACES], starts: [0; PLACES], hashes: [u64::MAX; PLACES], rolling: 0, end: SPAN }
    }

    /// Takes in the letters of `chunk`, which begins at `from`.
    fn fill(&mut self, key: &PrintKey, from: usize, chunk: &str) {
        if !chunk.is_ascii() {
            for (at, c) in chunk.char_indices() {
                self.push(key.symbol(c).unwrap_or(0), from + at);
            }
            return;
        }
        for (at, byte) in (from..).zip(chunk.bytes()) {
            self.push(key.ascii.get(usize::from(byte & 127)).copied().unwrap_or(0), at);
        }
    }

    /// Writes down a letter; one that is none is written over by the next, for to look whether it is one costs more.
    fn push(&mut self, symbol: u64, start: usize) {
        if let (Some(place), Some(at)) = (self.symbols.get_mut(self.end), self.starts.get_mut(self.end)) {
            (*place, *at) = (symbol, start);
            self.end += usize::from(symbol != 0);
        }
    }

    /// Hashes the letters that end at each new place.
    fn hash(&mut self, key: &PrintKey) {
        let (left, entered) = (self.symbols.get(SPAN - LETTERS..self.end), self.symbols.get(SPAN..self.end));
        let hashes = self.hashes.get_mut(SPAN..self.end);
        let pairs = left.into_iter().flatten().zip(entered.into_iter().flatten());
        for (hash, (left, entered)) in hashes.into_iter().flatten().zip(pairs) {
            self.rolling = self.rolling.rotate_left(1) ^ entered ^ left.rotate_left(LETTERS as u32);
            *hash = mix(self.rolling ^ key.order);
        }
    }

    fn hash_at(&self, at: usize) -> u64 {
        self.hashes.get(at).copied().unwrap_or(u64::MAX)
    }

    /// Where the letters that end at this place stand in `text`.
    fn place_at(&self, at: usize, text: &str) -> Range<usize> {
        let start = |at: usize| self.starts.get(at).copied().unwrap_or(0);
        start(at + 1 - LETTERS)..text.ceil_char_boundary(start(at) + 1)
    }

    /// Makes room for the next letters; gives by how many places the last ones move.
    fn shift(&mut self) -> usize {
        let by = self.end - SPAN;
        self.symbols.copy_within(by..self.end, 0);
        self.starts.copy_within(by..self.end, 0);
        self.hashes.copy_within(by..self.end, 0);
        self.end = SPAN;
        by
    }
}

/// The last hashes, of which the smallest is kept.
struct Window {
    /// How many letters there were.
    seen: usize,
    least: u64,
    /// Its place in the block; there is none before the first hash.
    least_at: usize,
}

impl Window {
    /// Gives the place of the smallest hash of every window to `take`, when it is another than before.
    fn slide(&mut self, block: &Block, take: &mut impl FnMut(usize)) {
        for (at, &hash) in block.hashes.iter().enumerate().take(block.end).skip(SPAN) {
            self.seen += 1;
            if self.seen < LETTERS {
                continue;
            }
            let is_new = if hash < self.least || self.seen == LETTERS {
                (self.least, self.least_at) = (hash, at);
                true
            } else if self.least_at + WINDOW <= at {
                self.look_again(block, at);
                true
            } else {
                false
            };
            if self.seen == SPAN || is_new && self.seen > SPAN {
                take(self.least_at);
            }
        }
    }

    /// Finds the smallest of the window that ends at this place, the last of equal ones.
    fn look_again(&mut self, block: &Block, end: usize) {
        self.least = u64::MAX;
        let from = end + 1 - WINDOW;
        for (at, &hash) in (from..).zip(block.hashes.get(from..=end).into_iter().flatten()) {
            if hash <= self.least {
                (self.least, self.least_at) = (hash, at);
            }
        }
    }

    /// The places of the block have moved.
    fn shift(&mut self, by: usize) {
        self.least_at = self.least_at.saturating_sub(by);
    }
}

/// Spreads every bit over all.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    value = (value ^ (value >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    value ^ (value >> 33)
}
