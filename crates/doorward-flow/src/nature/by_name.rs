//! What names alone show, for weighing statements where no definition is at hand.

use doorward_core::flow::Role;

use super::because::Witness;
use super::place::unescaped;
use super::roles::{self, Described, Of};
use super::schema::Shape;
use super::words::{Name, Prose, lists, stems};
use super::{Act, act};

/// What the name of a tool shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByName {
    /// What it does; `None` when the name says nothing.
    pub act: Option<Act>,
    /// Whether it makes something with a name of the caller's.
    pub makes: bool,
    leading: Box<str>,
}

impl ByName {
    /// Of the tool of this name.
    #[must_use]
    pub fn of(tool: &str) -> Self {
        let name = Name::of(tool);
        let (found, witness) = act::act(&name, &Prose::of(None), act::Arguments::Any);
        let act = (witness != Witness::Nothing).then_some(found);
        let makes = act::makes(found, &name).is_some();
        Self { act, makes, leading: name.word(0).unwrap_or_default().into() }
    }

    /// Whether `role` needs less than what the name of the argument at this pointer says that it decides.
    #[must_use]
    pub fn lowered(&self, pointer: &str, role: Role) -> bool {
        let of = Of { act: self.act.unwrap_or(Act::Unknown), leading: &self.leading };
        let name = last_name(pointer);
        let described = Described { shape: Shape::Text, format: None, description: &Prose::of(None), alternatives: 0 };
        let (shown, witness) = roles::role(of, &name, described);
        witness != Witness::Nothing && needs_less(role, shown)
    }
}

/// Whether an argument of the first role needs less of an origin than one of the second.
pub(super) fn needs_less(role: Role, than: Role) -> bool {
    let need = |role: Role| match role {
        Role::Content | Role::Control => 0,
        Role::Choice => 1,
        Role::Selector | Role::Target => 2,
        Role::Credential => 3,
        Role::Command => 4,
    };
    need(role) < need(than)
}

/// Whether what stands at this pointer of a result is text that somebody wrote, by its name.
#[must_use]
pub fn is_prose(pointer: &str) -> bool {
    let name = Name::of(&last_name(pointer));
    let content = |word: &String| {
        let role = lists().role(stems(word).iter().map(String::as_str));
        role.is_some_and(|(role, _)| role == Role::Content)
    };
    name.words.iter().any(content)
}

/// The last token of a pointer that is a name.
fn last_name(pointer: &str) -> std::borrow::Cow<'_, str> {
    let is_name = |token: &&str| *token != "*" && !token.bytes().all(|byte| byte.is_ascii_digit());
    unescaped(pointer.rsplit('/').find(is_name).unwrap_or_default())
}
