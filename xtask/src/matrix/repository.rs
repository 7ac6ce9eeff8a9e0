//! The repository that the git server works on.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process;

/// Makes a repository with one commit, the same on every machine.
pub(super) fn make(folder: &Path) -> Result<(), String> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada Doorward");
            command.env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        // The settings and hooks of whoever runs this have no say here.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        process::run(command.arg("-C").arg(folder).args(args).stdout(Stdio::null()))
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    git(&["commit", "--quiet", "--allow-empty", "--message", "A first commit"])
}
