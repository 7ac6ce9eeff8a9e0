//! Every bound of this crate, with the reason for it.

/// Of the name of a tool or argument, so many bytes are looked at. The specification allows 128 for tools.
pub const NAME_BYTES_MAX: usize = 256;

/// Of the words of a name, so many.
pub const NAME_WORDS_MAX: usize = 24;

/// Of a tool's description, so many bytes are looked at. Long ones of servers that people use have 10 KiB.
pub const DESCRIPTION_BYTES_MAX: usize = 32 * 1024;

/// Of an argument's description, so many: what an argument is stands in front.
pub const ARGUMENT_DESCRIPTION_BYTES_MAX: usize = 2 * 1024;

/// An input schema of more bytes is not read: its arguments are judged by their names alone. The largest of servers that
/// people use has 40 KiB.
pub const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// So many places of a schema are looked at; arguments beyond are judged by their names alone.
pub const SCHEMA_PLACES_MAX: usize = 2048;

/// Places of a schema are looked for so deep.
pub const SCHEMA_DEPTH_MAX: usize = 10;

/// So many references inside a schema are followed, each of which may read the whole of it.
pub const SCHEMA_REFERENCES_MAX: usize = 64;

/// So many words that a schema spells out are kept for one argument.
pub const SPELLED_MAX: usize = 128;

/// A word that a schema spells out is kept when it has no more bytes.
pub const SPELLED_BYTES_MAX: usize = 128;

/// A pointer in a reason is cut to so many bytes.
pub const POINTER_BYTES_MAX: usize = 256;

/// A label pack has no more bytes.
pub const PACK_BYTES_MAX: usize = 256 * 1024;

/// A label pack speaks of so many tools. The largest server that people use has 120.
pub const PACK_TOOLS_MAX: usize = 512;

/// So many pointers in `roles` and in `fields` of one tool.
pub const POINTERS_MAX: usize = 64;

/// A sentence in a pack has no more bytes.
pub const TEXT_MAX: usize = 400;
