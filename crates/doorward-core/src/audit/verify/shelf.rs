//! The files of an export, found by what they are.

use std::collections::BTreeMap;

use crate::audit::export::{CHECKPOINT, CHECKPOINTS, Files, KEY, openings_index};
use crate::audit::merkle::Hash;
use crate::audit::tiles::{FULL, Kind, Tile, count, width};

use super::bundles;

/// What lies where.
pub(super) struct Shelf<'a> {
    files: &'a dyn Files,
    /// The widths in which each tile is there, rising.
    widths: BTreeMap<(Kind, u64), Vec<u16>>,
    openings: Vec<u64>,
    /// Files below `tile/` whose names no tile has.
    unnamed: Vec<String>,
    strange: Vec<String>,
}

/// A tile of hashes that was asked for.
pub(super) enum Stored {
    /// It is there, and long enough.
    Hashes(Vec<Hash>),
    /// It is there under this name, and not of the length it must have.
    Unfit(String),
    /// It is not there.
    Missing,
}

impl<'a> Shelf<'a> {
    pub(super) fn of(files: &'a dyn Files) -> Self {
        let mut shelf =
            Self { files, widths: BTreeMap::new(), openings: Vec::new(), unnamed: Vec::new(), strange: Vec::new() };
        for name in files.names() {
            if let Some(tile) = Tile::parse(&name) {
                shelf.widths.entry((tile.kind(), tile.index())).or_default().push(tile.width());
            } else if name.starts_with("tile/") {
                shelf.unnamed.push(name);
            } else if let Some(index) = openings_index(&name) {
                shelf.openings.push(index);
            } else if ![KEY, CHECKPOINT, CHECKPOINTS].contains(&name.as_str()) {
                shelf.strange.push(name);
            }
        }
        shelf.widths.values_mut().for_each(|widths| widths.sort_unstable());
        shelf
    }

    pub(super) fn strange(&self) -> &[String] {
        &self.strange
    }

    pub(super) fn openings(&self) -> &[u64] {
        &self.openings
    }

    fn widths(&self, tile: Tile) -> &[u16] {
        self.widths.get(&(tile.kind(), tile.index())).map_or(&[], Vec::as_slice)
    }

    /// The width of the file to take for `tile`: the narrowest that is wide enough, else the widest.
    fn width(&self, tile: Tile) -> Option<u16> {
        let widths = self.widths(tile);
        widths.iter().find(|width| **width >= tile.width()).or(widths.last()).copied()
    }

    fn read(&self, tile: Tile, width: u16) -> Option<(String, Vec<u8>)> {
        let path = Tile::new(tile.kind(), tile.index(), width)?.to_string();
        self.files.read(&path).map(|bytes| (path, bytes))
    }

    /// The name of the file to take for `tile`.
    pub(super) fn name(&self, tile: Tile) -> String {
        let there = self.width(tile).and_then(|width| Tile::new(tile.kind(), tile.index(), width));
        there.unwrap_or(tile).to_string()
    }

    /// The first hashes of a tile, as many as `tile` is wide.
    pub(super) fn hashes(&self, tile: Tile) -> Stored {
        let Some(width) = self.width(tile) else { return Stored::Missing };
        let Some((path, bytes)) = self.read(tile, width) else { return Stored::Missing };
        if width < tile.width() {
            return Stored::Missing;
        }
        let (hashes, rest) = bytes.as_chunks::<32>();
        match hashes.get(..usize::from(tile.width())) {
            Some(first) if rest.is_empty() && hashes.len() == usize::from(width) => {
                Stored::Hashes(first.iter().copied().map(Hash::from_bytes).collect())
            }
            Some(_) | None => Stored::Unfit(path),
        }
    }

    /// The bundle for `tile`: a wider one, or a narrower one, where there is none of that width.
    pub(super) fn entries(&self, tile: Tile) -> Option<Vec<u8>> {
        self.read(tile, self.width(tile)?).map(|(_, bytes)| bytes)
    }

    /// Narrower files for the place of `tile` that are not the beginning of `bytes`, by name.
    pub(super) fn unlike(&self, tile: Tile, bytes: &[u8]) -> Vec<String> {
        let narrower = self.widths(tile).iter().filter(|width| **width < tile.width());
        let files = narrower.filter_map(|width| self.read(tile, *width).map(|file| (*width, file)));
        let right = |width: u16, file: &[u8]| match tile.kind() {
            Kind::Hashes(_) => file.len() == usize::from(width).saturating_mul(32),
            Kind::Entries => bundles::count(file) == Some(usize::from(width)),
        };
        let wrong = files.filter(|(width, (_, file))| !(bytes.starts_with(file) && right(*width, file)));
        wrong.map(|(_, (path, _))| path).collect()
    }

    /// One entry, from whatever bundle there is.
    pub(super) fn entry(&self, index: u64) -> Option<Vec<u8>> {
        let place = u16::try_from(index % u64::from(FULL)).ok()?;
        let bundle = self.entries(Tile::new(Kind::Entries, index >> 8, place.checked_add(1)?)?)?;
        bundles::entry(&bundle, usize::from(place))
    }

    /// How many entries the names say there are.
    pub(super) fn extent(&self) -> u64 {
        let last = self.widths.range((Kind::Entries, 0)..).next_back();
        let end = |(place, width): (u64, u16)| (place << 8).saturating_add(u64::from(width));
        last.and_then(|((_, place), widths)| widths.last().map(|width| end((*place, *width)))).unwrap_or(0)
    }

    /// The names of files that a log of `size` entries does not have.
    pub(super) fn beyond(&self, size: u64) -> Vec<String> {
        let mut names = self.unnamed.clone();
        for ((kind, index), widths) in &self.widths {
            let most = width(count(*kind, size), *index);
            let beyond = widths.iter().filter(|width| **width > most);
            names.extend(beyond.filter_map(|width| Tile::new(*kind, *index, *width)).map(|tile| tile.to_string()));
        }
        names
    }
}
