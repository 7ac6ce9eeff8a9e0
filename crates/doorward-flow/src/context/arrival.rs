//! What arrives, and which of its values it endorses.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doorward_core::flow::{Integrity, Role};

use super::origins::{Argument, Asked};
use super::{Arrived, Context, Voice, arguments, paths};
use crate::atoms;
use crate::canonical::{Forms, Kind, Sort, Value, reference};
use crate::endorse::{Class, Scope};
use crate::limits::{HANDLE_BYTES_MAX, NAMING_BYTES_MAX, PARTS_MAX, PIECES_MAX};
use crate::nature::{name_words, names_content};
use crate::structure::{self, Form, Leaf, PathId, Paths, Reading, Shapes, Sort as Place, Usual};

/// Takes in every part of what arrived.
pub(super) fn take(context: &mut Context, arrived: &Arrived<'_>, shapes: &mut Shapes) {
    let server = context.server(arrived.server);
    let echo = echo(context, arrived);
    let mut pieces = PIECES_MAX;
    for part in arrived.parts.iter().take(PARTS_MAX) {
        structure::read(*part, |reading| {
            let tool = arrived.call.map_or("", |call| call.tool);
            let usual = shapes.see(arrived.server, tool, reading);
            raise_fields(context, arrived, reading);
            Arrival { context, arrived, reading, usual, server, echo: &echo, pieces: &mut pieces }.take();
        });
    }
}

/// Names of fields that hold who wrote something.
const PARTIES: &[&str] = &["author", "by", "from", "reply", "reporter", "requester", "sender", "submitter"];

/// Names of fields whose addresses do not name a record: anybody can be in many.
const MEMBERS: &[&str] = &["cc", "owner", "participants", "recipient", "recipients", "to"];

/// Names of fields that hold what somebody wrote, beside those that arguments have.
const WRITTEN: &[&str] = &["article", "msg", "preview", "review", "reviews", "snippet"];

/// Words that so many fields hold that they name no record.
const DULL: &[&str] = &[
    "active",
    "closed",
    "confirmed",
    "default",
    "draft",
    "email",
    "event",
    "false",
    "file",
    "high",
    "home",
    "list",
    "low",
    "medium",
    "meeting",
    "message",
    "name",
    "none",
    "normal",
    "note",
    "null",
    "open",
    "private",
    "public",
    "read",
    "received",
    "sent",
    "status",
    "task",
    "true",
    "type",
    "unread",
    "user",
    "work",
];

/// The addresses of the call itself that had no origin: that a server repeats them does not endorse them.
fn echo(context: &Context, arrived: &Arrived<'_>) -> HashSet<u64> {
    let Some((call, arguments)) = arrived.call.as_ref().and_then(|call| Some((call, call.arguments?))) else {
        return HashSet::new();
    };
    let asked = Asked::new(context, call);
    let mut echo = HashSet::new();
    arguments::each(arguments, |leaf| {
        let Some(text) = leaf.text() else { return };
        let role = match call.nature.role(leaf.pointer, leaf.raw.kind()) {
            Role::Content => Role::Selector,
            role
            @ (Role::Target | Role::Command | Role::Credential | Role::Selector | Role::Control | Role::Choice) => role,
        };
        if let Some(argument) = Argument::new(context, leaf.pointer, role, &text)
            && argument.value.sort == Sort::Address
            && asked.origin(&argument).is_none()
        {
            echo.extend(argument.value.forms.iter());
            if let Some(respelled) = reference::respelled(&text) {
                echo.extend(context.keyed.forms(&respelled).iter());
            }
        }
    });
    echo
}

/// Fields may be worth more protection than the rest of a result.
fn raise_fields(context: &mut Context, arrived: &Arrived<'_>, reading: &Reading<'_>) {
    let Some(nature) = arrived.call.map(|call| call.nature).filter(|nature| !nature.fields.is_empty()) else { return };
    let places: BTreeSet<PathId> = reading.leaves.iter().map(|leaf| leaf.path).collect();
    for pointer in places.into_iter().filter_map(|path| reading.paths.pointer(path)) {
        context.raise(&nature.field(pointer));
    }
}

struct Arrival<'c, 'r> {
    context: &'c mut Context,
    arrived: &'c Arrived<'c>,
    reading: &'c Reading<'r>,
    usual: Usual,
    server: Scope,
    echo: &'c HashSet<u64>,
    /// How many pieces of lines may still be looked at.
    pieces: &'c mut usize,
}

impl Arrival<'_, '_> {
    fn take(&mut self) {
        let leaves = &self.reading.leaves;
        let values: Vec<Option<Value<'_>>> = leaves.iter().map(|leaf| self.short(leaf)).collect();
        let named = if self.context.has_task() { self.named(&values) } else { Named::All };
        let first = self.first_fields();
        for (at, (leaf, value)) in leaves.iter().zip(&values).enumerate() {
            self.links(leaf);
            let Some(value) = value else { continue };
            let is_first = first.get(&leaf.record) == Some(&at);
            self.leaf(leaf, value, named.has(leaf.record), is_first);
        }
    }

    /// A leaf that is no prose, as a value.
    fn short<'l>(&self, leaf: &'l Leaf<'_>) -> Option<Value<'l>> {
        let is_prose = leaf.value.len() > HANDLE_BYTES_MAX || leaf.value.contains('\n');
        (!is_prose).then(|| self.context.keyed.value(&leaf.value))
    }

    fn leaf(&mut self, leaf: &Leaf<'_>, value: &Value<'_>, is_named: bool, is_first: bool) {
        let Some(class) = self.class(leaf, value, is_named, is_first) else { return };
        if self.is_echo(&value.forms) {
            return;
        }
        let scope = if class == Class::Trusted { Scope::CONTEXT } else { self.server };
        self.context.endorsed.add(class, scope, &value.forms);
        match class {
            Class::Line if leaf.sort == Place::Line => self.pieces(leaf),
            Class::Handle => self.handle(value),
            Class::Trusted => {
                self.context.endorsed.add(Class::Handle, self.server, &value.forms);
                self.handle(value);
            }
            Class::Link
            | Class::Line
            | Class::Party
            | Class::Reach
            | Class::Clean
            | Class::Learned
            | Class::Approved => {}
        }
    }

    /// What a leaf endorses its value as; `None` when nothing is known of its place.
    fn class(&self, leaf: &Leaf<'_>, value: &Value<'_>, is_named: bool, is_first: bool) -> Option<Class> {
        if leaf.path == Paths::LOST {
            return None;
        }
        let is_address = value.sort == Sort::Address;
        let words = name_words(self.reading.paths.name(leaf.path));
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let is_field = match leaf.sort {
            Place::Line => return Some(Class::Line),
            Place::Field => true,
            Place::Name(_) => false,
        };
        if is_field && self.is_trusted(leaf) && self.is_own(leaf, is_first) {
            return Some(Class::Trusted);
        }
        if is_field && (has(WRITTEN) || words.iter().any(|word| names_content(word))) {
            return Some(Class::Line);
        }
        if is_address && !(is_named && self.is_own(leaf, is_first)) {
            return Some(Class::Line);
        }
        Some(if has(PARTIES) { Class::Party } else { Class::Handle })
    }

    /// Whether the field is the server's own, and not made by a value that looks like one.
    fn is_own(&self, leaf: &Leaf<'_>, is_first: bool) -> bool {
        match self.reading.form {
            Form::Quoted => true,
            Form::Lines => false,
            Form::Indented => {
                (is_first && leaf.path != Paths::ROOT) || self.usual.has(leaf.path) || self.is_described(leaf)
            }
        }
    }

    /// Whether the tool's `outputSchema` has that field.
    fn is_described(&self, leaf: &Leaf<'_>) -> bool {
        let (Some(mut schema), Some(pointer)) = (self.arrived.output_schema, self.reading.paths.pointer(leaf.path))
        else {
            return false;
        };
        for name in pointer.split('/').skip(1).filter(|name| *name != "*") {
            while let Some(items) = schema.member("items") {
                schema = items;
            }
            let name = name.replace("~1", "/").replace("~0", "~");
            let Some(inner) = schema.path(&["properties", &name]) else { return false };
            schema = inner;
        }
        pointer.len() > 1
    }

    /// Whether a reviewed statement trusts the field, and no scanner has found anything in the result.
    fn is_trusted(&self, leaf: &Leaf<'_>) -> bool {
        let Some(nature) = self.arrived.call.map(|call| call.nature) else { return false };
        let pointer = self.reading.paths.pointer(leaf.path).unwrap_or_default();
        let was_raised = self.arrived.label.integrity > nature.result.integrity;
        !was_raised && self.reading.form != Form::Lines && nature.field(pointer).integrity < Integrity::ThirdParty
    }

    /// A field: an address in it counts for every server, and a path by its parts.
    fn handle(&mut self, value: &Value<'_>) {
        if value.sort == Sort::Address {
            self.context.endorsed.add(Class::Reach, Scope::CONTEXT, &value.forms);
        }
        if paths::is_path(&value.plain) && !value.plain.contains(' ') {
            for part in paths::parts(&value.plain) {
                let forms = self.context.keyed.forms(part);
                self.context.endorsed.add(Class::Handle, self.server, &forms);
            }
        }
    }

    /// Whether the call itself carried it, without an origin.
    fn is_echo(&self, forms: &Forms) -> bool {
        forms.iter().any(|form| self.echo.contains(&form))
    }

    /// A line may list several names, each perhaps after a label.
    fn pieces(&mut self, leaf: &Leaf<'_>) {
        for piece in leaf.value.split([',', ';', '|', '\t']).flat_map(|piece| piece.split(" - ")) {
            let Some(left) = self.pieces.checked_sub(1) else { return };
            *self.pieces = left;
            let piece = piece.rsplit_once(": ").map_or(piece, |(_, piece)| piece);
            let forms = self.context.keyed.forms(piece);
            if !self.is_echo(&forms) {
                self.context.endorsed.add(Class::Line, self.server, &forms);
            }
        }
    }

    /// The links in a leaf, which tools that browse may follow on the same server.
    fn links(&mut self, leaf: &Leaf<'_>) {
        if !leaf.value.contains(['.', '/']) {
            return;
        }
        let found = atoms::of(&self.context.keyed, &leaf.value).into_iter().filter(|atom| atom.kind == Kind::Url);
        for form in found.filter_map(|atom| atom.form) {
            if !self.echo.contains(&form) {
                self.context.endorsed.add_form(Class::Link, self.server, form);
            }
        }
    }

    /// The first field of each record: no value can stand before it and pretend to be one.
    fn first_fields(&self) -> BTreeMap<u32, usize> {
        let mut first = BTreeMap::new();
        for (at, leaf) in self.reading.leaves.iter().enumerate() {
            if leaf.sort == Place::Field {
                first.entry(leaf.record).or_insert(at);
            }
        }
        first
    }

    /// The records that the task names.
    fn named(&self, values: &[Option<Value<'_>>]) -> Named {
        let leaves = self.reading.leaves.iter().zip(values);
        let naming = leaves.filter_map(|(leaf, value)| Some((leaf, value.as_ref()?)));
        Named::These(naming.filter(|(leaf, value)| self.names(leaf, value)).map(|(leaf, _)| leaf.record).collect())
    }

    /// Whether a leaf is what the task names its record by.
    fn names(&self, leaf: &Leaf<'_>, value: &Value<'_>) -> bool {
        let context = &self.context;
        let is_field = match leaf.sort {
            Place::Line => return false,
            Place::Field => true,
            Place::Name(_) => false,
        };
        if value.sort == Sort::Address {
            let words = name_words(self.reading.paths.name(leaf.path));
            let is_member = words.iter().any(|word| MEMBERS.contains(&word.as_str()));
            return is_field && !is_member && context.is_named(value, Voice::Task);
        }
        let folded = value.folded.as_ref();
        let mut tasks = context.texts.iter().filter(|(voice, _)| *voice == Voice::Task).map(|(_, text)| text);
        if is_field && is_amount(folded) && tasks.clone().any(|text| text.gives_amount(&context.keyed, folded)) {
            return true;
        }
        let is_number = folded.chars().all(|c| c.is_ascii_digit() || ".: -".contains(c));
        let is_key = !is_field && folded.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let fits = (4..=NAMING_BYTES_MAX).contains(&folded.len());
        if !fits || is_number || is_key || DULL.binary_search(&folded).is_ok() {
            return false;
        }
        context.endorsed.has(Class::Clean, Scope::CONTEXT, &value.forms)
            || tasks.any(|text| text.names(&context.keyed, value) || text.speaks_of(&context.keyed, folded))
    }
}

/// Which records may endorse addresses.
enum Named {
    /// There is no task to name any.
    All,
    These(BTreeSet<u32>),
}

impl Named {
    fn has(&self, record: u32) -> bool {
        match self {
            Self::All => true,
            Self::These(records) => records.contains(&record),
        }
    }
}

/// Digits, a point, one or two digits.
fn is_amount(folded: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    folded.split_once('.').is_some_and(|(whole, part)| is_digits(whole) && is_digits(part) && part.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_searched() {
        assert!(DULL.is_sorted());
    }
}
