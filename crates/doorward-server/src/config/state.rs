//! The folder where the program keeps what it makes itself: its token and its records.

use std::path::PathBuf;

use super::environment::Surroundings;

/// The state folder: systemd's `STATE_DIRECTORY` when we run as its unit, else `$XDG_STATE_HOME/doorward`, else
/// `~/.local/state/doorward`; `None` without a home.
#[must_use]
pub fn state_directory(surroundings: &Surroundings) -> Option<PathBuf> {
    // With several folders systemd separates them by colons (systemd.exec(5)); the first is ours.
    let of_unit = surroundings.variable("STATE_DIRECTORY").and_then(|folders| folders.split(':').next());
    match of_unit {
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(surroundings.xdg("XDG_STATE_HOME", ".local/state")?.join("doorward")),
    }
}
