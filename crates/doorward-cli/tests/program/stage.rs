//! A folder of a test's own, and the program run in it with nothing of our environment.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_doorward");

/// A folder that is home, state and working directory at once.
pub(crate) struct Stage(PathBuf);

/// How a run ended and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Stage {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("doorward-program-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// A stage with the demonstration's servers configured, and `more` above them.
    pub(crate) fn with_servers(name: &str, more: &str) -> Self {
        let stage = Self::new(name);
        let server = |id: &str| format!("[servers.{id}]\ncommand = [{PROGRAM:?}, \"demo-server\", {id:?}]\n");
        stage.file("doorward.toml", &format!("{more}\n{}{}", server("notes"), server("mail")));
        stage
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(&self.0).env_clear().env("HOME", &self.0).env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Runs with everything put into standard input at once.
    pub(crate) fn pour(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        end(child)
    }

    /// Runs as a client would: a request goes out when the one before was answered. The answers are in `out`.
    pub(crate) fn converse(&self, arguments: &[&str], messages: &[String]) -> Ended {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut out = String::new();
        for message in messages {
            // A program that ends before it has read everything is judged by how it ends.
            let _ = writeln!(input, "{message}");
            if message.contains("\"id\":") {
                output.read_line(&mut out).unwrap();
            }
        }
        drop(input);
        output.read_to_string(&mut out).unwrap();
        Ended { out, ..end(child) }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn end(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
