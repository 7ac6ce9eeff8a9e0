//! `doorward policy check`: what is wrong with a policy, and what a reviewer would say of it.

use doorward_policy::{Finding, Severity};
use serde_json::json;

use super::subject::Subject;
use crate::args::{Deny, PolicyCheckArgs};
use crate::command::check::report;
use crate::command::now;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::Terminal;

pub(super) async fn check(args: &PolicyCheckArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let subject = Subject::of(&args.subject, terminal).await?;
    let findings: Vec<Finding> = match &subject.engine {
        Ok(engine) => engine.warnings().iter().cloned().chain(engine.review(now())).collect(),
        Err(errors) => errors.findings().to_vec(),
    };
    let count = |severity| findings.iter().filter(|finding| finding.level() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let refused = errors > 0 || (args.deny == Some(Deny::Warnings) && warnings > 0);
    let exit = if refused {
        Exit::Invalid
    } else if subject.has_unreached() {
        Exit::Unreachable
    } else {
        Exit::Success
    };
    if args.json {
        let problems: Vec<_> = findings.iter().map(report::finding).collect();
        terminal.line(json!({ "version": 1, "ok": exit == Exit::Success, "problems": problems }))?;
        return Ok(exit);
    }
    subject.tell_unreached(terminal);
    findings.iter().for_each(|finding| show_diagnostic(finding, terminal));
    let files: Vec<&str> = subject.config.policy.inputs.sources.iter().map(|source| source.name.as_str()).collect();
    terminal.line(format_args!(
        "{}: {}, {}, {}",
        files.join(", "),
        counted(errors, "error"),
        counted(warnings, "warning"),
        counted(count(Severity::Information), "note"),
    ))?;
    Ok(exit)
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
