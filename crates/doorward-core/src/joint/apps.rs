//! MCP Apps on a joint face: who may see a tool that is only for the app of its own server.
//!
//! Responsible for the rule that the module above states. It must never take a malformed visibility for an open one.

use doorward_mcp::raw::{Kind, Raw};

use super::{Known, Named, Plan, Tool};
use crate::ids::ServerId;

/// What becomes of tools that only an app of their own server may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppTools {
    /// They stay as long as no other server of the face has apps.
    #[default]
    Guard,
    /// They stay, although an app of another server could call them.
    Keep,
    /// They are hidden and their calls refused.
    Hide,
}

/// Whether the client declared MCP Apps, and with them the duty to keep app-only tools from its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apps {
    /// It did.
    Declared,
    /// It did not.
    Absent,
}

/// What a tool has to do with MCP Apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppUse {
    /// Nothing.
    None,
    /// It opens an app of its server.
    Opens,
    /// Only an app of its server may call it.
    Only,
}

impl Apps {
    /// Reads the capabilities a client declared.
    #[must_use]
    pub fn of(capabilities: Option<Raw<'_>>) -> Self {
        match capabilities.and_then(|capabilities| capabilities.path(&["extensions", "io.modelcontextprotocol/ui"])) {
            Some(settings) if settings.kind() == Kind::Object => Self::Declared,
            Some(_) | None => Self::Absent,
        }
    }
}

impl AppUse {
    /// What the definition of a tool says of it.
    #[must_use]
    pub fn of(tool: Raw<'_>) -> Self {
        if is_app_only(tool) {
            return Self::Only;
        }
        let meta = tool.member("_meta");
        let opens = meta.is_some_and(|meta| {
            meta.path(&["ui", "resourceUri"]).is_some() || LINKS.iter().any(|name| meta.member(name).is_some())
        });
        if opens { Self::Opens } else { Self::None }
    }
}

/// Members of a tool's `_meta` that hold the URI of its app, beside `ui.resourceUri`.
pub(super) const LINKS: [&str; 2] = ["ui/resourceUri", "openai/outputTemplate"];

/// Whether a definition keeps the tool from the model: it has a visibility, and that does not name the model.
#[must_use]
pub fn is_app_only(tool: Raw<'_>) -> bool {
    let visibility = tool.path(&["_meta", "ui", "visibility"]).filter(|visibility| visibility.kind() != Kind::Null);
    visibility.is_some_and(|visibility| {
        !visibility.elements().any(|audience| audience.as_str().is_some_and(|audience| audience == "model"))
    })
}

impl Plan {
    /// Whether the tools of `server` that are only for apps are part of the face. `has_apps` says it of any server.
    pub(super) fn keeps_app_tools(
        &self,
        server: &ServerId,
        client: Apps,
        has_apps: &dyn Fn(&ServerId) -> bool,
    ) -> bool {
        match (client, self.app_tools) {
            (Apps::Absent, _) | (_, AppTools::Hide) => false,
            (Apps::Declared, AppTools::Keep) => true,
            (Apps::Declared, AppTools::Guard) => !self.servers().any(|other| other != server && has_apps(other)),
        }
    }

    /// Whether a call of the tool would be that of a tool hidden from this client.
    pub(super) fn hides(&self, tool: &Tool, client: Apps, known: Known<'_>) -> bool {
        let offers = known(&tool.server, Named::Tools);
        let app_only = offers.iter().any(|offer| *offer.name == *tool.name && offer.apps == AppUse::Only);
        let has_apps = |server: &ServerId| {
            known(server, Named::Tools).iter().any(|offer| self.counts_as_app(server, &offer.name, offer.apps))
        };
        app_only && !self.keeps_app_tools(&tool.server, client, &has_apps)
    }

    /// Whether a tool gives its server an app on this face.
    pub(super) fn counts_as_app(&self, server: &ServerId, name: &str, apps: AppUse) -> bool {
        apps != AppUse::None && self.rules.has_tool(&Tool { server: server.clone(), name: name.to_owned() })
    }
}
