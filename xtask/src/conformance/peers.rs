//! What is special about the suite's gateway: it observes only, and nobody is asked for a token.

use std::fs;
use std::path::Path;

use crate::peer::{Peer, free_port};

/// Starts the gateway in front of `upstream`.
pub(super) fn gateway(program: &Path, folder: &Path, upstream: &str) -> Result<Peer, String> {
    let failed = |error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let port = free_port()?;
    fs::write(folder.join("doorward.toml"), configuration(port, folder, upstream)).map_err(failed)?;
    Peer::gateway(program, folder, port).map(|(gateway, _)| gateway)
}

fn configuration(port: u16, folder: &Path, upstream: &str) -> String {
    let records = folder.join("records.db");
    format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\nauth = \"none\"\n\n\
         [admin]\nhttp = \"127.0.0.1:0\"\n\n\
         [policy]\npreset = \"observe\"\n\n\
         [store]\nurl = \"sqlite://{}\"\n\n\
         [servers.fixture]\nurl = \"{upstream}\"\n",
        records.display()
    )
}
