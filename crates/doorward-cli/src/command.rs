//! What each command does, one file each.

mod approvals;
mod audit;
mod check;
mod config;
mod connect;
mod detect;
mod explain;
mod flow;
mod keys;
mod labels;
mod pins;
mod policy;
mod run;
mod serve;
mod sinks;
mod stop;
mod version;

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::CommandFactory;
use doorward_core::time::Timestamp;
use nix::unistd::{Uid, User};

use crate::args::{AuditCommand, Cli, Command, ConfigCommand};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, visible};

/// Performs the command and says how it ended.
pub(crate) fn perform(command: Command, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        Command::Demo(args) => block_on(crate::demo::demo(&args, terminal)),
        Command::Run(args) => block_on(run::run(args, terminal)),
        Command::Connect(args) => block_on(connect::connect(args, terminal)),
        Command::Serve(args) => block_on(serve::serve(&args, terminal)),
        Command::Check(args) => block_on(check::check(&args, terminal)),
        Command::Policy(command) => block_on(policy::policy(command, terminal)),
        Command::Audit(AuditCommand::Tail(args)) => block_on(audit::tail(&args, terminal)),
        Command::Audit(AuditCommand::Query(args)) => block_on(audit::query(&args, terminal)),
        Command::Audit(AuditCommand::Show(args)) => block_on(audit::show(&args, terminal)),
        Command::Audit(AuditCommand::Key(args)) => block_on(audit::key(&args, terminal)),
        Command::Audit(AuditCommand::Export(args)) => block_on(audit::export(&args, terminal)),
        Command::Audit(AuditCommand::Verify(args)) => block_on(audit::verify(&args, terminal)),
        Command::Audit(AuditCommand::Prove(args)) => block_on(audit::prove(&args, terminal)),
        Command::Audit(AuditCommand::Check(args)) => audit::check(&args, terminal),
        Command::Detect(command) => block_on(detect::detect(command, terminal)),
        Command::Keys(command) => block_on(keys::keys(command, terminal)),
        Command::Pins(command) => block_on(pins::pins(command, terminal)),
        Command::Labels(command) => block_on(labels::labels(command, terminal)),
        Command::Flow(command) => block_on(flow::flow(command, terminal)),
        Command::Approvals(command) => block_on(approvals::approvals(command, terminal)),
        Command::Stop(command) => block_on(stop::stop(command, terminal)),
        Command::Resume(args) => block_on(stop::resume(args, terminal)),
        Command::Sinks(command) => block_on(sinks::sinks(command, terminal)),
        Command::Explain(args) => explain::explain(args.code.as_deref(), terminal),
        Command::Config(ConfigCommand::Show(args)) => config::show(&args, terminal),
        Command::Config(ConfigCommand::Validate(args)) => config::validate(&args, terminal),
        Command::Version(args) => version::version(&args, terminal),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "doorward", &mut script);
            terminal.line(String::from_utf8_lossy(&script).trim_end())?;
            Ok(Exit::Success)
        }
        Command::DemoServer(args) => crate::demo_server::serve(args.which),
    }
}

fn block_on(work: impl Future<Output = Result<Exit, Fault>>) -> Result<Exit, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(work);
    // A read of standard input cannot be interrupted; a client that sends nothing more must not keep us alive.
    runtime.shutdown_background();
    ended
}

/// The user of the system who runs this, for the record. What the environment says does not count.
fn whoever_runs_this() -> String {
    let uid = Uid::current();
    match User::from_uid(uid) {
        Ok(Some(user)) => format!("{} (uid {uid})", visible(&user.name)),
        Ok(None) | Err(_) => format!("uid {uid}"),
    }
}

/// The time of this command.
fn now() -> Timestamp {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}
