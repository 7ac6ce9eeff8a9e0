//! What was found so far, each thing once.

use super::Atom;
use crate::limits::ATOMS_MAX;

/// Four times as many places as there can be atoms: few of them meet at the same one.
const PLACES: usize = (4 * ATOMS_MAX).next_power_of_two();

/// So few are looked through one by one.
const FEW: usize = 8;

/// Atoms in the order in which they were found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) atoms: Vec<Atom>,
    /// At the place of each atom's hash, or behind it, one more than where it stands; empty while there are few.
    places: Vec<u16>,
}

impl Found {
    /// Whether there are so many that no more are taken.
    pub(super) fn is_full(&self) -> bool {
        self.atoms.len() > ATOMS_MAX
    }

    /// Takes an atom, if it is new.
    pub(super) fn add(&mut self, atom: Atom) {
        if self.is_full() || self.has(&atom) {
            return;
        }
        if self.atoms.len() == ATOMS_MAX {
            // What is not looked at any more stands for something that equals nothing.
            self.atoms.push(Atom { kind: crate::canonical::Kind::Apart, form: None, itself: 0 });
            return;
        }
        self.atoms.push(atom);
        if self.atoms.len() > FEW {
            self.place();
        }
    }

    fn has(&self, atom: &Atom) -> bool {
        if self.places.is_empty() {
            return self.atoms.contains(atom);
        }
        let at = |index: usize| self.places.get(index).and_then(|place| usize::from(*place).checked_sub(1));
        let met = probes(atom.itself).map_while(at).filter_map(|index| self.atoms.get(index));
        met.into_iter().any(|known| known == atom)
    }

    /// Gives places to all that have none.
    fn place(&mut self) {
        let mut from = self.atoms.len() - 1;
        if self.places.is_empty() {
            self.places = vec![0; PLACES];
            from = 0;
        }
        for (number, atom) in (1..).zip(&self.atoms).skip(from) {
            let free = probes(atom.itself).find(|index| self.places.get(*index) == Some(&0));
            if let Some(place) = free.and_then(|index| self.places.get_mut(index)) {
                *place = number;
            }
        }
    }
}

/// Where an atom of this hash may stand: hashes are keyed, so nobody outside can make many begin at one place.
fn probes(hash: u64) -> impl Iterator<Item = usize> {
    let first = usize::from(hash.to_le_bytes()[0]) | usize::from(hash.to_le_bytes()[1]) << 8;
    (first..first + PLACES).map(|index| index % PLACES)
}
