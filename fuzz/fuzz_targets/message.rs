//! Feeds bytes to the parser of one message; it must never hold a check of its own: those are in
//! `doorward_mcp::fuzzing`, where the corpus test finds them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| doorward_mcp::fuzzing::message(data));
