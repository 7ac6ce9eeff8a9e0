//! What the guards are told beside a message.
//!
//! Responsible for gathering what is known here in the form the guards take it in. It must never judge any of it.

use std::sync::Arc;

use doorward_core::access::{Direction, Resource};
use doorward_core::guard::{Content, Surface};
use doorward_core::ids::ServerId;
use doorward_guards::{Around, Files, Offered, Place, Tool, Trust};
use doorward_policy::ServerPlace;

use crate::gateway::{Gateway, View};

/// What is known beside `content`.
pub(crate) fn around(gateway: &Gateway, content: &Content<'_>) -> Around {
    let view = gateway.view();
    let offers = match content.surface.direction() {
        Direction::ToServer => Vec::new(),
        Direction::ToClient => offers(&view),
    };
    let (place, tool) = (place(&view, content.server), tool(&view, content.resource));
    let usual = content.resource.filter(|_| content.surface == Surface::Result);
    let usual = usual.and_then(|resource| gateway.usual().of(resource));
    Around { place, tool, usual, offers }
}

fn place(view: &View, server: &ServerId) -> Place {
    let Some(ServerPlace { root, dialect, files, trust, tools: _ }) = view.inputs.places.get(server) else {
        return Place::default();
    };
    let files = match files {
        doorward_policy::Files::Here => Files::Here,
        doorward_policy::Files::Elsewhere => Files::Elsewhere,
    };
    let trust = match trust {
        doorward_policy::Trust::Untrusted => Trust::Untrusted,
        doorward_policy::Trust::Trusted => Trust::Trusted,
    };
    Place { root: root.clone(), dialect: *dialect, files, trust }
}

fn tool(view: &View, resource: Option<&Resource>) -> Option<Arc<Tool>> {
    match resource? {
        Resource::Tool(server, name) => view.servers.get(server)?.definitions().tool(name),
        Resource::Server(_) | Resource::Resource(..) | Resource::Prompt(..) => None,
    }
}

fn offers(view: &View) -> Vec<Offered> {
    let offered = view.servers.iter().filter(|(_, server)| server.definitions().listed());
    offered.map(|(id, server)| Offered { server: id.clone(), tools: server.definitions().offers() }).collect()
}
