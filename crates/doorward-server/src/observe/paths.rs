//! Where a path leads on this machine.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::limits::LINKS_FOLLOWED_MAX;

/// The path with every symbolic link followed; what does not exist yet hangs below its deepest folder that does. `None`
/// when nobody can say: a loop, a link to nothing, no permission, a name that is not text, or a place that is another one
/// for each process.
pub(super) fn real(path: &str) -> Option<String> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return None;
    }
    let mut walk = Walk::default();
    walk.add(path, Written::Here);
    while let Some((part, written)) = walk.left.pop() {
        walk.step(&part, written)?;
    }
    walk.reached.to_str().map(str::to_owned)
}

/// Where a part of the path comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// The path that was asked for.
    Here,
    /// A link in it.
    InLink,
}

/// A path on its way.
#[derive(Debug, Default)]
struct Walk {
    /// Without links and `..`.
    reached: PathBuf,
    /// What is still to come, last part first.
    left: Vec<(OsString, Written)>,
    links: usize,
    /// Whether what was reached does not exist.
    beyond: bool,
}

impl Walk {
    fn add(&mut self, path: &Path, written: Written) {
        if path.is_absolute() {
            self.reached = path.components().take_while(|part| is_root(*part)).collect();
        }
        let parts = path.components().rev().filter(|part| !is_root(*part) && *part != Component::CurDir);
        self.left.extend(parts.map(|part| (part.as_os_str().to_owned(), written)));
    }

    fn step(&mut self, part: &OsString, written: Written) -> Option<()> {
        if part == ".." {
            // Of what does not exist nobody can say where it goes up to.
            if self.beyond {
                return None;
            }
            self.reached.pop();
            return Some(());
        }
        let next = self.reached.join(part);
        if is_of_a_process(&next) {
            return None;
        }
        if self.beyond {
            self.reached = next;
            return Some(());
        }
        match next.symlink_metadata() {
            Ok(found) if found.is_symlink() => {
                self.links += 1;
                let target = next.read_link().ok().filter(|_| self.links <= LINKS_FOLLOWED_MAX)?;
                self.add(&target, Written::InLink);
            }
            Ok(_) => self.reached = next,
            // What is made through a link to nothing is made elsewhere.
            Err(error) if error.kind() == ErrorKind::NotFound && written == Written::Here => {
                self.reached = next;
                self.beyond = true;
            }
            Err(_) => return None,
        }
        Some(())
    }
}

fn is_root(part: Component<'_>) -> bool {
    matches!(part, Component::Prefix(_) | Component::RootDir)
}

/// `/proc/self/cwd` and `/dev/fd/3` are one thing here and another in the server.
fn is_of_a_process(path: &Path) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_ok_and(|rest| rest != Path::new(""));
    below("/proc") || below("/dev/fd")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn where_paths_lead() {
        let folder = std::env::temp_dir().join(format!("doorward-paths-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("proj/sub")).unwrap();
        std::fs::create_dir_all(folder.join("proj-evil")).unwrap();
        std::fs::write(folder.join("proj/file"), "x").unwrap();
        let base = folder.canonicalize().unwrap();
        for (link, to) in [("out", "../proj-evil"), ("in", "sub"), ("loop", "loop"), ("nowhere", "../nothing")] {
            drop(symlink(to, folder.join("proj").join(link)));
        }
        let cases = [
            ("proj/file", Some("proj/file")),
            ("proj/../proj-evil", Some("proj-evil")),
            ("proj/out", Some("proj-evil")),
            ("proj/out/new/file", Some("proj-evil/new/file")),
            ("proj/out/../x", Some("x")),
            ("proj/in/../file", Some("proj/file")),
            ("proj/new/deep/file", Some("proj/new/deep/file")),
            ("proj/new/../file", None),
            ("proj/loop", None),
            ("proj/nowhere", None),
            ("proj/nowhere/x", None),
            ("proj/file/x", None),
        ];
        for (path, expected) in cases {
            let expected = expected.map(|expected| base.join(expected).to_str().unwrap().to_owned());
            assert_eq!(real(base.join(path).to_str().unwrap()), expected, "{path}");
        }
        assert_eq!(real("proj"), None, "relative");
        assert_eq!(real("/proc").as_deref(), Some("/proc"));
        let through_a_link = base.join("proj/cwd");
        drop(symlink("/proc/self/cwd", &through_a_link));
        for other_for_each in ["/proc/self/cwd/x", "/proc/thread-self/root", "/dev/fd/0", "/dev/stdin"] {
            assert_eq!(real(other_for_each), None, "{other_for_each}");
        }
        assert_eq!(real(through_a_link.join("x").to_str().unwrap()), None, "a link to the folder of a process");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
