//! The bounds on headers, checked before any is decoded.

/// Most `Mcp-Param-*` headers that one request may have, and one tool may ask for.
pub const PARAM_HEADERS: usize = 64;
/// Most bytes in the value of one header.
pub const VALUE_BYTES: usize = 16 * 1024;
/// Most bytes of a value that a refusal shows.
pub const SHOWN_BYTES: usize = 64;
