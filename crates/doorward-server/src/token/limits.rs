//! The bound of what is read of a token file.

/// Bytes read of a token file: a token has 46 and a newline.
pub(super) const TOKEN_FILE_BYTES_MAX: u64 = 256;
