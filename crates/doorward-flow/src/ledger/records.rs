//! Records of persons in what a server has sent.
//!
//! Responsible for finding them: objects whose fields are named after data of a person, and lines with an identifier. It
//! must never let an answer make fewer persons of many: whatever names several things of one sort is several records.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use doorward_core::ids::ServerId;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::{Raw, RawJson, Token};

use super::identifiers::{self, Identifier, Sort};
use super::limits::{ANSWER_IDENTIFIERS_MAX, NESTED_JSON_MAX, RECORD_LINE_MAX};
use super::walls::{Side, Sides, Walls};
use super::words::{self, Holds};
use crate::canonical::Keyed;
use crate::limits::LEAVES_MAX;
use crate::structure::{self, Form, Sort as Leaf};

/// The records in one answer, as keyed hashes of the identifiers in each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    identifiers: Vec<u64>,
    /// Where each record's identifiers end, and the kinds of data in it.
    ends: Vec<(usize, u8)>,
    /// Records of which nothing is kept.
    uncounted: u64,
    sides: Sides,
}

/// One record: its first identifier tells it from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) identifiers: &'a [u64],
    pub(super) kinds: u8,
}

impl Records {
    /// The records in `parts`: a `structuredContent`, and the text of each block as a JSON string.
    #[must_use]
    pub fn read(keyed: &Keyed, server: &ServerId, parts: &[Raw<'_>], walls: &Walls) -> Self {
        let mut found = Self { sides: walls.sides_of(server), ..Self::default() };
        let mut reading = Reading { told: BTreeSet::new(), keyed, server, walls, found: &mut found };
        for part in parts {
            match part.as_str() {
                Some(text) if !reading.other_form(*part, &text) => {
                    reading.text(&text, NESTED_JSON_MAX);
                    reading.told.clear();
                }
                Some(_) => {}
                None => reading.json(*part, NESTED_JSON_MAX),
            }
        }
        found
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.uncounted == 0
    }

    /// Records of these identifiers, with these kinds of data, for tests of the counts alone.
    #[cfg(test)]
    pub(super) fn made_of(records: &[(Vec<u64>, u8)]) -> Self {
        let mut made = Self::default();
        for (identifiers, kinds) in records {
            made.push(identifiers.iter().copied(), *kinds);
        }
        made
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Record<'_>> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |&(end, kinds)| {
            let identifiers = self.identifiers.get(start..end).unwrap_or_default();
            start = end;
            Record { identifiers, kinds }
        })
    }

    pub(super) fn uncounted(&self) -> u64 {
        self.uncounted
    }

    pub(super) fn sides(&self) -> &[Side] {
        self.sides.as_slice()
    }

    fn push(&mut self, identifiers: impl Iterator<Item = u64>, kinds: u8) {
        if self.identifiers.len() >= ANSWER_IDENTIFIERS_MAX {
            self.uncounted += 1;
            return;
        }
        self.identifiers.extend(identifiers);
        self.ends.push((self.identifiers.len(), kinds));
    }
}

struct Reading<'a> {
    /// Identifiers of which lines say no more than the fields did.
    told: BTreeSet<u64>,
    keyed: &'a Keyed,
    server: &'a ServerId,
    walls: &'a Walls,
    found: &'a mut Records,
}

/// A field of an object, by its plain name.
struct Field {
    name: String,
    value: String,
}

/// What is open while JSON is walked.
enum Open {
    Object(Vec<Field>),
    /// What stands in it belongs to the field it is the value of.
    Array(Option<String>),
}

impl Reading<'_> {
    /// A text whose fields are written otherwise than as JSON; whether that is all there is to say of it.
    fn other_form(&mut self, part: Raw<'_>, text: &str) -> bool {
        if as_json(text, NESTED_JSON_MAX).is_some() {
            return false;
        }
        structure::read(part, |read| match read.form {
            Form::Quoted if read.leaves.len() < LEAVES_MAX => {
                self.leaves(read);
                true
            }
            Form::Indented => {
                // Text may look like fields by chance: whoever is in it and in no record is found by lines.
                self.leaves(read);
                self.told.extend(&self.found.identifiers);
                false
            }
            Form::Quoted | Form::Lines => false,
        })
    }

    /// The objects that these leaves are fields of. Of those in one list nothing says where one ends: a name that comes
    /// again begins another.
    fn leaves(&mut self, read: &structure::Reading<'_>) {
        let mut objects: BTreeMap<&str, (u32, Vec<Field>)> = BTreeMap::new();
        for leaf in &read.leaves {
            let pointer = read.paths.pointer(leaf.path).unwrap_or_default();
            let field = pointer.trim_end_matches("/*");
            let (parent, name) = field.rsplit_once('/').unwrap_or_default();
            match leaf.sort {
                Leaf::Name(_) => continue,
                Leaf::Line if name.is_empty() => {
                    self.text(&leaf.value, NESTED_JSON_MAX);
                    continue;
                }
                Leaf::Line | Leaf::Field => {}
            }
            let name = words::plain(name);
            let (record, fields) = objects.entry(parent).or_default();
            let is_in_list = field.len() < pointer.len();
            let comes_again = !is_in_list && fields.iter().any(|field| field.name == name);
            if *record != leaf.record || comes_again {
                let whole = std::mem::take(fields);
                *record = leaf.record;
                self.object(&whole, NESTED_JSON_MAX);
            }
            if let Some((_, fields)) = objects.get_mut(parent) {
                fields.push(Field { name, value: leaf.value.clone().into_owned() });
            }
        }
        for (_, fields) in objects.into_values() {
            self.object(&fields, NESTED_JSON_MAX);
        }
    }

    /// A text: JSON when it is written as such, otherwise lines.
    fn text(&mut self, text: &str, nested: u8) {
        if let Some(json) = as_json(text, nested) {
            self.json(json.as_raw(), nested - 1);
            return;
        }
        for line in text.lines() {
            match as_json(line, nested) {
                Some(json) => self.json(json.as_raw(), nested - 1),
                None => self.line(line),
            }
        }
    }

    fn json(&mut self, value: Raw<'_>, nested: u8) {
        let mut open: Vec<Open> = Vec::new();
        let mut name: Option<String> = None;
        for token in value.tokens() {
            match token {
                Token::Open(doorward_mcp::raw::Kind::Object) => {
                    name = None;
                    open.push(Open::Object(Vec::new()));
                }
                Token::Open(_) => {
                    let inherited = match open.last() {
                        Some(Open::Array(name)) => name.clone(),
                        Some(Open::Object(_)) | None => None,
                    };
                    open.push(Open::Array(name.take().or(inherited)));
                }
                Token::Close => {
                    if let Some(Open::Object(fields)) = open.pop() {
                        self.object(&fields, nested);
                    }
                }
                Token::Name(written) => name = Some(words::plain(&written.as_str().unwrap_or_default())),
                Token::Scalar(scalar) => self.scalar(scalar, name.take(), &mut open, nested),
            }
        }
    }

    fn scalar(&mut self, scalar: Raw<'_>, name: Option<String>, open: &mut [Open], nested: u8) {
        let value = scalar.as_str().unwrap_or(Cow::Borrowed(scalar.text()));
        let inherited = match open.last() {
            Some(Open::Array(name)) => name.clone(),
            Some(Open::Object(_)) | None => None,
        };
        let owner = open.iter_mut().rev().find_map(|open| match open {
            Open::Object(fields) => Some(fields),
            Open::Array(_) => None,
        });
        match (name.or(inherited), owner) {
            (Some(name), Some(fields)) => fields.push(Field { name, value: value.into_owned() }),
            (Some(_) | None, _) => self.text(&value, nested),
        }
    }

    /// An object, by its own fields. One that only wraps a text is that text.
    fn object(&mut self, fields: &[Field], nested: u8) {
        for field in fields {
            self.found.sides.extend(self.walls.sides_in(self.keyed, &field.name, &field.value));
        }
        if let [Field { value, .. }] = fields
            && (value.contains('\n') || as_json(value, nested).is_some())
        {
            return self.text(value, nested);
        }
        if fields.iter().any(|field| words::is_of_message(&field.name)) {
            return;
        }
        let kinds = fields.iter().fold(0, |kinds, field| kinds | words::kinds(&field.name));
        if kinds == 0 {
            return;
        }
        let mut identifiers: Vec<Identifier> = fields.iter().filter_map(identifier).collect();
        if identifiers.is_empty() {
            identifiers.extend(self.local_identifier(fields, kinds));
        }
        self.record(identifiers, kinds);
    }

    /// What tells an object without identifiers from others of its server: its number there, or a person's name.
    fn local_identifier(&self, fields: &[Field], kinds: u8) -> Option<Identifier> {
        let local = |name: &str, value: &str| {
            Identifier::new(Sort::Local(format!("local:{}:{name}", self.server.as_str()).into()), value)
        };
        let number = fields.iter().find(|field| words::holds(&field.name) == Holds::LocalNumber);
        if let Some(field) = number {
            return local(&field.name, &field.value);
        }
        let named = fields.iter().filter(|field| words::holds(&field.name) == Holds::Person);
        let name: Vec<&str> = named.map(|field| field.value.as_str()).collect();
        let is_told = kinds & words::BEYOND_CONTACT != 0 && !name.is_empty();
        is_told.then(|| local("name", &name.join(" "))).flatten()
    }

    /// A line that is no JSON: what identifies somebody in it makes it a record.
    fn line(&mut self, line: &str) {
        if let Some((name, value)) = line.split_once([':', '=']) {
            self.found.sides.extend(self.walls.sides_in(self.keyed, &words::plain(name), value));
        }
        let mut identifiers = Vec::new();
        identifiers::each(line, &mut |identifier| identifiers.push(identifier));
        if identifiers.iter().all(|one| self.told.contains(&one.hash(self.keyed))) {
            return;
        }
        if line.len() > RECORD_LINE_MAX {
            return identifiers.into_iter().for_each(|one| self.record(vec![one], words::CONTACT));
        }
        let kinds =
            line.split(|c: char| !c.is_alphanumeric() && c != '_').map(|word| words::kinds(&words::plain(word)));
        let kinds = kinds.fold(words::CONTACT, |all, kinds| all | kinds);
        self.record(identifiers, kinds);
    }

    /// A record with these identifiers, and one more for each further identifier of the same sort.
    fn record(&mut self, mut identifiers: Vec<Identifier>, kinds: u8) {
        identifiers.sort_unstable();
        identifiers.dedup();
        let (mut own, mut further): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        let mut last: Option<&Sort> = None;
        for one in &identifiers {
            let hash = one.hash(self.keyed);
            if last == Some(&one.sort) {
                further.push(hash)
            } else {
                own.push(hash)
            }
            last = Some(&one.sort);
        }
        if !own.is_empty() {
            self.found.push(own.into_iter(), kinds);
        }
        for one in further {
            self.found.push(std::iter::once(one), kinds);
        }
    }
}

fn identifier(field: &Field) -> Option<Identifier> {
    let sort = match words::holds(&field.name) {
        Holds::Email => Sort::Email,
        Holds::Phone => Sort::Phone,
        Holds::National => Sort::National,
        Holds::Account => Sort::Account,
        Holds::Number => Sort::Named(field.name.replace('_', "").into()),
        Holds::LocalNumber | Holds::Person | Holds::Nothing => return None,
    };
    Identifier::new(sort, &field.value)
}

/// `text` as JSON, when it is an object or an array and may still be looked into.
fn as_json(text: &str, nested: u8) -> Option<RawJson> {
    let looks_so = nested > 0 && text.trim_start().starts_with(['{', '[']);
    looks_so.then(|| RawJson::parse(text.as_bytes().to_vec(), &Limits::for_results()).ok()).flatten()
}
