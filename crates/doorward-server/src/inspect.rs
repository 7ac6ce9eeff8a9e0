//! Putting a message before the guards, with what is known beside it.
//!
//! Responsible for where that runs. It makes no choice about the message.

use doorward_core::guard::{Content, Inspection, Surface};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::around::around;
use crate::clock::mark;
use crate::gateway::Gateway;
use crate::limits::INSPECTED_AT_ONCE_BYTES;

/// What the guards say of `content`.
pub(crate) fn inspect(gateway: &Gateway, content: &Content<'_>) -> Inspection {
    let inspect = || gateway.guards().inspect(content, &around(gateway, content), &mark().unwrap_or_default());
    // Others of this thread move to another while it takes long; a runtime of one thread has no other.
    let has_others =
        || Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    let inspection = if content.message.len() > INSPECTED_AT_ONCE_BYTES && has_others() {
        tokio::task::block_in_place(inspect)
    } else {
        inspect()
    };
    if let Some(resource) = content.resource.filter(|_| content.surface == Surface::Result) {
        gateway.usual().note(resource, content.parts.iter().map(|part| part.bytes().len()).sum());
    }
    inspection
}
