//! Where a value comes from.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Surroundings;

/// A file that was read, with its text for showing places in it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    path: PathBuf,
    text: Arc<str>,
}

impl SourceFile {
    pub(super) fn new(path: PathBuf, text: &str) -> Arc<Self> {
        Arc::new(Self { path, text: Arc::from(text) })
    }

    /// Its path, as it was named or found.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The folder that relative paths in it start from.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Line and column of a byte, both counted from 1; the column counts characters.
    fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        (line, column)
    }
}

/// Where a value comes from, highest precedence first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of our environment.
    Variable(String),
    /// A place in a file.
    File(Arc<SourceFile>, Option<Range<usize>>),
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// The folder that relative paths of it start from: that of its file, or the working directory.
    pub(super) fn folder(&self, surroundings: &Surroundings) -> PathBuf {
        match self {
            Self::File(file, _) => surroundings.absolute(file.folder()),
            Self::Flag(_) | Self::Variable(_) | Self::Default => surroundings.directory.clone(),
        }
    }

    /// The same origin, at another place of its file.
    pub(super) fn at(&self, span: &Range<usize>) -> Self {
        match self {
            Self::File(file, _) => Self::File(file.clone(), Some(span.clone())),
            Self::Flag(_) | Self::Variable(_) | Self::Default => self.clone(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::File(file, None) => write!(f, "{}", file.path().display()),
            Self::File(file, Some(span)) => {
                let (line, column) = file.position(span.start);
                write!(f, "{}:{line}:{column}", file.path().display())
            }
            Self::Default => f.write_str("default"),
        }
    }
}
