//! Declared conflicts: who has seen one side may not see another.
//!
//! Responsible for telling which sides a server or a field stands for, and whether two of them were seen. Exact, whatever
//! else the ledger has no room for. It must never keep a value, only its keyed hash.

use std::collections::BTreeSet;

use doorward_core::ids::ServerId;

use super::limits::WALLS_MAX;
use super::words;
use crate::canonical::{Keyed, Kind};

/// One declared conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wall {
    /// Between groups of servers: each set is a side, and a server in none of them is on none.
    Servers(Vec<BTreeSet<ServerId>>),
    /// Between the values of a field, such as `client_id`, wherever it stands in results and arguments: each value is a
    /// side. Names are compared without case and punctuation.
    Field(Box<str>),
}

/// All declared conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walls(Vec<Wall>);

/// One side of one wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Side {
    wall: u8,
    side: u64,
}

/// Sides that one message shows: of each wall two at most, since more change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sides(Vec<Side>);

/// The sides that were seen so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen {
    sides: Sides,
}

impl Walls {
    /// Those declared; `None` for more than [`WALLS_MAX`].
    #[must_use]
    pub fn new(mut walls: Vec<Wall>) -> Option<Self> {
        for wall in &mut walls {
            if let Wall::Field(name) = wall {
                *name = words::plain(name).into();
            }
        }
        (walls.len() <= WALLS_MAX).then_some(Self(walls))
    }

    /// The sides that `server` stands for.
    pub(super) fn sides_of(&self, server: &ServerId) -> Sides {
        let mut sides = Sides::default();
        sides.extend(self.numbered().filter_map(|(wall, declared)| match declared {
            Wall::Servers(groups) => {
                let side = groups.iter().position(|group| group.contains(server))?;
                Some(Side { wall, side: side as u64 })
            }
            Wall::Field(_) => None,
        }));
        sides
    }

    /// The sides that this value of the field of this plain name stands for.
    pub(super) fn sides_in<'a>(
        &'a self,
        keyed: &'a Keyed,
        name: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = Side> + 'a {
        self.numbered().filter_map(move |(wall, declared)| match declared {
            Wall::Field(field) if **field == *name => {
                Some(Side { wall, side: keyed.hash(Kind::Entity, &value.trim().to_lowercase()) })
            }
            Wall::Field(_) | Wall::Servers(_) => None,
        })
    }

    fn numbered(&self) -> impl Iterator<Item = (u8, &Wall)> {
        (0_u8..).zip(&self.0)
    }
}

impl Sides {
    pub(super) fn as_slice(&self) -> &[Side] {
        &self.0
    }

    pub(super) fn extend(&mut self, sides: impl Iterator<Item = Side>) {
        for side in sides {
            let of_wall = self.0.iter().filter(|seen| seen.wall == side.wall);
            if !self.0.contains(&side) && of_wall.count() < 2 {
                self.0.push(side);
            }
        }
    }

    fn has_two_of_one(&self) -> bool {
        let again = |(at, side): (usize, &Side)| self.0.iter().skip(at + 1).any(|other| other.wall == side.wall);
        self.0.iter().enumerate().any(again)
    }
}

impl Seen {
    pub(super) const NOTHING: Self = Self { sides: Sides(Vec::new()) };

    pub(super) fn note(&mut self, sides: &[Side]) {
        self.sides.extend(sides.iter().copied());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.note(other.sides.as_slice());
    }

    /// Whether two sides of one wall would have been seen with these.
    pub(super) fn would_pass(&self, sides: &[Side]) -> bool {
        let mut with = self.sides.clone();
        with.extend(sides.iter().copied());
        with.has_two_of_one()
    }

    pub(super) fn bytes(&self) -> usize {
        self.sides.0.capacity() * size_of::<Side>()
    }
}
