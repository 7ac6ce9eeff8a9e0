//! The processes of a run: the fixture, and what stands in front of it. Each ends with its value.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a peer may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// A running peer on a loopback port.
#[derive(Debug)]
pub(super) struct Peer {
    child: Child,
    port: u16,
}

impl Peer {
    /// Starts one of our test peers, which prints the address it listens on.
    pub(super) fn announced(program: &Path, folder: &Path, args: &[&str]) -> Result<Self, String> {
        let log = log_file(program, folder)?;
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            // A peer that ends early closes its side, so this cannot wait for ever.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        match announced_port(&line) {
            Some(port) => Ok(Self { child, port }),
            None => {
                end(&mut child);
                Err(format!("{} said {line:?}, no address", program.display()))
            }
        }
    }

    /// Starts `doorward serve` in front of `upstream`, observing only.
    pub(super) fn gateway(program: &Path, folder: &Path, upstream: &str) -> Result<Self, String> {
        let failed = |error| format!("cannot write to {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(failed)?;
        let port = free_port()?;
        let config = folder.join("doorward.toml");
        fs::write(&config, configuration(port, folder, upstream)).map_err(failed)?;
        let log = log_file(program, folder)?;
        let output = log.try_clone().map_err(failed)?;
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut peer = Self { child, port };
        peer.wait_until_listening(folder)?;
        Ok(peer)
    }

    /// The address of `path` at this peer, for the suite.
    ///
    /// `localhost`, not `127.0.0.1`: the suite tests guards against foreign host names and wants a
    /// name to start from.
    pub(super) fn local_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// The same address for a peer of ours, by number so that no resolver is asked.
    pub(super) fn upstream_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn wait_until_listening(&mut self, folder: &Path) -> Result<(), String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if TcpStream::connect_timeout(&address, POLL).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the gateway ended with {status} before it listened; see {}", folder.display()));
            }
            std::thread::sleep(POLL);
        }
        Err(format!("the gateway did not listen on {address} within {START_LIMIT:?}; see {}", folder.display()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // A child that has already ended refuses the signal and is still reaped.
    let _ = child.kill();
    let _ = child.wait();
}

fn log_file(program: &Path, folder: &Path) -> Result<File, String> {
    let name = program.file_name().map_or_else(|| "peer".into(), |name| name.to_string_lossy());
    let path = folder.join(format!("{name}.log"));
    fs::create_dir_all(folder)
        .and_then(|()| File::create(&path))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn announced_port(line: &str) -> Option<u16> {
    let address = line.strip_prefix("listening on http://127.0.0.1:")?;
    let end = address.find('/').unwrap_or(address.len());
    address.get(..end)?.trim().parse().ok()
}

/// A port that was free a moment ago; the gateway takes its port from its configuration.
fn free_port() -> Result<u16, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port: {error}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_announcement() {
        assert_eq!(announced_port("listening on http://127.0.0.1:4711/mcp\n"), Some(4711));
        assert_eq!(announced_port("listening on http://127.0.0.1:80/\n"), Some(80));
        assert_eq!(announced_port(""), None);
    }

    #[test]
    fn a_peer_that_says_nothing_is_an_error() {
        let folder = std::env::temp_dir().join(format!("doorward-xtask-peer-{}", std::process::id()));
        let error = Peer::announced(Path::new("true"), &folder, &[]).unwrap_err();
        assert!(error.contains("no address"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
