//! What the suite asks across eras and nobody can give, each with the row of the guide on eras that says why.
//!
//! Remove an entry when its scenario passes: `cargo xtask conformance --cross` fails on one that has no use.

use super::cross::Shape;

/// A scenario that cannot pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Impossible {
    /// Onto which servers.
    pub(super) shapes: &'static [Shape],
    /// The scenario.
    pub(super) scenario: &'static str,
    /// Its checks that fail.
    pub(super) checks: &'static [&'static str],
    /// The row in `docs/guide/eras.md`.
    pub(super) row: &'static str,
    /// Why, in one sentence.
    pub(super) because: &'static str,
}

impl Impossible {
    /// Whether `finding`, a check's name and what it says, is one of those explained.
    pub(super) fn covers(&self, finding: &str) -> bool {
        let check = finding.split(':').next().unwrap_or_default();
        self.checks.contains(&check)
    }
}

/// Every old server.
const OLD: &[Shape] = &[Shape::LegacyStdio, Shape::LegacySse, Shape::LegacyHttp];

/// Everything that is explained.
pub(super) const IMPOSSIBLE: &[Impossible] = &[
    Impossible {
        shapes: OLD,
        scenario: "input-required-result-basic-elicitation",
        checks: &["sep-2322-elicitation-incomplete"],
        row: "Elicitation",
        because: "the scenario wants the question under a name of the server's choice, and a question of an older \
                  revision has none: the gateway names it",
    },
    Impossible {
        shapes: OLD,
        scenario: "input-required-result-ignore-extra-params",
        checks: &["sep-2322-ignore-unexpected-params"],
        row: "Elicitation",
        because: "the scenario brings an answer nobody asked for and no state, and an older server asks only while its \
                  call is open: without state there is no such call, so it is begun and asks",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_names_a_row_of_the_guide() {
        let guide = std::fs::read_to_string(crate::workspace::root().join("docs/guide/eras.md")).unwrap();
        for reason in IMPOSSIBLE {
            let heading = format!("### {}", reason.row);
            assert!(guide.lines().any(|line| line == heading), "the guide on eras has no row {:?}", reason.row);
        }
    }
}
