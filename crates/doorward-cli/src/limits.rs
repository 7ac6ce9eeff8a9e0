//! Every limit of this crate, in one place, with its reason.

/// Most label packs that are looked at in one folder: more than there are servers that people use.
pub(crate) const PACKS_CHECKED_MAX: usize = 10_000;
