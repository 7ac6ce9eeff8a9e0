//! Values that are paths: what they are made of, and which of them no name for something new may be.

/// The parts of a path, without those that only lead up or nowhere.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".." | "~"))
}

/// Whether `text` is a path of several parts. A URL is none.
pub(super) fn is_path(text: &str) -> bool {
    text.contains(['/', '\\']) && !text.contains("//")
}

/// Whether `text` leads nowhere by itself: here, up, home, everything.
pub(super) fn is_place(text: &str) -> bool {
    matches!(text, "." | ".." | "/" | "~" | "*") || (is_path(text) && parts(text).next().is_none())
}

/// Whether a path may be the name of something new: it leads down from here, and no part of it is read by something
/// that acts on it.
pub(super) fn may_be_new(text: &str) -> bool {
    !text.starts_with(['/', '~', '\\'])
        && !text.contains("..")
        && text.get(1..2) != Some(":")
        && parts(text).next().is_some()
        && !parts(text).any(is_sensitive)
}

/// Names of files that programs act on without being asked.
const ACTED_ON: &[&str] = &["dockerfile", "hosts", "makefile", "package.json"];

/// How names begin that give access or start programs.
const BEGINNINGS: &[&str] = &["authorized_keys", "crontab", "id_rsa", "sudoers"];

/// Endings of what is run.
const RUN: &[&str] = &["bat", "cmd", "desktop", "dll", "dylib", "exe", "plist", "ps1", "service", "so"];

fn is_sensitive(part: &str) -> bool {
    let lower = part.to_lowercase();
    let hidden = lower.starts_with('.') && !lower.starts_with(".gitignore");
    let runs = lower.rsplit_once('.').is_some_and(|(_, ending)| RUN.contains(&ending));
    hidden || runs || ACTED_ON.contains(&lower.as_str()) || BEGINNINGS.iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(parts("./a/../b\\c").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(is_path("a/b") && !is_path("a") && !is_path("https://a/b"));
        assert!(is_place("..") && is_place("../..") && !is_place("../a") && !is_place("a"));
    }

    #[test]
    fn what_programs_act_on_is_no_new_name() {
        for fine in ["notes.txt", "a/b.md", ".gitignore", "Holiday plans"] {
            assert!(may_be_new(fine), "{fine}");
        }
        for bad in [
            "/etc/x",
            "~/x",
            "a/../b",
            ".bashrc",
            "a/.ssh/x",
            "Makefile",
            "run.exe",
            "x.service",
            "id_rsa.pub",
            "",
            "C:x",
        ] {
            assert!(!may_be_new(bad), "{bad}");
        }
    }
}
