//! Tiles and bundles of entries: the static files a log consists of (c2sp.org/tlog-tiles).
//!
//! Responsible for their names, which of them a growth of the tree writes, and their bytes. It must never decide where they
//! are kept.

mod bundle;
mod source;

use std::fmt;
use std::num::NonZeroU16;

use crate::limits::TREE_SIZE_MAX;

pub use bundle::{BundleError, EntryTooLong, bundle, entries};
pub use source::TileHashes;

/// Hashes in a full tile, and entries in a full bundle (tlog-tiles, "Merkle Tree").
pub const FULL: u16 = 256;

/// Levels of tiles that the largest tree has.
pub(crate) const LEVELS: u8 = 8;

/// What a file of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Hashes of that level: of leaves at level 0, else of full tiles of the level below.
    Hashes(u8),
    /// Entries.
    Entries,
}

/// The coordinates of one tile or bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    kind: Kind,
    index: u64,
    width: NonZeroU16,
}

impl Tile {
    /// The tile of that kind, place and width; `None` for a width of zero or beyond [`FULL`], a level above 63, or a place
    /// that no tree reaches.
    #[must_use]
    pub fn new(kind: Kind, index: u64, width: u16) -> Option<Self> {
        let level = match kind {
            Kind::Hashes(level) => level,
            Kind::Entries => 0,
        };
        let width = NonZeroU16::new(width).filter(|width| width.get() <= FULL)?;
        (level <= 63 && index < TREE_SIZE_MAX >> 8).then_some(Self { kind, index, width })
    }

    /// Hashes or entries.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Its place among those of its kind.
    #[must_use]
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has, from 1 to [`FULL`].
    #[must_use]
    pub const fn width(self) -> u16 {
        self.width.get()
    }

    /// Reads a path that [`fmt::Display`] writes (tlog-tiles, "Merkle Tree" and "Log entries"); `None` for any other, such
    /// as one with more zeros than the form has.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = if kind == "entries" { Kind::Entries } else { Kind::Hashes(number(kind)?.try_into().ok()?) };
        let (place, width) = match rest.split_once(".p/") {
            Some((place, width)) => (place, u16::try_from(number(width)?).ok().filter(|width| *width < FULL)?),
            None => (rest, FULL),
        };
        let tile = Self::new(kind, place_of(place)?, width)?;
        // One tile has one name: `x000/001` is not another way to say `001`.
        (tile.to_string() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    /// `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = Vec::new();
        let mut left = self.index;
        loop {
            groups.push(left % 1000);
            left /= 1000;
            if left == 0 {
                break;
            }
        }
        while let Some(group) = groups.pop() {
            if groups.is_empty() { write!(f, "{group:03}")? } else { write!(f, "x{group:03}/")? }
        }
        if self.width() == FULL { Ok(()) } else { write!(f, ".p/{}", self.width()) }
    }
}

/// The tiles and bundles that change when the tree grows from `old` to `new` leaves, lowest level first: each in the width
/// it then has, whole or partial (tlog-tiles, "Partial Tiles"). Those that were full before do not change.
pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let kinds = std::iter::once(Kind::Entries).chain((0..LEVELS).map(Kind::Hashes));
    kinds.flat_map(move |kind| {
        let (had, has) = (count(kind, old), count(kind, new));
        let range = if had < has { (had >> 8)..has.div_ceil(u64::from(FULL)) } else { 0..0 };
        range.filter_map(move |index| Tile::new(kind, index, width(has, index)))
    })
}

/// The tiles and bundles of a tree of `size` leaves.
pub fn all(size: u64) -> impl Iterator<Item = Tile> {
    grown(0, size)
}

/// How many hashes or entries of that kind a tree of `size` leaves has.
pub(crate) const fn count(kind: Kind, size: u64) -> u64 {
    match kind {
        Kind::Entries => size,
        Kind::Hashes(level) if level < LEVELS => size >> (8 * level as u32),
        Kind::Hashes(_) => 0,
    }
}

/// The width of the tile at `index` where there are `count` hashes in its level; zero where there is none.
pub(crate) fn width(count: u64, index: u64) -> u16 {
    let before = index.saturating_mul(u64::from(FULL));
    u16::try_from(count.saturating_sub(before).min(u64::from(FULL))).unwrap_or(FULL)
}

/// A decimal number without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = plain && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}

/// `x001/x234/067` is 1234067.
fn place_of(text: &str) -> Option<u64> {
    let mut groups = text.split('/').peekable();
    let mut place = 0_u64;
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x')? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        place = place.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(place)
}

#[cfg(test)]
mod tests;
