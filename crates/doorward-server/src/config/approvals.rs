//! `[approvals]`: how much people are asked, and where they are sent.

use std::time::Duration;

use super::build::Builder;
use super::key::Key;
use crate::approvals::ApprovalRules;
use crate::limits::{APPROVAL_WAIT_BOUNDS, APPROVALS_PER_HOUR_MAX};

impl Builder<'_> {
    /// How much people are asked.
    pub(super) fn approvals(&mut self) -> Option<ApprovalRules> {
        let default = ApprovalRules::default();
        let (wait, wait_origin) = self.number(Key::ApprovalsWaitS, default.wait.as_secs());
        let (per_hour, origin) = self.number(Key::ApprovalsPerHour, u64::from(default.per_hour));
        let (least, most) = APPROVAL_WAIT_BOUNDS;
        let wait = Duration::from_secs(wait);
        if wait < least || wait > most {
            let message = format!("approvals.wait_s is between {} and {}", least.as_secs(), most.as_secs());
            self.problems.error(wait_origin, message, "it is how many seconds a question to a person is open");
            return None;
        }
        let per_hour = u32::try_from(per_hour).ok().filter(|per_hour| *per_hour <= APPROVALS_PER_HOUR_MAX);
        if per_hour.is_none() {
            let message = format!("approvals.per_hour is at most {APPROVALS_PER_HOUR_MAX}");
            self.problems.error(origin, message, "it is how many questions one caller may cause within an hour");
        }
        Some(ApprovalRules { wait, per_hour: per_hour? })
    }

    /// Where people reach the pages of questions, with a `/` at the end; `None` when nothing is said.
    pub(super) fn approval_pages(&mut self) -> Option<String> {
        let (text, origin) = self.text(Key::ApprovalsPages, "");
        if text.is_empty() {
            return None;
        }
        let address = text.parse::<hyper::Uri>().ok();
        let address = address.filter(|address| matches!(address.scheme_str(), Some("http" | "https")));
        if address.is_none_or(|address| address.query().is_some()) {
            let message = "approvals.pages is no address that people could be sent to";
            self.problems.error(
                origin,
                message,
                "write where the admin interface is reached, like https://doorward.example/",
            );
            return None;
        }
        Some(format!("{}/approvals/", text.trim_end_matches('/')))
    }
}
