//! Bundles: entries one after the other, each with its length before it (tlog-tiles, "Log entries").

use crate::audit::tiles::FULL;
use crate::limits::ENTRY_BYTES_MAX;

/// An entry that no bundle can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of the log has at most {ENTRY_BYTES_MAX} bytes, this one has {bytes}")]
pub struct EntryTooLong {
    /// How many bytes it has.
    pub bytes: usize,
}

/// Why bytes are not a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry ends beyond the end.
    #[error("entry {0} of the bundle is cut off")]
    Cut(usize),
    /// More entries than a bundle has.
    #[error("a bundle has at most {FULL} entries")]
    Many,
}

/// The bytes of a bundle of these entries.
///
/// # Errors
/// [`EntryTooLong`] for the first that does not fit a length of 16 bits.
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, EntryTooLong> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { bytes: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle.
///
/// # Errors
/// [`BundleError`] when the lengths do not fill the bytes exactly, or there are more entries than a bundle has.
pub fn entries(bundle: &[u8]) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        if entries.len() == usize::from(FULL) {
            return Err(BundleError::Many);
        }
        let cut = BundleError::Cut(entries.len());
        let (length, after) = rest.split_first_chunk::<2>().ok_or(cut)?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(cut)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}
