//! The origin of one value of a call.

use doorward_core::flow::{Origin, Role};
use doorward_facts::email;

use super::{Call, Context, Voice, paths};
use crate::atoms::Atom;
use crate::canonical::{Forms, Sort, Value, normal};
use crate::endorse::{Class, Scope};
use crate::limits::CHOICE_BYTES_MAX;
use crate::nature::Links;

/// A call whose values are looked at, with what is the same for all of them.
pub(super) struct Asked<'c> {
    context: &'c Context,
    call: &'c Call<'c>,
    server: Scope,
}

/// One value of it.
pub(super) struct Argument<'a> {
    pub(super) pointer: &'a str,
    pub(super) role: Role,
    pub(super) value: Value<'a>,
}

impl<'c> Asked<'c> {
    pub(super) fn new(context: &'c Context, call: &'c Call<'c>) -> Self {
        let server = context.known_server(call.server);
        Self { context, call, server }
    }

    /// Where the value comes from; `None` when nothing endorses it for what it decides.
    pub(super) fn origin(&self, argument: &Argument<'_>) -> Option<Origin> {
        match argument.role {
            Role::Target if argument.value.sort == Sort::Address => self.address(argument),
            Role::Target | Role::Selector => self.said(argument).or_else(|| self.name(argument)),
            Role::Choice => self.said(argument).or_else(|| self.listed(&argument.value)).or_else(|| choice(argument)),
            Role::Credential => self.said(argument).or_else(|| self.field(&argument.value.forms)),
            Role::Command => self.said(argument),
            Role::Content | Role::Control => None,
        }
    }

    /// Where an address that a reading tool takes comes from.
    pub(super) fn link(&self, argument: &Argument<'_>) -> Option<Origin> {
        let origin = match argument.value.sort {
            Sort::Address => self.address(argument),
            Sort::Plain | Sort::Blank => self.said(argument).or_else(|| self.field(&argument.value.forms)),
        };
        origin.or_else(|| match self.call.nature.links {
            Links::Own => self.has(Class::Link, self.server, &argument.value.forms).then_some(Origin::Line),
            Links::Ask => None,
        })
    }

    /// Where something comes from that acts inside a text that is passed on.
    pub(super) fn atom(&self, atom: &Atom) -> Option<Origin> {
        let context = self.context;
        let has = |class, scope, form| context.endorsed.has_form(class, scope, form);
        let named = |by: Voice, form| context.texts.iter().any(|(voice, text)| *voice == by && text.names_atom(form));
        if has(Class::Approved, self.role(Role::Content), atom.itself) {
            return Some(Origin::Approved);
        }
        let form = atom.form?;
        if named(Voice::Task, form) {
            return Some(Origin::Task);
        }
        if named(Voice::Operator, form) || has(Class::Trusted, Scope::CONTEXT, form) {
            return Some(Origin::Admin);
        }
        if has(Class::Learned, self.role(Role::Content), atom.itself) {
            return Some(Origin::Learned);
        }
        has(Class::Reach, Scope::CONTEXT, form).then_some(Origin::Handle)
    }

    /// An address, or a list of them of which each is endorsed.
    fn address(&self, argument: &Argument<'_>) -> Option<Origin> {
        self.said(argument).or_else(|| self.reached(&argument.value.forms)).or_else(|| self.each_of_a_list(argument))
    }

    fn reached(&self, forms: &Forms) -> Option<Origin> {
        if self.has(Class::Reach, Scope::CONTEXT, forms) {
            return Some(Origin::Handle);
        }
        self.has(Class::Party, self.server, forms).then_some(Origin::Party)
    }

    /// `ann@example.org, "Bob" <bob@example.org>`: as sure as the least sure of them.
    fn each_of_a_list(&self, argument: &Argument<'_>) -> Option<Origin> {
        if !argument.value.plain.contains(['<', ',']) {
            return None;
        }
        let emails = email::of(&argument.value.plain).ok()?;
        let origins = emails.addresses.iter().map(|address| {
            let value = self.context.keyed.value(address);
            let one = Argument { pointer: argument.pointer, role: argument.role, value };
            self.said(&one).or_else(|| self.reached(&one.value.forms))
        });
        origins.collect::<Option<Vec<Origin>>>()?.into_iter().max()
    }

    /// What somebody who may has said: the task, the operator, the schema, earlier work, a person, or the context itself
    /// before anything untrusted was read.
    fn said(&self, argument: &Argument<'_>) -> Option<Origin> {
        let (context, value) = (self.context, &argument.value);
        let is_command = argument.role == Role::Command;
        let origins = [
            (Origin::Task, context.is_named(value, Voice::Task)),
            (Origin::Schema, !is_command && self.is_spelled(argument)),
            (Origin::Admin, context.is_named(value, Voice::Operator)),
            (Origin::Admin, !is_command && self.has(Class::Trusted, Scope::CONTEXT, &value.forms)),
            (Origin::Learned, self.is_named_before(Class::Learned, argument)),
            (Origin::Approved, self.is_named_before(Class::Approved, argument)),
            (Origin::Clean, !is_command && self.has(Class::Clean, Scope::CONTEXT, &value.forms)),
        ];
        origins.into_iter().find(|(_, holds)| *holds).map(|(origin, _)| origin)
    }

    /// A name of something on the server: one that it gave, a path made of such, or one for something new.
    fn name(&self, argument: &Argument<'_>) -> Option<Origin> {
        let plain = argument.value.plain.as_ref();
        if let Some(origin) = self.listed(&argument.value) {
            return Some(origin);
        }
        let known = |part: &str| {
            let value = self.context.keyed.value(part);
            self.context.is_named(&value, Voice::Task) || self.listed(&value).is_some()
        };
        if argument.value.sort == Sort::Address {
            // Neither the parts of an address nor a scheme that somebody has named lead where the whole leads.
            return None;
        }
        if paths::is_place(plain) || (paths::is_path(plain) && paths::parts(plain).all(known)) {
            return Some(Origin::Parts);
        }
        let is_new = self.call.nature.makes && argument.value.sort == Sort::Plain && paths::may_be_new(plain);
        let mut above: Vec<&str> = paths::parts(plain).collect();
        above.pop();
        let known_above = |part: &&str| {
            let forms = self.context.keyed.forms(part);
            known(part) || self.has(Class::Clean, Scope::CONTEXT, &forms)
        };
        (is_new && above.iter().all(known_above)).then_some(Origin::NewName)
    }

    /// What the same server has given, in a field, as an author or in a line.
    fn listed(&self, value: &Value<'_>) -> Option<Origin> {
        let line = || self.has(Class::Line, self.server, &value.forms).then_some(Origin::Line);
        self.field(&value.forms).or_else(line)
    }

    fn field(&self, forms: &Forms) -> Option<Origin> {
        if self.has(Class::Handle, self.server, forms) {
            return Some(Origin::Handle);
        }
        self.has(Class::Party, self.server, forms).then_some(Origin::Party)
    }

    fn is_spelled(&self, argument: &Argument<'_>) -> bool {
        let same = |word: &str| normal::folded(&normal::plain(word)) == argument.value.folded;
        self.call.nature.spelled(argument.pointer).iter().any(|word| same(word))
    }

    /// Whether this very value was approved, or learned, for what it decides.
    fn is_named_before(&self, class: Class, argument: &Argument<'_>) -> bool {
        self.context.endorsed.has_form(class, self.role(argument.role), argument.value.forms.itself())
    }

    fn role(&self, role: Role) -> Scope {
        self.context.tool_role(self.call.server, self.call.tool, role)
    }

    fn has(&self, class: Class, scope: Scope, forms: &Forms) -> bool {
        self.context.endorsed.has(class, scope, forms)
    }
}

impl<'a> Argument<'a> {
    /// `None` for a value of which nothing is left when what nobody means is taken away.
    pub(super) fn new(context: &Context, pointer: &'a str, role: Role, text: &'a str) -> Option<Self> {
        let value = context.keyed.value(text);
        (value.sort != Sort::Blank).then_some(Self { pointer, role, value })
    }
}

/// One of a few fixed words has no room for anything else.
fn choice(argument: &Argument<'_>) -> Option<Origin> {
    (argument.value.plain.len() <= CHOICE_BYTES_MAX).then_some(Origin::Schema)
}
