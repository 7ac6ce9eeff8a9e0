//! An MCP client on rmcp that plays the client scenarios of the conformance suite.
//!
//! Responsible for doing what each scenario wants of a client and nothing more: what is judged is what arrives at the
//! suite's server. It must never be stricter or kinder than rmcp is.

mod answers;
mod http;
mod scenario;

pub use scenario::play;
