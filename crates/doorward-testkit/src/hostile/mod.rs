//! A scripted MCP server that misbehaves on cue, over stdio or HTTP.
//!
//! It behaves until `echo` is called with the message `boom`; then it does what its mode says. So a
//! test can have one victim and check that nobody else notices. Responsible for being hostile in
//! one known way at a time; it must never be hostile to anything but the peer that speaks to it,
//! and whatever it starts ends by itself.

mod http;
mod misdeed;
mod server;
mod stdio;

pub use http::serve_http;
pub use misdeed::{MODES, Mode};
pub use stdio::serve_stdio;
