//! Every limit of the guards, in one place, with its reason.

/// Most texts of one message that are inspected; one with more is not passed on uninspected.
pub const TEXTS_MAX: usize = 262_144;

/// Longest name of a member that a pointer repeats: names come from outside, and whoever reads the pointer may be a model.
pub const POINTER_NAME_MAX: usize = 64;

/// Most that all guards may find in one message: more than a list of a thousand customers holds.
pub const FOUND_MAX: usize = 16_384;

/// Most findings one inspection tells, the gravest; whoever causes more is known well enough.
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

/// Largest schema that values are held against, in bytes: the largest seen of public servers has a fifth of it.
pub const SCHEMA_BYTES_MAX: usize = 256 * 1024;

/// Most schemas within one schema.
pub const SCHEMA_NODES_MAX: usize = 8192;

/// Deepest nesting of schemas; each level is a level of the stack.
pub const SCHEMA_DEPTH_MAX: usize = 64;

/// Most patterns of one schema; the others ask for nothing.
pub const SCHEMA_PATTERNS_MAX: usize = 64;

/// Longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 1024;

/// Largest program that a pattern may become, in bytes: matching takes the product of it and the text at worst.
pub const PATTERN_PROGRAM_BYTES_MAX: usize = 64 * 1024;

/// What a pattern may remember while it is matched, in bytes.
pub const PATTERN_DFA_BYTES_MAX: usize = 256 * 1024;

/// Longest text that is held against a pattern, in bytes.
pub const MATCHED_BYTES_MAX: usize = 64 * 1024;

/// How much work holding one value against a schema may take: looks at a value, more for a long one. A second's worth at most.
pub const CHECK_WORK_MAX: usize = 1024 * 1024;

/// How deep schemas may apply schemas to a value and the values in it; each is a level of the stack.
pub const CHECK_DEPTH_MAX: usize = 256;

/// Most violations of a schema that one message is told of.
pub const VIOLATIONS_MAX: usize = 8;

/// Longest advice on how to correct a message, in characters: a model reads it.
pub const ADVICE_CHARACTERS_MAX: usize = 600;

/// Most declared names or values that one piece of advice lists.
pub const ADVICE_NAMES_MAX: usize = 12;

/// Longest declared name or value that advice repeats, in bytes.
pub const ADVICE_WORD_MAX: usize = 48;

/// Longest argument that may be a path, an address, SQL or a command, in bytes; what is longer is a document.
pub const ARGUMENT_BYTES_MAX: usize = 16 * 1024;

/// Most bytes of one text that are read a second time as a disguise; a model does not undo longer ones either.
pub const READING_BYTES_MAX: usize = 16_384;

/// A text is taken for bytes when more than one in so many of its characters are none of text.
pub const CONTROLS_PER_TEXT: usize = 16;

/// An answer of so few bytes is not held against what is usual.
pub const GROWN_BYTES_MIN: usize = 16 * 1024;

/// How many hexadecimal digits behind a bracket look like a mark.
pub const IMITATION_DIGITS_MIN: usize = 8;

/// The longest character reference that is read: `&#x10ffff;` and the names of ASCII characters are shorter.
pub const REFERENCE_BYTES_MAX: usize = 12;

/// Longest reading that is taken for one thing said; in longer ones some such words stand anyway, far from each other.
pub const AGAIN_BYTES: usize = 600;

/// Longest text about which the classifier is asked as a whole, in bytes, when there is a reason to ask it at all.
pub const ASKED_WHOLE_MAX: usize = 2048;

/// How far around such a reason it is asked about a longer one: more than a sentence on each side.
pub const ASKED_AROUND: usize = 280;

/// Where a definition says what it is for; an attack that is spoken of further on is one that it guards against.
pub const PURPOSE_BYTES: usize = 200;

/// Longest name before and after a word.
pub const SECRET_NAME_MAX: usize = 48;

/// Longest value.
pub const SECRET_VALUE_MAX: usize = 1024;

/// So many bytes before a word tell whether it stands within what chance made.
pub const NOISE_LOOK_BACK: usize = 32;

/// So many of the secrets found in a message are looked for in other forms.
pub const ECHOES_MAX: usize = 64;

/// So much may be cut off.
pub const KNOWN_CUT_MAX: usize = 8;

/// So much of a value is looked for in its other forms; the rest is found by what stands around.
pub const KNOWN_LOOKED_FOR_MAX: usize = 64;

/// Most values that are looked for.
pub const KNOWN_VALUES_MAX: usize = 1024;

/// Longest part of a secret that may be seen.
pub const SECRET_SEEN_MAX: usize = 4;

/// Most spaces that a line starts with which goes on with the sentence of the line before.
pub const WRAP_INDENT_MAX: usize = 12;

/// Longest word that is tried as a plain one, in bytes.
pub const PLAIN_WORD_MAX: usize = 64;

/// Longest address of a link that has a title, and the blanks behind it.
pub const TITLED_LINK_MAX: usize = 480;
