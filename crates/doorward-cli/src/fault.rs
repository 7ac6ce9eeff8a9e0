//! What went wrong, told to the person at the terminal: what, where, what to do. Printed once, with its whole cause.

use std::error::Error;
use std::io;

use doorward_core::refusal::{Code, Refusal};
use doorward_policy::LoadErrors;
use doorward_server::config::ConfigErrors;
use doorward_server::lifecycle::StartError;
use doorward_server::pins::DecideError;
use doorward_store::StoreError;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use crate::exit::Exit;
use crate::terminal::{Paint, Terminal, Tone};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The configuration cannot be used.
    Config(ConfigErrors),
    /// The policy does not load.
    Policy(LoadErrors),
    /// Anything else.
    Told { exit: Exit, what: String, advice: &'static str },
    /// Whoever read our output has gone, and needs no more of it.
    NobodyReads,
}

impl Fault {
    /// A fault in words.
    pub(crate) fn told(exit: Exit, what: impl Into<String>, advice: &'static str) -> Self {
        Self::Told { exit, what: what.into(), advice }
    }

    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Policy(_) => Exit::Invalid,
            Self::Told { exit, .. } => *exit,
            Self::NobodyReads => Exit::Success,
        }
    }

    pub(crate) fn show(&self, terminal: &Terminal) {
        match self {
            Self::Config(errors) => {
                errors.problems().iter().for_each(|problem| show_diagnostic(problem, terminal));
                terminal.say(format_args!("{} {errors}", terminal.err().paint(Tone::Bad, "error:")));
            }
            Self::Policy(errors) => {
                errors.findings().iter().for_each(|finding| show_diagnostic(finding, terminal));
                terminal.say(format_args!("{} {errors}", terminal.err().paint(Tone::Bad, "error:")));
            }
            Self::Told { what, advice, .. } => {
                terminal.say(format_args!("{} {what}", terminal.err().paint(Tone::Bad, "error:")));
                if !advice.is_empty() {
                    terminal.say(format_args!("  {advice}"));
                }
            }
            Self::NobodyReads => {}
        }
    }
}

/// An excerpt of the file with the place marked, the message and the advice.
pub(crate) fn show_diagnostic(diagnostic: &dyn Diagnostic, terminal: &Terminal) {
    let theme = match terminal.err() {
        Paint::Coloured => GraphicalTheme::unicode(),
        Paint::Plain => GraphicalTheme::unicode_nocolor(),
    };
    let mut text = String::new();
    let rendered = GraphicalReportHandler::new_themed(theme).with_width(120).render_report(&mut text, diagnostic);
    match rendered {
        Ok(()) => terminal.say(text.trim_end()),
        Err(_) => terminal.say(diagnostic),
    }
}

/// An error and everything that caused it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl From<ConfigErrors> for Fault {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

impl From<StartError> for Fault {
    fn from(error: StartError) -> Self {
        let (exit, advice) = match &error {
            StartError::Policy(errors) => return Self::Policy(errors.clone()),
            StartError::Listen { .. } | StartError::Token(_) | StartError::Stdio(_) | StartError::Signals(_) => {
                (Exit::Failure, "")
            }
            StartError::Store(_) => {
                (Exit::Failure, "Look at [store] url: the folder must exist or be creatable, and be writable by you.")
            }
            StartError::Unreached { refusal } => (Exit::Unreachable, unreached(refusal)),
            StartError::Tls(_) => (Exit::Invalid, "Correct the files that [listen.tls] names."),
            StartError::Certificates(_) => {
                (Exit::Invalid, "Name a file of certificates in PEM form with --ca, or leave --ca out.")
            }
            StartError::Endpoint { .. }
            | StartError::Header { .. }
            | StartError::Url { .. }
            | StartError::Roots { .. } => (Exit::Invalid, "Correct the server's entry in the configuration."),
        };
        Self::told(exit, chain(&error), advice)
    }
}

/// What to do about an endpoint that does not answer us.
fn unreached(refusal: &Refusal) -> &'static str {
    let credentials = ["HTTP 401", "HTTP 403"].iter().any(|status| refusal.detail.contains(status));
    if refusal.code == Code::UpstreamHttp && credentials {
        "It wants other credentials: give its token with --token-file FILE or in DOORWARD_TOKEN."
    } else if refusal.code == Code::Unreachable {
        "Look at the address and whether its server runs; for https, whether --ca is needed."
    } else {
        "Look at the address: it ends like /mcp, or like /sse for HTTP+SSE."
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::told(Exit::Failure, chain(&error), "Name the store with --store sqlite:///path/records.db.")
    }
}

impl From<DecideError> for Fault {
    fn from(error: DecideError) -> Self {
        Self::told(Exit::Failure, chain(&error), "Look at 'doorward pins list' for what holds.")
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::NobodyReads;
        }
        Self::told(Exit::Failure, error.to_string(), "")
    }
}
