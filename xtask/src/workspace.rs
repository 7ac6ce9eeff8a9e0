//! What cargo knows about this workspace: its root, its target folder, its crates and their edges.
//!
//! Reads `cargo metadata` and nothing else; it must never guess a path that cargo can tell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process;

/// The workspace as cargo sees it.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(crate) target: PathBuf,
    /// The workspace's own crates, by name.
    pub(crate) crates: Vec<Crate>,
}

/// One crate of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    /// The package name.
    pub(crate) name: String,
    /// Its `Cargo.toml`, relative to the root.
    pub(crate) manifest: String,
    /// Packages that its manifest names under `[dependencies]`.
    pub(crate) normal: BTreeSet<String>,
    /// Packages that its manifest names under `[build-dependencies]`.
    pub(crate) build: BTreeSet<String>,
    /// Packages that its manifest names under `[dev-dependencies]`.
    pub(crate) dev: BTreeSet<String>,
    /// Every package that ends up in it through normal dependencies, however deep.
    pub(crate) reached: BTreeSet<String>,
}

/// The root folder: cargo tells it to the program it runs; the path compiled in serves a direct call.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// Asks cargo for the workspace; `Err` carries a sentence for the reader.
pub(crate) fn load() -> Result<Workspace, String> {
    let root = root();
    let host =
        process::capture(std::process::Command::new("rustc").args(["--print", "host-tuple"]).current_dir(&root))?;
    let metadata = process::capture(
        process::cargo(&["metadata", "--format-version", "1", "--filter-platform"]).arg(host.trim()).current_dir(&root),
    )?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata is not JSON: {error}"))?;
    read(&metadata).ok_or_else(|| "cargo metadata has an unknown shape".to_owned())
}

fn read(metadata: &Value) -> Option<Workspace> {
    let root = PathBuf::from(metadata.get("workspace_root")?.as_str()?);
    let target = PathBuf::from(metadata.get("target_directory")?.as_str()?);
    let members: BTreeSet<&str> =
        metadata.get("workspace_members")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let packages = metadata.get("packages")?.as_array()?;
    let names: BTreeMap<&str, &str> =
        packages.iter().filter_map(|package| Some((text(package, "id")?, text(package, "name")?))).collect();
    let edges = normal_edges(metadata)?;
    let mut crates = Vec::new();
    for package in packages {
        let id = text(package, "id")?;
        if members.contains(id) {
            crates.push(Crate {
                name: text(package, "name")?.to_owned(),
                manifest: relative(&root, text(package, "manifest_path")?),
                normal: declared(package, None)?,
                build: declared(package, Some("build"))?,
                dev: declared(package, Some("dev"))?,
                reached: reach(id, &edges, &names),
            });
        }
    }
    Some(Workspace { root, target, crates })
}

fn normal_edges(metadata: &Value) -> Option<BTreeMap<&str, Vec<&str>>> {
    let nodes = metadata.get("resolve")?.get("nodes")?.as_array()?;
    let mut edges = BTreeMap::new();
    for node in nodes {
        let mut targets = Vec::new();
        for edge in node.get("deps")?.as_array()? {
            let kinds = edge.get("dep_kinds")?.as_array()?;
            if kinds.iter().any(|kind| kind.get("kind") == Some(&Value::Null)) {
                targets.push(text(edge, "pkg")?);
            }
        }
        edges.insert(text(node, "id")?, targets);
    }
    Some(edges)
}

fn reach(start: &str, edges: &BTreeMap<&str, Vec<&str>>, names: &BTreeMap<&str, &str>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(id) = open.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    seen.iter().filter_map(|id| names.get(id)).map(|name| (*name).to_owned()).collect()
}

fn declared(package: &Value, kind: Option<&str>) -> Option<BTreeSet<String>> {
    let dependencies = package.get("dependencies")?.as_array()?;
    Some(
        dependencies
            .iter()
            .filter(|dependency| dependency.get("kind").and_then(Value::as_str) == kind)
            .filter_map(|dependency| text(dependency, "name").map(str::to_owned))
            .collect(),
    )
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn relative(root: &Path, path: &str) -> String {
    let path = Path::new(path);
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_declared_and_reached_packages_apart() {
        let metadata = serde_json::json!({
            "workspace_root": "/w", "target_directory": "/t", "workspace_members": ["a"],
            "packages": [
                {"id": "a", "name": "app", "manifest_path": "/w/app/Cargo.toml", "dependencies": [
                    {"name": "middle", "kind": null}, {"name": "probe", "kind": "dev"}]},
                {"id": "m", "name": "middle", "manifest_path": "/r/m/Cargo.toml", "dependencies": []},
                {"id": "d", "name": "deep", "manifest_path": "/r/d/Cargo.toml", "dependencies": []},
                {"id": "p", "name": "probe", "manifest_path": "/r/p/Cargo.toml", "dependencies": []}
            ],
            "resolve": {"nodes": [
                {"id": "a", "deps": [{"pkg": "m", "dep_kinds": [{"kind": null}]},
                                     {"pkg": "p", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "m", "deps": [{"pkg": "d", "dep_kinds": [{"kind": null}]}]},
                {"id": "d", "deps": []}, {"id": "p", "deps": []}
            ]}
        });
        let workspace = read(&metadata).unwrap();
        let app = workspace.crates.first().unwrap();
        assert_eq!(workspace.crates.len(), 1);
        assert_eq!(app.manifest, "app/Cargo.toml");
        assert_eq!(app.normal, ["middle".to_owned()].into());
        assert_eq!(app.dev, ["probe".to_owned()].into());
        assert_eq!(app.reached, ["deep".to_owned(), "middle".to_owned()].into());
    }

    #[test]
    fn an_unknown_shape_is_refused() {
        assert!(read(&serde_json::json!({"workspace_root": "/w"})).is_none());
    }
}
