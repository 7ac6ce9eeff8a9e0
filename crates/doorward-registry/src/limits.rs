//! Every bound of this crate, with the reason for it.

/// Longest canonical definition that is kept whole, in bytes: far above any honest tool, and small enough to keep many. Of a
/// longer one the digest alone is kept; only an app may be approved by it.
pub const DEFINITION_BYTES_MAX: usize = 256 * 1024;

/// Characters of a text that one change shows before and after.
pub const EXCERPT_MAX: usize = 400;

/// Changes that one comparison lists; the gravest are kept.
pub const CHANGES_MAX: usize = 200;

/// Findings about one definition among its neighbours.
pub const REMARKS_MAX: usize = 16;

/// Longest string that is taken for a name rather than a text, in bytes.
pub const NAME_MAX: usize = 64;
