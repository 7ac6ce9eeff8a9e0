//! Every limit of this crate, in one place, with its reason.

/// Longest path, in bytes: what Linux takes in one call.
pub const PATH_BYTES_MAX: usize = 4096;

/// Most folders in one path: each becomes an element of a set that rules look into.
pub const PATH_DEPTH_MAX: usize = 128;

/// Longest URL, in bytes: longer ones are refused by most servers.
pub const URL_BYTES_MAX: usize = 8192;

/// Most URLs found inside one URL; with more of them the URL is unclear.
pub const NESTED_URLS_MAX: usize = 16;

/// How often percent-encoding is taken off in search of URLs inside a URL.
pub const NESTED_ENCODINGS_MAX: usize = 4;

/// Longest SQL text, in bytes: it may be parsed once for each dialect.
pub const SQL_BYTES_MAX: usize = 16 * 1024;

/// Most tokens of one SQL text: chains of operators become trees as deep as they are long.
pub const SQL_TOKENS_MAX: usize = 4096;

/// Deepest nesting of one SQL statement.
pub const SQL_DEPTH_MAX: usize = 40;

/// Deepest nesting of brackets in SQL that is read once for all dialects: far below where any of them gives up.
pub const SQL_ALIKE_DEPTH_MAX: usize = 4;

/// Most statements in one SQL text.
pub const SQL_STATEMENTS_MAX: usize = 64;

/// Longest shell command, in bytes.
pub const SHELL_BYTES_MAX: usize = 16 * 1024;

/// Most words and operators in one shell command.
pub const SHELL_TOKENS_MAX: usize = 2048;

/// Deepest nesting of commands in a shell command: substitutions, and programs that start programs.
pub const SHELL_DEPTH_MAX: usize = 6;

/// Longest list of recipients, in bytes.
pub const EMAILS_BYTES_MAX: usize = 16 * 1024;

/// Most recipients in one list.
pub const EMAILS_MAX: usize = 256;

/// Longest amount of money as text, in bytes: the digits of a 64-bit number, separators and a currency.
pub const MONEY_BYTES_MAX: usize = 32;
