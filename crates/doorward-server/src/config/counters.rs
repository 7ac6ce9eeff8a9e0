//! `[policy.counters]`: what rules may look back at, as `NAME = "allowed mail/send within 1h by user"`.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::access::ACTIONS;
use doorward_core::history::{By, Counter, Happened, Of};
use doorward_core::ids::ServerId;

use super::build::Builder;
use super::limits::{COUNTER_SECONDS_MAX, COUNTERS_MAX};
use super::node::{Member, Reader};
use super::origin::Origin;
use super::settings::{Layer, PatternEntry, Shown, toml_text};

const FORM: &str = "write it like \"allowed SERVER/TOOL within 1h by user, agent\", or with refused, asked or failed, or a \
                    method such as resources/read";

/// The table in a file.
pub(super) fn gather(member: &Member, layer: &mut Layer, reader: &mut Reader<'_>) {
    for counter in reader.table("[policy.counters]", &member.node).unwrap_or_default() {
        let Some(written) = reader.text(&counter.name, &counter.node) else { continue };
        let origin = reader.origin.at(&counter.node.span);
        layer.counters.push(PatternEntry { name: counter.name.clone(), written, origin });
    }
}

impl Builder<'_> {
    /// The counters that can be read.
    pub(super) fn counters(&mut self) -> Vec<Counter> {
        let mut counters = Vec::new();
        for entry in std::mem::take(&mut self.counters).into_values() {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if entry.name.is_empty() || !entry.name.chars().all(plain) {
                let message = format!("'{}' is no name of a counter", entry.name.escape_debug());
                self.problems.error(entry.origin.clone(), message, "use letters, digits and '_'");
            }
            match read(&entry.name, &entry.written) {
                Some(counter) => counters.push(counter),
                None => {
                    let message = format!("the counter '{}' cannot be read", entry.name.escape_debug());
                    self.problems.error(entry.origin.clone(), message, FORM);
                }
            }
            let key = format!("policy.counters.{}", entry.name);
            self.shown.push(Shown { key, value: toml_text(&entry.written), origin: entry.origin });
        }
        if counters.len() > COUNTERS_MAX {
            let message = format!("there are more than {COUNTERS_MAX} counters");
            self.problems.error(Origin::Default, message, "each looks at every record");
        }
        counters
    }
}

fn read(name: &str, written: &str) -> Option<Counter> {
    let (what, by) = match written.split_once(" by ") {
        Some((what, by)) => (what, by),
        None => (written, "user, agent"),
    };
    let (head, within) = what.split_once(" within ")?;
    let (count, of) = head.trim().split_once(' ')?;
    let by: Option<Vec<By>> = match by.trim() {
        "everyone" => Some(Vec::new()),
        words => words.split(',').map(|word| By::parse(word.trim())).collect(),
    };
    let (count, of) = (Happened::parse(count)?, thing(of.trim())?);
    Some(Counter { name: Arc::from(name), count, of, within: time(within.trim())?, by: by? })
}

fn thing(text: &str) -> Option<Of> {
    if ACTIONS.iter().any(|rule| rule.method == text) {
        return Some(Of::Method(Arc::from(text)));
    }
    let (server, tool) = text.split_once('/')?;
    (!tool.is_empty()).then_some(Of::Tool(ServerId::parse(server).ok()?, Arc::from(tool)))
}

/// `90s`, `15m`, `1h`, `7d`
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.trim().parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=COUNTER_SECONDS_MAX).contains(&seconds).then(|| Duration::from_secs(seconds))
}
