//! `limit-on-forbid`: a limit counts what a permit lets pass; a forbid lets nothing pass.

use super::Subject;
use crate::finding::{Finding, Severity};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    if subject.is_permit() || subject.rule.policy.annotation("limit").is_none() {
        return;
    }
    findings.push(
        subject
            .finding(
                Severity::Warning,
                "limit-on-forbid",
                Some("@limit"),
                "a limit on a forbid counts nothing".to_owned(),
            )
            .with_advice("put @limit on the permit that lets the call pass"),
    );
}
