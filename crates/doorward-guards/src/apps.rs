//! HTML of MCP Apps: what a page that a server hands out would do in the client.
//!
//! Responsible for what such a page reaches for outside what it declares. It must never execute or fetch anything.

use doorward_core::guard::GuardName;

use crate::guard::{Guard, Report};
use crate::scene::Scene;

/// Looks at HTML.
#[derive(Debug, Default)]
pub(crate) struct Apps;

impl Guard for Apps {
    fn name(&self) -> GuardName {
        GuardName::Apps
    }

    fn inspect(&self, _scene: &Scene<'_>, _report: &mut Report) {}
}
