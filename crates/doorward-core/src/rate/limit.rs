//! What a rule says about how much is allowed, and what one request takes of that.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use doorward_mcp::raw::Kind;

use super::amount::Amount;
use super::key::{ArgumentPath, Key, KeyPart};
use crate::access::AccessRequest;
use crate::decision::Reason;
use crate::principal::PrincipalId;
use crate::refusal::{Code, Refusal};

/// Everything one rule limits. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The rule, by which records name it; with the text of a clause it names the meters, so that they outlive a reload.
    pub rule: Arc<str>,
    /// What must hold, all at once.
    pub clauses: Arc<[Clause]>,
}

/// One thing that is limited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// As written, spaces put in order.
    pub text: Arc<str>,
    /// How much.
    pub measure: Measure,
    /// Whom it tells apart; nothing means that all share it.
    pub by: Arc<[KeyPart]>,
}

/// How much is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// So much flows back evenly over the period, and at most `burst` is there at once (GCRA: ITU-T I.371, annex A).
    Flow {
        /// What flows back in a period.
        most: Amount,
        /// The period.
        per: Duration,
        /// The most there is at once.
        burst: Amount,
        /// What is counted.
        of: Counted,
    },
    /// So much in each period, all of it there again when the next begins. Periods begin at their multiples since 1970 UTC.
    Window {
        /// What a period has.
        most: Amount,
        /// The period.
        per: Duration,
        /// What is counted.
        of: Counted,
    },
    /// So many calls at once.
    AtOnce {
        /// How many.
        most: u32,
    },
}

/// What a rate or a window counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Calls.
    Calls,
    /// The sum of an argument, which must be a number.
    Sum(ArgumentPath),
}

/// What one request takes of one clause.
#[derive(Debug, Clone)]
pub struct Take {
    pub(super) rule: Arc<str>,
    pub(super) text: Arc<str>,
    pub(super) measure: Measure,
    pub(super) key: Key,
    pub(super) cost: Amount,
    pub(super) taker: PrincipalId,
}

impl Limit {
    /// The arguments it counts by.
    pub fn keyed_by(&self) -> impl Iterator<Item = &ArgumentPath> {
        self.clauses.iter().flat_map(|clause| clause.by.iter()).filter_map(|part| match part {
            KeyPart::Argument(path) => Some(path),
            KeyPart::User | KeyPart::Agent | KeyPart::Tenant | KeyPart::Tool | KeyPart::Server => None,
        })
    }

    /// What `request` takes: one thing of each clause.
    ///
    /// # Errors
    /// [`Code::Unclear`] when an argument that is counted cannot be counted for certain.
    pub fn takes(&self, request: &AccessRequest) -> Result<Vec<Take>, Refusal> {
        self.clauses.iter().map(|clause| self.take(clause, request)).collect()
    }

    fn take(&self, clause: &Clause, request: &AccessRequest) -> Result<Take, Refusal> {
        let key = Key::of(&clause.by, request).map_err(|path| {
            self.unclear(format!("The limit counts by '{path}', which must be a text, a number or a truth value."))
        })?;
        let cost = match &clause.measure {
            Measure::Flow { of, .. } | Measure::Window { of, .. } => self.cost(of, request)?,
            Measure::AtOnce { .. } => Amount::ONE,
        };
        let (rule, text, measure) = (self.rule.clone(), clause.text.clone(), clause.measure.clone());
        Ok(Take { rule, text, measure, key, cost, taker: request.principal.id().clone() })
    }

    fn cost(&self, of: &Counted, request: &AccessRequest) -> Result<Amount, Refusal> {
        match of {
            Counted::Calls => Ok(Amount::ONE),
            Counted::Sum(path) => path
                .find(request.arguments.as_ref())
                .filter(|value| value.kind() == Kind::Number)
                .and_then(|value| Amount::parse(value.text()))
                .ok_or_else(|| {
                    self.unclear(format!(
                        "The limit adds up '{path}', which must be a number, not negative, with at most nine decimal places."
                    ))
                }),
        }
    }

    fn unclear(&self, detail: String) -> Refusal {
        let reason = Reason { rule: self.rule.clone(), text: None, remedy: None };
        Refusal::new(Code::Unclear).with_reasons(vec![reason]).with_detail(detail)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, clause) in self.clauses.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(f, "{between}{}", clause.text)?;
        }
        Ok(())
    }
}
