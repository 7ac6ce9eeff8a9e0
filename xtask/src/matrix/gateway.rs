//! The gateway under test: a `doorward serve` in front of servers, and the words that start `doorward run`.
//!
//! It ends with its value, asked politely first, so that it can end its children.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::rules::{LOCAL, Rules, naming};
use super::servers::Server;
use super::{Stage, play};
use crate::peer::free_port;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);

/// In the gateway's environment and in no server's configuration: it must not reach one.
const SECRET: (&str, &str) = ("CASE_SECRET", "doorward-secret-that-must-not-cross");

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// Everyone on this machine.
    None,
    /// Whoever has the token.
    Token,
}

/// What a `doorward serve` is told.
#[derive(Debug)]
pub(super) struct Setup<'a> {
    /// What its files are called.
    pub(super) name: &'a str,
    /// Who may come in.
    pub(super) auth: Auth,
    /// The servers behind it.
    pub(super) servers: &'a [&'a Server],
    /// What its preset allows.
    pub(super) allowed: Rules,
    /// Rules beside the preset.
    pub(super) rules: Option<&'a Path>,
}

/// A running `doorward serve`.
#[derive(Debug)]
pub(super) struct Gateway {
    program: PathBuf,
    child: Child,
    port: u16,
    state: PathBuf,
    allowed: Rules,
    rules: Option<PathBuf>,
    /// What a client shows of itself.
    token: Option<String>,
}

impl Gateway {
    /// Starts `program` as `setup` has it.
    pub(super) fn serve(program: &Path, stage: &Stage, setup: &Setup) -> Result<Self, String> {
        let name = setup.name;
        let failed = |error| format!("cannot write to {}: {error}", stage.folder.display());
        let state = stage.folder.join(format!("state-{name}"));
        fs::create_dir_all(&state).map_err(failed)?;
        let port = free_port()?;
        if setup.allowed == Rules::Named {
            for server in setup.servers {
                fs::write(named_file(stage, server), naming(LOCAL, server)).map_err(failed)?;
            }
        }
        let config = stage.folder.join(format!("{name}.toml"));
        fs::write(&config, configuration(stage, setup, port)).map_err(failed)?;
        let log = File::create(stage.folder.join(format!("logs/serve-{name}.log"))).map_err(failed)?;
        let mut command = Command::new(program);
        command.args(["serve", "--config"]).arg(&config).current_dir(&stage.folder);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log);
        play::isolate(&mut command, stage);
        command.env("XDG_STATE_HOME", &state).env(SECRET.0, SECRET.1);
        let child = command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let rules = setup.rules.map(Path::to_owned);
        let (program, allowed) = (program.to_owned(), setup.allowed);
        let mut gateway = Self { program, child, port, state, allowed, rules, token: None };
        gateway.wait_until_listening(stage, setup)?;
        if setup.auth == Auth::Token {
            let kept = fs::read_to_string(gateway.token_file());
            gateway.token = Some(kept.map_err(|error| format!("there is no token: {error}"))?.trim().to_owned());
        }
        Ok(gateway)
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it allows.
    pub(super) const fn allowed(&self) -> Rules {
        self.allowed
    }

    /// The credentials that it wants, if any.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The address of one server behind it.
    pub(super) fn endpoint(&self, server: &Server) -> String {
        format!("{}/s/{}/mcp", self.url(), server.id)
    }

    /// The address of one server behind it, for clients of HTTP+SSE.
    pub(super) fn sse(&self, server: &Server) -> String {
        format!("{}/s/{}/sse", self.url(), server.id)
    }

    /// The command that brings a client of standard input and output to one server behind it.
    pub(super) fn connect(&self, server: &Server) -> Vec<String> {
        let mut command = vec![self.program.display().to_string(), "connect".to_owned(), self.endpoint(server)];
        if self.token.is_some() {
            command.extend(["--token-file".to_owned(), self.token_file().display().to_string()]);
        }
        command
    }

    /// The address of the face that joins all servers.
    pub(super) fn joint(&self) -> String {
        format!("{}/mcp", self.url())
    }

    /// Where it keeps the token it made.
    pub(super) fn token_file(&self) -> PathBuf {
        self.state.join("doorward/token")
    }

    /// The command that puts `doorward run` in front of `server`, with records of its own under `name`.
    pub(super) fn run(&self, stage: &Stage, server: &Server, name: &str) -> Vec<String> {
        let records = stage.folder.join(format!("run-{}.db", name.replace('/', "-")));
        let mut command: Vec<String> =
            [self.program.to_string_lossy().as_ref(), "run", "--preset", self.allowed.preset()]
                .into_iter()
                .map(str::to_owned)
                .collect();
        for file in policy_files(stage, self.allowed, &[server], self.rules.as_deref()) {
            command.extend(["--policy".to_owned(), file.display().to_string()]);
        }
        command.extend(["--server".to_owned(), server.id.to_owned()]);
        command.extend(["--store".to_owned(), format!("sqlite://{}", records.display())]);
        if let Some(url) = server.url(stage) {
            command.extend(["--url".to_owned(), url]);
            return command;
        }
        for (name, value) in server.variables(stage, "cell") {
            command.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        command.push("--".to_owned());
        command.extend(server.command(stage, "cell"));
        command
    }

    /// Waits for its port, and for its token where it has one: the port is bound first.
    fn wait_until_listening(&mut self, stage: &Stage, setup: &Setup) -> Result<(), String> {
        let log = stage.folder.join(format!("logs/serve-{}.log", setup.name));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            let knows_callers = setup.auth == Auth::None || self.token_file().exists();
            if knows_callers && TcpStream::connect_timeout(&address, POLL).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("`doorward serve` ended with {status} before it listened:\n{said}"));
            }
            std::thread::sleep(POLL);
        }
        Err(format!("`doorward serve` did not listen within {START_LIMIT:?}; see {}", log.display()))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let started = Instant::now();
        while asked.is_ok() && started.elapsed() < STOP_LIMIT {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(POLL);
        }
        // One that does not listen to a polite word is still not left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What stands beside the preset.
fn policy_files(stage: &Stage, allowed: Rules, servers: &[&Server], rules: Option<&Path>) -> Vec<PathBuf> {
    let named = servers.iter().filter(|_| allowed == Rules::Named).map(|server| named_file(stage, server));
    named.chain(rules.map(Path::to_owned)).collect()
}

/// The rules that name what is done at `server`.
fn named_file(stage: &Stage, server: &Server) -> PathBuf {
    stage.folder.join(format!("named-{}.cedar", server.id))
}

fn configuration(stage: &Stage, setup: &Setup, port: u16) -> String {
    let auth = match setup.auth {
        Auth::None => "none",
        Auth::Token => "token",
    };
    let store = json!(format!("sqlite://{}", stage.folder.join(format!("serve-{}.db", setup.name)).display()));
    let mut text = format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\nauth = \"{auth}\"\n\n[admin]\nhttp = \"off\"\n\n\
         [store]\nurl = {store}\n\n[policy]\npreset = \"{}\"\n",
        setup.allowed.preset()
    );
    let files = policy_files(stage, setup.allowed, setup.servers, setup.rules);
    if !files.is_empty() {
        let _ = writeln!(text, "files = {}", json!(files));
    }
    for server in setup.servers {
        // Strings and lists of strings are written alike in JSON and TOML.
        if let Some(url) = server.url(stage) {
            let _ = write!(text, "\n[servers.{}]\nurl = {}\n", server.id, json!(url));
            continue;
        }
        let command = json!(server.command(stage, "cell"));
        let _ = write!(text, "\n[servers.{}]\ncommand = {command}\n", server.id);
        for (name, value) in server.variables(stage, "cell") {
            let _ = writeln!(text, "env.{name} = {}", json!(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::servers::SERVERS;
    use super::*;

    #[test]
    fn every_server_stands_in_the_configuration() {
        let servers: Vec<&Server> = SERVERS.iter().collect();
        let rules = Some(Path::new("/run/rules.cedar"));
        let setup = Setup { name: "open", auth: Auth::None, servers: &servers, allowed: Rules::Open, rules };
        let text = configuration(&Stage::test(), &setup, 4711);
        assert!(text.contains("preset = \"observe\"\nfiles = [\"/run/rules.cedar\"]\n"), "{text}");
        assert!(text.contains("http = \"127.0.0.1:4711\"\nauth = \"none\""), "{text}");
        assert!(text.contains("env.MEMORY_FILE_PATH = \"/run/memory-cell.jsonl\""), "{text}");
        assert!(text.contains("\n[servers.everything-sse]\nurl = \"http://127.0.0.1:4712/sse\"\n"), "{text}");
        for server in SERVERS {
            let reach = if server.url(&Stage::test()).is_some() { "url = \"http://" } else { "command = [\"/cache/" };
            assert!(text.contains(&format!("\n[servers.{}]\n{reach}", server.id)), "{text}");
        }
        assert!(!text.contains(SECRET.0), "{text}");
    }
}
