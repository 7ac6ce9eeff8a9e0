//! What servers offer, written down once and read back, so that a policy can be checked and tested where no server runs.
//!
//! The form is JSON: `{"version": 1, "servers": {ID: {"era": …, "tools": […]}}}`, the tools as the servers wrote them. It holds
//! nothing of the configuration and no secret of ours.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_policy::{Engine, LoadErrors};
use serde_json::{Map, Value, json};

use super::StartError;
use super::build::{Present, alone, servers};
use super::survey::{Surveyed, load};
use crate::config::{Config, PolicyConfig};
use crate::definitions::{Definitions, Learned};
use crate::limits::DEFINITIONS_FILE_MAX;
use crate::server::{Outside, Speaks};
use crate::upstream::stdio::Share;

/// The version of the form.
const VERSION: u64 = 1;

/// Why written definitions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecallError {
    /// They are not in the form.
    #[error("{0}")]
    Form(String),
    /// The servers cannot be made from the configuration.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// What was surveyed, in the written form. Servers that could not be looked at are left out.
#[must_use]
pub fn write_down(surveyed: &[Surveyed]) -> Value {
    let servers: Map<String, Value> = surveyed
        .iter()
        .filter_map(|server| {
            let (speaks, _) = server.outcome.as_ref().ok()?;
            let tools: Vec<Value> =
                server.tools.iter().filter_map(|tool| serde_json::from_slice(tool.bytes()).ok()).collect();
            Some((server.server.to_string(), json!({ "era": era(*speaks), "tools": tools })))
        })
        .collect();
    json!({ "version": VERSION, "servers": servers })
}

/// The policy of a configuration against written definitions. Servers the configuration does not name are taken from them as
/// well; of those that only the configuration names, nothing is known.
///
/// # Errors
/// The text is not in the form, or the servers cannot be made from the configuration.
pub fn recall(config: &Config, text: &[u8]) -> Result<(Vec<Surveyed>, Result<Engine, LoadErrors>), RecallError> {
    let configured = alone(&servers(&config.servers, &Outside::new(Share::ByPrincipal), &Present::new())?);
    let mut surveyed = Vec::new();
    for (id, speaks, tools) in read(text)? {
        let definitions = configured
            .get(&id)
            .map_or_else(|| Arc::new(Definitions::new(id.clone())), |server| Arc::clone(server.definitions()));
        let _: Learned = definitions.recall(&tools);
        surveyed.push(Surveyed { server: id, outcome: Ok((speaks, definitions.catalogue())), tools });
    }
    let engine = load_against(config, &config.policy, &surveyed);
    Ok((surveyed, engine))
}

/// Loads `policy`, which may be another than the configuration's own, against what was surveyed. Of configured servers that
/// were not, nothing is known.
///
/// # Errors
/// The policy does not load.
pub fn load_against(config: &Config, policy: &PolicyConfig, surveyed: &[Surveyed]) -> Result<Engine, LoadErrors> {
    let configured = config.servers.iter().map(|server| server.id.clone());
    let unknown = configured.filter(|id| !surveyed.iter().any(|server| server.server == *id)).collect();
    load(policy, surveyed, unknown)
}

fn read(text: &[u8]) -> Result<Vec<(ServerId, Speaks, Vec<RawJson>)>, RecallError> {
    let form = |what: &str| RecallError::Form(what.to_owned());
    if text.len() > DEFINITIONS_FILE_MAX {
        return Err(form("the file is longer than the limit"));
    }
    let written: Value = serde_json::from_slice(text).map_err(|error| RecallError::Form(error.to_string()))?;
    if written.get("version").and_then(Value::as_u64) != Some(VERSION) {
        return Err(form("it is not written by 'doorward policy definitions' of this version"));
    }
    let servers = written.get("servers").and_then(Value::as_object).ok_or_else(|| form("it has no \"servers\""))?;
    servers.iter().map(|(id, server)| read_server(id, server)).collect()
}

fn read_server(id: &str, written: &Value) -> Result<(ServerId, Speaks, Vec<RawJson>), RecallError> {
    let server = ServerId::parse(id).map_err(|_| RecallError::Form(format!("\"{id}\" is no server's id")))?;
    let speaks = match written.get("era").and_then(Value::as_str) {
        Some("legacy") => Speaks::LegacyOnly,
        Some(_) | None => Speaks::Modern,
    };
    let listed = written
        .get("tools")
        .and_then(Value::as_array)
        .ok_or_else(|| RecallError::Form(format!("the server \"{id}\" has no list \"tools\"")))?;
    let tools: Result<Vec<RawJson>, _> =
        listed.iter().map(|tool| RawJson::parse(tool.to_string(), &Limits::for_results())).collect();
    let tools =
        tools.map_err(|_| RecallError::Form(format!("a tool of \"{id}\" is beyond the limits of a message")))?;
    Ok((server, speaks, tools))
}

const fn era(speaks: Speaks) -> &'static str {
    match speaks {
        Speaks::Modern => "modern",
        Speaks::LegacyOnly => "legacy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_definitions_file_is_told() {
        for (text, told) in [
            ("{", "EOF"),
            ("{}", "is not written by"),
            (r#"{"version":1}"#, "no \"servers\""),
            (r#"{"version":1,"servers":{"a b":{"tools":[]}}}"#, "no server's id"),
            (r#"{"version":1,"servers":{"a":{}}}"#, "no list \"tools\""),
        ] {
            let error = read(text.as_bytes()).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn tools_are_read_back_as_they_were_written() {
        let text = r#"{"version":1,"servers":{"a":{"era":"legacy","tools":[{"name":"x","inputSchema":{}}]}}}"#;
        let read = read(text.as_bytes()).unwrap();
        assert_eq!((read.len(), read[0].1, read[0].2.len()), (1, Speaks::LegacyOnly, 1));
        let definitions = Definitions::new(read[0].0.clone());
        assert_eq!(definitions.recall(&read[0].2), Learned::Something);
        assert_eq!(definitions.written().len(), 1);
    }
}
