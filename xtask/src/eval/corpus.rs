//! The labelled corpus: files of one JSON object a line, compressed or not.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use doorward_core::guard::GuardName;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// The most one file may hold, unpacked.
const FILE_MAX: u64 = 1 << 30;

/// One file of the corpus.
#[derive(Debug)]
pub(crate) struct File {
    /// Its name, without endings.
    pub(crate) name: String,
    /// The guards that are meant to find what it holds.
    pub(crate) guards: &'static [GuardName],
    pub(crate) items: Vec<Item>,
}

/// One labelled text.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) text: String,
    /// Whether something is to be found in it.
    pub(crate) is_positive: bool,
    pub(crate) category: String,
    pub(crate) technique: Option<String>,
    pub(crate) source: String,
    pub(crate) place: Place,
}

/// Where the text stands when it reaches a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Description,
    Result,
    Argument,
    /// What a person wrote, as it arrives in a result.
    User,
}

impl Place {
    const ALL: [Self; 4] = [Self::Description, Self::Result, Self::Argument, Self::User];

    /// As the corpus names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Description => "tool_description",
            Self::Result => "tool_result",
            Self::Argument => "tool_argument",
            Self::User => "user_text",
        }
    }
}

/// Which guards count for which file.
const MEANT: &[(&str, &[GuardName])] = &[
    ("injection", &[GuardName::Injection, GuardName::Unicode, GuardName::Apps]),
    ("secrets", &[GuardName::Secrets]),
    ("pii", &[GuardName::Personal]),
    ("arguments", &[GuardName::Arguments, GuardName::Schema]),
];

/// What `folder` holds for guards, by the word in the names of its files; of `only`, when it names some.
pub(crate) fn read(folder: &Path, only: &[String]) -> Result<Vec<File>, String> {
    if let Some(unknown) = only.iter().find(|name| !MEANT.iter().any(|(known, _)| known == name)) {
        return Err(format!("--only {unknown:?} names no file; there are injection, secrets, pii and arguments"));
    }
    let mut files: Vec<File> = Vec::new();
    for path in paths(folder)? {
        let stem = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
        let Some((name, guards)) = MEANT.iter().find(|(name, _)| stem.is_some_and(|stem| stem.contains(name))) else {
            continue;
        };
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let items = items(&path)?;
        match files.iter_mut().find(|file| file.name == *name) {
            Some(file) => file.items.extend(items),
            None => files.push(File { name: (*name).to_owned(), guards, items }),
        }
    }
    if files.is_empty() {
        return Err(format!("{} holds no file of a labelled corpus", folder.display()));
    }
    Ok(files)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("cannot read {}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_corpus(path)).collect();
    paths.sort();
    Ok(paths)
}

fn is_corpus(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
}

fn items(path: &Path) -> Result<Vec<Item>, String> {
    let unreadable = |error| format!("cannot read {}: {error}", path.display());
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    if path.extension().is_some_and(|ending| ending == "gz") {
        MultiGzDecoder::new(file).take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        file.take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| item(line).ok_or_else(|| format!("{}:{}: no item", path.display(), at + 1))).collect()
}

fn item(line: &str) -> Option<Item> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    Some(Item {
        id: text("id")?.to_owned(),
        text: text("text")?.to_owned(),
        is_positive: text("label")? != "benign",
        category: text("category")?.to_owned(),
        technique: text("technique").map(str::to_owned),
        source: text("source")?.to_owned(),
        place: Place::ALL.into_iter().find(|place| Some(place.name()) == text("surface"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_read_and_a_damaged_one_is_not() {
        let line = r#"{"id":"a","text":"t","label":"secret","category":"c","source":"s","surface":"tool_argument"}"#;
        let read = item(line).unwrap();
        assert!(read.is_positive && read.place == Place::Argument && read.technique.is_none());
        assert!(item(&line.replace("tool_argument", "elsewhere")).is_none());
        assert!(!item(&line.replace("secret", "benign")).unwrap().is_positive);
    }
}
