//! Replays the checked-in fuzz corpora, so that what a fuzzer once found stays found.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::fs;
use std::path::Path;

use doorward_mcp::fuzzing;

#[test]
fn message() {
    replay("message", fuzzing::message);
}

#[test]
fn frame() {
    replay("frame", fuzzing::frame);
}

#[test]
fn raw() {
    replay("raw", fuzzing::raw);
}

#[test]
fn lines() {
    replay("lines", fuzzing::lines);
}

#[test]
fn sse() {
    replay("sse", fuzzing::sse);
}

#[test]
fn headers() {
    replay("headers", fuzzing::headers);
}

#[test]
fn bridge() {
    replay("bridge", fuzzing::bridge);
}

#[test]
fn every_target_is_replayed() {
    let here = include_str!("fuzz_corpus.rs");
    for target in fs::read_dir(fuzz().join("fuzz_targets")).unwrap() {
        let name = target.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(here.contains(&format!("replay(\"{name}\", fuzzing::{name})")), "{name} is not replayed");
    }
}

fn replay(target: &str, check: fn(&[u8])) {
    let files: Vec<_> = fs::read_dir(fuzz().join("corpus").join(target)).unwrap().collect();
    assert!(files.len() >= 10, "the corpus of {target} is there");
    for file in files {
        let path = file.unwrap().path();
        println!("{}", path.display());
        let bytes = fs::read(path).unwrap();
        // Every cut of an input is an input too.
        for end in 0..=bytes.len().min(512) {
            check(bytes.get(..end).unwrap());
        }
        check(&bytes);
    }
}

fn fuzz() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}
