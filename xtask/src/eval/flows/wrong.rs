//! One label deliberately wrong: how many attacks that costs.

use std::fmt::Write as _;
use std::rc::Rc;

use doorward_core::flow::Integrity;
use doorward_flow::context::Beginning;
use doorward_flow::nature::{Links, Nature};
use doorward_flow::pack::{Said, ToolLabels, Voice};
use doorward_flow::structure::Shapes;

use super::replay::{self, Rules};
use super::state::{State, key};
use super::toolset::Tool;
use super::trace::{Trace, Traces};

/// A wrong statement about one tool.
#[derive(Debug, Clone, Copy)]
enum Mistake {
    /// All its fields are called the organisation's own.
    Trusted,
    /// A tool that acts is called a reader that goes nowhere.
    Reader,
}

/// The table.
pub(super) fn text(traces: &Traces) -> String {
    let mut out = String::from("one label wrong at a time: attacks lost\n");
    for (mistake, name) in
        [(Mistake::Trusted, "fields of a reading tool trusted"), (Mistake::Reader, "an acting tool called a reader")]
    {
        let mut lost: Vec<(u32, String)> = Vec::new();
        for suite in traces.suites() {
            let attacked: Vec<&Trace> = traces.attacked.iter().filter(|trace| trace.suite == suite).collect();
            if attacked.is_empty() {
                continue;
            }
            let before = stopped(&attacked, None);
            for tool in tools(traces, suite, mistake) {
                let nature = mistaken(&tool.nature, mistake);
                let after = stopped(&attacked, Some((&tool.name, &nature)));
                lost.push((before.saturating_sub(after), format!("{suite}/{}", tool.name)));
            }
        }
        lost.sort_by(|left, right| right.cmp(left));
        let none = lost.iter().filter(|(count, _)| *count == 0).count();
        let worst: Vec<String> = lost.iter().take(4).map(|(count, name)| format!("{count} {name}")).collect();
        let _ = writeln!(out, "{name:<34} {} labels, {none} cost nothing; worst: {}", lost.len(), worst.join(", "));
    }
    out
}

fn tools(traces: &Traces, suite: &str, mistake: Mistake) -> Vec<Rc<Tool>> {
    let mut tools: Vec<Rc<Tool>> = Vec::new();
    let all = traces.benign.iter().chain(&traces.attacked).filter(|trace| trace.suite == suite);
    for call in all.flat_map(|trace| &trace.calls) {
        let fits = match mistake {
            Mistake::Trusted => !call.tool.nature.act.is_consequential(),
            Mistake::Reader => call.tool.nature.act.is_consequential(),
        };
        if fits && !tools.iter().any(|tool| tool.name == call.tool.name) {
            tools.push(call.tool.clone());
        }
    }
    tools
}

fn mistaken(nature: &Nature, mistake: Mistake) -> Nature {
    let mut wrong = nature.clone();
    match mistake {
        Mistake::Trusted => {
            let because = Some("it is wrong".into());
            let said = Said { integrity: Some(Integrity::Internal), because, ..Said::default() };
            // Fields at the top, of elements, and one deeper: that is where the traces have theirs.
            let fields = ["/*", "/*/*", "/*/*/*"].map(|pointer| (pointer.into(), said.clone()));
            wrong = wrong.with(&ToolLabels { fields: fields.to_vec(), ..ToolLabels::nothing(Voice::Operator) });
        }
        Mistake::Reader => {
            wrong.act = doorward_flow::nature::Act::Read;
            wrong.egress = false;
            wrong.links = Links::Own;
            wrong.makes = false;
        }
    }
    wrong
}

fn stopped(attacked: &[&Trace], relabelled: Option<(&str, &Nature)>) -> u32 {
    let mut shapes = Shapes::new(&key());
    let mut count = 0;
    for trace in attacked {
        let rules = Rules { says_task: true, relabelled, ..Rules::default() };
        let seen = replay::play(&mut State::new(Beginning::Known), &mut shapes, trace, rules);
        count += u32::from(seen.iter().any(|call| call.is_attack && call.is_refused()));
    }
    count
}
