//! Processes that tasks start: test peers that announce where they listen, and the gateway. Each ends with its value.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long the gateway may take until it accepts connections.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How often a starting gateway is asked whether it accepts connections: what is measured lies
/// around ten milliseconds.
const POLL: Duration = Duration::from_micros(500);

/// A running peer on a loopback port.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    port: u16,
}

impl Peer {
    /// Starts one of our test peers, which prints the address it listens on.
    pub(crate) fn announced(program: &Path, folder: &Path, args: &[&str]) -> Result<Self, String> {
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
                Err(format!("{} said {line:?}, no address; see {}", program.display(), folder.display()))
            }
        }
    }

    /// Starts `doorward serve` with the configuration at `folder/doorward.toml`, which listens on
    /// `port`; also returns how long it took to listen. Nothing of our environment is passed on:
    /// settings in it would outrank the configuration.
    pub(crate) fn gateway(program: &Path, folder: &Path, port: u16) -> Result<(Self, Duration), String> {
        let log = log_file(program, folder)?;
        let output = log.try_clone().map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        let started = Instant::now();
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(folder.join("doorward.toml"))
            .env_clear()
            .env("HOME", folder.join("home"))
            .env("XDG_STATE_HOME", folder.join("home/state"))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut peer = Self { child, port };
        peer.wait_until_listening(started, folder)?;
        let took = started.elapsed();
        Ok((peer, took))
    }

    /// The address of `path` at this peer, by number so that no resolver is asked.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The same address by name.
    pub(crate) fn local_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_listening(&mut self, started: Instant, folder: &Path) -> Result<(), String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        while started.elapsed() < START_LIMIT {
            if TcpStream::connect(address).is_ok() {
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

/// Ports that no system hands out by itself (Linux: from 32768 on), so that nobody else is given one of them between being
/// chosen here and being listened on.
const PORTS: Range<u16> = 20_000..30_000;

/// A port nobody listens on; another at every call.
pub(crate) fn free_port() -> Result<u16, String> {
    static CHOSEN: AtomicU32 = AtomicU32::new(0);
    let width = u32::from(PORTS.end - PORTS.start);
    for _ in 0..width {
        let turn = std::process::id().wrapping_mul(97).wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed)) % width;
        let port = PORTS.start + u16::try_from(turn).map_err(|error| error.to_string())?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(format!("no port between {} and {} is free", PORTS.start, PORTS.end))
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
