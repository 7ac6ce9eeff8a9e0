use std::os::unix::fs::PermissionsExt;

use super::*;

/// A folder of this test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("doorward-token-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("state").join("token")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_token_has_256_bits_and_is_compared_whole() {
    let token = LocalToken::generate().unwrap();
    let text = token.reveal().to_owned();
    assert_eq!(text.len(), PREFIX.len() + ENCODED_CHARS);
    assert_ne!(LocalToken::generate().unwrap().reveal(), text);
    assert_eq!(token.check(text.as_bytes()), Presented::Ours);
    let shorter = text.get(..text.len() - 1).unwrap();
    for other in ["", "dw_", shorter, &format!("{text}x"), &text.to_uppercase()] {
        assert_eq!(token.check(other.as_bytes()), Presented::Other, "{other}");
    }
}

#[test]
fn a_token_is_not_shown_by_debug() {
    let token = LocalToken::generate().unwrap();
    assert!(!format!("{token:?}").contains(token.reveal()));
}

#[test]
fn a_token_is_made_once_and_closed_to_others() {
    let folder = Folder::new("made");
    let first = LocalToken::load_or_create(&folder.file()).unwrap();
    assert_eq!(LocalToken::load_or_create(&folder.file()).unwrap(), first);
    assert_eq!(LocalToken::load(&folder.file()).unwrap(), first);
    assert_eq!(mode(&folder.file()), 0o600);
    assert_eq!(mode(folder.file().parent().unwrap()), 0o700);
    let beside = std::fs::read_dir(folder.file().parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1);
}

#[test]
fn a_file_that_others_can_read_is_refused_with_advice() {
    let folder = Folder::new("exposed");
    LocalToken::load_or_create(&folder.file()).unwrap();
    for open in [0o640, 0o604, 0o620, 0o601] {
        set_mode(&folder.file(), open);
        let error = LocalToken::load_or_create(&folder.file()).unwrap_err();
        assert!(matches!(error, TokenError::Exposed { .. }), "{open:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for closed in [0o600, 0o400] {
        set_mode(&folder.file(), closed);
        assert!(LocalToken::load_or_create(&folder.file()).is_ok(), "{closed:o}");
    }
}

#[test]
fn what_is_no_token_is_refused_and_kept() {
    let folder = Folder::new("malformed");
    LocalToken::load_or_create(&folder.file()).unwrap();
    for text in ["", "secret", "dw_short", &"x".repeat(10_000)] {
        std::fs::write(folder.file(), text).unwrap();
        let error = LocalToken::load_or_create(&folder.file()).unwrap_err();
        assert!(matches!(error, TokenError::Malformed { .. }), "{text}");
        assert_eq!(std::fs::read_to_string(folder.file()).unwrap(), text);
    }
}

#[test]
fn a_link_is_not_followed() {
    let folder = Folder::new("link");
    let elsewhere = folder.0.join("elsewhere");
    LocalToken::load_or_create(&elsewhere).unwrap();
    std::fs::create_dir_all(folder.file().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder.file()).unwrap();
    assert!(matches!(LocalToken::load_or_create(&folder.file()), Err(TokenError::File { .. })));
}

#[test]
fn of_many_who_make_it_at_once_all_get_the_same() {
    let folder = Folder::new("race");
    let path = folder.file();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let tokens: Vec<LocalToken> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| LocalToken::load_or_create(&path).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(tokens.iter().all(|token| token == tokens.first().unwrap()));
}
