//! What is special about the suite's gateway: it observes only, and nobody is asked for a token.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::peer::{Peer, free_port};

/// A server behind the gateway.
pub(super) struct Server {
    id: &'static str,
    way: String,
}

impl Server {
    /// A server at an address.
    pub(super) fn at(id: &'static str, url: &str) -> Self {
        Self { id, way: format!("url = {url:?}") }
    }

    /// A child process.
    pub(super) fn child(id: &'static str, program: &Path, args: &[&str]) -> Self {
        let program = program.to_string_lossy().into_owned();
        let command: Vec<&str> = [program.as_str()].into_iter().chain(args.iter().copied()).collect();
        Self { id, way: format!("command = {command:?}") }
    }
}

/// Starts the gateway in front of `servers`.
pub(super) fn gateway(program: &Path, folder: &Path, servers: &[Server]) -> Result<Peer, String> {
    let failed = |error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let port = free_port()?;
    fs::write(folder.join("doorward.toml"), configuration(port, folder, servers)).map_err(failed)?;
    Peer::gateway(program, folder, port).map(|(gateway, _)| gateway)
}

fn configuration(port: u16, folder: &Path, servers: &[Server]) -> String {
    let records = folder.join("records.db");
    let mut text = format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\nauth = \"none\"\n\n\
         [admin]\nhttp = \"127.0.0.1:0\"\n\n\
         [policy]\npreset = \"observe\"\n\n\
         [store]\nurl = \"sqlite://{}\"\n",
        records.display()
    );
    for Server { id, way } in servers {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[servers.{id}]\n{way}\n");
    }
    text
}
