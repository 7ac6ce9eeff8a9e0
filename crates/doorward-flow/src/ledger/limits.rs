//! The bounds of the ledger, with the reason for each.

/// Most identifiers one ledger keeps exactly: with the rest of it that is less than [`LEDGER_BYTES_MAX`]. Beyond, it only
/// estimates, and never too low.
pub const IDENTIFIERS_MAX: usize = 4_096;

/// Most memory one ledger takes: a hundred thousand contexts live at once, most of them with next to nothing.
pub const LEDGER_BYTES_MAX: usize = 64 * 1024;

/// Most servers one ledger tells apart, the last of them standing for all others: each is a bit of every identifier.
pub const SERVERS_MAX: usize = 24;

/// Most identifiers that one ledger remembers to have gone to servers that did not give them; beyond, each counts again.
pub const SUNK_MAX: usize = 192;

/// Most bytes to one server that a bound of a context may be: beyond, it would bound nothing.
pub const BOUND_BYTES_MAX: u64 = 1 << 40;

/// Most conflicts that can be declared: every result is looked at for each.
pub const WALLS_MAX: usize = 16;

/// Most identifiers taken from one answer; beyond, each record is only counted.
pub const ANSWER_IDENTIFIERS_MAX: usize = 65_536;

/// Most different values of one call that are looked for among the identifiers; beyond, each counts as one.
pub const CARRIED_MAX: usize = 65_536;

/// Shortest word, in bytes, that is looked for among the identifiers: shorter numbers stand in any text.
pub const CARRIED_WORD_MIN: usize = 6;

/// Longest line, in bytes, that is one record: longer ones are prose in which each identifier stands for itself.
pub const RECORD_LINE_MAX: usize = 400;

/// Longest value, in bytes, that can be an identifier.
pub const IDENTIFIER_BYTES_MAX: usize = 254;

/// How often JSON in a text in JSON is read.
pub const NESTED_JSON_MAX: u8 = 2;

/// Most pairs of servers one principal's ledger remembers; beyond, every further one is new again and again.
pub const PAIRS_MAX: usize = 1_024;

/// How many of the last contexts of a principal say what is usual for it.
pub const BASELINE_CONTEXTS_MAX: usize = 128;
