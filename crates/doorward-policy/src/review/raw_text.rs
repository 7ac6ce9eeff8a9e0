//! `raw-text`: a path or an address compared letter by letter. `/srv/proj/*` lets `/srv/proj/../../etc` through, and one host
//! has many spellings; the gateway's facts about paths and URLs do not.

use serde_json::Value;

use super::Subject;
use super::walk::{Turn, each, names_below, pattern, sides, text};
use crate::finding::{Finding, Severity};

/// Arguments with such a name hold a path.
const PATH_NAMES: [&str; 12] = [
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "file_path",
    "filepath",
    "dir",
    "directory",
    "folder",
    "source",
    "destination",
];

/// Arguments with such a name hold an address.
const URL_NAMES: [&str; 7] = ["url", "urls", "uri", "href", "endpoint", "link", "website"];

/// What a text seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Path,
    Url,
}

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    each(subject.written, &mut |expression, turn| {
        if let Some(comparison) = Comparison::of(expression, turn)
            && let Some(looks) = comparison.looks()
        {
            findings.push(told(subject, &comparison, looks));
        }
    });
}

/// An argument compared as text.
struct Comparison {
    argument: Vec<String>,
    written: String,
    /// How it stands in the rule, to find its place.
    part: String,
}

impl Comparison {
    /// Equality with a whole value lets nothing through that was not meant; as a refusal it is passed by with another
    /// spelling.
    fn of(expression: &Value, turn: Turn) -> Option<Self> {
        if let Some(body) = expression.get("like") {
            let argument = names_below("arguments", body.get("left")?)?;
            let written = pattern(body.get("pattern")?);
            return Some(Self { argument, part: format!("like \"{written}\""), written });
        }
        if turn != Turn::Closes {
            return None;
        }
        let (left, right) = sides(expression, "==")?;
        let (argument, written) = match (text(left), text(right)) {
            (None, Some(written)) => (left, written),
            (Some(written), None) => (right, written),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let argument = names_below("arguments", argument)?;
        Some(Self { argument, written: written.to_owned(), part: format!("\"{written}\"") })
    }

    fn looks(&self) -> Option<Looks> {
        let name = self.argument.last()?.to_ascii_lowercase();
        let written = self.written.trim_start_matches('*');
        if written.contains("://") || URL_NAMES.contains(&name.as_str()) {
            Some(Looks::Url)
        } else if PATH_NAMES.contains(&name.as_str())
            || ["/", "~/", "./", "../"].iter().any(|start| written.starts_with(start))
        {
            Some(Looks::Path)
        } else {
            None
        }
    }

    fn rewrite(&self, looks: Looks) -> String {
        let argument = self.argument.join(".");
        match looks {
            Looks::Path => format!("context.paths.{argument}.{}", path_test(&self.written)),
            Looks::Url => url_test(&self.written)
                .iter()
                .map(|test| format!("context.urls.{argument}.{test}"))
                .collect::<Vec<_>>()
                .join(" && "),
        }
    }
}

fn told(subject: &Subject<'_>, comparison: &Comparison, looks: Looks) -> Finding {
    let (what, why) = match looks {
        Looks::Path => ("a path", "`..`, links and other spellings pass it"),
        Looks::Url => ("an address", "other spellings of the host, and names before an @, pass it"),
    };
    let argument = comparison.argument.join(".");
    let message = format!("the argument \"{argument}\" is compared letter by letter, and it looks like {what}: {why}");
    subject
        .finding(Severity::Warning, "raw-text", Some(&comparison.part), message)
        .with_advice(format!("compare what it means: {}", comparison.rewrite(looks)))
}

/// The same question about the folder or the file.
fn path_test(written: &str) -> String {
    match written.strip_suffix('*') {
        Some(folder) if !folder.contains('*') && folder.len() > 1 => {
            format!("within.contains(\"{}\")", folder.trim_end_matches('/'))
        }
        Some(_) | None => match written.strip_prefix("*.") {
            Some(ext) if !ext.contains(['*', '/']) && !ext.starts_with('.') => format!("ext == \"{ext}\""),
            Some(_) | None if written.contains('*') => "within.contains(\"/FOLDER\")".to_owned(),
            Some(_) | None => format!("text == \"{written}\""),
        },
    }
}

/// The same question about scheme and host.
fn url_test(written: &str) -> Vec<String> {
    let (scheme, rest) = written.split_once("://").map_or(("", written), |(scheme, rest)| (scheme, rest));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let domain = host.trim_start_matches('*').trim_start_matches('.').trim_end_matches('*');
    let mut tests = Vec::new();
    if !scheme.is_empty() && !scheme.contains('*') {
        tests.push(format!("scheme == \"{scheme}\""));
    }
    tests.push(match (domain.is_empty() || domain.contains('*'), host.starts_with('*')) {
        (true, _) => "domain == \"DOMAIN\"".to_owned(),
        (false, true) => format!("domain == \"{domain}\""),
        (false, false) => format!("host == \"{domain}\""),
    });
    tests
}
