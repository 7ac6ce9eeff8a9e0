//! Tiles as the source of hashes for proofs.

use super::{FULL, Kind, Tile, count, width};
use crate::audit::merkle::{Hash, Hashes, root_of};

/// The hashes of a tree of a certain size, taken from its tiles. Tiles are read when they are needed and are not checked
/// here: a proof made of wrong ones does not hold.
#[derive(Debug)]
pub struct TileHashes<F> {
    size: u64,
    read: F,
}

impl<F: Fn(Tile) -> Option<Vec<u8>>> TileHashes<F> {
    /// The tree of `size` leaves, whose tiles `read` gives. It is asked for a tile in the width of that tree, and may
    /// answer with a wider one of the same place.
    pub const fn new(size: u64, read: F) -> Self {
        Self { size, read }
    }
}

impl<F: Fn(Tile) -> Option<Vec<u8>>> Hashes for TileHashes<F> {
    fn hash(&self, height: u8, index: u64) -> Option<Hash> {
        let (level, above) = (height / 8, height % 8);
        // The hashes of one tile that the subtree spans.
        let first = index.checked_shl(u32::from(above)).filter(|first| first >> above == index)?;
        let (place, offset) = (first / u64::from(FULL), usize::try_from(first % u64::from(FULL)).ok()?);
        let kind = Kind::Hashes(level);
        let tile = Tile::new(kind, place, width(count(kind, self.size), place))?;
        let bytes = (self.read)(tile)?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let spanned = hashes.get(offset..offset.checked_add(1 << above)?)?;
        let spanned: Vec<Hash> = spanned.iter().copied().map(Hash::from_bytes).collect();
        Some(root_of(&spanned))
    }
}
