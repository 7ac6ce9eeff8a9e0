//! Who a message on a shared connection belongs to.
//!
//! Several clients of one principal can share one upstream process. Each request goes out under an id and a progress
//! token of the connection's own; what comes back finds its way by them and gets the client's own values again. What
//! belongs to nobody, or could belong to several, goes to nobody.

mod questions;
mod requests;

pub use questions::Questions;
pub use requests::{Destination, OutgoingError, Returned, Routes, Stray};
