//! How a tool is listed whose results are hidden: it gives handles.

use std::ops::Range;

use doorward_core::guard::{Content, Edit, Inspection, Verdict};

/// The schema of what such a tool gives.
const SCHEMA: &str = r#"{"type":"object","properties":{"handle":{"type":"string"},"type":{"type":"string"},"size":{"type":"integer"},"schema":{"type":"object"}},"required":["handle","type","size","schema"]}"#;

/// The definition with that in the place of its `outputSchema`: clients compare what they get with what is declared.
pub(super) fn with_handles(content: &Content<'_>, inspection: Inspection) -> Inspection {
    let Some(schema) = content.parts.first().and_then(|tool| tool.member("outputSchema")) else { return inspection };
    let range = schema.range();
    let edit = Edit { range: range.clone(), json: SCHEMA.to_owned() };
    let verdict = match inspection.verdict {
        Verdict::Pass => Verdict::Rewrite(vec![edit]),
        Verdict::Rewrite(edits) => {
            let (within, others): (Vec<Edit>, Vec<Edit>) =
                edits.into_iter().partition(|edit| is_within(&edit.range, &range));
            if others.iter().any(|other| meets(&other.range, &range)) {
                // The whole definition is replaced by one that was approved.
                Verdict::Rewrite(others.into_iter().chain(within).collect())
            } else {
                Verdict::Rewrite(others.into_iter().chain([edit]).collect())
            }
        }
        verdict @ (Verdict::Hold { .. } | Verdict::Block { .. }) => verdict,
    };
    Inspection { verdict, ..inspection }
}

const fn is_within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}

const fn meets(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}
