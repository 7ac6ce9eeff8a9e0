//! The bounds of the fingerprints, with the reason for each.

/// Most bytes of source text one context's index covers; beyond, the least confidential and then the oldest goes.
pub const SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// Most memory one index takes.
pub const INDEX_BYTES: usize = 5 * 1024 * 1024;

/// Most fingerprints one index holds: with room between them, and with the sources and secrets, that is less than
/// [`INDEX_BYTES`]. Prose of [`SOURCE_BYTES`] has fewer.
pub const PRINTS_MAX: usize = 480_000;

/// Most sources one index covers.
pub const SOURCES_MAX: usize = 4_096;

/// Most secrets one index looks for; beyond, the oldest goes.
pub const SECRETS_MAX: usize = 1_024;

/// How many letters and digits one fingerprint is of: fewer are shared by texts that have nothing to do with each other.
pub const LETTERS: usize = 20;

/// Of so many fingerprints that follow each other one is kept, so that 32 letters and digits always have one.
pub const WINDOW: usize = 13;

/// Fewest fingerprints that say anything: one is shared by chance more often than two.
pub const HITS_MIN: usize = 2;

/// Most sources a fingerprint is kept of: what stands in more is a stock phrase.
pub const SOURCES_OF_PRINT_MAX: usize = 3;

/// How many bytes are hashed at most to look for secrets, as a multiple of the text; beyond, the beginning of a secret
/// counts for the whole.
pub const SECRET_WORK_TIMES: usize = 16;
