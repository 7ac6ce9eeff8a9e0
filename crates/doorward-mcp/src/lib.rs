//! mcp

pub mod lines;
pub mod sse;
