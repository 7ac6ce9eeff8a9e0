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

// Values and where they come from.

/// Most forms that one value is compared in: as text in two spellings, as a number, an account, a telephone number, a URL.
pub const FORMS_MAX: usize = 6;

/// Most bytes of a host name (RFC 1035 §2.3.4: 253, more in characters outside ASCII).
pub const HOST_BYTES_MAX: usize = 512;

/// Most bytes of the last label of a host name (RFC 1035 §2.3.4).
pub const TOP_LEVEL_BYTES_MAX: usize = 63;

/// Most leaves of one part of a result that are looked at: what stands further behind endorses nothing.
pub const LEAVES_MAX: usize = 16 * 1024;

/// Most values inside each other that are looked at.
pub const NESTING_MAX: usize = 64;

/// Most places of one part that are told apart; values at further ones endorse nothing.
pub const PATHS_MAX: usize = 4096;

/// Most bytes of the pointer to a place.
pub const PATH_BYTES_MAX: usize = 512;

/// Most bytes of the label of a line (`Name: value`).
pub const LABEL_BYTES_MAX: usize = 60;

/// Fewest leaves of a text that was cut short for what stands before the cut to count.
pub const CUT_LEAVES_MIN: usize = 6;

/// Most tools whose records are remembered.
pub const SHAPES_MAX: usize = 4096;

/// Most fields of a tool's records that are remembered.
pub const SHAPE_FIELDS_MAX: usize = 256;

/// Most records that count for what is usual; then all counts are halved, so that a server may change.
pub const SHAPE_RECORDS_MAX: u32 = 4096;

/// Most records of one result that have a say in what is usual.
pub const SHAPE_VOTES_MAX: usize = 16;

/// Most addresses and numbers of one text that are looked at; a text with more has one that equals nothing.
pub const ATOMS_MAX: usize = 256;

/// Most bytes of a declared text that endorse.
pub const DECLARED_BYTES_MAX: usize = 16 * 1024;

/// Most words of a value or a title that are looked for in a declared text.
pub const TITLE_WORDS_MAX: usize = 64;

/// Most hashes of endorsed values that one context remembers; at 17 bytes each and room to grow, under 1 MiB.
pub const ENDORSED_MAX: usize = 24 * 1024;

/// Most texts that are declared in one context; the oldest task is forgotten first.
pub const DECLARED_MAX: usize = 32;

/// Most servers that one context tells apart; what others say endorses nothing.
pub const SERVERS_MAX: usize = 256;

/// Most leaves of a call's arguments that are looked at; a call with more has one without an origin.
pub const ARGUMENT_LEAVES_MAX: usize = 4096;

/// Most bytes of the pointer to an argument that are told.
pub const ARGUMENT_PATH_BYTES_MAX: usize = 256;

/// Most arguments without an origin that are told of one call.
pub const MISSING_MAX: usize = 32;

/// Most parts of one result that are looked at; what stands in others endorses nothing.
pub const PARTS_MAX: usize = 256;

/// Most pieces of the lines of one answer that are looked at; further ones endorse nothing.
pub const PIECES_MAX: usize = 64 * 1024;

/// A name in a call's arguments is told when it has no more bytes.
pub const ARGUMENT_NAME_BYTES_MAX: usize = 64;

/// Most bytes of a value that a field endorses: longer ones are prose.
pub const HANDLE_BYTES_MAX: usize = 160;

/// Most bytes of a field that names its record.
pub const NAMING_BYTES_MAX: usize = 80;

/// Most bytes of one of a few fixed words.
pub const CHOICE_BYTES_MAX: usize = 40;

/// Longest pointer behind a handle, in bytes.
pub const HANDLE_POINTER_BYTES_MAX: usize = 512;

/// Texts of which a hidden value may be asked to be one.
pub const FORM_CHOICES_MAX: usize = 64;

/// Longest of these texts, in bytes.
pub const FORM_CHOICE_BYTES_MAX: usize = 256;

/// So many places of a hidden result are named to whoever holds its handle.
pub const HIDDEN_PLACES_MAX: usize = 64;

/// So many elements of a list in a hidden result are looked at for the places that they have.
pub const HIDDEN_ELEMENTS_MAX: usize = 64;

/// So many values of a hidden result, and so many properties of its schema over all of them, are looked at for the places
/// that there are.
pub const HIDDEN_STEPS_MAX: usize = 2048;

/// So deep the declared fields of a hidden result are named.
pub const HIDDEN_DEPTH_MAX: usize = 8;

/// A field of a hidden result with a longer name is not named.
pub const HIDDEN_NAME_BYTES_MAX: usize = 64;
