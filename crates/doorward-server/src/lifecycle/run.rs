//! One server for one client on standard input and output: `doorward run` guards it, `doorward connect` only carries.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Code;
use doorward_mcp::limits::Limits;
use doorward_store::{Store, StoreConfig, StoreUrl};

use super::StartError;
use super::build::{self, knowing};
use super::serving::{LOCAL_USER, Signals};
use crate::config::{ConnectConfig, RunConfig, ServerConfig};
use crate::dialogue::Target;
use crate::downstream::stdio::{Parties, converse};
use crate::flows::FlowRules;
use crate::gateway::{Gateway, Served};
use crate::server::{Outside, Server};
use crate::upstream::http::HttpClient;
use crate::upstream::stdio::Share;

/// Guards one server for the client that started us, until the client closes our standard input or a signal ends us.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn run_stdio(config: RunConfig) -> Result<(), StartError> {
    let signals = Signals::new()?;
    let store = Store::open(config.store).await?;
    let outside = Outside::new(Share::Exclusive);
    let guards = knowing(config.guards, std::iter::once(&config.server));
    let (server, served) = only(config.server, &outside)?;
    let served = Served { guards, ..served };
    let mut gateway = Gateway::new(served, config.policy.inputs.into(), store).map_err(StartError::Policy)?;
    gateway.recall_flows().await?;
    gateway.pin_by(config.pins);
    gateway.ask_by(config.approvals);
    gateway.follow_by(FlowRules::by(&config.contexts));
    gateway.obey_stops(&outside.pool).await?;
    carry(gateway, server, &outside, signals).await
}

/// Carries messages between the client that started us and one remote endpoint, until the client closes our standard
/// input or a signal ends us. The endpoint is spoken to once before the client is. Nothing is decided or recorded here.
///
/// # Errors
/// [`StartError`] says what is in the way, above all that the endpoint cannot be reached.
pub async fn connect_stdio(config: ConnectConfig) -> Result<(), StartError> {
    let mut signals = Signals::new()?;
    let mut outside = Outside::new(Share::Exclusive);
    if let Some(roots) = &config.roots {
        outside.client = HttpClient::trusting(roots)?;
    }
    let (server, served) = only(config.server, &outside)?;
    tokio::select! {
        reached = reach(&server) => reached?,
        () = signals.end() => return Ok(()),
    }
    let store = Store::open(StoreConfig::new(StoreUrl::Nowhere)).await?;
    let gateway = Gateway::carrying(served, store).map_err(StartError::Policy)?;
    carry(gateway, server, &outside, signals).await
}

/// The one server there is.
fn only(config: ServerConfig, outside: &Outside) -> Result<(Arc<Server>, Served), StartError> {
    let id = config.id.clone();
    let server = Arc::new(build::server(&config, outside)?);
    let servers = BTreeMap::from([(id, server.clone())]);
    Ok((server, Served { servers, ..Served::default() }))
}

/// Finds out whether the endpoint answers at all, and to us. What it answers is for the client to deal with.
async fn reach(server: &Arc<Server>) -> Result<(), StartError> {
    match server.reach().speaks(principal().id()).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.code == Code::UnsupportedVersion => Ok(()),
        Err(refusal) => Err(StartError::Unreached { refusal }),
    }
}

async fn carry(
    gateway: Gateway,
    server: Arc<Server>,
    outside: &Outside,
    mut signals: Signals,
) -> Result<(), StartError> {
    let gateway = Arc::new(gateway);
    let parties = Parties { gateway: gateway.clone(), target: Target::Server(server), principal: principal() };
    let ended = tokio::select! {
        ended = converse(parties, Limits::default(), tokio::io::stdin(), tokio::io::stdout(), signals.end()) => ended,
        never = gateway.obey(&outside.pool) => match never {},
        // Goes on for as long as it is driven.
        ended = async {
            gateway.flows().sweep(gateway.store()).await;
            std::future::pending().await
        } => ended,
    };
    outside.pool.shutdown().await;
    if let Err(error) = gateway.store().close().await {
        tracing::error!(%error, "the last records could not be written");
    }
    ended.map_err(StartError::Stdio)
}

fn principal() -> Principal {
    Principal::new(LOCAL_USER, Proof::LocalProcess)
}
