//! What everything is played on: a file that lies in wait, a database, real servers, and a gateway before them.
//!
//! The servers are started by the words that people put into their configurations (`npx -y …`, `uvx …`); small scripts in
//! their place start what is installed.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::matrix::install::Installed;
use crate::{peer, process, workspace};

/// How long a gateway may take until it serves, and until it has ended.
const GATEWAY_LIMIT: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(20);

/// Some of what the database holds, none of which may be anywhere but there and with the agent.
pub(super) const SECRETS: [&str; 4] =
    ["Grete Hermann", "hermann@customers.example", "Sophie Kowalevski", "+49 30 901820"];

const TABLE: &str = "
import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.execute('CREATE TABLE customers (name TEXT, email TEXT, phone TEXT, balance INTEGER)')
base.executemany('INSERT INTO customers VALUES (?, ?, ?, ?)', [
    ('Grete Hermann', 'hermann@customers.example', '+49 30 901820', 1250),
    ('Sophie Kowalevski', 'sophie@customers.example', '+46 8 16 20 00', 310),
])
base.commit()
";

/// The folder of a run, and what is installed.
#[derive(Debug)]
pub(super) struct Stage {
    folder: PathBuf,
    program: PathBuf,
    node: PathBuf,
    python: PathBuf,
}

impl Stage {
    /// Puts down everything but what depends on ports.
    pub(super) fn set(program: PathBuf, installed: &Installed, folder: PathBuf) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot prepare {}: {error}", folder.display());
        // What an earlier run left would be taken for this run's.
        let _ = fs::remove_dir_all(&folder);
        for part in ["bin", "work", "logs", "state"] {
            fs::create_dir_all(folder.join(part)).map_err(failed)?;
        }
        let files = installed.node_modules().join("@modelcontextprotocol/server-filesystem/dist/index.js");
        let node = installed.node().display();
        let npx = format!("exec {node} {} \"${{@:3}}\"", files.display());
        let (python1, python2) = (installed.python1().display(), installed.python2().display());
        let uvx = format!(
            "case $1 in\nmcp-server-sqlite) exec {python1} -c 'import mcp_server_sqlite as s; s.main()' \"${{@:2}}\" ;;\n\
             mcp-server-fetch) exec {python2} -m mcp_server_fetch \"${{@:2}}\" ;;\nesac\nexit 1"
        );
        for (name, text) in [("npx", npx), ("uvx", uvx)] {
            let script = folder.join("bin").join(name);
            fs::write(&script, format!("#!/usr/bin/env bash\n{text}\n")).map_err(failed)?;
            fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).map_err(failed)?;
        }
        for name in ["agent.py", "agent.mjs"] {
            fs::copy(workspace::root().join("xtask/flow").join(name), folder.join(name)).map_err(failed)?;
        }
        std::os::unix::fs::symlink(installed.node_modules(), folder.join("node_modules")).map_err(failed)?;
        process::run(Command::new(installed.python2()).args(["-c", TABLE]).arg(folder.join("customers.db")))?;
        let (node, python) = (installed.node().to_owned(), installed.python2().to_owned());
        Ok(Self { folder, program, node, python })
    }

    /// Where everything lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Node.js.
    pub(super) fn node(&self) -> &Path {
        &self.node
    }

    /// Python with `mcp` 2.x.
    pub(super) fn python(&self) -> &Path {
        &self.python
    }

    /// A file that takes what a process says.
    pub(super) fn log(&self, name: &str) -> Result<File, String> {
        let path = self.folder.join("logs").join(format!("{name}.log"));
        File::create(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// Writes a file into the folder that the file server shows; its path.
    pub(super) fn file(&self, name: &str, text: &str) -> Result<String, String> {
        let path = self.folder.join("work").join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path.display().to_string())
    }

    /// `program` in a place of its own: our settings must not steer what is tested.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.folder.join("bin").display());
        command.current_dir(&self.folder).env_clear().env("PATH", path).env("HOME", self.folder.join("state"));
        command
    }
}

/// A running `doorward serve`.
#[derive(Debug)]
pub(super) struct Gateway<'a> {
    stage: &'a Stage,
    child: Child,
    name: String,
    store: String,
    url: String,
}

impl<'a> Gateway<'a> {
    /// Starts one with records of its own and these policies on the flow of data.
    pub(super) fn serve(stage: &'a Stage, name: &str, policies: &[&str]) -> Result<Self, String> {
        let port = peer::free_port()?;
        let store = format!("sqlite://{}", stage.folder.join(format!("{name}.db")).display());
        let config = stage.folder.join(format!("{name}.toml"));
        fs::write(&config, configuration(&stage.folder, port, &store, policies)).map_err(|error| error.to_string())?;
        let log = stage.log(name)?;
        let mut command = stage.command(&stage.program);
        command.args(["serve", "--config"]).arg(&config);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(|error| error.to_string())?).stderr(log);
        let child = command.spawn().map_err(|error| format!("cannot start the gateway: {error}"))?;
        let mut gateway = Self { stage, child, name: name.to_owned(), store, url: format!("http://127.0.0.1:{port}") };
        gateway.wait(port)?;
        Ok(gateway)
    }

    /// What its files are called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What the program says on its standard output to a command on this gateway's store.
    pub(super) fn told(&self, words: &[&str]) -> Result<String, String> {
        process::capture(self.stage.command(&self.stage.program).args(words).args(["--store", &self.store]))
    }

    /// The same, as JSON: of several lines, one value each.
    pub(super) fn told_json(&self, words: &[&str]) -> Result<Vec<Value>, String> {
        let text = self.told(words)?;
        let lines = text.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{line:?}: {error}")));
        lines.collect()
    }

    /// The newest records; they are written a moment after what they tell of, so `exchange` is waited for.
    pub(super) fn records(&self, exchange: Option<&str>) -> Result<Vec<Value>, String> {
        let started = Instant::now();
        loop {
            let records = self.told_json(&["audit", "query", "--json", "--limit", "500"])?;
            let is_it = |record: &Value| record.get("exchange").and_then(Value::as_str) == exchange;
            if exchange.is_none() || records.iter().any(is_it) {
                return Ok(records);
            }
            if started.elapsed() > GATEWAY_LIMIT {
                return Err(format!("no record tells of {exchange:?}"));
            }
            std::thread::sleep(POLL);
        }
    }

    fn wait(&mut self, port: u16) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < GATEWAY_LIMIT {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let said = fs::read_to_string(self.stage.folder.join("logs").join(format!("{}.log", self.name)));
                return Err(format!("the gateway ended with {status}:\n{}", said.unwrap_or_default()));
            }
            std::thread::sleep(POLL);
        }
        Err(format!("the gateway did not listen within {GATEWAY_LIMIT:?}"))
    }
}

impl Drop for Gateway<'_> {
    fn drop(&mut self) {
        // Politely, so that it ends the servers.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let started = Instant::now();
        while asked.is_ok() && started.elapsed() < GATEWAY_LIMIT {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Guards only observe and no one runs out of questions: what is refused is refused by the flow of data.
fn configuration(folder: &Path, port: u16, store: &str, policies: &[&str]) -> String {
    // Strings and lists of strings are written alike in JSON and TOML.
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.join("bin").display());
    let servers = [
        ("files", json!(["npx", "-y", "@modelcontextprotocol/server-filesystem", folder.join("work")])),
        ("customers", json!(["uvx", "mcp-server-sqlite", "--db-path", folder.join("customers.db")])),
        ("web", json!(["uvx", "mcp-server-fetch", "--allow-private-ips"])),
    ];
    let servers =
        servers.map(|(id, command)| format!("\n[servers.{id}]\ncommand = {command}\nenv.PATH = {}\n", json!(path)));
    format!(
        "[listen]\nhttp = \"127.0.0.1:{port}\"\nauth = \"none\"\n\n[admin]\nhttp = \"off\"\n\n[store]\nurl = {}\n\n\
         [policy]\npreset = \"observe\"\n\n[guards]\npreset = \"observe\"\n\n[approvals]\nper_hour = 100\n\n\
         [flow]\nbegin_task = true\npolicies = {}\n{}",
        json!(store),
        json!(policies),
        servers.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_the_servers_and_the_policies() {
        let text = configuration(Path::new("/run"), 4711, "sqlite:///run/x.db", &["trifecta"]);
        assert!(text.contains("policies = [\"trifecta\"]\n"), "{text}");
        assert!(
            text.contains("[servers.web]\ncommand = [\"uvx\",\"mcp-server-fetch\",\"--allow-private-ips\"]\n"),
            "{text}"
        );
        assert!(SECRETS.iter().all(|secret| TABLE.contains(secret)));
    }
}
