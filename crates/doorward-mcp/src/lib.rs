//! mcp

pub mod lines;
pub mod sse;
pub mod revision;
