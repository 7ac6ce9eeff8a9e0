//! Finds the folder of large test data that lives beside the repository.
//!
//! Responsible for the one rule about absent data: skip loudly on a developer's machine, fail in
//! CI. It must never create or change anything in that folder.

use std::{
    env,
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
};

/// The shared data folder: `$DOORWARD_SHARED`, else `shared` beside the repository root.
///
/// Returns `None` when no such folder exists.
#[must_use]
pub fn shared_dir() -> Option<PathBuf> {
    let named = env::var_os("DOORWARD_SHARED").map(PathBuf::from);
    let candidate = named.or_else(beside_repository)?;
    candidate.is_dir().then_some(candidate)
}

/// The shared data folder for `suite`, or `None` after saying that the suite is skipped.
///
/// # Panics
///
/// Panics when the folder is absent and `CI=true`, so that CI cannot pass by skipping.
#[must_use]
pub fn require_shared(suite: &str) -> Option<PathBuf> {
    let found = shared_dir();
    if found.is_none() {
        say_skipped(suite, env::var_os("CI").as_deref());
    }
    found
}

fn say_skipped(suite: &str, ci: Option<&OsStr>) {
    assert!(ci.is_none_or(|ci| ci != "true"), "{suite} needs ../shared, and CI must not skip it");
    // Losing this line loses nothing but a hint, so a closed stderr is not an error.
    let _ = writeln!(std::io::stderr(), "skipped: {suite} needs ../shared");
}

fn beside_repository() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    Some(repository.parent()?.join("shared"))
}

#[cfg(test)]
mod tests {
    use super::say_skipped;

    #[test]
    fn a_developer_may_skip() {
        say_skipped("schemas", None);
        say_skipped("schemas", Some("false".as_ref()));
    }

    #[test]
    #[should_panic = "schemas needs ../shared"]
    fn ci_may_not_skip() {
        say_skipped("schemas", Some("true".as_ref()));
    }
}
