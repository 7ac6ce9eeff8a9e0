//! What is wrong with a configuration, told so that its author can mend it: what, where, what to do.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use super::origin::Origin;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The configuration is not used.
    Error,
    /// It is used, and its author should know.
    Warning,
}

/// One thing about a configuration.
#[derive(Debug, Clone)]
pub struct Problem {
    severity: Severity,
    origin: Origin,
    source: Option<NamedSource<Arc<str>>>,
    message: String,
    advice: String,
}

impl Problem {
    pub(super) fn error(origin: Origin, message: impl Into<String>, advice: impl Into<String>) -> Self {
        let source = match &origin {
            Origin::File(file, Some(_)) => {
                Some(NamedSource::new(file.path().display().to_string(), file.text().clone()))
            }
            Origin::File(_, None) | Origin::Flag(_) | Origin::Variable(_) | Origin::Default => None,
        };
        Self { severity: Severity::Error, origin, source, message: message.into(), advice: advice.into() }
    }

    pub(super) fn warning(origin: Origin, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(origin, message, advice) }
    }

    /// How bad it is.
    #[must_use]
    pub const fn level(&self) -> Severity {
        self.severity
    }

    /// Where it is.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

/// What is wrong; with the place in front where no excerpt of a file will show it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, &self.source) {
            (Origin::Default, _) | (_, Some(_)) => f.write_str(&self.message),
            (Origin::Flag(_) | Origin::Variable(_) | Origin::File(..), None) => {
                write!(f, "{}: {}", self.origin, self.message)
            }
        }
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.advice))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match &self.origin {
            Origin::File(_, Some(span)) => Some(Box::new(std::iter::once(LabeledSpan::underline(span.clone())))),
            Origin::File(_, None) | Origin::Flag(_) | Origin::Variable(_) | Origin::Default => None,
        }
    }
}

/// Why a configuration is not used: every error, and the warnings beside them.
#[derive(Debug, Clone)]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// Everything found. At least one is an error.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Every error in one line, each with its place and what to do: for a log, which shows no excerpts.
    #[must_use]
    pub fn in_a_line(&self) -> String {
        let errors = self.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let told = errors.map(|problem| {
            let Problem { origin, message, advice, .. } = problem;
            format!("{origin}: {message} ({advice})")
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let noun = if errors == 1 { "error" } else { "errors" };
        write!(f, "the configuration cannot be used: {errors} {noun}")
    }
}

impl std::error::Error for ConfigErrors {}

impl Diagnostic for ConfigErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// Collects problems, so that one run tells all of them.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub(super) fn error(&mut self, origin: Origin, message: impl Into<String>, advice: impl Into<String>) {
        self.push(Problem::error(origin, message, advice));
    }

    pub(super) fn warning(&mut self, origin: Origin, message: impl Into<String>, advice: impl Into<String>) {
        self.push(Problem::warning(origin, message, advice));
    }

    /// The warnings, when there is no error.
    pub(super) fn finish(self) -> Result<Vec<Problem>, ConfigErrors> {
        if self.0.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(ConfigErrors { problems: self.0 });
        }
        Ok(self.0)
    }

    /// The collected problems as errors, where going on makes no sense.
    pub(super) fn into_errors(self) -> ConfigErrors {
        ConfigErrors { problems: self.0 }
    }
}
