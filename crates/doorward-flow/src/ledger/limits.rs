//! The bounds of the ledger, with the reason for each.

/// Most identifiers one ledger keeps exactly: with the rest of it that is less than [`LEDGER_BYTES_MAX`]. Beyond, it only
/// estimates, and never too low.
pub const IDENTIFIERS_MAX: usize = 4_096;

/// Most memory one ledger takes: a hundred thousand contexts live at once, most of them with next to nothing.
pub const LEDGER_BYTES_MAX: usize = 64 * 1024;

/// Most conflicts that can be declared: every result is looked at for each.
pub const WALLS_MAX: usize = 16;
