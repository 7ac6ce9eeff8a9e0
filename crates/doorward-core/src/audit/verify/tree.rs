//! Which hashes of an export are those that a checkpoint was made of, from the top down.

use super::heads::Heads;
use super::shelf::{Shelf, Stored};
use super::{Fault, Leaves, Report, bundles};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::merkle::{Frontier, Hash, folded, root_of};
use crate::audit::tiles::{FULL, Kind, LEVELS, Tile, count, width};

/// A checkpoint, and the tiles of its right edge that lead to its root.
pub(super) struct Basis {
    pub(super) head: Checkpoint,
    /// The highest level first.
    edge: Vec<Part>,
}

/// One tile of the right edge.
struct Part {
    tile: Tile,
    level: u8,
    hashes: Vec<Hash>,
    from: From,
}

/// Where hashes come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Stored,
    /// Made from what lies below.
    Below,
}

/// The largest checkpoint whose root the right edge leads to, else the largest that the leaves agree with.
pub(super) fn basis(shelf: &Shelf<'_>, heads: &Heads) -> Option<Basis> {
    let of = |head: &Checkpoint| edge(shelf, head).map(|edge| Basis { head: head.clone(), edge });
    let largest = heads.largest()?.size;
    heads.of_size(largest).find_map(of).or_else(|| {
        // One way through the leaves finds the one to try: trying each could take as many.
        let (good, _) = agreement(shelf, heads);
        heads.of_size(good).find_map(of)
    })
}

/// The last size at which a checkpoint agrees with the leaves as they are, and the first after it at which one does not: by
/// the entries or by the hashes of leaves, whichever agree further.
pub(super) fn agreement(shelf: &Shelf<'_>, heads: &Heads) -> (u64, Option<u64>) {
    let of = |leaves: &dyn Fn(Tile) -> Option<Vec<Hash>>| {
        let (mut frontier, mut good) = (Frontier::new(), 0);
        for head in heads.ascending() {
            while frontier.size() < head.size {
                let (place, done) = (frontier.size() >> 8, usize::try_from(frontier.size() % 256).unwrap_or(0));
                let wide = width(head.size, place);
                let hashes = Tile::new(Kind::Entries, place, wide).and_then(leaves);
                let Some(new) = hashes.as_ref().and_then(|hashes| hashes.get(done..usize::from(wide))) else {
                    return (good, Some(head.size));
                };
                if new.is_empty() || new.iter().any(|hash| frontier.push(*hash).is_none()) {
                    return (good, Some(head.size));
                }
            }
            if frontier.root() != head.root {
                return (good, Some(head.size));
            }
            good = head.size;
        }
        (good, None)
    };
    let by_entries = of(&|tile| entries(shelf, tile));
    let by_hashes = of(&|tile| stored(shelf, Tile::new(Kind::Hashes(0), tile.index(), tile.width())?));
    if by_hashes.0 > by_entries.0 { by_hashes } else { by_entries }
}

/// Gives the leaves of every tile, from the first to the last, and tells of tiles that are wrong.
pub(super) fn each_leaf_tile(
    shelf: &Shelf<'_>,
    basis: &Basis,
    report: &mut Report,
    take: &mut dyn FnMut(Leaves, &mut Report),
) {
    for part in &basis.edge {
        tell(shelf, part.tile, &part.hashes, part.from, report);
        below(shelf, part.level, part.tile, &part.hashes, report, take);
    }
}

/// Goes down from hashes that are known to be right.
fn below(
    shelf: &Shelf<'_>,
    level: u8,
    tile: Tile,
    hashes: &[Hash],
    report: &mut Report,
    take: &mut dyn FnMut(Leaves, &mut Report),
) {
    let Some(level) = level.checked_sub(1) else {
        return take(Leaves { index: tile.index(), width: tile.width(), hashes: Some(hashes.to_vec()) }, report);
    };
    for (index, hash) in (tile.index() << 8..).zip(hashes) {
        let Some(child) = Tile::new(Kind::Hashes(level), index, FULL) else { return };
        match right(shelf, level, child, hash) {
            Some((from, hashes)) => {
                tell(shelf, child, &hashes, from, report);
                below(shelf, level, child, &hashes, report, take);
            }
            None => doubt(shelf, level, child, report, take),
        }
    }
}

/// Neither the tile nor what lies below is what the hash above was made of.
fn doubt(shelf: &Shelf<'_>, level: u8, tile: Tile, report: &mut Report, take: &mut dyn FnMut(Leaves, &mut Report)) {
    if matches!(shelf.hashes(tile), Stored::Missing) {
        report.fault(Fault::Missing { path: tile.to_string() });
    }
    let first = tile.index() << (8 * u32::from(level));
    let past = tile.index().saturating_add(1) << (8 * u32::from(level));
    for index in (first..past).take_while(|index| index << 8 <= shelf.extent()) {
        if let Some(bundle) = Tile::new(Kind::Entries, index, FULL).filter(|bundle| shelf.entries(*bundle).is_none()) {
            report.fault(Fault::Missing { path: bundle.to_string() });
        }
        take(Leaves { index, width: FULL, hashes: None }, report);
    }
}

/// The hashes of a full tile whose root is `hash`, from the file or from below.
fn right(shelf: &Shelf<'_>, level: u8, tile: Tile, hash: &Hash) -> Option<(From, Vec<Hash>)> {
    let is_right = |hashes: &Vec<Hash>| root_of(hashes) == *hash;
    let kept = stored(shelf, tile).filter(is_right).map(|hashes| (From::Stored, hashes));
    kept.or_else(|| {
        let made = made(shelf, level, tile).into_iter().find(is_right);
        made.map(|hashes| (From::Below, hashes))
    })
}

/// Tells of a tile that is missing or wrong, and of narrower ones of its place.
fn tell(shelf: &Shelf<'_>, tile: Tile, hashes: &[Hash], from: From, report: &mut Report) {
    match (from, shelf.hashes(tile)) {
        (From::Stored, _) => {}
        (From::Below, Stored::Hashes(_)) => report.fault(Fault::Tile { path: shelf.name(tile) }),
        (From::Below, Stored::Unfit(path)) => report.fault(Fault::Tile { path }),
        (From::Below, Stored::Missing) => report.fault(Fault::Missing { path: tile.to_string() }),
    }
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    for path in shelf.unlike(tile, &bytes) {
        report.fault(Fault::Tile { path });
    }
}

fn stored(shelf: &Shelf<'_>, tile: Tile) -> Option<Vec<Hash>> {
    match shelf.hashes(tile) {
        Stored::Hashes(hashes) => Some(hashes),
        Stored::Unfit(_) | Stored::Missing => None,
    }
}

fn entries(shelf: &Shelf<'_>, tile: Tile) -> Option<Vec<Hash>> {
    let hashes = bundles::found(&shelf.entries(tile)?, &[], usize::from(tile.width()));
    (hashes.len() == usize::from(tile.width())).then_some(hashes)
}

/// What the hashes of a tile are by what lies below it: by the files of the next level, and by the entries.
fn made(shelf: &Shelf<'_>, level: u8, tile: Tile) -> Vec<Vec<Hash>> {
    let Some(lower) = level.checked_sub(1) else {
        let bundle = Tile::new(Kind::Entries, tile.index(), tile.width());
        return bundle.and_then(|bundle| entries(shelf, bundle)).into_iter().collect();
    };
    let children = || {
        let first = tile.index() << 8;
        let past = first.saturating_add(u64::from(tile.width()));
        (first..past).filter_map(move |index| Tile::new(Kind::Hashes(lower), index, FULL))
    };
    let by_files: Option<Vec<Hash>> = children().map(|child| Some(root_of(&stored(shelf, child)?))).collect();
    let by_entries: Option<Vec<Hash>> =
        children().map(|child| made(shelf, lower, child).last().map(|hashes| root_of(hashes))).collect();
    by_files.into_iter().chain(by_entries).collect()
}

/// The tiles of the right edge of `head`, if some choice of files and of what lies below them leads to its root.
fn edge(shelf: &Shelf<'_>, head: &Checkpoint) -> Option<Vec<Part>> {
    let mut tiles = Vec::new();
    for level in (0..LEVELS).rev() {
        let hashes = count(Kind::Hashes(level), head.size);
        // A full tile is no part of the edge: the level above has its hash.
        let partial = Tile::new(Kind::Hashes(level), hashes >> 8, width(hashes, hashes >> 8));
        tiles.extend(partial.map(|tile| (level, tile)));
    }
    let kept: Option<Vec<Part>> = tiles
        .iter()
        .map(|(level, tile)| {
            let hashes = stored(shelf, *tile)?;
            Some(Part { tile: *tile, level: *level, hashes, from: From::Stored })
        })
        .collect();
    if let Some(kept) = kept.filter(|kept| leads_to(kept, &head.root)) {
        return Some(kept);
    }
    choose(shelf, &tiles, &head.root)
}

/// Tries every choice between the files and what lies below them: at most three for each of eight levels.
fn choose(shelf: &Shelf<'_>, tiles: &[(u8, Tile)], root: &Hash) -> Option<Vec<Part>> {
    let mut options = Vec::new();
    for (level, tile) in tiles {
        let kept = stored(shelf, *tile).into_iter().map(|hashes| (From::Stored, hashes));
        let below = made(shelf, *level, *tile).into_iter().map(|hashes| (From::Below, hashes));
        options.push(kept.chain(below).collect::<Vec<_>>());
    }
    let choices = options.iter().map(Vec::len).product();
    (0..choices).find_map(|number: usize| {
        let mut left = number;
        let mut parts = Vec::new();
        for ((level, tile), options) in tiles.iter().zip(&options) {
            let (from, hashes) = options.get(left.checked_rem(options.len())?)?.clone();
            left = left.checked_div(options.len())?;
            parts.push(Part { tile: *tile, level: *level, hashes, from });
        }
        leads_to(&parts, root).then_some(parts)
    })
}

fn leads_to(parts: &[Part], root: &Hash) -> bool {
    let mut peaks = Vec::new();
    for part in parts {
        let mut frontier = Frontier::new();
        for hash in &part.hashes {
            frontier.push(*hash);
        }
        peaks.extend_from_slice(frontier.peaks());
    }
    folded(&peaks) == *root
}
