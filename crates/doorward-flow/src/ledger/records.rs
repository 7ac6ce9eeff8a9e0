//! Records of persons in what a server has sent.

use doorward_core::ids::ServerId;
use doorward_mcp::raw::Raw;

use super::walls::Walls;
use crate::canonical::Keyed;

/// The records in one answer, as keyed hashes of the identifiers in each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {}

impl Records {
    /// The records in `parts`: a `structuredContent`, and the text of each block as a JSON string.
    #[must_use]
    pub fn read(_keyed: &Keyed, _server: &ServerId, _parts: &[Raw<'_>], _walls: &Walls) -> Self {
        Self::default()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }
}
