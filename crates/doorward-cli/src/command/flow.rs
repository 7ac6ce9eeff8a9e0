//! `doorward flow`: where data came from and where it went, or could go.
//!
//! It draws from records and definitions alone, and neither holds a value of any message. Names are chosen by servers: they
//! are written out so that they can be nothing but names, whatever the form.

mod drawing;
mod learned;
mod list;
mod mermaid;
mod pairs;
mod report;
mod show;
mod svg;
mod text;

use crate::args::FlowCommand;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::Terminal;

pub(super) async fn flow(command: FlowCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        FlowCommand::Report(args) => report::report(&args, terminal).await,
        FlowCommand::Show(args) => show::show(&args, terminal).await,
        FlowCommand::List(args) => list::list(&args, terminal).await,
        FlowCommand::Learned(args) => learned::learned(&args, terminal).await,
        FlowCommand::Forget(args) => learned::forget(&args, terminal).await,
    }
}
