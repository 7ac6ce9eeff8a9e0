//! Relative links between Markdown files lead to a file or folder of the repository.

use std::collections::BTreeSet;

use super::tree::{File, numbered};
use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_files(&tree.files)
}

fn check_files(files: &[File]) -> Vec<Finding> {
    let places = places(files);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut fenced = false;
        for (number, line) in numbered(&file.text) {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            if fenced {
                continue;
            }
            for target in targets(line) {
                if !resolve(folder, &target).is_some_and(|place| places.contains(&place)) {
                    let advice = format!("{target} leads nowhere; mend the link");
                    findings.push(Finding::new(&file.path, number, advice));
                }
            }
        }
    }
    findings
}

/// Every file and every folder on the way to one.
fn places(files: &[File]) -> BTreeSet<String> {
    let mut places = BTreeSet::from([String::new()]);
    for file in files {
        let mut place = file.path.as_str();
        places.insert(place.to_owned());
        while let Some((folder, _)) = place.rsplit_once('/') {
            places.insert(folder.to_owned());
            place = folder;
        }
    }
    places
}

/// The relative targets that `line` links to, without their fragments.
fn targets(line: &str) -> Vec<String> {
    let outside_code: String =
        line.split('`').enumerate().filter(|(index, _)| index % 2 == 0).map(|(_, text)| text).collect();
    let inline = outside_code.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let reference = outside_code
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with('^'))
        .and_then(|rest| rest.split_once("]: "))
        .map(|(_, target)| target);
    inline
        .chain(reference)
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.split(['#', '?']).next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

/// The place `target` means when it stands in `folder`; `None` when it leaves the repository.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check_files(&[File::new("docs/guide/start.md", text), File::new("docs/GLOSSARY.md", "")]).len()
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert_eq!(found("See [words](GLOSSARY.md).\n"), 1);
        assert_eq!(found("See [out](../../../secret.md) and [a](b.md).\n"), 2);
        assert_eq!(found("[words]: ../WORDS.md\n"), 1);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        assert_eq!(found("See [words](../GLOSSARY.md#pin) in [docs](../) of [us](https://a.example).\n"), 0);
        assert_eq!(found("[words]: ../GLOSSARY.md\n"), 0);
        assert_eq!(found("`[a](b)` is a link\n```\n[a](b)\n```\n"), 0);
    }
}
