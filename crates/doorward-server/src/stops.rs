//! Stops: what an operator has stopped.

mod word;

pub use word::{Which, about, resume, stop};
