//! Why a text is not known to be one thing.

use thiserror::Error;

/// Why nothing is said about a text: two careful readers could read it differently, or a limit is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Unclear {
    /// Longer than the limit of its kind.
    #[error("It is longer than what is read.")]
    TooLong,
    /// More parts than the limit of its kind.
    #[error("It has more parts than are counted.")]
    TooMany,
    /// Nested deeper than the limit of its kind.
    #[error("It is nested deeper than what is read.")]
    TooDeep,
    /// Nothing at all, or only blanks.
    #[error("It is empty.")]
    Empty,
    /// NUL, a line break where none belongs, or another control character.
    #[error("It holds a control character.")]
    Control,
    /// Blanks where one reader trims and another does not.
    #[error("It has blanks or dots at an end, where some readers drop them.")]
    Trimmed,
    /// A relative path, and no folder is configured that it starts from.
    #[error("The path is relative, and the server has no root in the configuration.")]
    Relative,
    /// `~`, `$NAME`, `%NAME%`.
    #[error("The path holds something that some programs replace (~, $NAME, %NAME%).")]
    Expanded,
    /// `%2e` and the like.
    #[error("It is percent-encoded where some readers decode and others do not.")]
    Encoded,
    /// `\` among `/`, or where it may be a name or a separator.
    #[error("It holds a backslash, which is a separator to some and a letter to others.")]
    Backslash,
    /// `\\server\share`, `//server`, `C:name`, `file:stream`, device names.
    #[error("The path is of a form that leads to different places on different systems.")]
    OddPath,
    /// `..`, and nobody could look where it leads.
    #[error("The path goes up with \"..\", and nobody could see where that leads.")]
    GoesUp,
    /// Nobody can say where it leads.
    #[error("Nobody could see where the path leads.")]
    Unseen,
    /// The same path leads to two places, by whether links or `..` are followed first.
    #[error("The path leads to two different places, depending on how \"..\" is read.")]
    TwoPlaces,
    /// No scheme, or no host where one belongs.
    #[error("It is not a complete URL.")]
    NotUrl,
    /// A host that another reader would not find, or find elsewhere.
    #[error("Programs read the host of this URL differently.")]
    OddHost,
    /// Nobody can say which addresses the host has.
    #[error("Nobody could see where the host is.")]
    Unresolved,
    /// Some of a list match, and some do not.
    #[error("Some of the list match and some do not.")]
    SomeOnly,
    /// A comment, which some systems execute.
    #[error("The SQL holds a comment, which some databases leave out and others execute.")]
    SqlComment,
    /// Not SQL in a dialect it has to be read in.
    #[error("The SQL cannot be parsed.")]
    NotSql,
    /// The dialects read it differently.
    #[error("Databases read this SQL differently; name the dialect in the configuration.")]
    Dialects,
    /// `"Name"`: another table on one database, the same one on another.
    #[error("The SQL names something by quoted capital letters, which databases read differently.")]
    SqlCase,
    /// A form of statement that is not read.
    #[error("The SQL has a form that is not understood.")]
    OddSql,
    /// Unfinished quotes, here-documents, functions and the like.
    #[error("The command has a form that is not understood.")]
    OddShell,
    /// The program is itself the result of an expansion.
    #[error("Which program the command runs is known only when it runs.")]
    UnknownProgram,
    /// Not a list of plain addresses.
    #[error("It is not a plain list of e-mail addresses.")]
    NotEmails,
    /// Not an amount everybody reads alike.
    #[error("It is not an amount that everybody reads alike.")]
    NotMoney,
}

/// Refuses control characters.
pub(crate) fn refuse_control(text: &str) -> Result<(), Unclear> {
    if text.chars().any(char::is_control) { Err(Unclear::Control) } else { Ok(()) }
}

/// Refuses what is longer than `max` bytes.
pub(crate) const fn refuse_longer(text: &str, max: usize) -> Result<(), Unclear> {
    if text.len() > max { Err(Unclear::TooLong) } else { Ok(()) }
}
