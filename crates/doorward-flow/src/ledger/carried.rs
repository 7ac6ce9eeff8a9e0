//! Identifiers and bytes in what a call carries.

use super::walls::Walls;
use crate::canonical::Keyed;
use crate::context::Call;

/// What one call carries, as keyed hashes of the identifiers in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {}

impl Carried {
    /// What the arguments of `call` carry, decoded where they are encoded. Whom it is addressed to is not carried.
    #[must_use]
    pub fn read(_keyed: &Keyed, _call: &Call<'_>, _walls: &Walls) -> Self {
        Self::default()
    }
}
