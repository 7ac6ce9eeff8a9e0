//! Starting a child process and ending it together with everything it has started.
//!
//! Responsible for what the child is given (argv, environment, directory: exactly what is configured) and for leaving
//! nothing of its process group behind. It must never go through a shell, and never reads or writes a message.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use doorward_core::ids::ServerId;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{AccessFlags, Pid, access};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::{ChildSpec, stderr};
use crate::limits::{CHILD_EXIT_WAIT, CHILD_GRACE};

/// How often a process group that is ending is looked at.
const GROUP_LOOK: Duration = Duration::from_millis(20);

/// A running child, its group, and the reader of its standard error. Dropping it kills the group.
#[derive(Debug)]
pub(super) struct Process {
    server: ServerId,
    child: Child,
    group: Group,
    stderr: Option<JoinHandle<()>>,
}

/// The two pipes on which messages travel.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
}

/// The process group a child leads.
#[derive(Debug)]
struct Group(Option<Pid>);

impl Process {
    /// Starts the child. The error is one sentence that names the program and no secret.
    pub(super) fn start(spec: &ChildSpec) -> Result<(Self, Pipes), String> {
        let Some((name, arguments)) = spec.command.split_first() else {
            return Err("No program is configured.".to_owned());
        };
        let program = find(name, spec)?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(spec.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        if let Some(directory) = &spec.directory {
            command.current_dir(directory);
        }
        let shown = name.display();
        let mut child = command.spawn().map_err(|error| not_started(name, spec, &error))?;
        let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("The program '{shown}' was started without pipes."));
        };
        let stderr = child.stderr.take().map(|output| tokio::spawn(stderr::log(spec.server.clone(), output)));
        tracing::debug!(server = %spec.server, process = child.id(), "child started");
        Ok((Self { server: spec.server.clone(), child, group, stderr }, Pipes { stdin, stdout }))
    }

    /// Waits until the child itself has ended; what it started may live on. Safe to drop and ask again.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        self.child.wait().await.ok()
    }

    /// Ends the child and its group: end of input, then SIGTERM, then SIGKILL, each after a grace.
    pub(super) async fn end(mut self, pipes: (Option<ChildStdin>, Option<ChildStdout>)) {
        let (stdin, stdout) = pipes;
        drop(stdin);
        // A child that has gone already gets no grace for what it left behind.
        if timeout_at(Instant::now() + CHILD_GRACE, self.child.wait()).await.is_err() || !self.group.is_gone() {
            self.group.signal(Signal::SIGTERM);
            self.wait_for_group(Instant::now() + CHILD_GRACE).await;
        }
        self.kill(stdout).await;
    }

    /// Ends the child and its group with SIGKILL.
    pub(super) async fn kill(mut self, stdout: Option<ChildStdout>) {
        self.group.signal(Signal::SIGKILL);
        // SIGKILL cannot be refused, so this wait is short.
        let _ = timeout_at(Instant::now() + CHILD_GRACE, self.child.wait()).await;
        self.group.0 = None;
        drop(stdout);
        if let Some(stderr) = self.stderr.as_mut() {
            // Its last words, unless somebody outside the group holds the pipe open.
            let _ = timeout_at(Instant::now() + CHILD_EXIT_WAIT, stderr).await;
        }
        tracing::debug!(server = %self.server, "child ended");
    }

    async fn wait_for_group(&mut self, until: Instant) {
        if timeout_at(until, self.child.wait()).await.is_err() {
            return;
        }
        while Instant::now() < until && !self.group.is_gone() {
            sleep(GROUP_LOOK).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(stderr) = self.stderr.take() {
            stderr.abort();
        }
    }
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // The only failure is that nobody is left to signal.
            let _ = killpg(group, signal);
        }
    }

    fn is_gone(&self) -> bool {
        self.0.is_none_or(|group| killpg(group, None).is_err())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The file to execute, found as a shell would, without one.
fn find(name: &OsStr, spec: &ChildSpec) -> Result<PathBuf, String> {
    if name.as_encoded_bytes().contains(&b'/') {
        // `exec` after a change of directory would read a relative path in the new one; so does this.
        let path = spec.directory.as_deref().unwrap_or(Path::new("")).join(name);
        return if is_program(&path) { Ok(path) } else { Err(missing(name, "as a file that can be executed")) };
    }
    let given = spec.environment.iter().find(|(variable, _)| variable == "PATH");
    let (path, whose) = match given {
        Some((_, path)) => (Some(OsString::from(path)), "in the PATH configured for this server"),
        None => (env::var_os("PATH"), "in the gateway's own PATH"),
    };
    let path = path.unwrap_or_default();
    let mut candidates = env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join(name));
    candidates.find(|candidate| is_program(candidate)).ok_or_else(|| missing(name, whose))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}

fn missing(name: &OsStr, searched: &str) -> String {
    format!("The program '{}' was not found {searched}.", name.display())
}

fn not_started(name: &OsStr, spec: &ChildSpec, error: &std::io::Error) -> String {
    match &spec.directory {
        Some(directory) if !directory.is_dir() => {
            format!("The program '{}' was not started: its directory does not exist.", name.display())
        }
        Some(_) | None => format!("The program '{}' was not started: {}.", name.display(), error.kind()),
    }
}
