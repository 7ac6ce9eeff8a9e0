//! `doorward policy definitions`: what the servers offer, in a file.

use doorward_server::config::{Loaded, Surroundings, load};
use doorward_server::lifecycle::{survey, write_down};

use crate::args::DefinitionsArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::{Terminal, inert};

pub(super) async fn definitions(args: &DefinitionsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let Loaded { config, warnings, .. } = load(&args.request(), &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    let (surveyed, _) = survey(&config).await?;
    let mut exit = Exit::Success;
    for server in &surveyed {
        if let Err(refusal) = &server.outcome {
            let told = format!("{}: {}: {}", server.server, refusal.code, refusal.explanation());
            terminal.say(format_args!("left out: {}", inert(&told)));
            exit = Exit::Unreachable;
        }
    }
    let text = format!("{:#}", write_down(&surveyed));
    match &args.output {
        None => terminal.line(text)?,
        Some(file) => {
            std::fs::write(file, text + "\n")
                .map_err(|error| Fault::told(Exit::Failure, format!("cannot write {}: {error}", file.display()), ""))?;
            let tools: usize = surveyed.iter().map(|server| server.tools.len()).sum();
            let servers = surveyed.iter().filter(|server| server.outcome.is_ok()).count();
            terminal.say(format_args!("{tools} tools of {servers} servers written to {}", file.display()));
        }
    }
    Ok(exit)
}
