//! Where values come from: what was endorsed in a context.
//!
//! Responsible for remembering, as hashes, which values have which origin, within a bound. It must never keep a value.
//! When it is full, the weakest and oldest origins are forgotten first: that can only make a value lose its origin.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::canonical::Forms;
use crate::limits::ENDORSED_MAX;

/// Why a value is remembered, the weakest first: they are forgotten in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// A link in something that a server said.
    Link,
    /// A line of text, or a field that holds what somebody wrote.
    Line,
    /// A field that names an author.
    Party,
    /// A field.
    Handle,
    /// A field with an address, for every server.
    Reach,
    /// It was used before anything untrusted was read.
    Clean,
    /// A field that a reviewed statement trusts.
    Trusted,
    /// Earlier work was good with it.
    Learned,
    /// A person approved it.
    Approved,
}

/// For whom a value is endorsed: the number of a server, the hash of a tool and a role, or all of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope(pub(crate) u64);

impl Scope {
    /// The whole context.
    pub(crate) const CONTEXT: Self = Self(u64::MAX);
}

/// All that is endorsed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endorsed {
    entries: HashMap<u64, Entry, BuildHasherDefault<Ready>>,
    /// Grows with each entry: which one is oldest.
    now: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    class: Class,
    used: u32,
}

impl Endorsed {
    /// Remembers all forms of a value.
    pub(crate) fn add(&mut self, class: Class, scope: Scope, forms: &Forms) {
        forms.iter().for_each(|form| self.add_form(class, scope, form));
    }

    /// Remembers one form.
    pub(crate) fn add_form(&mut self, class: Class, scope: Scope, form: u64) {
        self.now = self.now.saturating_add(1);
        self.entries.insert(key(class, scope, form), Entry { class, used: self.now });
        if self.entries.len() > ENDORSED_MAX {
            self.forget();
        }
    }

    /// Whether a form is remembered.
    pub(crate) fn has(&self, class: Class, scope: Scope, forms: &Forms) -> bool {
        forms.iter().any(|form| self.has_form(class, scope, form))
    }

    /// Whether this form is remembered.
    pub(crate) fn has_form(&self, class: Class, scope: Scope, form: u64) -> bool {
        self.entries.contains_key(&key(class, scope, form))
    }

    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        // The table has a byte of its own for each place.
        self.entries.capacity() * (size_of::<(u64, Entry)>() + 1)
    }

    /// Makes room for an eighth: the weakest first, of those the oldest.
    fn forget(&mut self) {
        let mut all: Vec<(Class, u32, u64)> =
            self.entries.iter().map(|(key, entry)| (entry.class, entry.used, *key)).collect();
        let count = all.len() / 8;
        if count > 0 {
            all.select_nth_unstable(count);
            all.iter().take(count).for_each(|(_, _, key)| {
                self.entries.remove(key);
            });
        }
    }
}

/// One number of all three. The form is a keyed hash, so nobody outside can make two of these the same.
const fn key(class: Class, scope: Scope, form: u64) -> u64 {
    let place = scope.0 ^ ((class as u64) << 56);
    form ^ (place ^ (place >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)
}

/// The hasher of what is hashed already.
#[derive(Debug, Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_is_for_its_class_and_scope_alone() {
        let mut endorsed = Endorsed::default();
        endorsed.add_form(Class::Handle, Scope(1), 7);
        assert!(endorsed.has_form(Class::Handle, Scope(1), 7));
        assert!(!endorsed.has_form(Class::Handle, Scope(2), 7));
        assert!(!endorsed.has_form(Class::Line, Scope(1), 7));
        assert!(!endorsed.has_form(Class::Handle, Scope(1), 8));
    }

    #[test]
    fn the_weakest_and_oldest_is_forgotten_first() {
        let mut endorsed = Endorsed::default();
        let form = |number: usize| u64::try_from(number).unwrap().wrapping_mul(0x2545_f491_4f6c_dd1d);
        endorsed.add_form(Class::Approved, Scope(1), 7);
        (0..=ENDORSED_MAX).for_each(|number| endorsed.add_form(Class::Line, Scope(1), form(number)));
        assert!(endorsed.entries.len() <= ENDORSED_MAX);
        assert!(endorsed.has_form(Class::Approved, Scope(1), 7));
        assert!(!endorsed.has_form(Class::Line, Scope(1), form(0)));
        assert!(endorsed.has_form(Class::Line, Scope(1), form(ENDORSED_MAX)));
        assert!(endorsed.bytes() < 4 * 1024 * 1024);
    }

    proptest! {
        /// However full it gets, it never says of a value that nobody added that it is endorsed.
        #[test]
        fn forgetting_only_removes(added in prop::collection::btree_set(any::<u64>(), 1..60), asked in any::<u64>()) {
            let mut endorsed = Endorsed::default();
            (0..ENDORSED_MAX as u64 - 20).for_each(|number| endorsed.add_form(Class::Link, Scope(9), number));
            added.iter().for_each(|form| endorsed.add_form(Class::Line, Scope(1), *form));
            prop_assert_eq!(endorsed.has_form(Class::Line, Scope(1), asked), added.contains(&asked));
            prop_assert!(!endorsed.has_form(Class::Handle, Scope(1), asked));
        }
    }
}
