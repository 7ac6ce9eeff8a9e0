//! The figures of a run, for a program: one flat object of counts.

use std::collections::BTreeMap;

/// Counts by name.
#[derive(Debug, Default)]
pub(super) struct Figures(BTreeMap<String, usize>);

impl Figures {
    /// Adds `count` to the figure `name`.
    pub(super) fn count(&mut self, name: impl Into<String>, count: usize) {
        *self.0.entry(name.into()).or_default() += count;
    }

    /// Adds everything that `other` counts.
    pub(super) fn add(&mut self, other: Self) {
        for (name, count) in other.0 {
            self.count(name, count);
        }
    }

    /// All of them as JSON.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_one_name_are_added() {
        let mut figures = Figures::default();
        figures.count("a", 1);
        let mut more = Figures::default();
        more.count("a", 2);
        more.count("b", 0);
        figures.add(more);
        assert_eq!(figures.json(), r#"{"a":3,"b":0}"#);
    }
}
