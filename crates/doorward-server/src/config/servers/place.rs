//! What `[servers.NAME]` says for the facts of policies: `root`, `files` and `sql`.

use std::sync::Arc;

use doorward_policy::{Dialect, Files, ServerPlace};

use super::{Faults, Table};

/// Reads the three keys; those that are not there leave `place` as it is.
pub(super) fn read(table: &mut Table<'_, '_, '_>, place: &mut ServerPlace) {
    if let Some(member) = table.find("root")
        && let Some(path) = table.path("root", member)
    {
        // A parent would be folded by its letters, and a link before it leads elsewhere.
        let upwards = path.components().any(|part| part == std::path::Component::ParentDir);
        let root: std::path::PathBuf = table.folder.join(path).components().collect();
        match root.to_str().filter(|_| !upwards) {
            Some(root) => place.root = Some(Arc::from(root)),
            None => table.error(&member.node.span, "root is a folder without '..'", "write its whole path"),
        }
    }
    if let Some(files) = word(table, "files", &Files::ALL.map(|files| (files.name(), files))) {
        place.files = files;
    }
    if let Some(dialect) = word(table, "sql", &Dialect::ALL.map(|dialect| (dialect.name(), dialect))) {
        place.dialect = dialect;
    }
}

fn word<T: Copy>(table: &mut Table<'_, '_, '_>, key: &str, known: &[(&str, T)]) -> Option<T> {
    let member = table.find(key)?;
    let Some(text) = table.reader.text(key, &member.node) else {
        table.faults = Faults::Some;
        return None;
    };
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("{key} cannot be '{}'", text.escape_debug());
        table.error(&member.node.span, message, format!("it is one of {}", names.join(", ")));
    }
    found
}
