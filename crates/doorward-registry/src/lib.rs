//! Pins: what a definition is, whether it is the one that was approved, and how two of them differ.
//!
//! Pure: no runtime, sockets, files, clock or randomness. A [`Definition`] is what a server says of one thing it offers, in
//! a form of which only a change of meaning or text changes the digest; a [`Pin`] is what is known and approved of it;
//! [`diff`] says in words how two versions differ; [`Neighbourhood`] holds a definition against those of other servers.
//! Nothing here decides what is shown: it says what is the case.

mod canonical;
mod definition;
mod diff;
mod digest;
pub mod limits;
mod neighbours;
mod pin;

pub use canonical::canonical_json;
pub use definition::{Definition, Key, Kind, Length, is_too_long};
pub use diff::{Change, Class, Diff, diff};
pub use digest::Digest;
pub use neighbours::{Neighbourhood, Remark};
pub use pin::{Approval, Pin, State};
