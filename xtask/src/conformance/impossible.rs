//! What the suite asks across eras and nobody can give, each with the row of the guide on eras that says why.
//!
//! Remove an entry when its scenario passes: `cargo xtask conformance --cross` fails on one that has no use.

use super::cross::Crossing;

/// A scenario that cannot pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Impossible {
    /// With what beyond the gateway.
    pub(super) crossings: &'static [Crossing],
    /// The scenario.
    pub(super) scenario: &'static str,
    /// Its checks that fail: by name, or by name and how the finding begins, where a check says several things.
    pub(super) checks: &'static [&'static str],
    /// The row in `docs/guide/eras.md`.
    pub(super) row: &'static str,
    /// Why, in one sentence.
    pub(super) because: &'static str,
}

impl Impossible {
    /// Whether `finding`, a check's name and what it says, is one of those explained.
    pub(super) fn covers(&self, finding: &str) -> bool {
        let name = finding.split(':').next().unwrap_or_default();
        self.checks.iter().any(|check| *check == name || (check.contains(':') && finding.starts_with(check)))
    }
}

/// Every old server.
const OLD: &[Crossing] = &[Crossing::LegacyStdio, Crossing::LegacySse, Crossing::LegacyHttp];

/// Why the first request of an older client is not modern.
const FIRST_TRIED: &str = "an older client opens with a handshake, which is tried at the server as it is before the other \
                           era is; the scenario holds that one request to the rules of an era it is not of";

/// Everything that is explained.
pub(super) const IMPOSSIBLE: &[Impossible] = &[
    Impossible {
        crossings: OLD,
        scenario: "input-required-result-basic-elicitation",
        checks: &["sep-2322-elicitation-incomplete"],
        row: "Elicitation",
        because: "the scenario wants the question under a name of the server's choice, and a question of an older \
                  revision has none: the gateway names it",
    },
    Impossible {
        crossings: OLD,
        scenario: "input-required-result-ignore-extra-params",
        checks: &["sep-2322-ignore-unexpected-params"],
        row: "Elicitation",
        because: "the scenario brings an answer nobody asked for and no state, and an older server asks only while its \
                  call is open: without state there is no such call, so it is begun and asks",
    },
    Impossible {
        crossings: OLD,
        scenario: "server-stateless",
        checks: &["sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"],
        row: "Capabilities",
        because: "an older server that misses a capability of its client says so in words, in its result: the error with \
                  a code for it came with the modern era",
    },
    Impossible {
        crossings: &[Crossing::LegacyClient],
        scenario: "request-metadata",
        checks: &[
            "sep-2575-http-client-sends-version-header",
            "sep-2575-client-populates-meta",
            "sep-2575-client-sends-client-info",
        ],
        row: "Opening",
        because: FIRST_TRIED,
    },
    Impossible {
        crossings: &[Crossing::LegacyClient],
        scenario: "http-standard-headers",
        checks: &["sep-2243-client-includes-standard-headers: Missing Mcp-Method header on initialize request"],
        row: "Opening",
        because: FIRST_TRIED,
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
