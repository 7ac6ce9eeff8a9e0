//! What packs and the operator add to what is inferred.
//!
//! What makes a tool more dangerous counts as it is said. What makes it less so counts only with a reason, and what the
//! definition shows against the statement is seen here: a pack that calls a tool a reader knows its name, not its
//! description.

use std::sync::Arc;

use doorward_core::flow::{Integrity, Label, Role};

use super::because::{About, Because, Witness};
use super::by_name::{is_prose, needs_less};
use super::place::{Place, Shown, unescaped};
use super::{Act, FieldLabel, Nature};
use crate::pack::{Said, ToolLabels, Voice};

/// A role that was said of the arguments below a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SaidRole {
    pointer: Arc<str>,
    role: Role,
    /// Whether it counts where it needs less than what names and schemas show.
    lowers: Lowers,
}

/// When what is said of an argument may need less than what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lowers {
    /// There is a reason for it.
    Always,
    /// There is none.
    WhatNothingSpeaksFor,
}

/// Adds what is said.
pub(super) fn add(nature: &mut Nature, said: &ToolLabels) {
    let mut adding = Adding { nature, by: &said.by, because: said.because.as_ref() };
    adding.what_it_does(said);
    for (pointer, role) in &said.roles {
        adding.role(pointer, *role);
    }
    adding.result(&said.result);
    for (pointer, label) in &said.fields {
        adding.field(pointer, label);
    }
}

struct Adding<'a> {
    nature: &'a mut Nature,
    by: &'a Voice,
    because: Option<&'a Arc<str>>,
}

impl Adding<'_> {
    /// Whether a statement counts that is as dangerous as what is known, or has the tool's reason; says why, or why not.
    fn counts(&mut self, about: About, lowered: bool) -> bool {
        self.weighed(about, lowered, self.because.cloned())
    }

    /// The same with this reason alone.
    fn weighed(&mut self, about: About, lowered: bool, reason: Option<Arc<str>>) -> bool {
        let counts = !lowered || reason.is_some();
        let reason = reason.filter(|_| lowered);
        let witness = match (self.by, counts) {
            (Voice::Pack(name), true) => Witness::Pack(name.clone(), reason),
            (Voice::Operator, true) => Witness::Operator(reason),
            (Voice::Pack(name), false) => Witness::Unfollowed(Some(name.clone())),
            (Voice::Operator, false) => Witness::Unfollowed(None),
        };
        self.nature.because.push(Because { about, witness });
        counts
    }

    fn what_it_does(&mut self, said: &ToolLabels) {
        if let Some(act) = said.act {
            self.act(act);
        }
        if let Some(egress) = said.egress
            && self.counts(About::Egress(egress), self.nature.egress && !egress)
        {
            self.nature.egress = egress;
        }
        if let Some(links) = said.links
            && self.counts(About::Links, links < self.nature.links)
        {
            self.nature.links = links;
        }
        if let Some(makes) = said.makes
            && self.counts(About::Makes(makes), makes && !self.nature.makes)
        {
            self.nature.makes = makes;
        }
        // Hiding changes what a model gets to see: a pack only recommends it.
        if let Some(hide) = said.hide
            && said.by == Voice::Operator
            && self.counts(About::Hide, self.nature.hide && !hide)
        {
            self.nature.hide = hide;
        }
        self.nature.makes &= self.nature.act == Act::Write;
    }

    fn act(&mut self, act: Act) {
        // Of a tool of which nothing is known, a pack is who knows.
        let lowered = act == Act::Read && self.nature.act.is_consequential() && !self.nature.is_unknown();
        if self.counts(About::Act(act), lowered) {
            self.nature.act = act;
        }
    }

    fn role(&mut self, pointer: &Arc<str>, role: Role) {
        let lowered = match self.nature.place(pointer) {
            Place::Known(argument) => needs_less(role, argument.role) && argument.witness != Witness::Nothing,
            // Where the schema says nothing, names are weighed when a value comes.
            Place::Unknown(_) => false,
        };
        if self.counts(About::Argument(pointer.clone(), role), lowered) {
            let lowers = if self.because.is_some() { Lowers::Always } else { Lowers::WhatNothingSpeaksFor };
            self.nature.said_roles.retain(|known| known.pointer != *pointer);
            self.nature.said_roles.push(SaidRole { pointer: pointer.clone(), role, lowers });
        }
    }

    fn result(&mut self, said: &Said) {
        if *said == Said::default() {
            return;
        }
        let present = self.nature.result.clone();
        // A whole result has prose in it: no pack makes it believed, and the operator no more than that not everybody wrote it.
        let least = match self.by {
            Voice::Pack(_) => present.integrity,
            Voice::Operator => present.integrity.min(Integrity::ThirdParty),
        };
        let trusted = said.integrity.is_some_and(|integrity| integrity < least);
        let reason = said.because.as_ref().or(self.because).filter(|_| !trusted).cloned();
        let counts = self.weighed(About::Result, lowers(said, &present), reason);
        self.nature.result = if counts { replaced(&present, said) } else { raised(&present, said) };
        for field in &mut self.nature.fields {
            field.label.categories.extend(said.categories.iter().cloned());
            if self.nature.result.confidentiality > present.confidentiality {
                field.label.confidentiality = field.label.confidentiality.max(self.nature.result.confidentiality);
            }
        }
    }

    fn field(&mut self, pointer: &Arc<str>, said: &Said) {
        let present = self.nature.field(pointer).into_owned();
        let trusted = said.integrity.is_some_and(|integrity| integrity < present.integrity);
        let reason = said.because.clone().filter(|_| !trusted || !is_prose(pointer));
        let counts = self.weighed(About::Field(pointer.clone()), lowers(said, &present), reason);
        let label = if counts { replaced(&present, said) } else { raised(&present, said) };
        let field = FieldLabel { pointer: pointer.clone(), label, because: said.because.clone().filter(|_| counts) };
        self.nature.fields.retain(|known| known.pointer != *pointer);
        self.nature.fields.push(field);
    }
}

/// Whether what is said is less than what is known.
fn lowers(said: &Said, present: &Label) -> bool {
    said.confidentiality.is_some_and(|said| said < present.confidentiality)
        || said.integrity.is_some_and(|said| said < present.integrity)
}

/// With what is said instead.
fn replaced(present: &Label, said: &Said) -> Label {
    let mut label = present.clone();
    label.confidentiality = said.confidentiality.unwrap_or(label.confidentiality);
    label.integrity = said.integrity.unwrap_or(label.integrity);
    label.categories.extend(said.categories.iter().cloned());
    label
}

/// With what is said beside.
fn raised(present: &Label, said: &Said) -> Label {
    let label = replaced(present, said);
    label.join(present)
}

/// The role that was said of the argument at `path`, by the pointer that says most, where `shown` is what it is otherwise.
pub(super) fn role(said: &[SaidRole], path: &str, (shown, by): (Role, Shown)) -> Role {
    let covering = said.iter().filter(|one| covers(&one.pointer, path));
    match covering.max_by_key(|one| precision(&one.pointer)) {
        Some(one) if one.lowers == Lowers::Always || by == Shown::ByNothing || !needs_less(one.role, shown) => one.role,
        Some(_) | None => shown,
    }
}

/// The label that was said of the field at `path`, by the pointer that says most. Of two that say as much, what is to be
/// believed less counts.
pub(super) fn field<'n>(fields: &'n [FieldLabel], path: &str) -> Option<&'n FieldLabel> {
    let covering = fields.iter().filter(|field| covers(&field.pointer, path));
    covering.max_by_key(|field| (precision(&field.pointer), field.label.integrity, field.label.confidentiality))
}

/// How much a pointer says: so many tokens, so many of which are names.
fn precision(pointer: &str) -> (usize, usize) {
    let tokens = || pointer.split('/').skip(1);
    (tokens().count(), tokens().filter(|token| *token != "*").count())
}

/// Whether a pointer with stars points to `path` or above it.
fn covers(pointer: &str, path: &str) -> bool {
    let mut tokens = path.split('/').skip(1);
    pointer
        .split('/')
        .skip(1)
        .all(|wanted| tokens.next().is_some_and(|token| wanted == "*" || unescaped(wanted) == unescaped(token)))
}
