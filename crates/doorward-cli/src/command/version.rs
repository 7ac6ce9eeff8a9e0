//! `doorward version`.

use doorward_core::record::RECORD_VERSION;
use doorward_mcp::revision::Revision;
use serde_json::json;

use crate::args::VersionArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::Terminal;

pub(super) fn version(args: &VersionArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let number = env!("CARGO_PKG_VERSION");
    if args.json {
        let revisions: Vec<&str> = Revision::ALL.iter().map(|revision| revision.as_str()).collect();
        let object = json!({
            "version": 1,
            "doorward": number,
            "protocol_revisions": revisions,
            "record_version": RECORD_VERSION,
        });
        terminal.line(object)?;
    } else {
        terminal.line(format_args!("doorward {number}"))?;
    }
    Ok(Exit::Success)
}
