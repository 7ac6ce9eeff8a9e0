//! The protocol's own schemas and examples, read in full and kept byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use doorward_mcp::{Limits, Message, RawJson};

#[test]
fn every_schema_and_example_is_read_and_kept() {
    let Some(schemas) = schemas() else { return };
    let files = json_files(&schemas);
    let mut messages = 0;
    for file in &files {
        let bytes = fs::read(file).unwrap();
        let json = RawJson::parse(bytes.clone(), &Limits::default())
            .unwrap_or_else(|rejection| panic!("{}: {rejection}", file.display()));
        assert_eq!(json.bytes(), bytes.trim_ascii(), "{}", file.display());
        if json.as_raw().member("jsonrpc").is_some() {
            check_message(file, &bytes);
            messages += 1;
        }
    }
    assert!(files.len() > 100 && messages > 30, "{} files, {messages} of them messages", files.len());
}

fn check_message(file: &Path, bytes: &[u8]) {
    let message = Message::parse(bytes.to_vec(), &Limits::default())
        .unwrap_or_else(|rejection| panic!("{}: {rejection}", file.display()));
    assert_eq!(message.bytes(), bytes, "{}", file.display());
    let kind = match message {
        Message::Request(_) => "Request",
        Message::Notification(_) => "Notification",
        Message::Response(_) => "Response",
    };
    let folder = file.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
    let is_error = folder.ends_with("Error");
    assert!(folder.ends_with(kind) || (is_error && kind == "Response"), "{}: read as {kind}", file.display());
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files
}

fn schemas() -> Option<PathBuf> {
    let beside_the_repository = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("DOORWARD_SHARED").map_or_else(beside_the_repository, PathBuf::from);
    let schemas = shared.join("protocol/schemas");
    if schemas.is_dir() {
        return Some(schemas);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing", schemas.display());
    println!("skipped: protocol schemas and examples needs ../shared");
    None
}
