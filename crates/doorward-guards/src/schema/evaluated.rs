//! Which members and elements a schema has spoken of, for `unevaluatedProperties` and `unevaluatedItems` (JSON Schema core
//! §11).

use doorward_mcp::raw::Raw;

use super::check::{Check, TooMuch};
use super::model::{Id, Node};

/// Whether any schema that applies to `object` beside the unevaluated one speaks of its member `name`.
pub(super) fn member_is_evaluated(
    check: &mut Check<'_>,
    node: &Node,
    object: Raw<'_>,
    name: &str,
) -> Result<bool, TooMuch> {
    check.spend(object)?;
    let bounds = &node.object;
    if bounds.properties.contains_key(name)
        || bounds.additional.is_some()
        || bounds.patterns.iter().any(|(pattern, _)| pattern.fits(name))
    {
        return Ok(true);
    }
    let dependent = bounds.dependent_schemas.iter().filter(|(asking, _)| object.member(asking).is_some());
    let dependent: Vec<Id> = dependent.map(|(_, id)| *id).collect();
    any_applied(check, node, object, &dependent, |check, node| {
        Ok(node.object.unevaluated.is_some() || member_is_evaluated(check, node, object, name)?)
    })
}

/// The same of the element at `index`.
pub(super) fn item_is_evaluated(
    check: &mut Check<'_>,
    node: &Node,
    array: Raw<'_>,
    index: usize,
) -> Result<bool, TooMuch> {
    check.spend(array)?;
    let bounds = &node.array;
    if bounds.items.is_some() || index < bounds.prefix.len() {
        return Ok(true);
    }
    if let (Some((id, _)), Some(element)) = (bounds.contains, array.elements().nth(index))
        && check.fits(id, element)?
    {
        return Ok(true);
    }
    any_applied(check, node, array, &[], |check, node| {
        Ok(node.array.unevaluated.is_some() || item_is_evaluated(check, node, array, index)?)
    })
}

/// Whether one of the schemas that apply in place and fit speaks of it.
fn any_applied<'s>(
    check: &mut Check<'s>,
    node: &Node,
    value: Raw<'_>,
    more: &[Id],
    speaks: impl Fn(&mut Check<'s>, &Node) -> Result<bool, TooMuch>,
) -> Result<bool, TooMuch> {
    let mut applied: Vec<Id> = node.reference.into_iter().chain(node.all.iter().copied()).collect();
    applied.extend(more);
    for id in node.any.iter().chain(&node.one) {
        if check.fits(*id, value)? {
            applied.push(*id);
        }
    }
    if let Some(condition) = &node.condition {
        if check.fits(condition.when, value)? {
            applied.push(condition.when);
            applied.extend(condition.then);
        } else {
            applied.extend(condition.otherwise);
        }
    }
    for id in applied {
        let node = check.get(id)?;
        if speaks(check, node)? {
            return Ok(true);
        }
    }
    Ok(false)
}
