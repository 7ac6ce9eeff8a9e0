//! What a server offers, as far as a file or the store tells.

use std::io::Read;
use std::path::Path;

use doorward_core::ids::ServerId;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Kind as Form, Raw, RawJson};
use doorward_registry::Kind;
use doorward_server::config::{ServerConfig, Surroundings, load, load_store};
use doorward_server::labels::Labels;
use doorward_server::limits::DEFINITIONS_FILE_MAX;
use doorward_store::{PinRow, Pins, StoreError};

use crate::args::{SourceArgs, WhoseArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::inert;

/// A server, and what it offers.
pub(super) struct Offered {
    pub(super) server: ServerConfig,
    pub(super) labels: Labels,
    /// The definitions of its tools.
    pub(super) tools: Vec<RawJson>,
}

impl Offered {
    /// Of the configured server of this id.
    pub(super) async fn of(id: &str, args: &WhoseArgs) -> Result<Self, Fault> {
        let config = load(&args.source.request(), &Surroundings::of_process())?.config;
        let Some(server) = config.servers.iter().find(|server| server.id.as_str() == id).cloned() else {
            let ids: Vec<&str> = config.servers.iter().map(|server| server.id.as_str()).collect();
            let known = if ids.is_empty() { "none is configured".to_owned() } else { ids.join(", ") };
            let what = format!("there is no server '{}' in the configuration ({known})", inert(id));
            return Err(Fault::told(Exit::Usage, what, "Write a server's id as it stands in the configuration."));
        };
        let tools = match &args.tools {
            Some(file) => from_file(file, &server.id)?,
            None => from_store(&server.id, &args.source).await?,
        };
        Ok(Self { labels: Labels::of(&server), server, tools })
    }
}

async fn from_store(server: &ServerId, source: &SourceArgs) -> Result<Vec<RawJson>, Fault> {
    let advice = "Let a client list its tools once, or give the answer to tools/list with --tools FILE.";
    let nothing = || Fault::told(Exit::Failure, format!("nothing was seen of the server '{server}' yet"), advice);
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    // Opening would make a store where there is none.
    if store.url.path().is_none_or(|path| !path.exists()) {
        return Err(nothing());
    }
    let pins = Pins::open(&store).await?;
    let rows: Result<Vec<PinRow>, StoreError> = pins.list().await;
    pins.close().await;
    let of_tools =
        rows?.into_iter().filter(|row| row.key.server == server.as_str() && row.key.kind == Kind::Tool.name());
    let tools: Vec<RawJson> =
        of_tools.filter_map(|row| RawJson::parse(row.seen.text, &Limits::for_results()).ok()).collect();
    if tools.is_empty() { Err(nothing()) } else { Ok(tools) }
}

fn from_file(file: &Path, server: &ServerId) -> Result<Vec<RawJson>, Fault> {
    let unusable = |why: &str| {
        let what = format!("the tools in {} cannot be used: {why}", inert(&file.display().to_string()));
        Fault::told(Exit::Invalid, what, "Give the answer to tools/list, or what 'doorward policy definitions' writes.")
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(DEFINITIONS_FILE_MAX).unwrap_or(u64::MAX);
    let read = std::fs::File::open(file).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
    read.map_err(|error| unusable(&error.to_string()))?;
    if bytes.len() > DEFINITIONS_FILE_MAX {
        return Err(unusable("the file is longer than the limit"));
    }
    let text = RawJson::parse(bytes, &Limits::for_results()).map_err(|_| unusable("it is no JSON"))?;
    let tools = listed(text.as_raw(), server).ok_or_else(|| unusable("it holds no list of tools of this server"))?;
    Ok(tools.elements().map(|tool| text.part(tool)).collect())
}

/// The list in an answer, in its result, in definitions that were written down, or by itself.
fn listed<'a>(document: Raw<'a>, server: &ServerId) -> Option<Raw<'a>> {
    let servers = document.member("servers").map(|servers| servers.member(server.as_str()));
    let within = match servers {
        Some(server) => server?,
        None => document.member("result").unwrap_or(document),
    };
    let tools = within.member("tools").unwrap_or(within);
    (tools.kind() == Form::Array).then_some(tools)
}
