//! Real agents: each lists, calls and gets the result through the gateway, and its model reads why a call was refused.
//!
//! The model is none: a program of the shared data that calls the tool it is told to and writes down what comes back.
//! Nothing leaves this machine, and no agent gets anything of our environment.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::gateway::{Gateway, Setup};
use super::report::{Ending, Report, Row};
use super::servers::{SERVERS, Server};
use super::ways::Way;
use super::{Choice, Stage, install, play};
use crate::{peer, process, workspace};

/// How the names of what agents do begin.
pub(super) const FAMILY: &str = "agent/";

/// The ways that agents take; what they have of other ways is the same to them.
const WAYS: [Way; 4] = [Way::Direct, Way::Run, Way::Serve, Way::Joint];

const AGENT_LIMIT: Duration = Duration::from_secs(180);
const MODEL_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
const PROMPT: &str = "call echo";
/// The server that agents use, and what it is called there: the model's notes are short, so names must be too.
const SERVER: &str = "everything";
const ID: &str = "ev";

/// What refuses a call that every agent can see in its list.
const RULES: &str = "@id(\"no-launches\")\n@reason(\"No launches.\")\nforbid (principal, action == \
                     Action::\"ev/echo\", resource)\nwhen { context.arguments.message like \"*launch*\" };\n";

/// A real agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agent {
    ClaudeCode,
    Codex,
    GeminiCli,
}

/// What an agent is put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    /// Lists, calls and gets the result.
    Result,
    /// Calls what it may not, and shows its model why.
    Refusal,
}

/// Everything that one agent is started with.
struct Place {
    node: PathBuf,
    modules: PathBuf,
    home: PathBuf,
    model: u16,
}

/// The model that is none.
struct Model {
    child: Child,
    port: u16,
    log: PathBuf,
}

/// The names of all that agents do.
pub(super) fn names() -> Vec<String> {
    Agent::ALL.iter().flat_map(|agent| Scene::ALL.iter().map(|scene| name(*agent, *scene))).collect()
}

/// Plays what `choice` names of the agents.
pub(super) fn play_all(stage: &Stage, pins: &Path, program: &Path, choice: &Choice) -> Result<Report, String> {
    let mut report = Report::default();
    if !names().iter().any(|name| name.contains(&choice.only)) {
        return Ok(report);
    }
    let ready = shared().and_then(|shared| Ok((shared, install::agents(pins)?)));
    let (shared, modules) = match ready {
        Ok(ready) => ready,
        Err(reason) if is_strict() => return Err(format!("the agents cannot play: {reason}")),
        Err(reason) => {
            report.note(format!("agents skipped: {reason}"));
            return Ok(report);
        }
    };
    let rules = stage.folder.join("agents.cedar");
    let server =
        SERVERS.iter().find(|server| server.id == SERVER).ok_or("the agents' server is not in the catalogue")?;
    let server = &server.called(ID);
    fs::write(&rules, RULES).map_err(|error| format!("cannot write {}: {error}", rules.display()))?;
    let allowed = choice.allowed;
    let auth = allowed.auth();
    let setup = Setup { name: "agents", auth, servers: &[server], allowed, rules: Some(&rules) };
    let troupe = Troupe { stage, gateway: Gateway::serve(program, stage, &setup)?, server, shared, modules };
    for agent in Agent::ALL {
        match agent.program(&troupe.modules) {
            Some(_) => {
                report.append(Report::of(play::each(&troupe.parts(agent, choice), 1, |part| vec![troupe.play(part)])))
            }
            None => report.note(format!("{} skipped: its package has no program for this machine", agent.name())),
        }
    }
    Ok(report)
}

/// One thing that one agent does on one way.
struct Part {
    agent: Agent,
    scene: Scene,
    way: Way,
}

/// What all parts have in common.
struct Troupe<'a> {
    stage: &'a Stage,
    gateway: Gateway,
    server: &'a Server,
    shared: PathBuf,
    modules: PathBuf,
}

impl Troupe<'_> {
    fn parts(&self, agent: Agent, choice: &Choice) -> Vec<Part> {
        let scenes = Scene::ALL.into_iter().filter(|scene| name(agent, *scene).contains(&choice.only));
        // Without the gateway nothing is refused.
        let ways = |scene| WAYS.into_iter().filter(move |way| scene == Scene::Result || *way != Way::Direct);
        scenes.flat_map(|scene| ways(scene).map(move |way| Part { agent, scene, way })).collect()
    }

    /// Once more where it went wrong: an agent that starts on a busy machine may go on without its servers.
    fn play(&self, part: &Part) -> Row {
        let first = self.play_once(part);
        if first.is_worse() { self.play_once(part).after(first) } else { first }
    }

    fn play_once(&self, part: &Part) -> Row {
        let started = Instant::now();
        let ending = match (self.perform(part), part.way) {
            (Ok(()), _) => Ending::Worked,
            (Err(reason), Way::Direct) => Ending::Broken(reason),
            (Err(reason), Way::Run | Way::Serve | Way::Sse | Way::Connect | Way::Joint) => Ending::Worse(reason),
        };
        Row::agent(&name(part.agent, part.scene), part.way, ending, started.elapsed())
    }

    fn perform(&self, part: &Part) -> Result<(), String> {
        let label = format!("{}-{}", name(part.agent, part.scene).replace('/', "-"), part.way.name());
        let home = self.stage.folder.join(&label);
        fs::create_dir_all(home.join("work")).map_err(|error| format!("cannot write {}: {error}", home.display()))?;
        let model = Model::start(self, part.scene, &label)?;
        let node = install::node(&self.modules)?;
        let place = Place { node, modules: self.modules.clone(), home, model: model.port };
        let ended = self.run(part, &place, &label);
        let heard = fs::read_to_string(&model.log).unwrap_or_default();
        drop(model);
        let missing: Vec<&str> = part.scene.wanted().into_iter().filter(|text| !heard.contains(text)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let ended = ended.err().unwrap_or_else(|| "the agent ended well".to_owned());
        let last: String = heard.lines().last().unwrap_or("nothing").chars().take(600).collect();
        Err(format!("the model never read {missing:?}; {ended}; it read last: {last}"))
    }

    fn run(&self, part: &Part, place: &Place, label: &str) -> Result<(), String> {
        let failed = |error| format!("cannot write into {}: {error}", place.home.display());
        part.agent.settle(place, &self.reach(part.way, label)).map_err(failed)?;
        let words = part.agent.program(&self.modules).ok_or("the package has no program for this machine")?;
        let log = File::create(self.stage.folder.join(format!("logs/{label}.log"))).map_err(failed)?;
        let (program, before) = words.split_first().ok_or("the agent has no command")?;
        let mut command = Command::new(program);
        command.args(before).args(part.agent.arguments(place)).current_dir(place.home.join("work"));
        command.env_clear().env("HOME", &place.home).env("TERM", "dumb").env("PATH", place.path());
        command.envs(part.agent.variables(place));
        command.stdout(log.try_clone().map_err(failed)?).stderr(log);
        process::run_within(&mut command, AGENT_LIMIT)
    }

    /// How the agent reaches the server: a command or an address, as the configurations of agents have it.
    fn reach(&self, way: Way, label: &str) -> Reach {
        let url = |url| Reach::Url(url, self.gateway.token().map(|token| format!("Bearer {token}")));
        match way {
            Way::Direct => Reach::Command(self.server.alone(self.stage, "agent")),
            Way::Run => Reach::Command(self.gateway.run(self.stage, self.server, label)),
            Way::Serve => url(self.gateway.endpoint(self.server)),
            Way::Sse => url(self.gateway.sse(self.server)),
            Way::Connect => Reach::Command(self.gateway.connect(self.server)),
            Way::Joint => url(self.gateway.joint()),
        }
    }
}

/// How an agent reaches its server.
enum Reach {
    Command(Vec<String>),
    /// An address, and what its `Authorization` header holds.
    Url(String, Option<String>),
}

impl Agent {
    const ALL: [Self; 3] = [Self::ClaudeCode, Self::Codex, Self::GeminiCli];

    const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
        }
    }

    /// The words that start it; none where its package has no program for this machine.
    fn program(self, modules: &Path) -> Option<Vec<String>> {
        let find = |places: &[&str]| places.iter().map(|place| modules.join(place)).find(|path| path.exists());
        let shown = |path: PathBuf| path.to_string_lossy().into_owned();
        let script = |place: &str| Some(vec![shown(install::node(modules).ok()?), shown(find(&[place])?)]);
        match self {
            Self::ClaudeCode => {
                let places =
                    ["@anthropic-ai/claude-code-linux-x64/claude", "@anthropic-ai/claude-code-linux-arm64/claude"];
                Some(vec![shown(find(&places)?)])
            }
            Self::Codex => find(&["@openai/codex-linux-x64", "@openai/codex-linux-arm64"]).and(script(".bin/codex")),
            Self::GeminiCli => script(".bin/gemini"),
        }
    }

    fn arguments(self, place: &Place) -> Vec<String> {
        let config = place.home.join("servers.json").to_string_lossy().into_owned();
        let words: &[&str] = match self {
            Self::ClaudeCode => &[
                "-p",
                PROMPT,
                "--strict-mcp-config",
                "--mcp-config",
                &config,
                "--allowedTools",
                "mcp__ev",
                "--max-turns",
                "4",
                "--output-format",
                "json",
            ],
            Self::Codex => &["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", PROMPT],
            Self::GeminiCli => &["-m", "gemini-2.5-flash", "--approval-mode", "yolo", "-p", PROMPT],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn variables(self, place: &Place) -> Vec<(&'static str, String)> {
        let model = format!("http://127.0.0.1:{}", place.model);
        let fixed =
            |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut variables: Vec<(&str, String)> = match self {
            Self::ClaudeCode => fixed(&[
                ("ANTHROPIC_API_KEY", "none"),
                // Without this the tools of servers are hidden until the model searches for them.
                ("ENABLE_TOOL_SEARCH", "false"),
                ("DISABLE_AUTOUPDATER", "1"),
                ("DISABLE_TELEMETRY", "1"),
                ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ]),
            Self::Codex => fixed(&[("NO_KEY", "none")]),
            Self::GeminiCli => fixed(&[("GEMINI_API_KEY", "none"), ("GEMINI_CLI_TRUST_WORKSPACE", "true")]),
        };
        match self {
            Self::ClaudeCode => variables.push(("ANTHROPIC_BASE_URL", model)),
            Self::Codex => {}
            Self::GeminiCli => variables.push(("GOOGLE_GEMINI_BASE_URL", model)),
        }
        variables
    }

    /// Writes its configuration, with the server under the name it has at the gateway.
    fn settle(self, place: &Place, reach: &Reach) -> std::io::Result<()> {
        match self {
            Self::ClaudeCode => {
                let server = match reach {
                    Reach::Command(words) => stdio(words, json!({ "type": "stdio" })),
                    Reach::Url(url, shown) => {
                        json!({ "type": "http", "url": url, "headers": headers(shown.as_deref()) })
                    }
                };
                let config = json!({ "mcpServers": { ID: server } });
                fs::write(place.home.join("servers.json"), config.to_string())
            }
            Self::Codex => {
                fs::create_dir_all(place.home.join(".codex"))?;
                fs::write(place.home.join(".codex/config.toml"), codex(place.model, reach))
            }
            Self::GeminiCli => {
                let server = match reach {
                    Reach::Command(words) => stdio(words, json!({ "trust": true })),
                    Reach::Url(url, shown) => {
                        json!({ "httpUrl": url, "trust": true, "headers": headers(shown.as_deref()) })
                    }
                };
                let config = json!({
                    "security": { "auth": { "selectedType": "gemini-api-key" }, "folderTrust": { "enabled": false } },
                    "privacy": { "usageStatisticsEnabled": false },
                    "telemetry": { "enabled": false },
                    "general": { "disableAutoUpdate": true, "enableAutoUpdate": false },
                    "mcpServers": { ID: server },
                });
                fs::create_dir_all(place.home.join(".gemini"))?;
                fs::write(place.home.join(".gemini/settings.json"), config.to_string())
            }
        }
    }
}

impl Scene {
    const ALL: [Self; 2] = [Self::Result, Self::Refusal];

    const fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Refusal => "refusal",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Result => "a door opens",
            Self::Refusal => "launch",
        }
    }

    /// What the model must read.
    fn wanted(self) -> Vec<&'static str> {
        match self {
            Self::Result => vec!["Echo: a door opens"],
            Self::Refusal => vec!["DW1202", "No launches."],
        }
    }
}

impl Place {
    fn path(&self) -> String {
        let node = self.node.parent().unwrap_or(&self.modules);
        format!("{}:/usr/local/bin:/usr/bin:/bin", node.display())
    }
}

impl Model {
    fn start(troupe: &Troupe, scene: Scene, label: &str) -> Result<Self, String> {
        let port = peer::free_port()?;
        let log = troupe.stage.folder.join(format!("logs/{label}.model.jsonl"));
        let said = File::create(troupe.stage.folder.join(format!("logs/{label}.model.log")));
        let said = said.map_err(|error| format!("cannot write the model's log: {error}"))?;
        let child = Command::new(troupe.stage.installed.python1())
            .arg("-B")
            .arg(troupe.shared.join("clients/probe/fake_llm.py"))
            .arg(port.to_string())
            .arg(&log)
            .env("TOOL", "echo")
            .env("ARGS", json!({ "message": scene.message() }).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .map_err(|error| format!("the model did not start: {error}"))?;
        let mut model = Self { child, port, log };
        model.wait()?;
        Ok(model)
    }

    fn wait(&mut self) -> Result<(), String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let started = Instant::now();
        while started.elapsed() < MODEL_LIMIT {
            if TcpStream::connect_timeout(&address, POLL).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the model ended with {status}"));
            }
            std::thread::sleep(POLL);
        }
        Err(format!("the model did not listen within {MODEL_LIMIT:?}"))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // One that has already ended refuses the signal and is still reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn name(agent: Agent, scene: Scene) -> String {
    format!("{FAMILY}{}/{}", agent.name(), scene.name())
}

fn stdio(words: &[String], mut entry: Value) -> Value {
    let (program, arguments) = words.split_first().map_or((None, [].as_slice()), |(first, rest)| (Some(first), rest));
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("command".to_owned(), json!(program));
        entry.insert("args".to_owned(), json!(arguments));
    }
    entry
}

fn headers(shown: Option<&str>) -> Value {
    shown.map_or_else(|| json!({}), |shown| json!({ "Authorization": shown }))
}

fn codex(model: u16, reach: &Reach) -> String {
    // Strings and lists of strings are written alike in JSON and TOML.
    let server = match reach {
        Reach::Command(words) => {
            let (program, arguments) =
                words.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
            format!("command = {}\nargs = {}\n", json!(program), json!(arguments))
        }
        Reach::Url(url, None) => format!("url = {}\n", json!(url)),
        Reach::Url(url, Some(shown)) => {
            format!("url = {}\nhttp_headers = {{ Authorization = {} }}\n", json!(url), json!(shown))
        }
    };
    format!(
        "model = \"gpt-5\"\nmodel_provider = \"none\"\napproval_policy = \"never\"\n\n[model_providers.none]\nname = \
         \"none\"\nbase_url = \"http://127.0.0.1:{model}/v1\"\nwire_api = \"responses\"\nenv_key = \"NO_KEY\"\n\n\
         [mcp_servers.{ID}]\nrequired = true\nstartup_timeout_sec = 60\n{server}"
    )
}

fn shared() -> Result<PathBuf, String> {
    let named = std::env::var_os("DOORWARD_SHARED").map(PathBuf::from);
    let folder = named.or_else(|| Some(workspace::root().parent()?.join("shared")));
    folder.filter(|folder| folder.is_dir()).ok_or_else(|| "they need ../shared or DOORWARD_SHARED".to_owned())
}

fn is_strict() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_has_each_scene() {
        assert_eq!(names().len(), 6);
        assert!(names().contains(&"agent/gemini-cli/refusal".to_owned()));
    }

    #[test]
    fn a_codex_configuration_names_the_model_and_the_server() {
        let text = codex(4711, &Reach::Command(vec!["doorward".to_owned(), "run".to_owned()]));
        assert!(text.contains("base_url = \"http://127.0.0.1:4711/v1\""), "{text}");
        assert!(text.ends_with("[mcp_servers.ev]\nrequired = true\nstartup_timeout_sec = 60\ncommand = \"doorward\"\nargs = [\"run\"]\n"), "{text}");
        assert!(codex(1, &Reach::Url("http://x/mcp".to_owned(), None)).ends_with("\nurl = \"http://x/mcp\"\n"));
    }

    #[test]
    fn what_is_refused_is_what_the_rules_name() {
        assert!(RULES.contains("*launch*") && Scene::Refusal.message().contains("launch"));
        assert!(!Scene::Result.message().contains("launch"));
        assert!(Scene::Refusal.wanted().iter().any(|text| RULES.contains(text)));
    }
}
