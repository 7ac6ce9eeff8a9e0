//! Whether what is stopped is known: to the configuration, or to the store.
//!
//! It only warns of typos. It looks at few records, so that it takes no longer in a store that has many.

use doorward_server::config::{Surroundings, load_server_ids};
use doorward_server::lifecycle::LOCAL_USER;
use doorward_store::{Filter, Page, StopTarget, Store, StoreError};

use crate::args::SourceArgs;

/// Newest records that are looked through for a name.
const RECORDS_LOOKED_AT: i64 = 100_000;

/// Records with the name that are looked at, because those that the command line has written itself say nothing.
const RECORDS_OF_NAME: u32 = 100;

/// Whether a stop may be of nothing.
pub(super) enum Doubt {
    /// What it names is known.
    None,
    /// It is not.
    Unknown,
    /// It cannot be found out.
    Unreadable,
}

/// Whether nothing of what `target` names is known.
pub(super) async fn doubt(target: &StopTarget, source: &SourceArgs, store: &Store) -> Doubt {
    let known = match target {
        StopTarget::All => Ok(true),
        StopTarget::Server(server) => knows_server(server, source, store).await,
        StopTarget::Tool { server, tool } => knows_tool(server, tool, store).await,
        StopTarget::Principal(name) => knows_principal(name, store).await,
    };
    match known {
        Ok(true) => Doubt::None,
        Ok(false) => Doubt::Unknown,
        Err(_) => Doubt::Unreadable,
    }
}

/// A server that `doorward run` guards is in no configuration, but it leaves pins and records.
async fn knows_server(server: &str, source: &SourceArgs, store: &Store) -> Result<bool, StoreError> {
    // A configuration that cannot be read knows nothing.
    let configured = load_server_ids(&source.request(), &Surroundings::of_process()).unwrap_or_default();
    if configured.iter().any(|id| id.as_str() == server) {
        return Ok(true);
    }
    if store.pins().list().await?.iter().any(|pin| pin.key.server == server) {
        return Ok(true);
    }
    is_recorded(Filter { server: Some(server.to_owned()), ..Filter::default() }, store).await
}

async fn knows_tool(server: &str, tool: &str, store: &Store) -> Result<bool, StoreError> {
    let is_it = |key: &doorward_store::PinKey| key.server == server && key.kind == "tool" && key.name == tool;
    if store.pins().list().await?.iter().any(|pin| is_it(&pin.key)) {
        return Ok(true);
    }
    let call = Filter { action: Some("tools/call".to_owned()), resource: Some(tool.to_owned()), ..Filter::default() };
    is_recorded(Filter { server: Some(server.to_owned()), ..call }, store).await
}

async fn knows_principal(name: &str, store: &Store) -> Result<bool, StoreError> {
    if name == LOCAL_USER || store.keys().list().await?.iter().any(|key| key.holder.name() == name) {
        return Ok(true);
    }
    Ok(is_recorded(Filter { principal: Some(name.to_owned()), ..Filter::default() }, store).await?
        || is_recorded(Filter { agent: Some(name.to_owned()), ..Filter::default() }, store).await?)
}

/// Whether a gateway has lately recorded something that matches.
async fn is_recorded(filter: Filter, store: &Store) -> Result<bool, StoreError> {
    let newest = store.query(&Filter { limit: 1, ..Filter::default() }).await?;
    let Some(newest) = newest.first().map(|record| record.seq) else { return Ok(false) };
    let page = Page::After(newest.saturating_sub(RECORDS_LOOKED_AT));
    let found = store.query(&Filter { page, limit: RECORDS_OF_NAME, ..filter }).await?;
    Ok(found.iter().any(|record| record.face != "cli"))
}
