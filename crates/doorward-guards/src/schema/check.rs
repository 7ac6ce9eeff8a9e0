//! Holding a value against a schema.
//!
//! Responsible for what does not fit, where, and how grave that is, within a count of work: a schema may ask for more work
//! than any value is worth. It must never keep anything of the value: a path tells only names that the schema declares.

use std::fmt;

use doorward_mcp::raw::{Kind, Raw};

use super::evaluated::{item_is_evaluated, member_is_evaluated};
use super::model::{Count, Id, Node, ROOT, Schema, Type};
use super::same::same;
use super::words;
use crate::limits::{CHECK_DEPTH_MAX, CHECK_WORK_MAX, MATCHED_BYTES_MAX, VIOLATIONS_MAX};

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The keyword that was not kept.
    pub(crate) rule: &'static str,
    /// How grave it is.
    pub(crate) grade: Grade,
    /// Where the value starts in the message.
    pub(crate) place: usize,
    /// The way to it: declared names, and numbers of elements.
    pub(crate) path: String,
    /// What it must be; follows the path in a sentence.
    pub(crate) must: String,
}

/// How far a value is from what it should be; a later one is further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// A member nobody declared, where nobody said that there are none.
    Undeclared,
    /// It says the same in another type, or nothing where nothing is needed: many servers take it.
    Coerced,
    /// It does not fit.
    Wrong,
}

/// The work was more than any value is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMuch;

/// What of `value` does not fit `schema`; the first ones, when there is much.
pub(crate) fn check(schema: &Schema, value: Raw<'_>) -> Result<Vec<Violation>, TooMuch> {
    let mut violations = Vec::new();
    let mut check = Check { schema, work: CHECK_WORK_MAX, depth: 0 };
    let at = At { value, path: Path::Root, is_needed: true, is_alone: true };
    check.node(ROOT, at, &mut violations)?;
    Ok(violations)
}

pub(super) struct Check<'s> {
    pub(super) schema: &'s Schema,
    work: usize,
    depth: usize,
}

/// A value where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'p, 'a> {
    pub(super) value: Raw<'a>,
    path: Path<'p>,
    /// Whether it would be missed.
    is_needed: bool,
    /// Whether no other schema speaks of the same value: only then is an unknown member undeclared.
    is_alone: bool,
}

/// The way to a value, innermost step first.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Declared(&'p Self, &'p str),
    Undeclared(&'p Self),
    Element(&'p Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Declared(before, name) => write!(f, "{before}/{}", words::name(name).unwrap_or("*")),
            Self::Undeclared(before) => write!(f, "{before}/*"),
            Self::Element(before, index) => write!(f, "{before}/{index}"),
        }
    }
}

impl<'a> At<'_, 'a> {
    fn violation(&self, rule: &'static str, grade: Grade, must: String) -> Violation {
        Violation { rule, grade, place: self.value.range().start, path: self.path.to_string(), must }
    }

    fn wrong(&self, rule: &'static str, must: String) -> Violation {
        self.violation(rule, Grade::Wrong, must)
    }

    /// The same value before another schema.
    pub(super) const fn with_others(self) -> Self {
        Self { is_alone: false, ..self }
    }

    pub(super) const fn of(value: Raw<'a>) -> At<'static, 'a> {
        At { value, path: Path::Root, is_needed: true, is_alone: false }
    }
}

impl<'s> Check<'s> {
    /// Counts work on `value`: a look at it takes as long as it is long.
    pub(super) fn spend(&mut self, value: Raw<'_>) -> Result<(), TooMuch> {
        self.work = self.work.checked_sub(1 + value.bytes().len() / 32).ok_or(TooMuch)?;
        Ok(())
    }

    pub(super) fn get(&self, id: Id) -> Result<&'s Node, TooMuch> {
        self.schema.nodes.get(id.0).ok_or(TooMuch)
    }

    pub(super) fn fits(&mut self, id: Id, value: Raw<'_>) -> Result<bool, TooMuch> {
        let mut violations = Vec::new();
        self.node(id, At::of(value), &mut violations)?;
        Ok(violations.is_empty())
    }

    fn node(&mut self, id: Id, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        self.spend(at.value)?;
        if self.depth >= CHECK_DEPTH_MAX {
            return Err(TooMuch);
        }
        if out.len() >= VIOLATIONS_MAX {
            return Ok(());
        }
        self.depth += 1;
        let node = self.get(id)?;
        let checked = self.keywords(node, at, out);
        self.depth -= 1;
        checked
    }

    fn keywords(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        if node.refuses {
            out.push(at.wrong("false", "must not be there".to_owned()));
            return Ok(());
        }
        if !node.types.fits(Type::of(at.value)) {
            let must = format!("must be {}, not {}", node.types, Type::of(at.value).words());
            out.push(at.violation("type", words::distance(node.types, at.value, at.is_needed), must));
            return Ok(());
        }
        if let Some(values) = &node.values {
            self.spend(at.value)?;
            if !values.iter().any(|one| same(one.as_raw(), at.value)) {
                out.push(at.wrong("enum", words::one_of(values)));
                return Ok(());
            }
        }
        match at.value.kind() {
            Kind::Number => number(node, at, out),
            Kind::String => self.text(node, at, out)?,
            Kind::Array => self.array(node, at, out)?,
            Kind::Object => self.object(node, at, out)?,
            Kind::Null | Kind::Bool => {}
        }
        self.in_place(node, at, out)?;
        self.unevaluated(node, at, out)
    }

    fn text(&mut self, node: &Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        let bounds = &node.text;
        if bounds.length.is_free() && bounds.pattern.is_none() {
            return Ok(());
        }
        let Some(text) = at.value.as_str() else { return Ok(()) };
        length(at, bounds.length, text.chars().count(), ["minLength", "maxLength"], "characters", out);
        let Some(pattern) = &bounds.pattern else { return Ok(()) };
        if text.len() > MATCHED_BYTES_MAX {
            return Err(TooMuch);
        }
        self.work = self.work.checked_sub(text.len()).ok_or(TooMuch)?;
        if !pattern.fits(&text) {
            out.push(at.wrong("pattern", words::pattern(pattern.written())));
        }
        Ok(())
    }

    fn array(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        let bounds = &node.array;
        let mut seen = std::collections::HashSet::new();
        let (mut elements, mut contained, mut is_unique) = (0, 0_u64, true);
        for (index, value) in at.value.elements().enumerate() {
            elements += 1;
            if bounds.is_unique {
                self.spend(value)?;
                is_unique &= seen.insert(value.text());
            }
            if let Some(id) = bounds.prefix.get(index).copied().or(bounds.items) {
                let path = Path::Element(&at.path, index);
                self.node(id, At { value, path, is_needed: true, is_alone: true }, out)?;
            }
            if let Some((id, _)) = bounds.contains
                && self.fits(id, value)?
            {
                contained += 1;
            }
        }
        length(at, bounds.length, elements, ["minItems", "maxItems"], "elements", out);
        if !is_unique {
            out.push(at.wrong("uniqueItems", "must not hold an element twice".to_owned()));
        }
        if let Some((_, counted)) = bounds.contains
            && (contained < counted.least.unwrap_or(1) || counted.most.is_some_and(|most| contained > most))
        {
            out.push(at.wrong("contains", "does not hold the elements it must".to_owned()));
        }
        Ok(())
    }

    fn object(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        let bounds = &node.object;
        let mut members = 0;
        let mut is_undeclared = false;
        for (written, value) in at.value.named_values() {
            members += 1;
            let Some(name) = written.as_str() else { continue };
            if let Some(names) = bounds.names
                && !self.fits(names, written)?
            {
                out.push(at.wrong("propertyNames", "has a member whose name may not be".to_owned()));
            }
            let mut is_declared = false;
            if let Some((declared, id)) = bounds.properties.get_key_value(name.as_ref()) {
                is_declared = true;
                let is_needed = bounds.required.contains(declared);
                let path = Path::Declared(&at.path, declared);
                self.node(*id, At { value, path, is_needed, is_alone: true }, out)?;
            }
            let path = Path::Undeclared(&at.path);
            let below = At { value, path, is_needed: true, is_alone: true };
            for (pattern, id) in &bounds.patterns {
                self.spend(written)?;
                if pattern.fits(&name) {
                    is_declared = true;
                    self.node(*id, below, out)?;
                }
            }
            match bounds.additional {
                Some(_) if is_declared => {}
                Some(id) if self.get(id)?.refuses => {
                    out.push(at.wrong("additionalProperties", words::undeclared(&bounds.properties)));
                }
                Some(id) => self.node(id, below, out)?,
                None => is_undeclared |= !is_declared,
            }
        }
        if is_undeclared && at.is_alone && node.speaks_alone() {
            out.push(at.violation("undeclared", Grade::Undeclared, words::undeclared(&bounds.properties)));
        }
        length(at, bounds.length, members, ["minProperties", "maxProperties"], "members", out);
        self.asked_for(node, at, out)
    }

    /// Members that must be there.
    fn asked_for(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        let bounds = &node.object;
        for name in bounds.required.iter().filter(|name| at.value.member(name).is_none()) {
            let kind = bounds.properties.get(name).and_then(|id| self.schema.nodes.get(id.0));
            out.push(missing(at, "required", name, kind));
        }
        for (asking, asked) in &bounds.dependent {
            self.spend(at.value)?;
            if at.value.member(asking).is_some() {
                let absent = asked.iter().filter(|name| at.value.member(name).is_none());
                out.extend(absent.map(|name| missing(at, "dependentRequired", name, None)));
            }
        }
        for (asking, id) in &bounds.dependent_schemas {
            self.spend(at.value)?;
            if at.value.member(asking).is_some() {
                self.node(*id, at.with_others(), out)?;
            }
        }
        Ok(())
    }

    /// Schemas that speak of the same value.
    fn in_place(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        if let Some(id) = node.reference {
            let at = if node.speaks_only_by_reference() { at } else { at.with_others() };
            self.node(id, at, out)?;
        }
        let at = at.with_others();
        for id in &node.all {
            self.node(*id, at, out)?;
        }
        if !node.any.is_empty() && self.branches(&node.any, at)?.fitting == 0 {
            self.nearest(&node.any, at, "anyOf", out)?;
        }
        if !node.one.is_empty() {
            match self.branches(&node.one, at)?.fitting {
                0 => self.nearest(&node.one, at, "oneOf", out)?,
                1 => {}
                // Servers that check it at all take the first that fits, as a rule.
                _ => out.push(at.violation("oneOf", Grade::Coerced, "fits more than one of its forms".to_owned())),
            }
        }
        if let Some(id) = node.not
            && self.fits(id, at.value)?
        {
            out.push(at.wrong("not", "has a form that it must not have".to_owned()));
        }
        if let Some(condition) = &node.condition {
            let branch = if self.fits(condition.when, at.value)? { condition.then } else { condition.otherwise };
            if let Some(id) = branch {
                self.node(id, at, out)?;
            }
        }
        Ok(())
    }

    fn branches(&mut self, ids: &[Id], at: At<'_, '_>) -> Result<Branches, TooMuch> {
        let mut fitting = 0;
        for id in ids {
            fitting += usize::from(self.fits(*id, at.value)?);
        }
        Ok(Branches { fitting })
    }

    /// Of several forms, none of which fits, tells what is wrong with the one that comes nearest.
    fn nearest(
        &mut self,
        ids: &[Id],
        at: At<'_, '_>,
        rule: &'static str,
        out: &mut Vec<Violation>,
    ) -> Result<(), TooMuch> {
        let mut best: Option<((Grade, bool, usize), Vec<Violation>)> = None;
        let mut types = super::model::Types::default();
        for id in ids {
            let mut violations = Vec::new();
            self.node(*id, at, &mut violations)?;
            let grade = violations.iter().map(|one| one.grade).max().unwrap_or(Grade::Wrong);
            let node = self.get(*id)?;
            let is_other_type = !node.types.fits(Type::of(at.value));
            if is_other_type {
                types = types.with(node.types);
            }
            let distance = (grade, is_other_type, violations.len());
            if best.as_ref().is_none_or(|(least, _)| distance < *least) {
                best = Some((distance, violations));
            }
        }
        match best {
            Some(((grade, true, _), _)) => {
                let must = format!("must be {types}, not {}", Type::of(at.value).words());
                out.push(at.violation(rule, grade, must));
            }
            Some((_, violations)) => out.extend(violations),
            None => out.push(at.wrong(rule, "has none of the forms it may have".to_owned())),
        }
        Ok(())
    }

    /// What no schema has spoken of.
    fn unevaluated(&mut self, node: &'s Node, at: At<'_, '_>, out: &mut Vec<Violation>) -> Result<(), TooMuch> {
        if let (Some(id), Kind::Object) = (node.object.unevaluated, at.value.kind()) {
            for (written, value) in at.value.named_values() {
                let Some(name) = written.as_str() else { continue };
                if !member_is_evaluated(self, node, at.value, &name)? && !self.fits(id, value)? {
                    out.push(at.wrong("unevaluatedProperties", words::undeclared(&node.object.properties)));
                    break;
                }
            }
        }
        if let (Some(id), Kind::Array) = (node.array.unevaluated, at.value.kind()) {
            for (index, value) in at.value.elements().enumerate() {
                if !item_is_evaluated(self, node, at.value, index)? && !self.fits(id, value)? {
                    out.push(at.wrong("unevaluatedItems", "has an element that may not be".to_owned()));
                    break;
                }
            }
        }
        Ok(())
    }
}

struct Branches {
    fitting: usize,
}

fn missing(at: At<'_, '_>, rule: &'static str, name: &str, kind: Option<&Node>) -> Violation {
    let kind = kind.filter(|node| !node.types.is_any()).map(|node| format!(" ({})", node.types)).unwrap_or_default();
    let name = words::name(name).map_or_else(|| "a member".to_owned(), |name| format!("'{name}'"));
    at.wrong(rule, format!("must have {name}{kind}"))
}

fn number(node: &Node, at: At<'_, '_>, out: &mut Vec<Violation>) {
    let Some(value) = at.value.as_f64() else { return };
    let bounds = &node.number;
    let mut ask = |rule, fits: bool, words: &str, bound: Option<f64>| {
        if let Some(bound) = bound.filter(|_| !fits) {
            out.push(at.wrong(rule, format!("must be {words} {bound}")));
        }
    };
    ask("minimum", bounds.minimum.is_none_or(|least| value >= least), "at least", bounds.minimum);
    ask("maximum", bounds.maximum.is_none_or(|most| value <= most), "at most", bounds.maximum);
    ask("exclusiveMinimum", bounds.above.is_none_or(|bound| value > bound), "more than", bounds.above);
    ask("exclusiveMaximum", bounds.below.is_none_or(|bound| value < bound), "less than", bounds.below);
    // Tenths are not exact in binary.
    let is_multiple = |step: f64| {
        let times = value / step;
        (times - times.round()).abs() <= f64::EPSILON * 8.0 * times.abs().max(1.0)
    };
    ask("multipleOf", bounds.multiple_of.is_none_or(is_multiple), "a multiple of", bounds.multiple_of);
}

fn length(
    at: At<'_, '_>,
    bounds: Count,
    length: usize,
    rules: [&'static str; 2],
    what: &str,
    out: &mut Vec<Violation>,
) {
    let [least_rule, most_rule] = rules;
    let length = length as u64;
    if let Some(least) = bounds.least.filter(|least| length < *least) {
        out.push(at.wrong(least_rule, format!("must have at least {least} {what}")));
    }
    if let Some(most) = bounds.most.filter(|most| length > *most) {
        out.push(at.wrong(most_rule, format!("must have at most {most} {what}")));
    }
}
