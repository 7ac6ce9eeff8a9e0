//! The bounds of decoding, with the reason for each.

/// How many encodings are undone, one inside the other: each layer is another look at the text.
pub const DEPTH_MAX: usize = 2;

/// How many times the text all that is decoded from it may be long.
pub const DECODED_TIMES_MAX: usize = 4;

/// Most bytes that are decoded from one text.
pub const DECODED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Fewest characters of base64 or hexadecimal that are tried: shorter runs are words and numbers.
pub const RUN_MIN: usize = 16;

/// Fewest characters a line of wrapped base64 has.
pub const WRAPPED_LINE_MIN: usize = 40;
