//! `doorward run`: one server, one client, on standard input and output.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::principal::{Principal, Proof};
use doorward_mcp::limits::Limits;
use doorward_store::Store;

use super::StartError;
use super::build::{Present, alone, servers};
use super::serving::{LOCAL_USER, Signals};
use crate::config::RunConfig;
use crate::dialogue::Target;
use crate::downstream::stdio::{Parties, converse};
use crate::gateway::{Gateway, Served};
use crate::server::Outside;
use crate::upstream::stdio::Share;

/// Guards one server for the client that started us, until the client closes our standard input or a signal ends us.
///
/// # Errors
/// [`StartError`] says what is in the way.
pub async fn run_stdio(config: RunConfig) -> Result<(), StartError> {
    let mut signals = Signals::new()?;
    let store = Store::open(config.store).await?;
    let outside = Outside::new(Share::Exclusive);
    let id = config.server.id.clone();
    let present = servers(&[config.server], &outside, &Present::new())?;
    let all: BTreeMap<_, _> = alone(&present);
    let Some(server) = all.get(&id).cloned() else { return Ok(()) };
    let gateway = Gateway::new(Served { servers: all, joints: Vec::new() }, config.policy.sources.into(), store)
        .map_err(StartError::Policy)?;
    let gateway = Arc::new(gateway);
    let principal = Principal::new(LOCAL_USER, Proof::LocalProcess);
    let parties = Parties { gateway: gateway.clone(), target: Target::Server(server), principal };
    let ended = converse(parties, Limits::default(), tokio::io::stdin(), tokio::io::stdout(), signals.end()).await;
    outside.pool.shutdown().await;
    if let Err(error) = gateway.store().close().await {
        tracing::error!(%error, "the last records could not be written");
    }
    ended.map_err(StartError::Stdio)
}
