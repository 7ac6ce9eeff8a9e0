//! What is special about a benchmark's peers: who is called as whom, and what is read of the gateway.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::peer::{Peer, free_port};

/// How long the gateway may take until its token can be found.
const TOKEN_LIMIT: Duration = Duration::from_secs(30);

/// What a token of the gateway's begins with.
const TOKEN_PREFIX: &str = "dw_";

/// Where and as whom to call, and what to measure there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Endpoint {
    /// The address.
    pub(super) url: String,
    /// Bearer token to present.
    pub(super) token: Option<String>,
    /// The process whose CPU time and memory count.
    pub(super) process: Option<u32>,
}

impl Endpoint {
    /// Tells the load generator about this endpoint.
    pub(super) fn name_to(&self, command: &mut Command) {
        command.args(["--url", &self.url]);
        if let Some(token) = &self.token {
            command.args(["--token", token]);
        }
        if let Some(process) = self.process {
            command.args(["--pid", &process.to_string()]);
        }
    }
}

/// Starts the gateway in front of `upstream`, `more` in its configuration; also returns how long it took to listen.
pub(super) fn gateway(program: &Path, folder: &Path, upstream: &str, more: &str) -> Result<(Peer, Duration), String> {
    let failed = |error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(folder.join("records")).map_err(failed)?;
    let port = free_port()?;
    fs::write(folder.join("doorward.toml"), configuration(port, folder, upstream) + more).map_err(failed)?;
    fs::write(folder.join("bench.cedar"), RULES).map_err(failed)?;
    Peer::gateway(program, folder, port)
}

/// Configuration without guards.
pub(super) const UNGUARDED: &str = "\n[guards]\nall = \"off\"\n";

/// `path` at `peer`, which is then also the process measured.
pub(super) fn endpoint(peer: &Peer, path: &str, token: Option<String>) -> Endpoint {
    Endpoint { url: peer.url(path), token, process: Some(peer.process()) }
}

/// The token that the gateway printed when it started, or keeps in its state folder.
pub(super) fn token(folder: &Path) -> Result<String, String> {
    let started = Instant::now();
    // It may print it a moment after it listens.
    while started.elapsed() < TOKEN_LIMIT {
        if let Some(token) = find_token(folder, 0) {
            return Ok(token);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("the gateway neither printed a token nor stored one; see {}", folder.display()))
}

/// Memory of `peer` resident now, in MiB; nothing where the system does not tell.
pub(super) fn resident_mib_of(peer: &Peer) -> Option<f64> {
    resident_mib(&fs::read_to_string(format!("/proc/{}/status", peer.process())).ok()?)
}

/// A line about the machine: figures mean little without it.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|load| load.split(' ').next()).unwrap_or("unknown");
    format!("machine: {cores} cores; load before the run: {load}")
}

/// The token in one of the files below `folder`: the gateway's log, or what it stored.
fn find_token(folder: &Path, depth: usize) -> Option<String> {
    // Deeper than the gateway's state folder there is nothing to look for.
    if depth > 3 {
        return None;
    }
    let paths: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    let in_file = |path: &PathBuf| token_in(&fs::read_to_string(path).ok()?);
    // The store is no text and may be large.
    let files = paths.iter().filter(|path| path.is_file() && !path.to_string_lossy().contains("records"));
    let folders = paths.iter().filter(|path| path.is_dir());
    files.filter_map(in_file).next().or_else(|| folders.filter_map(|path| find_token(path, depth + 1)).next())
}

fn token_in(text: &str) -> Option<String> {
    let is_token = |word: &&str| word.starts_with(TOKEN_PREFIX) && word.len() > TOKEN_PREFIX.len() + 20;
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    words.find(is_token).map(str::to_owned)
}

fn resident_mib(status: &str) -> Option<f64> {
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

fn configuration(port: u16, folder: &Path, upstream: &str) -> String {
    let records = folder.join("records/records.db");
    format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\n\n\
         [admin]\nhttp = \"127.0.0.1:0\"\n\n\
         [policy]\npreset = \"guarded\"\nfiles = [\"bench.cedar\"]\n\n\
         [store]\nurl = \"sqlite://{}\"\ndurability = \"relaxed\"\n\n\
         [servers.bare]\nurl = \"{upstream}/mcp\"\n",
        records.display()
    )
}

/// The rules beside the preset: a dozen, some of which look at the arguments of every call.
const RULES: &str = include_str!("bench.cedar");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_its_line() {
        let status = "VmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nRssAnon:\t    99 kB\n";
        assert_eq!(resident_mib(status), Some(10.0));
        assert_eq!(resident_mib("Name:\tkthread\n"), None);
    }

    #[test]
    fn a_token_is_found_wherever_the_gateway_says_it() {
        let token = format!("dw_{}", "Ab-_".repeat(10));
        assert_eq!(token_in(&format!("token: {token}\n")), Some(token.clone()));
        assert_eq!(token_in(&format!("Authorization: Bearer {token}.")), Some(token.clone()));
        assert_eq!(token_in("no dw_ token, no dw_file"), None);
        let folder = std::env::temp_dir().join(format!("doorward-xtask-bench-{}", std::process::id()));
        fs::create_dir_all(folder.join("state/doorward")).unwrap();
        assert_eq!(find_token(&folder, 0), None);
        fs::write(folder.join("state/doorward/token"), &token).unwrap();
        assert_eq!(find_token(&folder, 0), Some(token));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_configuration_names_policy_store_and_upstream() {
        let text = configuration(8420, Path::new("/f"), "http://127.0.0.1:9");
        assert!(text.contains("files = [\"bench.cedar\"]"), "{text}");
        assert!(text.contains("url = \"sqlite:///f/records/records.db\""), "{text}");
        assert!(text.contains("url = \"http://127.0.0.1:9/mcp\""), "{text}");
    }
}
