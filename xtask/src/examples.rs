//! `cargo xtask examples`: every runnable set-up under `examples/`, against the release program.
//!
//! An example is a folder with a `run.sh`. It is started in its own folder with `DOORWARD` holding
//! the path of the program; it passes by exiting with status 0 within the limit. Examples must
//! never reach into the workspace: what a reader copies is what runs here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Failure, output, process, workspace};

/// How long one example may take.
const EXAMPLE_LIMIT: Duration = Duration::from_secs(60);

const HELP: &str = "\
Run every set-up under examples/ against the release program.

Usage: cargo xtask examples [NAME…]

Each examples/NAME/run.sh is started with DOORWARD set to the path of the program and has 60 s.
Build the program first: cargo build --release -p doorward-cli
Set DOORWARD yourself to run the examples against another build.";

/// Runs the examples that `args` name, or all of them.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let scripts = chosen(&workspace::root().join("examples"), args)?;
    let program = program().map_err(Failure::Task)?;
    let failures: Vec<String> = scripts.iter().filter_map(|script| play(script, &program).err()).collect();
    if failures.is_empty() {
        output::line(format_args!("{} examples passed", scripts.len()));
        return Ok(());
    }
    Err(Failure::Task(failures.join("\n")))
}

fn chosen(folder: &Path, names: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let all = scripts(folder).map_err(Failure::Task)?;
    for name in names {
        if !all.iter().any(|script| is_named(script, name)) {
            return Err(Failure::Usage(format!("there is no examples/{name}/run.sh")));
        }
    }
    Ok(all.into_iter().filter(|script| names.is_empty() || names.iter().any(|name| is_named(script, name))).collect())
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut scripts: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("run.sh"))
        .filter(|script| script.is_file())
        .collect();
    scripts.sort();
    if scripts.is_empty() {
        // A run that tests nothing must not look like one that passed.
        return Err(format!("{} holds no example with a run.sh", folder.display()));
    }
    Ok(scripts)
}

fn is_named(script: &Path, name: &str) -> bool {
    script.parent().and_then(Path::file_name).is_some_and(|folder| folder == name)
}

/// The program under test: what DOORWARD names, or the release build.
pub(crate) fn program() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("DOORWARD") {
        return Ok(PathBuf::from(path));
    }
    let path = workspace::load()?.target.join("release").join("doorward");
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} does not exist; build it with `cargo build --release -p doorward-cli`", path.display()))
}

fn play(script: &Path, program: &Path) -> Result<(), String> {
    let folder = script.parent().unwrap_or(script);
    output::line(format_args!("example {}", folder.display()));
    let started = Instant::now();
    let mut command = Command::new("bash");
    command.arg(script).current_dir(folder).env("DOORWARD", program);
    let result = process::run_within(&mut command, EXAMPLE_LIMIT);
    let seconds = started.elapsed().as_secs_f64();
    match &result {
        Ok(()) => output::line(format_args!("  passed in {seconds:.1} s")),
        Err(reason) => output::line(format_args!("  FAILED in {seconds:.1} s: {reason}")),
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("doorward-xtask-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("one")).unwrap();
        folder
    }

    #[test]
    fn a_folder_without_examples_is_a_failure() {
        let folder = folder("empty");
        assert!(scripts(&folder).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_example_gets_the_program_and_passes_by_its_status() {
        let folder = folder("status");
        let script = folder.join("one").join("run.sh");
        std::fs::write(&script, "test \"$DOORWARD\" = /bin/doorward").unwrap();
        assert_eq!(scripts(&folder).unwrap(), std::slice::from_ref(&script));
        assert_eq!(play(&script, Path::new("/bin/doorward")), Ok(()));
        assert!(play(&script, Path::new("/bin/other")).is_err());
        assert!(matches!(chosen(&folder, &["two".to_owned()]), Err(Failure::Usage(_))));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
