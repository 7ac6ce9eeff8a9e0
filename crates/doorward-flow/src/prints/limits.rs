//! The bounds of the fingerprints, with the reason for each.

/// Most bytes of source text one context's index covers; beyond, the least confidential and then the oldest goes.
pub const SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// Most memory one index takes.
pub const INDEX_BYTES: usize = 5 * 1024 * 1024;

/// Most sources one index covers.
pub const SOURCES_MAX: usize = 4_096;

/// Most secrets one index looks for.
pub const SECRETS_MAX: usize = 1_024;
