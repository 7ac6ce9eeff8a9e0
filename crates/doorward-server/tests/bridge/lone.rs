//! A server on pipes that one client has to itself, as `doorward run` has it.

use std::ffi::OsString;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_server::gateway::{Gateway, Served};
use doorward_server::server::{Outside, Server, Way};
use doorward_server::upstream::stdio::{ChildSpec, Share};
use doorward_store::Store;

use super::pipe::Pipe;
use super::rig::{PATIENCE, Plan};

/// The client's pipe to the gateway before `command`, and what has to be shut down in the end.
pub(crate) async fn lone(plan: &Plan, server: &str, command: Vec<OsString>) -> (Pipe, Outside) {
    let outside = Outside::new(Share::Exclusive);
    let id = ServerId::parse(server).unwrap();
    let spec = ChildSpec { server: id.clone(), command, environment: Vec::new(), directory: None, silence: PATIENCE };
    let alone = Arc::new(Server::new(id.clone(), Way::Child(Arc::new(spec)), outside.clone()));
    let store = Store::open(plan.config.store.clone()).await.unwrap();
    let served = Served { servers: [(id, alone)].into(), ..Served::default() };
    let gateway = Arc::new(Gateway::new(served, plan.config.policy.inputs.clone().into(), store).unwrap());
    (Pipe::through(gateway, server), outside)
}
