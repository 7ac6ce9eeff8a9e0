//! `cargo xtask guide`: the newcomer's path of the guide on policies, exactly as the page says it, with the real servers.
//!
//! The section's blocks are taken from the page: a block under a line that names a file in backquotes is written to that file
//! (or to its end), and every line of a `sh` block is a command. While a gateway serves, the task plays the agent. It must
//! never know a command of its own: what is not on the page is not run.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::matrix::install::Installed;
use crate::{Failure, examples, output, process, workspace};

const PAGE: &str = "docs/guide/policies.md";
const SECTION: &str = "## From `observe` to least privilege";

/// What the page calls the folder the agent works in.
const WORK: &str = "/srv/work";

/// How many commands a newcomer needs: fewer than this.
const COMMANDS_MAX: usize = 10;

/// How long a gateway may take until it serves.
const START_LIMIT: Duration = Duration::from_secs(30);

const HELP: &str = "\
Run the newcomer's path of docs/guide/policies.md as it is written, with the real servers.

Usage: cargo xtask guide

Build the program first: cargo build --release -p doorward-cli
Set DOORWARD yourself to run another build. Needs Node.js, Python 3.10 and git. On the page, /srv/work stands
for the agent's folder, and RECORD for the reference of a refusal; both are put in.";

/// What the agent does: server, tool, arguments, whether the reviewed policy lets it.
const DEEDS: [(&str, &str, &str, Expect); 5] = [
    ("files", "read_text_file", r#"{"path":"/srv/work/README.md"}"#, Expect::Pass),
    ("files", "write_file", r#"{"path":"/srv/work/notes.md","content":"done"}"#, Expect::Pass),
    ("files", "read_text_file", r#"{"path":"/srv/work/../work/.git/config"}"#, Expect::Refuse),
    ("git", "git_status", r#"{"repo_path":"/srv/work"}"#, Expect::Pass),
    ("git", "git_create_branch", r#"{"repo_path":"/srv/work","branch_name":"x"}"#, Expect::Refuse),
];

/// What the reviewed policy says of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Pass,
    Refuse,
}

/// Runs the path.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        output::line(HELP);
        return Ok(());
    }
    let root = workspace::root();
    let page = fs::read_to_string(root.join(PAGE)).map_err(|error| Failure::Task(format!("{PAGE}: {error}")))?;
    let steps = steps(&page).map_err(Failure::Task)?;
    let program = examples::program().map_err(Failure::Task)?;
    let target = workspace::load().map_err(Failure::Task)?.target;
    let installed = Installed::ready(&root.join("xtask/matrix"), &target).map_err(Failure::Task)?;
    let stage = Stage::set(&program, &installed).map_err(Failure::Task)?;
    let walked = stage.walk(&steps);
    let _ = fs::remove_dir_all(&stage.folder);
    let count = walked.map_err(Failure::Task)?;
    output::line(format_args!("the newcomer's path holds, in {count} commands"));
    Ok(())
}

/// One thing the page says.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Write(String, String),
    Append(String, String),
    Command(String),
}

/// The blocks of the section, in order.
fn steps(page: &str) -> Result<Vec<Step>, String> {
    let section = page.split_once(SECTION).ok_or_else(|| format!("{PAGE} has no section {SECTION}"))?.1;
    let section = section.split("\n## ").next().unwrap_or(section);
    let mut steps = Vec::new();
    let mut said = "";
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            said = if line.is_empty() { said } else { line };
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if language == "sh" {
            steps.extend(block.iter().map(|line| Step::Command((*line).to_owned())));
            continue;
        }
        let text = block.join("\n") + "\n";
        let file = said.strip_prefix('`').and_then(|rest| rest.split_once('`'));
        match file {
            Some((name, ":")) => steps.push(Step::Write(name.to_owned(), text)),
            Some((name, ", at its end:")) => steps.push(Step::Append(name.to_owned(), text)),
            Some(_) | None => return Err(format!("{PAGE}: what file is the block under \"{said}\"?")),
        }
    }
    let commands = steps.iter().filter(|step| matches!(step, Step::Command(_))).count();
    if commands == 0 || commands >= COMMANDS_MAX {
        return Err(format!("{PAGE}: {commands} commands, where there should be some and fewer than {COMMANDS_MAX}"));
    }
    Ok(steps)
}

/// A folder with everything the page takes for granted.
struct Stage {
    folder: PathBuf,
    port: u16,
}

impl Stage {
    fn set(program: &Path, installed: &Installed) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("doorward-guide-{}", std::process::id()));
        let failed = |error: std::io::Error| format!("cannot set the stage: {error}");
        let _ = fs::remove_dir_all(&folder);
        for part in ["bin", "work", "home"] {
            fs::create_dir_all(folder.join(part)).map_err(failed)?;
        }
        let folder = folder.canonicalize().map_err(failed)?;
        let files = installed.node_modules().join("@modelcontextprotocol/server-filesystem/dist/index.js");
        let node = installed.node().display().to_string();
        let python = installed.python2().display().to_string();
        let scripts = [
            ("npx", format!("exec {node} {} \"${{@:3}}\"", files.display())),
            ("uvx", format!("exec {python} -m mcp_server_git \"${{@:2}}\"")),
            ("doorward", format!("exec {} \"$@\"", program.display())),
        ];
        for (name, line) in scripts {
            let script = folder.join("bin").join(name);
            fs::write(&script, format!("#!/usr/bin/env bash\n{line}\n")).map_err(failed)?;
            process::run(Command::new("chmod").arg("+x").arg(&script))?;
        }
        let work = folder.join("work");
        fs::write(work.join("README.md"), "# Work\n").map_err(failed)?;
        process::run(Command::new("git").args(["init", "--quiet"]).arg(&work))?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { folder, port })
    }

    /// Takes every step; how many commands that were.
    fn walk(&self, steps: &[Step]) -> Result<usize, String> {
        let mut commands = 0;
        let mut record = None;
        for step in steps {
            match step {
                Step::Write(name, text) => self.write(name, "", text)?,
                Step::Append(name, text) => {
                    let before = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
                    self.write(name, &before, text)?;
                }
                Step::Command(line) => {
                    commands += 1;
                    output::line(format_args!("$ {line}"));
                    let line = self.fill(line).replace("RECORD", record.as_deref().unwrap_or("RECORD"));
                    if line.starts_with("doorward serve") {
                        let open = line.contains("observe");
                        record = self.serve(&line, open)?.or(record);
                    } else {
                        process::run_within(&mut self.bash(&line), START_LIMIT)?;
                    }
                }
            }
        }
        if record.is_none() {
            return Err("nothing was refused under the reviewed policy".to_owned());
        }
        Ok(commands)
    }

    /// The page's text with the folder of this run in it.
    fn fill(&self, text: &str) -> String {
        text.replace(WORK, &self.folder.join("work").to_string_lossy())
    }

    fn write(&self, name: &str, before: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.join(name), format!("{before}{}", self.fill(text))).map_err(|error| error.to_string())
    }

    fn bash(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        let path = format!("{}:{}", self.folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        command.arg("-c").arg(line).current_dir(&self.folder).env("PATH", path).env("HOME", self.folder.join("home"));
        command.env("DOORWARD_LISTEN_HTTP", format!("127.0.0.1:{}", self.port));
        command.env("DOORWARD_LISTEN_AUTH", "none").env("DOORWARD_ADMIN_HTTP", "off");
        command.env_remove("XDG_STATE_HOME").env_remove("XDG_CONFIG_HOME");
        command
    }

    /// Starts the gateway, does the agent's work, and stops it; the reference of the last refusal.
    fn serve(&self, line: &str, open: bool) -> Result<Option<String>, String> {
        let mut command = self.bash(&format!("exec {line}"));
        let mut gateway = command.stdin(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let worked = self.wait(&mut gateway).and_then(|()| self.work(open));
        let _ = process::run(Command::new("kill").arg(gateway.id().to_string()));
        let _ = gateway.wait();
        worked
    }

    fn wait(&self, gateway: &mut Child) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = gateway.try_wait() {
                return Err(format!("the gateway ended: {status}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("the gateway does not serve".to_owned())
    }

    fn work(&self, open: bool) -> Result<Option<String>, String> {
        let mut record = None;
        for (server, tool, arguments, expect) in DEEDS {
            let answer = self.call(server, tool, &self.fill(arguments))?;
            let reference = reference(&answer);
            let expected = if open { Expect::Pass } else { expect };
            let got = if reference.is_some() { Expect::Refuse } else { Expect::Pass };
            output::line(format_args!("  the agent: {server}/{tool}: {got:?}"));
            if got != expected || !answer.contains("\"result\"") {
                return Err(format!("{server}/{tool} should {expected:?}: {answer}"));
            }
            record = reference.or(record);
        }
        Ok(record)
    }

    /// One call in the words of revision 2026-07-28, over one connection.
    fn call(&self, server: &str, tool: &str, arguments: &str) -> Result<String, String> {
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},{meta}}}}}"#
        );
        let head = [
            format!("POST /s/{server}/mcp HTTP/1.1"),
            format!("Host: 127.0.0.1:{}", self.port),
            "Connection: close".to_owned(),
            "Content-Type: application/json".to_owned(),
            "Accept: application/json, text/event-stream".to_owned(),
            "MCP-Protocol-Version: 2026-07-28".to_owned(),
            "Mcp-Method: tools/call".to_owned(),
            format!("Mcp-Name: {tool}"),
            format!("Content-Length: {}", body.len()),
        ];
        let failed = |error: std::io::Error| format!("{server}/{tool}: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(failed)?;
        stream.set_read_timeout(Some(START_LIMIT)).map_err(failed)?;
        stream.write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        Ok(answer)
    }
}

/// The reference in the text of a refusal.
fn reference(answer: &str) -> Option<String> {
    let after = answer.split_once("Reference: ")?.1;
    let digits: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 32).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_path_that_can_be_run() {
        let page = fs::read_to_string(workspace::root().join(PAGE)).unwrap();
        let steps = steps(&page).unwrap();
        assert!(steps.iter().any(|step| matches!(step, Step::Command(line) if line.starts_with("doorward serve"))));
        assert!(steps.iter().any(|step| matches!(step, Step::Write(name, _) if name.ends_with(".test.toml"))));
    }

    #[test]
    fn blocks_are_files_or_commands() {
        let page = format!(
            "x\n{SECTION}\n\n`a.toml`:\n\n```toml\nb = 1\n```\n\n`a.toml`, at its end:\n\n```toml\nc = 2\n```\n\n```sh\nrun it\n```\n\n## Next\n```sh\nnot this\n```\n"
        );
        let expected = [
            Step::Write("a.toml".to_owned(), "b = 1\n".to_owned()),
            Step::Append("a.toml".to_owned(), "c = 2\n".to_owned()),
            Step::Command("run it".to_owned()),
        ];
        assert_eq!(steps(&page).unwrap(), expected);
        assert!(steps(&page.replace("`a.toml`:", "A file:")).is_err());
        assert!(steps(&page.replace("run it", &"run it\n".repeat(COMMANDS_MAX))).is_err());
    }

    #[test]
    fn the_reference_of_a_refusal_is_found() {
        let answer = r#"{"text":"DW1201: No. Reference: 0123456789abcdef0123456789abcdef."}"#;
        assert_eq!(reference(answer).as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(reference("Reference: 01"), None);
    }
}
