//! The program `doorward`.
//!
//! Responsible for the command line: what a person types, what it means, and what they are shown. Standard output is
//! data, standard error is talk. It must never decide anything about a message.

mod args;
mod command;
mod demo;
mod demo_server;
mod exit;
mod fault;
mod limits;
mod logging;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use terminal::Terminal;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(typed: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(typed) {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody is there to be told that standard error is closed.
            let _ = error.print();
            return if error.use_stderr() { exit::Exit::Usage.into() } else { exit::Exit::Success.into() };
        }
    };
    let terminal = Terminal::new(cli.global.color);
    logging::start(&cli.global, &cli.command);
    let exit = match command::perform(cli.command, &terminal) {
        Ok(exit) => exit,
        Err(fault) => {
            fault.show(&terminal);
            fault.exit()
        }
    };
    exit.into()
}
