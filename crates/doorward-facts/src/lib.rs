//! What policies may know of an argument that is more than text: a path, a URL, SQL, a shell command, recipients, money.
//!
//! Responsible for reading one text as one kind of thing and telling what it is, within named limits. The crate is pure:
//! where a path leads and which addresses a name has come in as values. It must never guess: what two careful readers could
//! read differently is [`Unclear`], and a rule that depends on it refuses. It must never panic, whatever the text.

pub mod address;
pub mod email;
pub mod limits;
pub mod money;
pub mod path;
pub mod shell;
pub mod size;
pub mod sql;
pub mod url;

mod unclear;

pub use unclear::Unclear;
