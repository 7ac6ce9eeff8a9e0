//! Small typed views of the messages that decisions read, one file per area.
//!
//! A view borrows from an accepted message and proves the shape of what it shows. It must never be used to write a
//! message, and it never passes over a defect: a known member of the wrong type, or in another case, is an error. An
//! optional member that is `null` counts as absent, as every peer takes it.

pub mod capabilities;
pub mod completion;
pub mod discover;
pub mod initialize;
pub mod input_required;
pub mod meta;
pub mod notifications;
pub mod prompts;
pub mod resources;
pub mod subscriptions;
pub mod tasks;
pub mod tools;

mod fields;

pub use fields::ViewError;

#[cfg(test)]
mod tests;
