//! Which crate may use which: `mcp <- core <- policy <- server <- cli`, the facts below policy, the store beside them.

use super::{Finding, Tree};
use crate::workspace::Crate;

/// The workspace crates each crate may use in what it ships.
const ALLOWED: &[(&str, &[&str])] = &[
    ("doorward-mcp", &[]),
    ("doorward-core", &["doorward-mcp"]),
    ("doorward-detect", &["doorward-core"]),
    ("doorward-facts", &[]),
    ("doorward-flow", &["doorward-core", "doorward-facts", "doorward-mcp"]),
    ("doorward-guards", &["doorward-core", "doorward-facts", "doorward-mcp"]),
    ("doorward-registry", &["doorward-core", "doorward-guards", "doorward-mcp"]),
    ("doorward-policy", &["doorward-core", "doorward-facts", "doorward-mcp"]),
    ("doorward-store", &["doorward-core", "doorward-mcp"]),
    ("doorward-export", &["doorward-core", "doorward-store"]),
    (
        "doorward-server",
        &[
            "doorward-core",
            "doorward-detect",
            "doorward-export",
            "doorward-flow",
            "doorward-guards",
            "doorward-mcp",
            "doorward-policy",
            "doorward-registry",
            "doorward-store",
        ],
    ),
    (
        "doorward-cli",
        &[
            "doorward-core",
            "doorward-detect",
            "doorward-export",
            "doorward-flow",
            "doorward-guards",
            "doorward-mcp",
            "doorward-policy",
            "doorward-registry",
            "doorward-server",
            "doorward-store",
        ],
    ),
    ("doorward-testkit", &["doorward-mcp"]),
    (
        "xtask",
        &[
            "doorward-core",
            "doorward-detect",
            "doorward-flow",
            "doorward-guards",
            "doorward-mcp",
            "doorward-policy",
            "doorward-testkit",
        ],
    ),
];

/// The crate that any other may use in its tests.
const TEST_KIT: &str = "doorward-testkit";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates.iter().flat_map(check_crate).collect()
}

fn check_crate(this: &Crate) -> Vec<Finding> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == this.name) else {
        let advice = format!("give {} its place in xtask/src/tidy/crate_edges.rs", this.name);
        return vec![Finding::new(&this.manifest, 1, advice)];
    };
    let is_ours = |name: &&String| ALLOWED.iter().any(|(ours, _)| ours == name);
    let shipped = this
        .normal
        .union(&this.build)
        .filter(is_ours)
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| format!("{} must not depend on {name}; move the code or the boundary", this.name));
    let tested = this
        .dev
        .iter()
        .filter(is_ours)
        .filter(|name| *name != TEST_KIT && !allowed.contains(&name.as_str()))
        .map(|name| format!("tests of {} must not depend on {name}; test it from there", this.name));
    shipped.chain(tested).map(|advice| Finding::new(&this.manifest, 1, advice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, normal: &[&str], dev: &[&str]) -> Vec<Finding> {
        check_crate(&Crate {
            name: name.to_owned(),
            normal: normal.iter().map(|name| (*name).to_owned()).collect(),
            dev: dev.iter().map(|name| (*name).to_owned()).collect(),
            ..Crate::default()
        })
    }

    #[test]
    fn edges_against_the_direction_are_found() {
        assert_eq!(found("doorward-core", &["doorward-policy"], &[]).len(), 1);
        assert_eq!(found("doorward-server", &["doorward-testkit"], &[]).len(), 1);
        assert_eq!(found("doorward-mcp", &[], &["doorward-core"]).len(), 1);
        assert_eq!(found("doorward-new", &[], &[]).len(), 1);
    }

    #[test]
    fn edges_in_the_direction_pass() {
        assert_eq!(found("doorward-core", &["doorward-mcp", "bytes"], &["doorward-testkit"]), []);
        assert_eq!(found("doorward-cli", &["doorward-store", "tokio"], &[]), []);
    }
}
