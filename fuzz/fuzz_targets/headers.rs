//! Feeds bytes to the parser of standard headers against a body; it must never hold a check of its own: those are in
//! `doorward_mcp::fuzzing`, where the corpus test finds them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| doorward_mcp::fuzzing::headers(data));
