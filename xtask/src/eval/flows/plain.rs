//! The bar to clear: plain argument provenance, without roles, records, forms or declared words taken apart.
//!
//! A text in a call that acts is good when it stands, as it is written, in the task or in what the same server said.

use std::collections::BTreeMap;

use doorward_policy::FlowPolicy;

use super::figures::Counts;
use super::gate::Ruling;
use super::replay::{Seen, each_leaf};
use super::trace::{Call, Trace, Traces};

/// By suite.
pub(super) fn of(traces: &Traces) -> Vec<(String, Counts)> {
    let suites = traces.suites().into_iter();
    suites
        .map(|suite| {
            let mut counts = Counts::default();
            for trace in traces.benign.iter().filter(|trace| trace.suite == suite) {
                counts.benign(trace, &play(trace));
            }
            for trace in traces.attacked.iter().filter(|trace| trace.suite == suite) {
                counts.attacked(trace, &play(trace));
            }
            (suite.to_owned(), counts)
        })
        .collect()
}

fn play(trace: &Trace) -> Vec<Seen> {
    let task = trace.texts.join("\n").to_lowercase();
    let mut said: BTreeMap<&str, String> = BTreeMap::new();
    let asked = Ruling { by: [FlowPolicy::Endorsement].into(), ..Ruling::default() };
    let mut has_read = false;
    let mut seen = Vec::new();
    for call in &trace.calls {
        let acts = call.tool.nature.act.is_consequential();
        let heard = said.get(call.server.as_str()).map_or("", String::as_str);
        let is_refused = has_read && acts && !is_known(call, &task, heard);
        seen.push(Seen {
            tool: call.tool.clone(),
            is_attack: call.is_attack,
            ruling: if is_refused { asked.clone() } else { Ruling::default() },
            answered: Ruling::default(),
            is_beside_token: false,
            counts: acts,
            missing: Vec::new(),
            passed: Vec::new(),
            has_authority: true,
        });
        if !(is_refused && call.is_attack) {
            has_read = true;
            let heard = said.entry(call.server.as_str()).or_default();
            heard.push_str(&call.result.to_lowercase());
            heard.push('\n');
        }
    }
    seen
}

fn is_known(call: &Call, task: &str, heard: &str) -> bool {
    let mut known = true;
    each_leaf(call.arguments.as_raw(), "", &mut |_, raw| {
        if let Some(text) = raw.as_str() {
            let text = text.to_lowercase();
            known &= task.contains(&text) || heard.contains(&text);
        }
    });
    known
}
