//! real_tools
