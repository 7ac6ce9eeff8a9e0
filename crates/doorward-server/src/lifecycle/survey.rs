//! Looking at what every server offers, for commands about policy and for rules that name tools.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Refusal;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_policy::{Catalogue, Engine, LoadErrors};

use super::build::{Present, alone, servers};
use super::{StartError, serving::LOCAL_USER};
use crate::config::{Config, PolicyConfig};
use crate::definitions::Learned;
use crate::gateway::Gateway;
use crate::limits::LIST_PAGES_MAX;
use crate::server::{Outside, Server, Speaks};
use crate::upstream::stdio::Share;
use crate::upstream::{Housekeeping, Link};

/// What one server showed.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// Its id.
    pub server: ServerId,
    /// Which eras it speaks and what it offers, or why that is not known.
    pub outcome: Result<(Speaks, Arc<Catalogue>), Refusal>,
    /// Its tools' definitions as it wrote them.
    pub tools: Vec<RawJson>,
}

/// Speaks to every server of a configuration and loads its policy against what they offer.
///
/// # Errors
/// The servers cannot be made from the configuration.
pub async fn survey(config: &Config) -> Result<(Vec<Surveyed>, Result<Engine, LoadErrors>), StartError> {
    let outside = Outside::new(Share::ByPrincipal);
    let present = servers(&config.servers, &outside, &Present::new())?;
    let surveyed = each(alone(&present).into_values().collect()).await;
    outside.pool.shutdown().await;
    let engine = load(&config.policy, &surveyed, Vec::new());
    Ok((surveyed, engine))
}

/// Loads a policy against what was surveyed; of the servers `unknown` beside them nothing is known.
pub(super) fn load(
    policy: &PolicyConfig,
    surveyed: &[Surveyed],
    mut unknown: Vec<ServerId>,
) -> Result<Engine, LoadErrors> {
    let known: Vec<Arc<Catalogue>> = surveyed
        .iter()
        .filter_map(|server| server.outcome.as_ref().ok())
        .map(|(_, catalogue)| catalogue.clone())
        .collect();
    unknown.extend(surveyed.iter().filter(|server| server.outcome.is_err()).map(|server| server.server.clone()));
    Engine::load(&policy.inputs, &known, &unknown)
}

/// Speaks to every server of a running gateway and lets it learn what they offer.
pub(super) async fn survey_servers(gateway: &Arc<Gateway>) {
    for surveyed in each(gateway.view().servers.values().cloned().collect()).await {
        match surveyed.outcome {
            Ok(_) => gateway.relearn(&surveyed.server).await,
            Err(refusal) => {
                tracing::warn!(server = %surveyed.server, code = %refusal.code, reason = %refusal.explanation(), "the server could not be looked at");
            }
        }
    }
}

/// All at once: one slow server delays no other.
async fn each(servers: Vec<Arc<Server>>) -> Vec<Surveyed> {
    let tasks: Vec<_> = servers
        .into_iter()
        .map(|server| {
            let known = server.clone();
            (known, tokio::spawn(async move { look(&server).await }))
        })
        .collect();
    let mut surveyed = Vec::new();
    for (server, task) in tasks {
        if let Ok(outcome) = task.await {
            let tools = server.definitions().written();
            surveyed.push(Surveyed { server: server.id().clone(), outcome, tools });
        }
    }
    surveyed
}

async fn look(server: &Server) -> Result<(Speaks, Arc<Catalogue>), Refusal> {
    let principal = Principal::new(LOCAL_USER, Proof::LocalProcess);
    let reach = server.reach();
    let speaks = reach.speaks(principal.id()).await?;
    match speaks {
        Speaks::Modern => list(server, &reach.direct(principal.id(), Era::Modern), Era::Modern).await?,
        Speaks::LegacyOnly => {
            let link = reach.direct(principal.id(), Era::Legacy);
            let listed = async {
                link.keep_house(Housekeeping::Initialize).await?;
                list(server, &link, Era::Legacy).await
            };
            let listed = listed.await;
            link.close().await;
            listed?;
        }
    }
    Ok((speaks, server.definitions().catalogue()))
}

async fn list(server: &Server, link: &Link, era: Era) -> Result<(), Refusal> {
    let mut cursor = None;
    for _ in 0..LIST_PAGES_MAX {
        let page = link.keep_house(Housekeeping::ListTools { cursor, era }).await?;
        let _: Learned = server.definitions().learn(&page);
        cursor = page.result_member("nextCursor").and_then(|cursor| cursor.as_str().map(|cursor| cursor.into_owned()));
        if cursor.is_none() {
            break;
        }
    }
    Ok(())
}
