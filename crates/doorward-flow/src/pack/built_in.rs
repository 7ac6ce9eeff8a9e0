//! The packs that come with the program: the files of `packs/`.

use std::sync::LazyLock;

use super::Pack;

/// The files, by name. A test holds that each file of `packs/` is here.
pub(super) const FILES: &[(&str, &str)] = &[
    ("fetch", include_str!("../../../../packs/fetch.toml")),
    ("filesystem", include_str!("../../../../packs/filesystem.toml")),
];

// A test reads every one of them. One that could not be read would be as if it were not there: its tools are then judged
// by their definitions alone, which asks more.
static PACKS: LazyLock<Vec<Pack>> =
    LazyLock::new(|| FILES.iter().filter_map(|(_, text)| Pack::parse(text).ok()).collect());

/// All packs that come with the program, by name.
#[must_use]
pub fn built_in() -> &'static [Pack] {
    &PACKS
}

/// The built-in pack of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Pack> {
    built_in().iter().find(|pack| *pack.name == *name)
}
