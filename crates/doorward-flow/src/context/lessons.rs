//! What a call that is let through shows for later work.
//!
//! Responsible for telling which of its values somebody who may has named. It must never take a value whose only origin is
//! what was read, whatever else speaks for it: who plants one in a result would otherwise have it learned.

use doorward_core::flow::{Origin, Role};

use super::arguments::{self, Leaf};
use super::origins::{Argument, Asked};
use super::{Beginning, Call, Context, holds_value};
use crate::limits::MISSING_MAX;

/// What a value shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lesson {
    /// It is good: the task or a person has named it.
    Shown,
    /// It was used before anything untrusted was read, and nobody has named it. That is worth something only where the
    /// context is known to hold all of its conversation.
    Clean,
    /// It was learned before, and is used again.
    Used,
}

impl Context {
    /// What is learned from `call`, which is let through: the role and the hash of each value, for [`Context::learn`] of later
    /// contexts. To be asked before [`Context::allowed`].
    #[must_use]
    pub fn lessons(&self, call: &Call<'_>) -> Vec<(Role, u64, Lesson)> {
        let mut lessons = Vec::new();
        let Some(arguments) = call.arguments.filter(|_| call.nature.act.is_consequential()) else { return lessons };
        let is_clean = self.beginning == Beginning::Known && !self.label.is_untrusted();
        let asked = Asked::new(self, call);
        arguments::each(arguments, |leaf: Leaf<'_, '_>| {
            let role = call.nature.role(leaf.pointer, leaf.raw.kind());
            match role {
                Role::Target | Role::Selector | Role::Credential => {}
                // What runs is named anew each time, and what is only passed on is no value of the call.
                Role::Command | Role::Content | Role::Control | Role::Choice => return,
            }
            let text = leaf.text().filter(|_| holds_value(leaf.raw.kind()) && lessons.len() < MISSING_MAX);
            let Some(text) = text else { return };
            let Some(argument) = Argument::new(self, leaf.pointer, role, &text) else { return };
            let lesson = match asked.origin(&argument) {
                Some(Origin::Learned) => Lesson::Used,
                Some(Origin::Task | Origin::Approved) => Lesson::Shown,
                Some(Origin::Clean) => Lesson::Clean,
                _ if is_clean => Lesson::Clean,
                _ => return,
            };
            lessons.push((role, argument.value.forms.itself(), lesson));
        });
        lessons
    }
}
