//! `guards-off`: findings that are passed over without a record, in more than one tool.

use doorward_core::decision::Obligation;
use doorward_core::guard::{GuardDuty, Severity as Gravity};

use super::Subject;
use crate::finding::{Finding, Severity};

pub(super) fn look(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let passes_over =
        |duty: &GuardDuty| duty.action.is_none() && duty.severity.is_none_or(|said| said == Gravity::High);
    let is_off = subject.rule.obligations.iter().any(|duty| match duty {
        Obligation::Guard(duties) => duties.iter().any(passes_over),
        Obligation::Approve(_) | Obligation::Limit(_) | Obligation::Answer(_) | Obligation::Unknown(_) => false,
    });
    if !subject.is_permit() || !is_off || subject.rule.names_one() {
        return;
    }
    let message = "what guards find to be harmful is passed over, and no record tells of it".to_owned();
    findings.push(
        subject.finding(Severity::Warning, "guards-off", Some("@guard"), message).with_advice(
            "write observe, which lets it pass as well and records it; or name the one tool that needs this",
        ),
    );
}
