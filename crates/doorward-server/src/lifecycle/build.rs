//! From configuration to servers.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::Plan;
use doorward_guards::Options;
use doorward_guards::secrets::{self, Known};
use hyper::Uri;
use hyper::header::{HeaderName, HeaderValue};

use super::StartError;
use crate::config::{self, AggregateConfig, Config, Endpoint, Secret, ServerConfig};
use crate::gateway::Served;
use crate::joined::{JointId, JointSetup, Patience};
use crate::labels::Labels;
use crate::server::{Outside, Server, Way};
use crate::upstream::http;
use crate::upstream::stdio::ChildSpec;

/// The servers of a configuration, by id. Those that `present` already holds unchanged are kept as they are, with their
/// connections and what is known of them.
pub(super) fn servers(
    configured: &[ServerConfig],
    outside: &Outside,
    present: &Present,
) -> Result<Present, StartError> {
    let mut servers = Present::new();
    for config in configured {
        let kept = present.get(&config.id).filter(|(before, _)| before == config).map(|(_, server)| server.clone());
        let server = match kept {
            Some(server) => server,
            None => Arc::new(server(config, outside)?),
        };
        servers.insert(config.id.clone(), (config.clone(), server));
    }
    Ok(servers)
}

/// A configured server that nobody has spoken to yet.
pub(super) fn server(config: &ServerConfig, outside: &Outside) -> Result<Server, StartError> {
    Ok(Server::labelled(config.id.clone(), way(config, outside)?, outside.clone(), Labels::of(config)))
}

/// Servers beside the configuration they were made from.
pub(super) type Present = BTreeMap<ServerId, (ServerConfig, Arc<Server>)>;

/// The servers alone.
pub(super) fn alone(present: &Present) -> BTreeMap<ServerId, Arc<Server>> {
    present.iter().map(|(id, (_, server))| (id.clone(), server.clone())).collect()
}

/// What a gateway with that configuration serves.
pub(super) fn served(present: &Present, config: &Config) -> Served {
    let AggregateConfig { endpoint, unavailable, wait, app_tools } = config.aggregate;
    let patience = Patience { wait, unavailable };
    let setup = |id, plan: Plan| JointSetup { id, plan: plan.with_app_tools(app_tools), patience };
    let aggregate = match endpoint {
        Endpoint::Served => Some(setup(JointId::Aggregate, Plan::aggregate(present.keys().cloned()))),
        Endpoint::Absent => None,
    };
    let views = config.views.iter().filter_map(|view| match Plan::view(view.rules.clone()) {
        Ok(plan) => Some(setup(JointId::View(view.id.clone()), plan)),
        // INVARIANT: the configuration was refused if a view could not be.
        Err(error) => {
            tracing::error!(view = %view.id, %error, "a view is left out");
            None
        }
    });
    let joints = aggregate.into_iter().chain(views).collect();
    let guards = knowing(config.guards.clone(), present.values().map(|(config, _)| config));
    Served { servers: alone(present), joints, guards }
}

/// Guards that know what is secret in the configuration of servers: variables of their environments, and their headers.
pub(super) fn knowing<'a>(guards: Options, servers: impl Iterator<Item = &'a ServerConfig>) -> Options {
    let mut known = guards.secrets.known.clone();
    for server in servers {
        let (given, found) = match &server.way {
            config::Way::Child { environment, .. } => (Known::default(), environment),
            config::Way::Http { headers, .. } => {
                let secret = headers.iter().filter(|(name, _)| is_secret_header(name));
                (Known::new(secret.map(|(name, value)| (name.as_str(), value.reveal()))), headers)
            }
        };
        let settings = found.iter().map(|(name, value)| (name.as_str(), value.reveal()));
        known = known.and(&given).and(&Known::from_environment(settings));
    }
    Options { secrets: secrets::Options { known, ..guards.secrets }, ..guards }
}

/// Whether a header authenticates by what its name says.
fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "key", "token", "secret", "cookie", "pass"].iter().any(|word| name.contains(word))
}

/// How a configured server is reached.
fn way(config: &ServerConfig, outside: &Outside) -> Result<Way, StartError> {
    match &config.way {
        config::Way::Child { command, environment, directory } => Ok(Way::Child(Arc::new(ChildSpec {
            server: config.id.clone(),
            command: command.clone(),
            environment: environment.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())).collect(),
            directory: directory.clone(),
            silence: config.silence,
        }))),
        config::Way::Http { url, headers, transport } => {
            let server = config.id.to_string();
            let url: Uri = url.parse().map_err(|_| StartError::Url { server: server.clone() })?;
            let headers = headers.iter().map(|header| http_header(&config.id, header)).collect::<Result<_, _>>()?;
            let endpoint = http::Endpoint::new(config.id.clone(), url, headers, config.silence)
                .map_err(|source| StartError::Endpoint { server: server.clone(), source })?
                .with_transport(*transport);
            outside.client.supports(&endpoint).map_err(|source| StartError::Roots { server, source })?;
            Ok(Way::Http(Arc::new(endpoint)))
        }
    }
}

fn http_header(server: &ServerId, (name, value): &(String, Secret)) -> Result<(HeaderName, HeaderValue), StartError> {
    let invalid = || StartError::Header { server: server.to_string(), header: name.clone() };
    let header = name.parse::<HeaderName>().map_err(|_| invalid())?;
    let value = HeaderValue::from_str(value.reveal()).map_err(|_| invalid())?;
    Ok((header, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_flow::nature::Act;
    use doorward_flow::pack::{ToolLabels, Voice};
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;
    use crate::upstream::stdio::Share;

    #[test]
    fn a_reload_that_says_something_else_of_labels_takes_effect() {
        let (id, outside) = (ServerId::parse("own").unwrap(), Outside::new(Share::ByPrincipal));
        let way = config::Way::Child { command: vec!["own".into()], environment: Vec::new(), directory: None };
        let mut config = ServerConfig::new(id.clone(), way, Duration::from_secs(1));
        let act = |present: &Present| {
            let definitions = present[&id].1.definitions();
            let tool = r#"{"name":"read_page","inputSchema":{"type":"object"}}"#;
            definitions.recall(&[RawJson::parse(tool, &Limits::default()).unwrap()]);
            definitions.nature("read_page").unwrap().act
        };
        let before = servers(std::slice::from_ref(&config), &outside, &Present::new()).unwrap();
        assert_eq!(act(&before), Act::Read);
        let same = servers(std::slice::from_ref(&config), &outside, &before).unwrap();
        assert!(Arc::ptr_eq(&before[&id].1, &same[&id].1));
        let said = ToolLabels { act: Some(Act::Send), ..ToolLabels::nothing(Voice::Operator) };
        config.labels.tools.insert("read_page".into(), said);
        let after = servers(std::slice::from_ref(&config), &outside, &before).unwrap();
        assert_eq!(act(&after), Act::Send);
    }
}
