//! Every limit of this crate, in one place, with its reason.

/// Most bytes of one file of an exported log: years of checkpoints, and four times the largest bundle of entries.
pub(crate) const LOG_FILE_MAX: u64 = 1 << 30;

/// Most label packs that are looked at in one folder: more than there are servers that people use.
pub(crate) const PACKS_CHECKED_MAX: usize = 10_000;

/// Most records of one context that are drawn, from its beginning: nobody looks at more, and the store gives no more at once.
pub(crate) const DRAWN_RECORDS_MAX: u32 = 10_000;

/// Most boxes on each side of a picture; beyond them one says how many there are.
pub(crate) const BOXES_MAX: usize = 60;

/// Most characters of a name in a box; its title has the rest.
pub(crate) const BOX_NAME_MAX: usize = 38;

/// Most pairs of tools that a report lists one by one.
pub(crate) const PAIRS_MAX: usize = 10_000;
