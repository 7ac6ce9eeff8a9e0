//! Edits of objects inside a message: members dropped, replaced, renamed and added.
//!
//! Responsible for commas and for never touching what no edit names. It must never know what a member means.

use bytes::Bytes;

use super::{Row, Unbridged};
use crate::compose::quote;
use crate::raw::{Kind, Raw, RawJson};
use crate::splice::{Splice, SpliceError};

/// Edits collected against one message.
pub(super) struct Edits {
    splice: Splice,
    outcome: Result<(), SpliceError>,
}

/// What becomes of a member.
pub(super) enum Change {
    /// It stays as it came.
    Keep,
    /// It goes.
    Drop,
    /// It gets another value, as JSON.
    To(String),
    /// It gets another name.
    Rename(&'static str),
}

/// A member to be written: its name, and its value as JSON.
pub(super) type Member<'a> = (&'a str, String);

/// What becomes of a `_meta`.
#[derive(Default)]
pub(super) struct Meta<'a> {
    /// Keys that go.
    pub(super) drop: &'a [&'a str],
    /// Keys that are written, over whatever was there.
    pub(super) set: Vec<Member<'a>>,
}

impl Edits {
    pub(super) fn of(message: &Bytes) -> Self {
        Self { splice: Splice::new(message), outcome: Ok(()) }
    }

    /// Puts JSON in the place of a value.
    pub(super) fn value(&mut self, value: Raw<'_>, json: impl Into<Bytes>) {
        let edited = self.splice.replace(value.range(), json).map(|_| ());
        self.note(edited);
    }

    /// Removes the elements whose place in `keep` is `false` or missing.
    pub(super) fn elements(&mut self, array: Raw<'_>, keep: &[bool]) {
        let edited = self.splice.filter_array(array, keep).map(|_| ());
        self.note(edited);
    }

    /// Puts JSON at the end of an array.
    pub(super) fn element(&mut self, array: Raw<'_>, json: &str) {
        let comma = if array.elements().next().is_some() { "," } else { "" };
        let end = array.range().end.saturating_sub(1);
        let edited = self.splice.replace(end..end, format!("{comma}{json}")).map(|_| ());
        self.note(edited);
    }

    /// Asks `change` about every member, then writes `added`: in the place of the member of that name, else at the
    /// end. To be called once for one object.
    pub(super) fn members(&mut self, object: Raw<'_>, change: impl Fn(&str) -> Change, added: &[Member<'_>]) {
        let mut run = Run::default();
        let mut written = Vec::new();
        for (name, value) in object.named_values() {
            let text = name.as_str().unwrap_or_default();
            let place = name.range().start..value.range().end;
            let replacement = added.iter().position(|(added, _)| *added == text);
            let change = match replacement.and_then(|index| added.get(index)) {
                Some((_, json)) => Change::To(json.clone()),
                None => change(&text),
            };
            written.extend(replacement);
            match change {
                Change::Drop => {
                    run.dropped(place);
                    continue;
                }
                Change::Keep => {}
                Change::To(json) => self.value(value, json),
                Change::Rename(to) => self.value(name, quote(to)),
            }
            if let Some(gone) = run.kept(place) {
                self.remove(gone);
            }
        }
        let rest = added.iter().enumerate().filter(|(index, _)| !written.contains(index)).map(|(_, member)| member);
        let rest: Vec<String> = rest.map(|(name, json)| format!("{}:{json}", quote(name))).collect();
        self.close(object, run, &rest.join(","));
    }

    /// As [`Edits::members`], with the object's `_meta` edited as well. One that becomes empty goes.
    pub(super) fn members_and_meta(
        &mut self,
        object: Raw<'_>,
        change: impl Fn(&str) -> Change,
        added: &[Member<'_>],
        meta: Meta<'_>,
    ) {
        let mut added = added.to_vec();
        let current = object.member("_meta").filter(|meta| meta.kind() == Kind::Object);
        let goes = |name: &str| meta.drop.contains(&name);
        let empties = |current: Raw<'_>| {
            meta.set.is_empty() && current.members().next().is_some() && current.members().all(|(name, _)| goes(&name))
        };
        let mut drop_meta = false;
        match current {
            Some(current) if empties(current) => drop_meta = true,
            Some(current) => {
                let change = |name: &str| if goes(name) { Change::Drop } else { Change::Keep };
                self.members(current, change, &meta.set);
            }
            None if meta.set.is_empty() => {}
            None => added.push(("_meta", object_of(&meta.set))),
        }
        let change = |name: &str| if name == "_meta" && drop_meta { Change::Drop } else { change(name) };
        self.members(object, change, &added);
    }

    /// The edited bytes.
    pub(super) fn finish(self, row: Row) -> Result<Bytes, Unbridged> {
        match self.outcome {
            Ok(()) => Ok(self.splice.finish().into_bytes()),
            Err(error) => Err(Unbridged::new(row, error.to_string())),
        }
    }

    fn close(&mut self, object: Raw<'_>, run: Run, added: &str) {
        let Some(last) = run.last_kept_end else {
            let inside = object.range().start + 1..object.range().end.saturating_sub(1);
            if run.gone.is_some() || !added.is_empty() {
                let edited = self.splice.replace(inside, added.to_owned()).map(|_| ());
                self.note(edited);
            }
            return;
        };
        if let Some(gone) = run.gone {
            self.remove(gone);
        }
        if !added.is_empty() {
            let edited = self.splice.replace(last..last, format!(",{added}")).map(|_| ());
            self.note(edited);
        }
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        let edited = self.splice.replace(range, Bytes::new()).map(|_| ());
        self.note(edited);
    }

    /// The first refusal stays.
    fn note(&mut self, edited: Result<(), SpliceError>) {
        if self.outcome.is_ok() {
            self.outcome = edited;
        }
    }
}

/// A run of dropped members, with the comma that goes along.
#[derive(Default)]
struct Run {
    last_kept_end: Option<usize>,
    gone: Option<std::ops::Range<usize>>,
}

impl Run {
    fn dropped(&mut self, place: std::ops::Range<usize>) {
        // A run after a kept member takes the comma before it along.
        let start = self.gone.take().map_or(self.last_kept_end.unwrap_or(place.start), |gone| gone.start);
        self.gone = Some(start..place.end);
    }

    /// What is to be removed before this member.
    fn kept(&mut self, place: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
        let had_kept = self.last_kept_end.replace(place.end).is_some();
        // A run at the front takes the comma after it along.
        self.gone.take().map(|gone| gone.start..if had_kept { gone.end } else { place.start })
    }
}

/// The message itself as a value.
pub(super) fn root(message: &Bytes) -> Raw<'_> {
    let start = message.iter().position(|byte| *byte == b'{').unwrap_or_default();
    let end = message.iter().rposition(|byte| *byte == b'}').map_or(start, |last| last + 1);
    Raw::new(message, start..end)
}

/// A value in bytes of its own, to be edited by itself.
pub(super) fn detached(value: Raw<'_>) -> RawJson {
    RawJson::keep(&Bytes::new(), value)
}

/// One object, edited by itself, as JSON.
pub(super) fn edited(object: Raw<'_>, change: impl Fn(&str) -> Change, added: &[Member<'_>]) -> Option<String> {
    edited_with_meta(object, change, added, Meta::default())
}

/// As [`edited`], with the object's `_meta` edited as well.
pub(super) fn edited_with_meta(
    object: Raw<'_>,
    change: impl Fn(&str) -> Change,
    added: &[Member<'_>],
    meta: Meta<'_>,
) -> Option<String> {
    let json = detached(object);
    let mut edits = Edits::of(json.bytes());
    edits.members_and_meta(json.as_raw(), change, added, meta);
    let bytes = edits.finish(Row::ResultShapes).ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// An object of these members, as JSON.
pub(super) fn object_of(members: &[Member<'_>]) -> String {
    let members: Vec<String> = members.iter().map(|(name, json)| format!("{}:{json}", quote(name))).collect();
    format!("{{{}}}", members.join(","))
}
