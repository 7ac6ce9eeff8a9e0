//! Finds the test peers' programs for tests of other crates.
//!
//! Cargo tells a test only about programs of its own package. It must never search PATH.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The program `name` of this crate, beside the running test. Built if it is missing; whoever changes it builds it
/// again (`cargo build --workspace --bins`, which `cargo xtask ci` does).
///
/// # Panics
///
/// Panics when it cannot be built.
#[must_use]
pub fn bin(name: &str) -> PathBuf {
    let folder = profile_folder();
    let program = folder.join(name);
    if !program.is_file() {
        build(name, &folder);
    }
    assert!(program.is_file(), "{} is not there", program.display());
    program
}

/// `target/debug`, or the folder of another profile.
fn profile_folder() -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    let folder = test.parent().unwrap_or(Path::new(""));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    folder.to_path_buf()
}

fn build(name: &str, folder: &Path) {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--package", "doorward-testkit", "--bin", name, "--profile", profile]);
    command.arg("--target-dir").arg(folder.parent().unwrap_or(folder)).current_dir(source());
    let status = command.status();
    assert!(status.is_ok_and(|status| status.success()), "{name} could not be built");
}

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
