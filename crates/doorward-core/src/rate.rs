//! Limits of rules: how often, how much, and how many at once.
//!
//! A [`Limit`] is what a rule says; [`Limit::takes`] says what one request takes of it; [`Meters`] count. Time is an
//! argument, and counting never looks at what becomes of a call: what was taken stays taken, but for a place among the
//! calls in flight, which the [`Lease`] gives back when it is dropped. It must never let a call pass that it could not
//! count.

mod amount;
mod key;
mod limit;
mod meter;
mod meters;

pub use amount::Amount;
pub use key::{ArgumentPath, Key, KeyPart};
pub use limit::{Clause, Counted, Limit, Measure, Take};
pub use meters::{Lease, Meters, Reached, Wait};
