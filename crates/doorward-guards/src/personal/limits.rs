//! Limits of looking for personal data.

/// Letters and digits of the longest code of personal data: an IBAN has 34.
pub const CODE_MAX: usize = 40;

/// How far before a value its label may begin.
pub const LABEL_BEFORE: usize = 56;

/// How far behind a value its label may end.
pub const LABEL_AFTER: usize = 28;

/// The longest text that can be nothing but values.
pub const ALONE_MAX: usize = 120;

/// Bytes of the longest IP address, a scope left out.
pub const ADDRESS_MAX: usize = 45;

/// Characters on either side of the `@` of an e-mail address (RFC 5321 allows 64 before and 255 behind).
pub const EMAIL_MAX: usize = 255;

/// The longest text for which the name of its field speaks.
pub const FIELD_MAX: usize = 120;

/// Most values that are numbered for one gateway; later ones have the word of their kind alone.
pub const NUMBERED_MAX: usize = 65_536;

/// Digits of the longest number in JSON that is looked at: a card has 19.
pub const NUMBER_MAX: usize = 19;

/// Most numbers of one list that are looked at.
pub const LISTED_MAX: usize = 256;

/// Longest value that a token can be turned back into, in bytes.
pub const TOKEN_VALUE_MAX: usize = 256;

/// Values that are remembered for the tokens of one principal.
pub const TOKEN_VALUES_MAX: usize = 1024;

/// Principals whose tokens are remembered.
pub const TOKEN_PRINCIPALS_MAX: usize = 256;

/// Bytes of text times values up to which each value is looked for alone; beyond that all are looked for at once.
pub const TOKEN_SEARCH_MAX: usize = 4 * 1024 * 1024;

/// How far before an address the URL may begin that it is part of, in bytes.
pub const URL_MAX: usize = 1024;

/// Most digits of a telephone number (E.164).
pub const PHONE_DIGITS_MAX: usize = 15;
