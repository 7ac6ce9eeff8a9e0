//! Values that may be secret, and references to where they are kept.
//!
//! A value is written as it is, as `env:NAME`, as `file:PATH`, or with `${env:NAME}` and `${file:PATH}` inside it.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::environment::Surroundings;
use super::limits::SECRET_FILE_BYTES_MAX;

/// A text that is never shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A value after its references were followed.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) value: Secret,
    pub(super) writing: Writing,
    /// The files it was read from.
    pub(super) files: Vec<PathBuf>,
}

/// How a value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Literal,
    Reference,
}

/// Why a reference leads nowhere: what is wrong, and what to do. Never holds the value.
#[derive(Debug)]
pub(super) struct Dangling {
    pub(super) message: String,
    pub(super) advice: String,
}

/// Follows the references in `text`. Relative paths start from `folder`.
pub(super) fn resolve(text: &str, folder: &Path, surroundings: &Surroundings) -> Result<Resolved, Dangling> {
    let mut following = Following { folder, surroundings, files: Vec::new() };
    let whole = text.starts_with("env:") || text.starts_with("file:");
    let value = if whole { following.follow(text)? } else { following.expand(text)? };
    let writing = if whole || value != text { Writing::Reference } else { Writing::Literal };
    Ok(Resolved { value: Secret(value), writing, files: following.files })
}

struct Following<'s> {
    folder: &'s Path,
    surroundings: &'s Surroundings,
    files: Vec<PathBuf>,
}

impl Following<'_> {
    fn expand(&mut self, text: &str) -> Result<String, Dangling> {
        let mut value = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((reference, after)) = after.split_once('}') else { return Err(unknown_reference(text)) };
            value.push_str(before);
            value.push_str(&self.follow(reference)?);
            rest = after;
        }
        value.push_str(rest);
        Ok(value)
    }

    fn follow(&mut self, reference: &str) -> Result<String, Dangling> {
        if let Some(name) = reference.strip_prefix("env:") {
            return self.variable(name);
        }
        if let Some(path) = reference.strip_prefix("file:") {
            return self.file(Path::new(path));
        }
        // `${NAME}` is how Claude Code writes it.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !reference.is_empty() && reference.chars().all(is_name) {
            return self.variable(reference);
        }
        Err(unknown_reference(reference))
    }

    fn variable(&self, name: &str) -> Result<String, Dangling> {
        self.surroundings.variable(name).map(str::to_owned).ok_or_else(|| Dangling {
            message: format!("the variable {name} is not set"),
            advice: format!("set {name} in the environment that starts doorward, or use file:PATH"),
        })
    }

    fn file(&mut self, path: &Path) -> Result<String, Dangling> {
        let path = self.surroundings.absolute(&self.folder.join(path));
        let text = read_bounded(&path, SECRET_FILE_BYTES_MAX).map_err(|reason| Dangling {
            message: format!("the file {} cannot be read: {reason}", path.display()),
            advice: "put the secret there, readable by the user that runs doorward".to_owned(),
        })?;
        self.files.push(path);
        Ok(text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text).to_owned())
    }
}

fn unknown_reference(reference: &str) -> Dangling {
    let shown = reference.split(':').next().unwrap_or_default();
    Dangling {
        message: format!("doorward does not know the reference '${{{shown}…'"),
        advice: "write ${env:NAME} or ${file:PATH}, or put the value itself into a file and name it with file:PATH"
            .to_owned(),
    }
}

/// The text of a file of at most `limit` bytes.
pub(super) fn read_bounded(path: &Path, limit: u64) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(format!("it is larger than {limit} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}
