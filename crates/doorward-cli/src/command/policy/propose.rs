//! `doorward policy propose`: the narrowest exception for a refused call, to review and to paste.

use doorward_core::access::Observed;
use doorward_policy::{Proposal, Source};
use doorward_server::lifecycle::load_against;

use super::asked::Asked;
use super::subject::Ready;
use crate::args::ProposeArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, inert};

pub(super) async fn propose(args: &ProposeArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let asked = Asked::of(&args.asked, &args.subject).await?;
    let ready = Ready::of(&args.subject, terminal).await?;
    let seen = ready.engine.presumed(&asked.request, &Observed::default());
    match ready.engine.propose(&asked.request, &seen) {
        Proposal::Nothing(why) => Err(Fault::told(Exit::Failure, format!("nothing to propose: {}", inert(&why)), "")),
        Proposal::Exception(text) => {
            terminal.line(text.trim_end())?;
            Ok(Exit::Success)
        }
        Proposal::Permit(text) => {
            terminal.line(text.trim_end())?;
            try_out(&ready, &asked, text, terminal);
            Ok(Exit::Success)
        }
    }
}

/// Says what would become of the call if the rule were added.
fn try_out(ready: &Ready, asked: &Asked, text: String, terminal: &Terminal) {
    let mut policy = ready.config.policy.clone();
    policy.inputs.sources.push(Source { name: "the proposal".to_owned(), text });
    match load_against(&ready.config, &policy, &ready.surveyed) {
        Ok(engine) => {
            let seen = engine.presumed(&asked.request, &Observed::default());
            let why = engine.why(&asked.request, &seen);
            terminal.say(format_args!("with this rule: {}", inert(&why.decided)));
        }
        Err(errors) => {
            errors.findings().iter().for_each(|finding| show_diagnostic(finding, terminal));
            terminal.say("this rule does not load beside the others as it stands");
        }
    }
}
