//! The rules of the core, one table each: what is known, what is refused, what is withheld, what is recorded.
#![expect(clippy::unwrap_used, clippy::panic, clippy::unreachable, reason = "a test that cannot go on has failed")]

mod actions;
mod answers;
mod classifying;
mod duties;
mod guards;
mod history;
mod labels;
mod limits;
mod lists;
mod rates;
mod records;
mod refusals;
mod routing;
mod schemas;
mod support;
