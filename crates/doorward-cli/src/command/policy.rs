//! `doorward policy`: working with a policy before it is in force.

mod asked;
mod cases;
mod check;
mod definitions;
mod explain;
mod matrix;
mod propose;
mod subject;

pub(super) use subject::Ready;

use crate::args::PolicyCommand;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::Terminal;

pub(super) async fn policy(command: PolicyCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        PolicyCommand::Definitions(args) => definitions::definitions(&args, terminal).await,
        PolicyCommand::Check(args) => check::check(&args, terminal).await,
        PolicyCommand::Test(args) => cases::test(&args, terminal).await,
        PolicyCommand::Matrix(args) => matrix::matrix(&args, terminal).await,
        PolicyCommand::Explain(args) => explain::explain(&args, terminal).await,
        PolicyCommand::Propose(args) => propose::propose(&args, terminal).await,
    }
}
