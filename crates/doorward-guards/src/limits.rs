//! Every limit of the guards, in one place, with its reason.

/// Most texts of one message that are inspected; one with more is not passed on uninspected.
pub const TEXTS_MAX: usize = 262_144;

/// Most findings one inspection tells; whoever causes more is known well enough.
pub const FINDINGS_MAX: usize = 256;
