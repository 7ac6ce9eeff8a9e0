//! Every limit of the guards, in one place, with its reason.

/// Most texts of one message that are inspected; one with more is not passed on uninspected.
pub const TEXTS_MAX: usize = 262_144;

/// Most findings one inspection tells; whoever causes more is known well enough.
pub const FINDINGS_MAX: usize = 256;

/// How many layers below a string of a message are decoded: what is encoded twice, within JSON within a string.
pub const DECODE_DEPTH_MAX: u8 = 3;

/// Most texts that are decoded out of one message; an honest list of thousands of URLs stays below.
pub const DECODED_TEXTS_MAX: usize = 65_536;

/// How many bytes may be decoded out of any message.
pub const DECODED_BYTES_BASE: usize = 256 * 1024;

/// How many more for each byte of the message. Each layer of honest text is shorter than the one around it.
pub const DECODED_PER_BYTE: usize = 3;

/// Most places of words that guards are told of in one message; each is 40 bytes of memory.
pub const HITS_MAX: usize = 1024 * 1024;

/// How many bytes guards may look at closely in any message.
pub const WORK_BASE: usize = 4 * 1024 * 1024;

/// How many more for each byte of the message: honest text needs less than two.
pub const WORK_PER_BYTE: usize = 16;
