//! How many different ones there were, without remembering them.
//!
//! Responsible for a number that is not too low. It must never say how many there were exactly.

/// Registers: each remembers the rarest hash among those that fall to it.
const REGISTERS: usize = 1_024;

/// Counts different hashes in one kibibyte.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    registers: [u8; REGISTERS],
    /// How many were added, repetitions counted: there cannot have been more different ones.
    added: u64,
    /// The highest answer given: counts never fall.
    highest: u64,
    /// Those that were only counted.
    untold: u64,
}

impl Sketch {
    pub(super) fn new() -> Self {
        Self { registers: [0; REGISTERS], added: 0, highest: 0, untold: 0 }
    }

    /// Adds keyed hashes.
    pub(super) fn add(&mut self, hashes: &[u64]) {
        for &hash in hashes {
            self.note(hash);
        }
        self.highest = self.highest.max(self.upper_bound());
    }

    /// Adds this many that are told from nothing.
    pub(super) fn add_different(&mut self, count: u64) {
        self.untold += count;
    }

    fn note(&mut self, hash: u64) {
        // The low bits of an identifier are its kind, the high ones are its value.
        let spread = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (hash >> 29);
        let at = usize::try_from(spread >> 54).unwrap_or_default();
        let rank = ((spread << 10) | 0x200).leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut(at) {
            *register = (*register).max(rank);
        }
        self.added += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, its) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*its);
        }
        self.added += other.added;
        self.untold += other.untold;
        self.highest = self.highest.max(other.highest).max(self.upper_bound());
    }

    /// How many different hashes were added at most, as good as certainly.
    pub(super) fn at_most(&self) -> u64 {
        self.highest + self.untold
    }

    /// The estimate of HyperLogLog (linear counting for few), and six of its standard deviations of 3.25 % above it.
    fn upper_bound(&self) -> u64 {
        let size = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|&rank| (-f64::from(rank)).exp2()).sum();
        let empty = self.registers.iter().filter(|&&rank| rank == 0).count();
        let raw = 0.7213 / (1.0 + 1.079 / size) * size * size / sum;
        let estimate = if raw <= 2.5 * size && empty > 0 { size * (size / empty as f64).ln() } else { raw };
        self.added.min((estimate * 1.2 + 32.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_too_low_and_not_far_too_high() {
        let mut sketch = Sketch::new();
        let mut hash = 1_u64;
        for count in 1..=100_000_u64 {
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sketch.note(hash ^ (hash >> 31));
            if count.is_power_of_two() || count % 10_000 == 0 {
                sketch.add(&[]);
                assert!(sketch.at_most() >= count, "{count}: {}", sketch.at_most());
                assert!(sketch.at_most() <= count + count / 2 + 64, "{count}: {}", sketch.at_most());
            }
        }
    }
}
