//! What an operator is told.

use std::sync::Arc;

use doorward_core::guard::Severity;
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;

use crate::catalogue::DetectorId;
use crate::event::PrincipalKey;
use crate::limits::NAME_CHARS_MAX;

/// The number of an alert: its place among all alerts of one set of baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub u64);

/// Something unusual.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its number.
    pub id: AlertId,
    /// What saw it.
    pub detector: DetectorId,
    /// When the last exchange that it rests on was recorded.
    pub at: Timestamp,
    /// Who acted.
    pub principal: PrincipalKey,
    /// Who acted, for people.
    pub who: Arc<str>,
    /// The server.
    pub server: Arc<str>,
    /// The tool, resource or prompt.
    pub tool: Arc<str>,
    /// How grave it is.
    pub severity: Severity,
    /// One sentence that a person understands.
    pub sentence: String,
    /// The numbers behind a statistical alert; `None` for an invariant.
    pub numbers: Option<Numbers>,
    /// What else was unusual about it, the strongest first; at most two.
    pub also: Vec<Numbers>,
    /// The ordinary exchange of the same tool that is most like it.
    pub nearest_normal: Option<ExchangeId>,
    /// The exchanges it rests on, the latest last.
    pub records: Vec<ExchangeId>,
}

/// The numbers behind a statistical alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    /// Whose they are.
    pub detector: DetectorId,
    /// What was seen.
    pub observed: f64,
    /// What is usual.
    pub expected: f64,
    /// The share of bursts of work that are as unusual.
    pub p: f64,
    /// What that is worth as evidence; alarms are raised on it.
    pub e: f64,
}

/// What an operator says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is part of the work: the like counts as usual from now on.
    Expected,
    /// It is not: nothing of it is learned.
    Harmful,
}

/// A name from outside, fit for a sentence: without what a terminal obeys, and cut.
pub(crate) fn plain(name: &str) -> String {
    let is_shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut kept: String = name.chars().filter(is_shown).take(NAME_CHARS_MAX).collect();
    if name.chars().count() > NAME_CHARS_MAX {
        kept.push('…');
    }
    if kept.is_empty() { "the gateway".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_sentences_are_cut_and_hold_nothing_a_terminal_obeys() {
        assert_eq!(plain("a\u{1b}[2J\u{202e}b"), "a[2Jb");
        assert_eq!(plain(&"x".repeat(500)).chars().count(), NAME_CHARS_MAX + 1);
    }
}
