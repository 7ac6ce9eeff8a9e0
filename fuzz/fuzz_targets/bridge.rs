//! Feeds bytes to the translation between the eras; it must never hold a check of its own: those are in
//! `doorward_mcp::fuzzing`, where the corpus test finds them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| doorward_mcp::fuzzing::bridge(data));
