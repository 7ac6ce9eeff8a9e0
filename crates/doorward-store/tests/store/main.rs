//! The store as its users see it: what was accepted is there, and what cannot be kept is refused.

mod approvals;
mod concurrency;
mod crash;
mod details;
mod failure;
mod filters;
mod keys;
mod lessons;
mod log;
mod opening;
mod pins;
mod round_trip;
mod sample;
mod sinks;
mod stops;
