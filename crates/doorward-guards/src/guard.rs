//! What every guard is, and how it reports.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use doorward_core::guard::{Confidence, GuardName, Severity};
use doorward_core::refusal::Code;

use crate::limits::{FOUND_MAX, WORK_BASE, WORK_PER_BYTE};
use crate::scene::Scene;

/// One guard: a file of its own, and a line in the catalogue.
pub trait Guard: fmt::Debug + Send + Sync {
    /// Which one it is.
    fn name(&self) -> GuardName;

    /// Words of at least three ASCII characters, in any case, by which it knows where to look: [`Scene::hits`] tells it where
    /// they stand. All guards' words are looked for in one pass, which is the cheapest look at a text there is. Rare words
    /// are best; asked once.
    fn words(&self) -> Vec<String> {
        Vec::new()
    }

    /// Looks at a message and reports what it finds.
    fn inspect(&self, scene: &Scene<'_>, report: &mut Report);
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule, unique within the guard.
    pub rule: Cow<'static, str>,
    /// How grave it is.
    pub severity: Severity,
    /// How sure the guard is.
    pub confidence: Confidence,
    /// Which text, by its place in [`Scene::texts`]; `None` when it is about the message as a whole, which starts with the
    /// first part.
    pub text: Option<usize>,
    /// Where the value starts that it is about, in the bytes of the message, when that is no string of the first part.
    pub value: Option<usize>,
    /// Which bytes of that text.
    pub range: Range<usize>,
    /// What takes its place when it is redacted; `None` when it cannot be redacted, which blocks where redacting is asked for.
    pub placeholder: Option<String>,
    /// Whether the placeholder takes its place whatever the settings say: a token for a value, or the value for a token.
    pub is_swapped: bool,
    /// What its sender is told to do, when it blocks; never what was found.
    pub advice: Option<String>,
    /// The code under which it blocks; `None` for the usual one of the direction.
    pub code: Option<Code>,
}

impl Found {
    /// A finding in a text that can only be observed or blocked.
    #[must_use]
    pub fn new(
        rule: &'static str,
        severity: Severity,
        confidence: Confidence,
        text: usize,
        range: Range<usize>,
    ) -> Self {
        Self {
            rule: Cow::Borrowed(rule),
            severity,
            confidence,
            text: Some(text),
            value: None,
            range,
            placeholder: None,
            is_swapped: false,
            advice: None,
            code: None,
        }
    }

    /// The same with what takes its place.
    #[must_use]
    pub fn with_placeholder(self, placeholder: impl Into<String>) -> Self {
        Self { placeholder: Some(placeholder.into()), ..self }
    }
}

/// Bytes of a text, and what takes their place.
pub(crate) type Parts = Vec<(Range<usize>, String)>;

/// What guards have found in one message.
#[derive(Debug)]
pub struct Report {
    pub(crate) found: Vec<(GuardName, Found)>,
    /// Of findings that are redacted in parts: what takes the place of which bytes, by the place of the finding.
    pub(crate) parts: BTreeMap<usize, Parts>,
    pub(crate) unfinished: Option<&'static str>,
    pub(crate) at: Option<GuardName>,
    /// How many bytes may still be looked at closely.
    work: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self::for_message(0)
    }
}

impl Report {
    /// An empty report on a message of that many bytes.
    pub(crate) fn for_message(bytes: usize) -> Self {
        let work = WORK_BASE + bytes.saturating_mul(WORK_PER_BYTE);
        Self { found: Vec::new(), parts: BTreeMap::new(), unfinished: None, at: None, work }
    }

    /// Notes that a guard is about to look closely (with a regex, say) at that many bytes. `false` when that is more than the
    /// message is worth: the guard stops, and the message does not pass.
    #[must_use]
    pub fn spend(&mut self, bytes: usize) -> bool {
        match self.work.checked_sub(bytes) {
            Some(left) => self.work = left,
            None => self.give_up("Inspecting it takes too much work."),
        }
        self.unfinished.is_none()
    }

    /// Adds a finding. Beyond the limit nothing is added, and the inspection counts as unfinished.
    pub fn add(&mut self, found: Found) {
        let Some(guard) = self.at else { return };
        if self.found.len() >= FOUND_MAX {
            self.give_up("Too much was found in it.");
            return;
        }
        self.found.push((guard, found));
    }

    /// Adds a finding that is redacted in several places of its text: each part has what takes its place.
    pub fn add_in_parts(&mut self, found: Found, parts: Vec<(Range<usize>, String)>) {
        let place = self.found.len();
        self.add(found);
        if self.found.len() > place {
            self.parts.insert(place, parts);
        }
    }

    /// The guard could not look at everything; the message does not pass.
    pub fn give_up(&mut self, why: &'static str) {
        self.unfinished.get_or_insert(why);
    }
}
