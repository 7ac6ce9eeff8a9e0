//! How large the answers of a tool usually are.
//!
//! Responsible for a size per tool that no single answer moves far. It must never keep anything an answer says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::access::Resource;
use doorward_core::ids::ServerId;

use crate::limits::{USUAL_AFTER, USUAL_TOOLS_MAX};

/// The sizes of all tools.
#[derive(Debug, Default)]
pub(crate) struct Usual {
    tools: Mutex<HashMap<(ServerId, Arc<str>), Seen>>,
}

/// What was seen of one tool.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    answers: u32,
    /// Mean of the sizes, the later counting more once [`USUAL_AFTER`] are seen.
    bytes: usize,
}

impl Usual {
    /// How many bytes answers about `resource` usually have; `None` for what is no tool, or was answered too seldom.
    pub(crate) fn of(&self, resource: &Resource) -> Option<usize> {
        let seen = *self.tools().get(&key(resource)?)?;
        (seen.answers >= USUAL_AFTER).then_some(seen.bytes)
    }

    /// Notes that an answer about `resource` has so many bytes. Of more tools than are kept the later are not.
    pub(crate) fn note(&self, resource: &Resource, bytes: usize) {
        let Some(key) = key(resource) else { return };
        let mut tools = self.tools();
        if tools.len() >= USUAL_TOOLS_MAX && !tools.contains_key(&key) {
            return;
        }
        let seen = tools.entry(key).or_default();
        seen.answers = seen.answers.saturating_add(1);
        let weight = usize::try_from(seen.answers.min(USUAL_AFTER)).unwrap_or(1);
        // An outlier weighs no more than ten usual answers, so that it does not become usual by itself.
        let bytes = if seen.answers > USUAL_AFTER { bytes.min(seen.bytes.saturating_mul(10)) } else { bytes };
        seen.bytes = seen.bytes - seen.bytes / weight + bytes / weight;
    }

    fn tools(&self) -> MutexGuard<'_, HashMap<(ServerId, Arc<str>), Seen>> {
        self.tools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(resource: &Resource) -> Option<(ServerId, Arc<str>)> {
    match resource {
        Resource::Tool(server, name) => Some((server.clone(), name.clone())),
        Resource::Server(_) | Resource::Resource(..) | Resource::Prompt(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Resource {
        Resource::Tool(ServerId::parse("files").unwrap(), Arc::from(name))
    }

    #[test]
    fn one_large_answer_does_not_become_usual() {
        let usual = Usual::default();
        for _ in 1..USUAL_AFTER {
            usual.note(&tool("read"), 1000);
        }
        assert_eq!(usual.of(&tool("read")), None);
        usual.note(&tool("read"), 1000);
        let before = usual.of(&tool("read")).unwrap();
        assert!((900..=1000).contains(&before), "{before}");
        usual.note(&tool("read"), 50_000_000);
        assert!(usual.of(&tool("read")).unwrap() < 2 * before);
        assert_eq!(usual.of(&tool("write")), None);
    }

    #[test]
    fn no_more_tools_are_kept_than_fit() {
        let usual = Usual::default();
        for number in 0..=USUAL_TOOLS_MAX {
            usual.note(&tool(&format!("tool-{number}")), 1);
        }
        assert_eq!(usual.tools().len(), USUAL_TOOLS_MAX);
    }
}
