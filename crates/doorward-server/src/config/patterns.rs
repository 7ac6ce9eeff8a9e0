//! `[policy.patterns]`: regular expressions with names.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_policy::Pattern;

use super::build::Builder;
use super::limits::PATTERNS_MAX;
use super::node::{Member, Reader};
use super::origin::Origin;
use super::settings::{Layer, PatternEntry, Shown, toml_text};

/// The table in a file.
pub(super) fn gather(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for pattern in reader.table("[policy.patterns]", &member.node).unwrap_or_default() {
        let Some(written) = reader.text(&pattern.name, &pattern.node) else { continue };
        let origin = reader.origin.at(&pattern.node.span);
        layer.patterns.push(PatternEntry { name: pattern.name.clone(), written, origin });
    }
}

impl Builder<'_> {
    /// The patterns that can be read.
    pub(super) fn patterns(&mut self) -> BTreeMap<Arc<str>, Pattern> {
        let mut read = BTreeMap::new();
        for entry in std::mem::take(&mut self.patterns).into_values() {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if entry.name.is_empty() || !entry.name.chars().all(plain) {
                let message = format!("'{}' is no name of a pattern", entry.name.escape_debug());
                self.problems.error(entry.origin.clone(), message, "use letters, digits and '_'");
            }
            match Pattern::new(&entry.written) {
                Ok(pattern) => {
                    read.insert(Arc::from(entry.name.as_str()), pattern);
                }
                Err(flaw) => {
                    let message = format!("the pattern '{}' cannot be read: {flaw}", entry.name.escape_debug());
                    let advice = "the syntax is that of the Rust crate regex: no look-around, no references back";
                    self.problems.error(entry.origin.clone(), message, advice);
                }
            }
            let key = format!("policy.patterns.{}", entry.name);
            self.shown.push(Shown { key, value: toml_text(&entry.written), origin: entry.origin });
        }
        if read.len() > PATTERNS_MAX {
            let message = format!("there are more than {PATTERNS_MAX} patterns");
            self.problems.error(Origin::Default, message, "each is tried on every text that a rule names");
        }
        read
    }
}
