//! `doorward labels`: what is assumed of tools where data flows, and why.
//!
//! What it prints of a server's names cannot hide anything from whoever reads it.

mod check;
mod offered;
mod packs;
mod tools;

use crate::args::LabelsCommand;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::Terminal;

pub(super) async fn labels(command: LabelsCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        LabelsCommand::Check(args) => check::check(&args, terminal),
        LabelsCommand::Show(args) => tools::show(&args, terminal).await,
        LabelsCommand::Explain(args) => tools::explain(&args, terminal).await,
        LabelsCommand::Packs(args) => packs::packs(&args, terminal),
    }
}
