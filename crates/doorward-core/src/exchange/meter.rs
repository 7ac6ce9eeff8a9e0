//! Limits: what the rules that allow a message limit is taken before it goes on, all of it or nothing.
//!
//! Only an allow takes. What was taken for a call that another duty refuses afterwards stays taken; its places among the
//! calls in flight are given back when the exchange ends, however it ends.

use super::Step;
use super::decide::Allowed;
use crate::decision::Reason;
use crate::rate::{Lease, Reached, Take, Wait};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// Waits for the meters.
#[derive(Debug)]
pub struct AwaitMeter {
    allowed: Allowed,
    takes: Vec<Take>,
}

impl AwaitMeter {
    pub(super) fn before(allowed: Allowed, takes: Vec<Take>, now: Timestamp) -> Step {
        if takes.is_empty() { allowed.proceed(now) } else { Step::Meter(Self { allowed, takes }) }
    }

    /// What to take, all at once.
    #[must_use]
    pub fn takes(&self) -> &[Take] {
        &self.takes
    }

    /// Goes on with what the meters say.
    #[must_use]
    pub fn metered(mut self, taken: Result<Lease, Reached>, now: Timestamp) -> Step {
        match taken {
            Ok(lease) => {
                self.allowed.begun.leases.push(lease);
                self.allowed.proceed(now)
            }
            Err(reached) => self.allowed.begun.refuse(refusal(reached), now),
        }
    }
}

fn refusal(reached: Reached) -> Refusal {
    let Reached { rule, clause, wait } = reached;
    let refusal = Refusal::new(Code::LimitReached);
    let (refusal, what) = match wait {
        Wait::For(time) => {
            let refusal = refusal.with_retry_after(time);
            let what = refusal.retry_after.map(|seconds| format!("The next is allowed in {seconds} s."));
            (refusal, what.unwrap_or_default())
        }
        Wait::Unknown => (refusal, "The next is allowed when one of those under way ends.".to_owned()),
        Wait::Crowded => (refusal, "Too many different ones are counted at the moment.".to_owned()),
        Wait::Never => (refusal, "This takes more at once than is ever allowed; waiting does not help.".to_owned()),
    };
    refusal
        .with_reasons(vec![Reason { rule, text: None, remedy: None }])
        .with_detail(format!("The limit is '{clause}'. {what}"))
}
