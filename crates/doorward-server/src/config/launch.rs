//! The configuration of `run`: one server, described on the command line.

use std::ffi::OsString;

use doorward_core::ids::ServerId;
use doorward_guards::Options;
use doorward_policy::Preset;
use doorward_store::StoreConfig;

use super::build::Builder;
use super::environment::Surroundings;
use super::find::Scope;
use super::load::{Request, gather};
use super::origin::Origin;
use super::problem::{ConfigErrors, Problem, Problems};
use super::secret::{Secret, Writing, resolve};
use super::servers::{INHERIT_DEFAULT, holds_credentials};
use super::{ContextRules, PolicyConfig, ServerConfig, Transport, Way, clients};
use crate::approvals::ApprovalRules;
use crate::limits::CALL_SILENCE;
use crate::pins::PinRules;

/// Programs that only start others: the server is named after what they start.
const LAUNCHERS: &[&str] = &["npx", "bunx", "uvx", "pipx", "node", "python", "python3", "deno", "bun", "env"];

/// What the command line of `run` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// The server's id; `None` to name it after its command or host.
    pub server: Option<String>,
    /// What to reach.
    pub target: RunTarget,
    /// Settings, and the configuration file if one is named.
    pub settings: Request,
}

/// What `run` reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunTarget {
    /// A child process.
    Command {
        /// The program and its arguments.
        command: Vec<OsString>,
        /// `NAME` to pass our variable on, `NAME=VALUE` to set one.
        environment: Vec<String>,
    },
    /// An HTTP endpoint.
    Url {
        /// Its address.
        url: String,
        /// `NAME=VALUE`, the value possibly a reference.
        headers: Vec<String>,
    },
}

/// Everything `run` needs.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// The one upstream.
    pub server: ServerConfig,
    /// What is allowed.
    pub policy: PolicyConfig,
    /// Where and how records are kept.
    pub store: StoreConfig,
    /// How content is inspected.
    pub guards: Options,
    /// How definitions are pinned.
    pub pins: PinRules,
    /// How much people are asked.
    pub approvals: ApprovalRules,
    /// How units of work are told apart.
    pub contexts: ContextRules,
}

/// Reads the configuration of `run`, and what there is to warn of.
///
/// # Errors
/// [`ConfigErrors`] holds everything that is wrong, with advice.
pub fn load_run(request: &RunRequest, surroundings: &Surroundings) -> Result<(RunConfig, Vec<Problem>), ConfigErrors> {
    let mut builder = gather(&request.settings, Scope::WithoutProject, surroundings);
    let store = builder.store();
    let policy = builder.policy(Preset::Guarded);
    let server = server(request, surroundings, &mut builder.problems);
    let guards = builder.guards(server.as_slice());
    let contexts = builder.context_rules(policy.as_ref().map(|policy| policy.preset));
    let (pins, approvals) = (builder.pins(), builder.approvals());
    let Builder { problems, .. } = builder;
    match (server, policy, store, pins, approvals) {
        (Some(server), Some(mut policy), Some(store), Some(pins), Some(approvals)) => {
            policy.learn(std::slice::from_ref(&server));
            let warnings = problems.finish()?;
            Ok((RunConfig { server, policy, store, guards, pins, approvals, contexts }, warnings))
        }
        (_, _, _, _, _) => Err(problems.into_errors()),
    }
}

fn server(request: &RunRequest, surroundings: &Surroundings, problems: &mut Problems) -> Option<ServerConfig> {
    let id = id(request, problems);
    let way = match &request.target {
        RunTarget::Command { command, environment } => Way::Child {
            command: command.clone(),
            environment: variables(environment, surroundings, problems),
            directory: None,
        },
        RunTarget::Url { url, headers } => {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                problems.error(
                    Origin::Flag("--url"),
                    "a url begins with http:// or https://",
                    "write the whole address",
                );
            }
            let headers = given_headers(headers, surroundings, problems);
            Way::Http { url: url.clone(), headers, transport: Transport::Auto }
        }
    };
    Some(ServerConfig::new(id?, way, CALL_SILENCE))
}

fn id(request: &RunRequest, problems: &mut Problems) -> Option<ServerId> {
    match &request.server {
        Some(text) => ServerId::parse(text)
            .map_err(|error| {
                let advice = match clients::slug(text) {
                    Some(slug) => format!("call it '{slug}'"),
                    None => "choose a short name of letters, digits and '-'".to_owned(),
                };
                problems.error(Origin::Flag("--server"), format!("'{text}' is no server id: {error}"), advice);
            })
            .ok(),
        None => {
            let id = match &request.target {
                RunTarget::Command { command, .. } => named_after(command),
                RunTarget::Url { url, .. } => url.split('/').nth(2).and_then(clients::slug),
            };
            if id.is_none() {
                problems.error(Origin::Default, "no server id can be made of the command", "give one with --server");
            }
            id
        }
    }
}

/// `npx -y @scope/server-files@1 /data` becomes `server-files`: the first word that is no launcher and no option, without
/// folder, scope, version and extension.
fn named_after(command: &[OsString]) -> Option<ServerId> {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let (program, arguments) = words.split_first()?;
    let bare = last_part(program);
    let launched = arguments.iter().find(|word| !word.starts_with('-') && !word.contains('='));
    let name = match launched {
        Some(word) if LAUNCHERS.contains(&bare) => last_part(word),
        Some(_) | None => bare,
    };
    let name = name.split('@').next().filter(|name| !name.is_empty()).unwrap_or(name);
    let name = [".js", ".mjs", ".py", ".exe"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    clients::slug(name)
}

fn last_part(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

fn variables(given: &[String], surroundings: &Surroundings, problems: &mut Problems) -> Vec<(String, Secret)> {
    let ours =
        |name: &str| surroundings.variables.get(name).map(|value| (name.to_owned(), Secret::new(value.as_str())));
    let mut variables: std::collections::BTreeMap<_, _> =
        INHERIT_DEFAULT.iter().filter_map(|name| ours(name)).collect();
    for word in given {
        let origin = Origin::Flag("--env");
        match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => match resolve(value, &surroundings.directory, surroundings) {
                Ok(resolved) => {
                    variables.insert(name.to_owned(), resolved.value);
                }
                Err(dangling) => problems.error(origin, dangling.message, dangling.advice),
            },
            Some(_) => problems.error(origin, "a variable has a name", "write NAME or NAME=VALUE"),
            None => match ours(word) {
                Some((name, value)) => {
                    variables.insert(name, value);
                }
                None => {
                    let advice = format!("set {word} where doorward is started (in a client, in its \"env\")");
                    problems.error(origin, format!("the variable {word} is not set"), advice);
                }
            },
        }
    }
    variables.into_iter().collect()
}

/// Headers as the command line gives them: `NAME=VALUE`, the value possibly a reference.
pub(super) fn given_headers(
    given: &[String],
    surroundings: &Surroundings,
    problems: &mut Problems,
) -> Vec<(String, Secret)> {
    let mut headers = Vec::new();
    for word in given {
        let origin = Origin::Flag("--header");
        let Some((name, value)) = word.split_once('=') else {
            problems.error(origin, "a header has a name and a value", "write NAME=VALUE or NAME=env:VARIABLE");
            continue;
        };
        match resolve(value, &surroundings.directory, surroundings) {
            Ok(resolved) => {
                if resolved.writing == Writing::Literal && holds_credentials(name) {
                    let message = format!("the header '{name}' is given in plain text, where other users can see it");
                    problems.warning(origin, message, format!("write --header {name}=env:VARIABLE"));
                }
                headers.push((name.to_owned(), resolved.value));
            }
            Err(dangling) => problems.error(origin, dangling.message, dangling.advice),
        }
    }
    headers
}
