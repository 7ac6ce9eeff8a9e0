//! URIs and task ids on a joint face, both ways.
//!
//! Responsible for putting the server in front and taking it off again, exactly. It must never normalise: a URI or a URI
//! template is text that only its server understands.

use crate::ids::ServerId;

/// MCP Apps finds an app by this scheme, so it stays in front.
const APP: &str = "ui://";
const OURS: &str = "doorward://";

/// The URI or URI template under which a joint face shows `uri` of `server`.
pub(super) fn outward(server: &ServerId, uri: &str) -> String {
    match uri.strip_prefix(APP) {
        Some(rest) => format!("{APP}{server}/{rest}"),
        None => format!("{OURS}{server}/{uri}"),
    }
}

/// The server, and its own URI; `None` when no joint face could have shown it.
pub(super) fn inward(shown: &str) -> Option<(ServerId, String)> {
    if let Some(rest) = shown.strip_prefix(OURS) {
        let (server, uri) = rest.split_once('/')?;
        return Some((ServerId::parse(server).ok()?, uri.to_owned()));
    }
    let (server, rest) = shown.strip_prefix(APP)?.split_once('/')?;
    Some((ServerId::parse(server).ok()?, format!("{APP}{rest}")))
}

/// The id under which a joint face shows task `id` of `server`.
pub(super) fn outward_task(server: &ServerId, id: &str) -> String {
    format!("{server}.{id}")
}

/// The server, and its own id of the task. No server id has a dot.
pub(super) fn inward_task(shown: &str) -> Option<(ServerId, &str)> {
    let (server, id) = shown.split_once('.')?;
    Some((ServerId::parse(server).ok()?, id))
}
