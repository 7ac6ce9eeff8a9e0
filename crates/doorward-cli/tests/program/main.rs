//! The program from outside: what is typed, what is shown, how it ends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in tests a broken expectation is a failure")]

mod approvals;
mod audit;
mod check;
mod connect;
mod demo;
mod detect;
mod flow;
mod keys;
mod labels;
mod log;
mod pins;
mod policy;
mod run;
mod serve;
mod sinks;
mod stage;
mod stop;
mod talk;
