//! The working tree as the rules see it: every file that git tracks or would track, read once.
//!
//! The only part of tidy that reads the disk. It must never judge what it reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::rust_text;
use crate::process;
use crate::workspace::{Crate, Workspace};

/// Files smaller than this may be equal by chance.
const SMALLEST_COPY: usize = 128;

/// Everything a rule may look at.
#[derive(Default)]
pub(crate) struct Tree {
    /// The workspace's crates.
    pub(crate) crates: Vec<Crate>,
    /// The repository's files, sorted by path.
    pub(crate) files: Vec<File>,
    /// Files that also lie in the shared folder: the path here and the path there.
    pub(crate) copies: Vec<(String, String)>,
}

/// One file of the repository.
#[derive(Default)]
pub(crate) struct File {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its text; empty when it is not UTF-8.
    pub(crate) text: String,
    /// For Rust: the text with comments and the contents of strings blanked, line for line.
    pub(crate) code: String,
    /// For Rust: which lines (counted from one) belong to test items.
    pub(crate) test_lines: Vec<std::ops::RangeInclusive<usize>>,
}

impl File {
    /// Prepares a file's views; the tests build their inputs with it.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut file = Self { path: path.to_owned(), text: text.to_owned(), ..Self::default() };
        if file.is_rust() {
            file.code = rust_text::code_only(text);
            file.test_lines = rust_text::test_items(&file.code);
        }
        file
    }

    /// Whether it is Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether all of it is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches"))
    }

    /// Whether it is product source: in a crate's `src`, of a crate that ships, and no test.
    pub(crate) fn is_shipped(&self) -> bool {
        self.is_rust() && self.shipped_crate().is_some() && !self.is_test()
    }

    /// The crate whose shipped source it belongs to.
    pub(crate) fn shipped_crate(&self) -> Option<&str> {
        let (name, rest) = self.path.strip_prefix("crates/")?.split_once('/')?;
        (rest.starts_with("src/") && name != "doorward-testkit").then_some(name)
    }

    /// The lines of code outside test items, with their numbers.
    pub(crate) fn product_code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.outside_tests(&self.code)
    }

    /// The lines of text outside test items, with their numbers.
    pub(crate) fn product_text(&self) -> impl Iterator<Item = (usize, &str)> {
        self.outside_tests(&self.text)
    }

    fn outside_tests<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        numbered(text).filter(|(number, _)| !self.test_lines.iter().any(|lines| lines.contains(number)))
    }
}

/// The lines of `text`, counted from one.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Reads the tree of `workspace`.
pub(crate) fn read(workspace: Workspace) -> Result<Tree, String> {
    let root = workspace.root;
    let mut tree = Tree { crates: workspace.crates, ..Tree::default() };
    let shared = shared_by_size(&shared_folder(&root));
    for path in listed(&root)? {
        let absolute = root.join(&path);
        if !absolute.is_file() {
            // Deleted but not yet committed, or a submodule.
            continue;
        }
        let bytes = std::fs::read(&absolute).map_err(|error| format!("cannot read {path}: {error}"))?;
        if let Some(original) = copy_of(&bytes, &shared) {
            tree.copies.push((path.clone(), original.display().to_string()));
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        tree.files.push(File::new(&path, &text));
    }
    Ok(tree)
}

fn listed(root: &Path) -> Result<Vec<String>, String> {
    let listing = process::capture(
        Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root),
    )
    .map_err(|error| format!("tidy reads the list of files from git: {error}"))?;
    let mut paths: Vec<String> = listing.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn shared_folder(root: &Path) -> PathBuf {
    std::env::var_os("DOORWARD_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from)
}

fn shared_by_size(folder: &Path) -> BTreeMap<u64, Vec<PathBuf>> {
    let mut by_size: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        // The shared folder is optional: what cannot be read is not compared.
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                open.push(entry.path());
            } else if let (true, Ok(metadata)) = (kind.is_file(), entry.metadata()) {
                by_size.entry(metadata.len()).or_default().push(entry.path());
            }
        }
    }
    by_size
}

fn copy_of<'a>(bytes: &[u8], shared: &'a BTreeMap<u64, Vec<PathBuf>>) -> Option<&'a PathBuf> {
    if bytes.len() < SMALLEST_COPY {
        return None;
    }
    let size = u64::try_from(bytes.len()).ok()?;
    shared.get(&size)?.iter().find(|path| std::fs::read(path).is_ok_and(|original| original == bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_source_leaves_out_tests_and_the_test_kit() {
        let shipped = |path| File::new(path, "").is_shipped();
        assert!(shipped("crates/doorward-core/src/exchange.rs"));
        assert!(!shipped("crates/doorward-core/src/exchange/tests.rs"));
        assert!(!shipped("crates/doorward-core/tests/exchange.rs"));
        assert!(!shipped("crates/doorward-testkit/src/lib.rs"));
        assert!(!shipped("xtask/src/main.rs"));
    }

    #[test]
    fn a_copy_is_found_by_content_and_a_small_file_is_not() {
        let folder = std::env::temp_dir().join(format!("doorward-tidy-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        let original = folder.join("deep").join("data.json");
        std::fs::write(&original, [b'x'; 200]).unwrap();
        let shared = shared_by_size(&folder);
        assert_eq!(copy_of(&[b'x'; 200], &shared), Some(&original));
        assert_eq!(copy_of(&[b'y'; 200], &shared), None);
        assert_eq!(copy_of(b"x", &shared), None);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
