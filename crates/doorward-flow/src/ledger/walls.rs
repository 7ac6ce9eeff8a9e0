//! Declared conflicts: who has seen one side may not see another.

use std::collections::BTreeSet;

use doorward_core::ids::ServerId;

use super::limits::WALLS_MAX;

/// One declared conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wall {
    /// Between groups of servers: each set is a side, and a server in none of them is on none.
    Servers(Vec<BTreeSet<ServerId>>),
    /// Between the values of a field, such as `client_id`, wherever it stands in results and arguments: each value is a
    /// side.
    Field(Box<str>),
}

/// All declared conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walls(Vec<Wall>);

impl Walls {
    /// Those declared; `None` for more than [`WALLS_MAX`].
    #[must_use]
    pub fn new(walls: Vec<Wall>) -> Option<Self> {
        (walls.len() <= WALLS_MAX).then_some(Self(walls))
    }
}
