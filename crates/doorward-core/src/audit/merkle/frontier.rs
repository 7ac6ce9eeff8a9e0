//! The right edge of a growing tree: all that is needed to go on appending.

use super::{Hash, folded, node_hash};
use crate::limits::TREE_SIZE_MAX;

/// A tree's size and the roots of the whole subtrees it is made of, the largest first: one for each bit of the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// Why bytes are not a frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Too few bytes for a size.
    #[error("the edge of the tree has no size")]
    Short,
    /// More leaves than a tree may have.
    #[error("the edge of the tree claims {0} leaves, more than {TREE_SIZE_MAX}")]
    Size(u64),
    /// Not one hash for each bit of the size.
    #[error("the edge of a tree of {size} leaves has {wanted} hashes, this one has {bytes} bytes of them")]
    Hashes {
        /// The size.
        size: u64,
        /// How many hashes it needs.
        wanted: u32,
        /// How many bytes there are.
        bytes: usize,
    },
}

impl Frontier {
    /// The edge of the tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns its index; `None` leaves a full tree as it is.
    pub fn push(&mut self, leaf: Hash) -> Option<u64> {
        self.push_telling(leaf, |_, _, _| ())
    }

    /// The same, and tells `made` of every whole subtree that the leaf completes, the leaf first: its height, its index
    /// among those of that height, its hash. Those whose height is a multiple of 8 are what tiles hold.
    pub fn push_telling(&mut self, leaf: Hash, mut made: impl FnMut(u8, u64, Hash)) -> Option<u64> {
        if self.size >= TREE_SIZE_MAX {
            return None;
        }
        let index = self.size;
        let (mut hash, mut height) = (leaf, 0_u8);
        made(height, index, hash);
        // A set bit of the old size is a whole subtree on the left that this one completes.
        while (index >> height) & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            height = height.saturating_add(1);
            made(height, index >> height, hash);
        }
        self.peaks.push(hash);
        self.size = index.saturating_add(1);
        Some(index)
    }

    /// The roots of the whole subtrees, the largest first.
    pub(crate) fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root of the tree (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        folded(&self.peaks)
    }

    /// Eight bytes of size, most significant first, then the hashes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.peaks.len().saturating_mul(32).saturating_add(8));
        bytes.extend_from_slice(&self.size.to_be_bytes());
        for peak in &self.peaks {
            bytes.extend_from_slice(peak.as_bytes());
        }
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] writes. That the hashes are the right ones is for a checkpoint to say.
    ///
    /// # Errors
    /// [`FrontierError`] when there is not exactly one hash for each bit of a size within the limit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, hashes) = bytes.split_first_chunk::<8>().ok_or(FrontierError::Short)?;
        let size = u64::from_be_bytes(*size);
        if size > TREE_SIZE_MAX {
            return Err(FrontierError::Size(size));
        }
        let (chunks, rest) = hashes.as_chunks::<32>();
        let wanted = size.count_ones();
        if !rest.is_empty() || u32::try_from(chunks.len()).ok() != Some(wanted) {
            return Err(FrontierError::Hashes { size, wanted, bytes: hashes.len() });
        }
        Ok(Self { size, peaks: chunks.iter().copied().map(Hash::from_bytes).collect() })
    }
}
