//! The key that signs checkpoints: a file beside the records, for their owner alone.
//!
//! It must never be written into the database: whoever copies that has the records, not the key.

use std::io::{self, Write};
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::audit::checkpoint::log_key;
use doorward_core::audit::note::{SignerKey, VerifierKey};

use crate::error::StoreError;

/// How the file begins (as the keys of other implementations of signed notes).
const PREFIX: &str = "PRIVATE+KEY+";

/// The first byte of what is kept of an Ed25519 key.
const ED25519: u8 = 1;

/// The public part of the key of the store at `store`; `None` when the file cannot be read or holds none.
#[must_use]
pub fn log_key_beside(store: &Path) -> Option<VerifierKey> {
    let mut path = store.as_os_str().to_owned();
    path.push(".log-key");
    read(&std::fs::read_to_string(path).ok()?).map(|signer| signer.verifier().clone())
}

/// The key in the file at `path`, made if there is none; without a path, one that ends with the process. A log that has a
/// name keeps it, whatever key it has.
pub(super) fn signer(path: Option<&Path>, origin: Option<&str>) -> Result<SignerKey, StoreError> {
    let Some(path) = path else { return fresh(origin).map(|(signer, _)| signer) };
    let failed = |source| StoreError::Key { path: path.to_owned(), source };
    if origin.is_none() {
        // A key without a log signed another one, which was deleted or moved away: the same key for a second tree would be
        // the proof of two histories.
        put_aside(path).map_err(failed)?;
    }
    for _ in 0..2 {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let signer = read(&text).ok_or_else(|| failed(io::Error::other("it holds no key of a log")))?;
                return match origin {
                    Some(origin) if origin != signer.verifier().name().as_str() => {
                        Err(failed(io::Error::other(format!("it is the key of another log than {origin}"))))
                    }
                    Some(_) | None => Ok(signer),
                };
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let (signer, text) = fresh(origin)?;
        if origin.is_some() {
            let key = signer.verifier().to_string();
            tracing::warn!(key, "the key of the log was gone, so a new one signs from now on: tell whoever verifies");
        }
        match write(path, &signer.verifier().id().to_string(), &text) {
            Ok(()) => return Ok(signer),
            // Another process was first: its key is the one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::Error::other("it comes and goes")))
}

/// Moves a key out of the way and keeps it.
fn put_aside(path: &Path) -> io::Result<()> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let signer = read(&text).ok_or_else(|| io::Error::other("it holds no key of a log"))?;
    let aside = path.with_extension(format!("log-key-{}", signer.verifier().id()));
    tracing::warn!(to = %aside.display(), "the key of an earlier log was moved aside");
    std::fs::rename(path, aside)
}

/// A new key, and how it is kept.
fn fresh(origin: Option<&str>) -> Result<(SignerKey, String), StoreError> {
    let mut bytes = [0; 40];
    rand::fill(&mut bytes).map_err(|_| StoreError::Random)?;
    let (seed, name) = bytes.split_first_chunk::<32>().ok_or(StoreError::Random)?;
    let named = || format!("doorward/{}", name.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let origin = origin.map_or_else(named, str::to_owned);
    let signer = log_key(&origin, seed).map_err(|_| StoreError::Random)?;
    let kept: Vec<u8> = std::iter::once(ED25519).chain(*seed).collect();
    let text = format!("{PREFIX}{origin}+{}+{}\n", signer.verifier().id(), STANDARD.encode(kept));
    Ok((signer, text))
}

fn read(text: &str) -> Option<SignerKey> {
    let mut parts = text.trim_end().strip_prefix(PREFIX)?.splitn(3, '+');
    let (name, id, kept) = (parts.next()?, parts.next()?, STANDARD.decode(parts.next()?).ok()?);
    let (&ED25519, seed) = kept.split_first()? else { return None };
    let signer = log_key(name, seed.try_into().ok()?).ok()?;
    (signer.verifier().id().to_string() == id).then_some(signer)
}

/// Writes the file whole or not at all, closed to others; `mark` is nobody else's.
fn write(path: &Path, mark: &str, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("log-key-{mark}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, unlike a rename, never replaces a key that is there.
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    linked?;
    // A log whose key a power cut takes back would have to change it.
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// An empty directory that goes with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let directory = std::env::temp_dir().join(format!("doorward-key-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&directory);
            std::fs::create_dir_all(&directory).unwrap();
            Self(directory)
        }

        fn file(&self) -> PathBuf {
            self.0.join("records.log-key")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let scratch = Scratch::new("made");
        let path = scratch.file();
        let made = signer(Some(&path), None).unwrap();
        assert!(made.verifier().name().as_str().starts_with("doorward/"));
        let name = made.verifier().name().as_str();
        assert_eq!(signer(Some(&path), Some(name)).unwrap().verifier(), made.verifier());
        assert_eq!(std::fs::read_dir(&scratch.0).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = signer(Some(&path), Some("doorward/other")).unwrap_err();
        assert!(other.to_string().contains("records.log-key"), "{other}");
    }

    #[test]
    fn a_log_keeps_its_name_when_its_key_is_lost() {
        let scratch = Scratch::new("lost");
        let path = scratch.file();
        let made = signer(Some(&path), Some("doorward/one")).unwrap();
        std::fs::remove_file(&path).unwrap();
        let again = signer(Some(&path), Some("doorward/one")).unwrap();
        assert_eq!(made.verifier().name(), again.verifier().name());
        assert_ne!(made.verifier().id(), again.verifier().id());
    }

    #[test]
    fn a_log_that_begins_anew_has_a_name_and_a_key_of_its_own() {
        let scratch = Scratch::new("anew");
        let path = scratch.file();
        let first = signer(Some(&path), None).unwrap();
        let kept = std::fs::read_to_string(&path).unwrap();
        let second = signer(Some(&path), None).unwrap();
        assert_ne!(first.verifier().name(), second.verifier().name());
        let aside = path.with_extension(format!("log-key-{}", first.verifier().id()));
        assert_eq!(std::fs::read_to_string(aside).unwrap(), kept, "the old key is kept");
    }

    #[test]
    fn what_is_no_key_is_refused_and_kept() {
        let scratch = Scratch::new("wrong");
        let path = scratch.file();
        let (_, good) = fresh(None).unwrap();
        for text in ["", "hello", &good.replace("PRIVATE", "PUBLIC"), &good.replace("doorward/", "mallory/")] {
            std::fs::write(&path, text).unwrap();
            for origin in [None, Some("doorward/one")] {
                assert!(signer(Some(&path), origin).is_err(), "{text}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
