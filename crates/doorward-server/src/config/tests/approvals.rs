//! `[approvals]`: how much people are asked.

use std::time::Duration;

use super::*;
use crate::approvals::ApprovalRules;

#[test]
fn approvals_are_few_unless_said_otherwise() {
    let config = Place::new("approvals-none").load().unwrap().config;
    assert_eq!((config.approvals, config.approval_pages), (ApprovalRules::default(), None));
    let text = "[approvals]\nwait_s = 60\nper_hour = 9\npages = \"https://doorward.example/admin/\"\n";
    let config = Place::new("approvals").file("project/doorward.toml", text).load().unwrap().config;
    assert_eq!(config.approvals, ApprovalRules { wait: Duration::from_secs(60), per_hour: 9 });
    assert_eq!(config.approval_pages.as_deref(), Some("https://doorward.example/admin/approvals/"));
}

#[test]
fn bounds_of_approvals_hold_one_below_and_one_above() {
    let accepted = |text: &str| {
        let file = format!("[approvals]\n{text}\n");
        Place::new("approval-bounds").file("project/doorward.toml", &file).load().is_ok()
    };
    for (text, fits) in [
        ("wait_s = 0", false),
        ("wait_s = 1", true),
        ("wait_s = 86400", true),
        ("wait_s = 86401", false),
        ("per_hour = 0", true),
        ("per_hour = 1000", true),
        ("per_hour = 1001", false),
        ("pages = \"javascript:alert(1)\"", false),
        ("pages = \"doorward.example\"", false),
        ("pages = \"https://doorward.example/?a=b\"", false),
        ("pages = \"http://doorward.example\"", true),
    ] {
        assert_eq!(accepted(text), fits, "{text}");
    }
}
