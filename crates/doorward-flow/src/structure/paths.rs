//! Places in a result, each kept once.

use std::collections::BTreeMap;

use crate::limits::{PATH_BYTES_MAX, PATHS_MAX};

/// A place in a result, by its number in [`Paths`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathId(u32);

/// All places of a part.
#[derive(Debug)]
pub(crate) struct Paths {
    known: Vec<Place>,
    below: BTreeMap<(PathId, Box<str>), PathId>,
}

#[derive(Debug)]
struct Place {
    /// A JSON pointer with `*` for places in lists.
    pointer: String,
    /// The name of the innermost object's member, lists not counted.
    name: Box<str>,
}

impl Paths {
    /// The part itself.
    pub(crate) const ROOT: PathId = PathId(0);

    /// A place of which nothing is kept, because there are too many: nothing is known of it.
    pub(crate) const LOST: PathId = PathId(u32::MAX);

    /// The member `name` of what stands at `parent`.
    pub(crate) fn member(&mut self, parent: PathId, name: &str) -> PathId {
        self.step(parent, name, name)
    }

    /// Any element of the list that stands at `parent`.
    pub(crate) fn element(&mut self, parent: PathId) -> PathId {
        let name: Box<str> = self.name(parent).into();
        self.step(parent, "*", &name)
    }

    /// As a JSON pointer; `None` when it is lost.
    pub(crate) fn pointer(&self, path: PathId) -> Option<&str> {
        self.known.get(path.0 as usize).map(|place| place.pointer.as_str())
    }

    /// The name of the innermost member; empty for the part itself and for what is lost.
    pub(crate) fn name(&self, path: PathId) -> &str {
        self.known.get(path.0 as usize).map_or("", |place| &*place.name)
    }

    fn step(&mut self, parent: PathId, step: &str, name: &str) -> PathId {
        let key = (parent, Box::from(step));
        if let Some(known) = self.below.get(&key) {
            return *known;
        }
        let Some(above) = self.pointer(parent) else { return Self::LOST };
        let pointer = format!("{above}/{}", step.replace('~', "~0").replace('/', "~1"));
        let Ok(number) = u32::try_from(self.known.len()) else { return Self::LOST };
        if self.known.len() >= PATHS_MAX || pointer.len() > PATH_BYTES_MAX {
            return Self::LOST;
        }
        self.known.push(Place { pointer, name: name.into() });
        self.below.insert(key, PathId(number));
        PathId(number)
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self { known: vec![Place { pointer: String::new(), name: "".into() }], below: BTreeMap::new() }
    }
}
