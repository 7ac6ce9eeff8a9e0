//! `doorward run`: one guarded server on standard input and output. Nothing but messages reaches standard output.

use doorward_server::config::{RunRequest, RunTarget, Surroundings, load_run};
use doorward_server::lifecycle::run_stdio;

use crate::args::RunArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::Terminal;

pub(super) async fn run(args: RunArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (config, warnings) = load_run(&request(args), &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    run_stdio(config).await?;
    Ok(Exit::Success)
}

fn request(args: RunArgs) -> RunRequest {
    let mut settings = args.source.request();
    settings.overrides.extend(args.policy.overrides());
    let target = match args.url {
        Some(url) => RunTarget::Url { url, headers: args.headers },
        None => RunTarget::Command { command: args.command, environment: args.environment },
    };
    RunRequest { server: args.server, target, settings }
}
