//! How two versions of a definition differ, in words.
//!
//! The class of a change says what it can do: nothing, less, more, or speak to the model. Where that is not sure, the graver
//! class is taken.

mod generic;
mod schema;
mod tell;
mod text;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::definition::Kind;
use crate::limits::CHANGES_MAX;

/// What a change can do; a later one is graver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing but how it looks.
    Cosmetic,
    /// It takes less, gives less, or claims to do more harm.
    Narrowing,
    /// It takes more, gives more, or claims to do less harm.
    Widening,
    /// It says something new to whoever reads it, and a model reads it.
    Instructing,
}

impl Class {
    /// Its name in JSON and for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Narrowing => "narrowing",
            Self::Widening => "widening",
            Self::Instructing => "instruction-bearing",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where, as a JSON pointer into the definition.
    pub pointer: String,
    /// What it can do.
    pub class: Class,
    /// What has changed, in a few words.
    pub what: String,
    /// What stood there, shortened, characters that cannot be seen written out.
    pub before: Option<String>,
    /// What stands there now, likewise.
    pub after: Option<String>,
}

/// All differences, the gravest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    changes: Vec<Change>,
}

/// How `after` differs from `before`; both are canonical forms of definitions of that kind.
#[must_use]
pub fn diff(kind: Kind, before: &str, after: &str) -> Diff {
    let mut changes = Changes::default();
    match (serde_json::from_str::<Value>(before), serde_json::from_str::<Value>(after)) {
        (Ok(before), Ok(after)) => whole(kind, &before, &after, &mut changes),
        // What cannot be read cannot be compared but as text.
        (_, _) if before != after => text::compare("", before, after, &mut changes),
        (_, _) => {}
    }
    let mut changes = changes.0;
    changes.sort_by_key(|change| std::cmp::Reverse(change.class));
    changes.truncate(CHANGES_MAX);
    Diff { changes }
}

fn whole(kind: Kind, before: &Value, after: &Value, changes: &mut Changes) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return generic::compare("", before, after, changes);
    };
    for name in generic::names(old, new) {
        let (pointer, old, new) = (format!("/{}", generic::escaped(name)), old.get(name), new.get(name));
        let met = changes.count();
        match (kind, name.as_str(), old, new) {
            (Kind::Tool, "inputSchema" | "outputSchema", Some(old), Some(new)) => {
                schema::compare(&pointer, old, new, changes);
            }
            (Kind::Tool, "annotations", old, new) => generic::hints(&pointer, old, new, changes),
            (Kind::Prompt, "arguments", old, new) => generic::arguments(&pointer, old, new, changes),
            (_, "icons", Some(_), None) => changes.note(&pointer, Class::Cosmetic, "the icons are gone"),
            (_, _, old, new) => generic::either(&pointer, old, new, changes),
        }
        if old != new {
            changes.other_than(met, &pointer, old, new);
        }
    }
}

impl Diff {
    /// The differences.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The gravest class; `None` when nothing differs.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.changes.iter().map(|change| change.class).max()
    }

    /// For people: a line for each change, and what stood and stands there.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            let place = if change.pointer.is_empty() { "(all of it)" } else { &change.pointer };
            // Writing to a string does not fail.
            let _ = writeln!(text, "{:<19} {place}: {}", change.class.name(), change.what);
            for (sign, said) in [('-', &change.before), ('+', &change.after)] {
                for line in said.iter().flat_map(|said| said.split('\n')) {
                    let _ = writeln!(text, "                    {sign} {line}");
                }
            }
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let change = |change: &Change| {
            json!({
                "pointer": change.pointer, "class": change.class.name(), "what": change.what,
                "before": change.before, "after": change.after,
            })
        };
        json!({
            "class": self.class().map(Class::name),
            "changes": self.changes.iter().map(change).collect::<Vec<_>>(),
        })
    }
}

/// Differences as they are found.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    const fn count(&self) -> usize {
        self.0.len()
    }

    /// Where there is a difference and nothing was noted since there were `met`, it is of a kind that nobody expects.
    fn other_than(&mut self, met: usize, pointer: &str, old: Option<&Value>, new: Option<&Value>) {
        if self.count() == met {
            let (before, after) = (old.map(tell::value), new.map(tell::value));
            self.told(pointer, Class::Widening, "it is another", before, after);
            new.into_iter().for_each(|new| generic::new_texts(pointer, new, self));
        }
    }

    fn note(&mut self, pointer: &str, class: Class, what: impl Into<String>) {
        self.told(pointer, class, what, None, None);
    }

    fn told(
        &mut self,
        pointer: &str,
        class: Class,
        what: impl Into<String>,
        before: Option<String>,
        after: Option<String>,
    ) {
        let what = tell::inert(&what.into());
        self.0.push(Change { pointer: tell::inert(pointer), class, what, before, after });
    }
}
