//! What a command about policy works on: the policy, and what the servers offer.

use std::path::Path;

use doorward_policy::{Engine, LoadErrors};
use doorward_server::config::{Config, Loaded, Surroundings, load};
use doorward_server::lifecycle::{RecallError, Surveyed, recall, survey};

use crate::args::SubjectArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::Terminal;

/// The policy and what it is about.
pub(super) struct Subject {
    pub(super) config: Config,
    pub(super) surveyed: Vec<Surveyed>,
    pub(super) engine: Result<Engine, LoadErrors>,
}

/// A policy that loads, and what it is about.
pub(in crate::command) struct Ready {
    pub(in crate::command) config: Config,
    pub(in crate::command) surveyed: Vec<Surveyed>,
    pub(in crate::command) engine: Engine,
}

impl Subject {
    /// Reads the configuration and asks the servers what they offer, or the file of definitions when one is named.
    pub(super) async fn of(args: &SubjectArgs, terminal: &Terminal) -> Result<Self, Fault> {
        let Loaded { config, warnings, .. } = load(&args.request(), &Surroundings::of_process())?;
        warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
        let (surveyed, engine) = match &args.definitions {
            None => survey(&config).await?,
            Some(file) => recalled(&config, file)?,
        };
        Ok(Self { config, surveyed, engine })
    }

    pub(super) fn has_unreached(&self) -> bool {
        self.surveyed.iter().any(|server| server.outcome.is_err())
    }

    pub(super) fn tell_unreached(&self, terminal: &Terminal) {
        for server in &self.surveyed {
            if let Err(refusal) = &server.outcome {
                let told = format!("{}: {}: {}", server.server, refusal.code, refusal.explanation());
                terminal.say(format_args!("what this server offers is not known: {}", crate::terminal::inert(&told)));
            }
        }
    }
}

impl Ready {
    /// The policy ready to be asked; the fault when it does not load. Servers that could not be looked at are told.
    pub(in crate::command) async fn of(args: &SubjectArgs, terminal: &Terminal) -> Result<Self, Fault> {
        let subject = Subject::of(args, terminal).await?;
        subject.tell_unreached(terminal);
        let engine = subject.engine.map_err(Fault::Policy)?;
        engine.warnings().iter().for_each(|warning| show_diagnostic(warning, terminal));
        Ok(Self { config: subject.config, surveyed: subject.surveyed, engine })
    }
}

fn recalled(config: &Config, file: &Path) -> Result<(Vec<Surveyed>, Result<Engine, LoadErrors>), Fault> {
    let unusable = |why: String| {
        let what = format!("the definitions in {} cannot be used: {why}", file.display());
        Fault::told(Exit::Invalid, what, "Write them with 'doorward policy definitions -o FILE'.")
    };
    let text = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    recall(config, &text).map_err(|error| match error {
        RecallError::Form(why) => unusable(why),
        RecallError::Start(error) => error.into(),
    })
}
