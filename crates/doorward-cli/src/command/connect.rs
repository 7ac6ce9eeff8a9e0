//! `doorward connect`: one remote endpoint on standard input and output. Nothing but messages reaches standard output.

use doorward_server::config::{ConnectRequest, Surroundings, load_connect};
use doorward_server::lifecycle::connect_stdio;

use crate::args::ConnectArgs;
use crate::exit::Exit;
use crate::fault::{Fault, show_diagnostic};
use crate::terminal::Terminal;

pub(super) async fn connect(args: ConnectArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let ConnectArgs { url, token_file, headers, ca, transport } = args;
    let request = ConnectRequest { url, token_file, headers, ca, transport };
    let (config, warnings) = load_connect(&request, &Surroundings::of_process())?;
    warnings.iter().for_each(|warning| show_diagnostic(warning, terminal));
    connect_stdio(config).await?;
    Ok(Exit::Success)
}
