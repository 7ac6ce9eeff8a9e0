//! Laying what one case says over the defaults, and a variant over its case.

use super::node::{Member, Node, Table, Written};

/// Tables in which a variant changes single members; everything else is replaced whole.
const MERGED: [&str; 5] = ["who", "arguments", "counts", "paths", "hosts"];

/// What goes when something else is said to be asked for.
const OF_A_TOOL: [&str; 2] = ["tool", "arguments"];
const OF_AN_ACTION: [&str; 2] = ["action", "resource"];

/// `over` laid over `under`.
pub(super) fn laid_over(under: &Table, over: &Table) -> Table {
    let replaced = |name: &str| {
        let by = |key: &str, parts: &[&str]| find(over, key).is_some() && parts.contains(&name);
        find(over, name).is_some() || by("action", &OF_A_TOOL) || by("tool", &OF_AN_ACTION)
    };
    let mut result: Table = under.iter().filter(|member| !replaced(&member.name)).cloned().collect();
    for member in over {
        let below = find(under, &member.name).and_then(|below| below.node.table());
        match (below, member.node.table()) {
            (Some(below), Some(above)) if MERGED.contains(&member.name.as_str()) => {
                let node = Node { span: member.node.span.clone(), value: Written::Table(merged(below, above)) };
                result.push(Member { node, ..member.clone() });
            }
            (Some(_) | None, Some(_) | None) => result.push(member.clone()),
        }
    }
    result
}

fn merged(under: &Table, over: &Table) -> Table {
    under.iter().filter(|member| find(over, &member.name).is_none()).chain(over).cloned().collect()
}

/// The member of that name.
pub(super) fn find<'a>(table: &'a Table, name: &str) -> Option<&'a Member> {
    table.iter().find(|member| member.name == name)
}
