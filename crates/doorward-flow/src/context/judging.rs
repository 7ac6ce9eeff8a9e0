//! What is to be said of a call: each of its values by what it decides.

use std::sync::Arc;

use doorward_core::flow::{EndorseSeen, Missing, Origin, Role};

use super::arguments::{self, Leaf, Walked};
use super::origins::{Argument, Asked};
use super::{Call, Context, Judgement, holds_value, remedy};
use crate::atoms;
use crate::canonical::reference::{self, Takes};
use crate::limits::MISSING_MAX;

pub(super) fn judge(context: &Context, call: &Call<'_>) -> Judgement {
    let consequential = call.nature.act.is_consequential();
    let egress = call.nature.egress;
    let mut sight = Sight { asked: Asked::new(context, call), context, call, found: Found::default() };
    if consequential || egress {
        let walked = call.arguments.map(|arguments| arguments::each(arguments, |leaf| sight.leaf(&leaf)));
        if walked == Some(Walked::TooMany) {
            // What was not looked at has no origin; nobody can approve it either.
            sight.found.missing("", Role::Target, []);
        }
    }
    let Found { missing, values, weakest } = sight.found;
    Judgement {
        remedy: remedy::of(&missing),
        endorse: EndorseSeen { consequential, egress, missing, weakest },
        missing_values: values,
    }
}

struct Sight<'c> {
    asked: Asked<'c>,
    context: &'c Context,
    call: &'c Call<'c>,
    found: Found,
}

#[derive(Default)]
struct Found {
    missing: Vec<Missing>,
    values: Vec<(Missing, u64)>,
    weakest: Option<Origin>,
}

impl Sight<'_> {
    fn leaf(&mut self, leaf: &Leaf<'_, '_>) {
        if !holds_value(leaf.raw.kind()) {
            return;
        }
        let Some(text) = leaf.text() else { return };
        let role = self.call.nature.role(leaf.pointer, leaf.raw.kind());
        match role {
            Role::Content => return self.content(leaf, &text),
            Role::Control => return,
            Role::Command => self.content(leaf, &text),
            Role::Target | Role::Credential | Role::Selector | Role::Choice => {}
        }
        let Some(argument) = Argument::new(self.context, leaf.pointer, role, &text) else { return };
        let origin = if self.call.nature.act.is_consequential() {
            self.asked.origin(&argument)
        } else if self.leads_outside(leaf, role, &text) {
            self.asked.link(&argument)
        } else {
            return;
        };
        match origin {
            Some(origin) => self.found.origin(origin),
            None => self.found.missing(&leaf.shown(), role, [argument.value.forms.itself()]),
        }
    }

    /// Whether a reading tool would go somewhere for it.
    fn leads_outside(&self, leaf: &Leaf<'_, '_>, role: Role, text: &str) -> bool {
        let takes = match role {
            Role::Content | Role::Control => return false,
            _ if self.call.nature.takes_links(leaf.pointer) => Takes::Links,
            Role::Target => Takes::Anything,
            Role::Command | Role::Credential | Role::Selector | Role::Choice => return false,
        };
        reference::leads_outside(text, takes)
    }

    /// What acts in a text that leaves the server's world.
    fn content(&mut self, leaf: &Leaf<'_, '_>, text: &str) {
        if !self.call.nature.egress || !self.call.nature.act.is_consequential() {
            return;
        }
        let mut without = Vec::new();
        for atom in atoms::in_layers(&self.context.keyed, text) {
            match self.asked.atom(&atom) {
                Some(origin) => self.found.origin(origin),
                None => without.push(atom.itself),
            }
        }
        if !without.is_empty() {
            // An approval of something inside a text is for what is passed on, also if it stands in a command.
            self.found.missing(&leaf.shown(), Role::Content, without);
        }
    }
}

impl Found {
    fn origin(&mut self, origin: Origin) {
        self.weakest = self.weakest.max(Some(origin));
    }

    fn missing(&mut self, path: &str, role: Role, values: impl IntoIterator<Item = u64>) {
        if self.values.len() >= MISSING_MAX && self.missing.len() >= MISSING_MAX {
            return;
        }
        let missing = Missing { path: Arc::from(path), role };
        let room = MISSING_MAX - self.values.len();
        self.values.extend(values.into_iter().take(room).map(|value| (missing.clone(), value)));
        if self.missing.len() < MISSING_MAX && !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}
