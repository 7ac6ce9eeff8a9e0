//! Vocabulary and state machines of the gateway.
//!
//! Everything here is pure: no runtime, sockets, files, clock or randomness. Time and ids are arguments.
//! The crate never performs an effect; it says what must happen next ([`exchange::Step`]) and the shell does it.

pub mod access;
pub mod audit;
pub mod decision;
pub mod duties;
pub mod exchange;
pub mod flow;
pub mod guard;
pub mod history;
pub mod ids;
pub mod joint;
pub mod limits;
pub mod permit;
pub mod principal;
pub mod rate;
pub mod record;
pub mod refusal;
mod reread;
pub mod routing;
pub mod time;
