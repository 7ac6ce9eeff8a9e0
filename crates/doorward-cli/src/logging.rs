//! Logs for operators: to standard error, human or JSON.

use tracing_subscriber::EnvFilter;

use crate::args::{Command, Global, LogForm};

/// The variable that sets the filter, as `tracing` writes it: `info`, `doorward_server=debug`.
const FILTER_VARIABLE: &str = "DOORWARD_LOG";

/// Starts logging as the flags say.
pub(crate) fn start(global: &Global, command: &Command) {
    let level = match (global.quiet, global.verbose) {
        (1.., _) => "error",
        (0, 0) => usual(command),
        (0, 1) => "info,doorward_server=debug,doorward_store=debug",
        (0, _) => "trace",
    };
    let filter = std::env::var(FILTER_VARIABLE)
        .ok()
        .filter(|text| !text.is_empty())
        .and_then(|text| EnvFilter::try_new(text).ok())
        .unwrap_or_else(|| EnvFilter::new(level));
    let colours = crate::terminal::Terminal::new(global.color).err() == crate::terminal::Paint::Coloured;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // A second start finds the first in place, which serves as well.
    let _ = match global.log {
        LogForm::Human => log.with_target(false).try_init(),
        LogForm::Json => log.json().try_init(),
    };
}

/// A service tells what it does; a command tells only what is wrong.
const fn usual(command: &Command) -> &'static str {
    match command {
        Command::Serve(_) | Command::Run(_) => "info",
        Command::Demo(_) => "error",
        Command::Check(_)
        | Command::Policy(_)
        | Command::Connect(_)
        | Command::Audit(_)
        | Command::Detect(_)
        | Command::Keys(_)
        | Command::Sinks(_)
        | Command::Pins(_)
        | Command::Labels(_)
        | Command::Flow(_)
        | Command::Approvals(_)
        | Command::Stop(_)
        | Command::Resume(_)
        | Command::Explain(_)
        | Command::Config(_)
        | Command::Version(_)
        | Command::Completions(_)
        | Command::DemoServer(_) => "warn",
    }
}
