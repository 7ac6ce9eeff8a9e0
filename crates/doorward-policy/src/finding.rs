//! What is wrong with a policy, told so that its author can mend it: file, place, message, advice.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The policy does not load.
    Error,
    /// The policy loads, and the author should know.
    Warning,
    /// Nothing is wrong; somebody who looks may want to know.
    Information,
}

/// One thing about a policy.
#[derive(Debug, Clone)]
pub struct Finding {
    severity: Severity,
    code: Option<&'static str>,
    source: NamedSource<Arc<str>>,
    span: Option<Range<usize>>,
    message: String,
    advice: Option<String>,
}

/// Where a finding is: a file, and the part of its text.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) span: Option<Range<usize>>,
}

impl Place {
    /// The line it begins in, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.span.as_ref().and_then(|span| line_of(&self.text, span.start)).unwrap_or(1)
    }
}

fn line_of(text: &str, start: usize) -> Option<usize> {
    let before = text.as_bytes().get(..start)?;
    Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
}

impl Finding {
    pub(crate) fn new(severity: Severity, place: &Place, message: impl Into<String>) -> Self {
        Self {
            severity,
            code: None,
            source: NamedSource::new(&place.file, Arc::clone(&place.text)).with_language("Cedar"),
            span: place.span.clone(),
            message: message.into(),
            advice: None,
        }
    }

    pub(crate) fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(crate) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(crate) fn with_advice_opt(self, advice: Option<String>) -> Self {
        match advice {
            Some(advice) => self.with_advice(advice),
            None => self,
        }
    }

    /// How bad it is.
    #[must_use]
    pub const fn level(&self) -> Severity {
        self.severity
    }

    /// What kind of finding it is, in a word that does not change; `None` for what Cedar finds.
    #[must_use]
    pub const fn kind(&self) -> Option<&'static str> {
        self.code
    }

    /// The name of the file it is in.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// The bytes of the file's text it is about.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// The line it begins in, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        line_of(self.source.inner(), self.span.as_ref()?.start)
    }

    /// The part of the text it is about.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.source.inner().get(self.span()?)
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Information => miette::Severity::Advice,
        })
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.advice.as_ref().map(|advice| Box::new(advice) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span))))
    }
}

/// Why a policy does not load: every error, and the warnings beside them.
#[derive(Debug, Clone)]
pub struct LoadErrors {
    findings: Vec<Finding>,
}

impl LoadErrors {
    pub(crate) const fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Everything found, in the order of the files.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let noun = if errors == 1 { "error" } else { "errors" };
        write!(f, "the policy does not load: {errors} {noun}")
    }
}

impl std::error::Error for LoadErrors {}

impl Diagnostic for LoadErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.findings.iter().map(|finding| finding as &dyn Diagnostic)))
    }
}
