//! Names, growth and bytes of tiles.

use std::collections::BTreeMap;

use super::*;
use crate::audit::merkle::{Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash, root, verify_inclusion};
use proptest::prelude::*;

#[test]
fn names_are_those_of_the_specification() {
    for (kind, index, width, path) in [
        (Kind::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (Kind::Hashes(3), 0, 8, "tile/3/000.p/8"),
        (Kind::Hashes(63), 999, 256, "tile/63/999"),
        (Kind::Entries, 1000, 255, "tile/entries/x001/000.p/255"),
    ] {
        let tile = Tile::new(kind, index, width).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(Tile::parse(path), Some(tile));
    }
}

#[test]
fn other_names_are_none() {
    for path in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/64/000",
        "tile/0/1",
        "tile/0/0001",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/0/001.p/8/",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/../000",
        "tile/+1/000",
        "tile/0/00a",
        "tile/0/000.p/+1",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(path), None, "{path}");
    }
}

#[test]
fn the_example_of_the_specification() {
    let tiles: Vec<String> = all(70_000).map(|tile| tile.to_string()).collect();
    let at = |prefix: &str| tiles.iter().filter(|path| path.starts_with(prefix)).count();
    assert_eq!((at("tile/0/"), at("tile/1/"), at("tile/2/"), at("tile/entries/")), (274, 2, 1, 274));
    for path in ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
        assert!(tiles.iter().any(|one| one == path), "{path}");
    }
    let small: Vec<String> = all(256).map(|tile| tile.to_string()).collect();
    assert_eq!(small, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(all(0).count(), 0);
}

#[test]
fn a_bundle_takes_the_longest_entry_and_none_longer() {
    let (longest, longer) = (vec![b'x'; ENTRY], vec![b'x'; ENTRY + 1]);
    const ENTRY: usize = crate::limits::ENTRY_BYTES_MAX;
    let bytes = bundle([longest.as_slice(), b""]).unwrap();
    assert_eq!(entries(&bytes).unwrap(), [longest.as_slice(), b""]);
    assert_eq!(bundle([longer.as_slice()]), Err(EntryTooLong { bytes: ENTRY + 1 }));
}

#[test]
fn bytes_that_are_no_bundle() {
    assert_eq!(entries(&[0]), Err(BundleError::Cut(0)));
    assert_eq!(entries(&[0, 1, 7, 0, 2, 7]), Err(BundleError::Cut(1)));
    assert_eq!(entries(&[0; 512]).unwrap().len(), 256);
    assert_eq!(entries(&[0; 514]), Err(BundleError::Many));
}

/// A log kept as the store keeps it: the tiles that each growth changes, nothing else.
#[derive(Default)]
struct Kept {
    frontier: Frontier,
    levels: Vec<Vec<Hash>>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Kept {
    fn grow(&mut self, count: u64) {
        let old = self.frontier.size();
        for _ in 0..count {
            let leaf = leaf_hash(&self.frontier.size().to_be_bytes());
            let levels = &mut self.levels;
            self.frontier.push_telling(leaf, |height, _, hash| {
                if height % 8 == 0 {
                    let level = usize::from(height / 8);
                    levels.resize_with(levels.len().max(level + 1), Vec::new);
                    levels[level].push(hash);
                }
            });
        }
        for tile in grown(old, self.frontier.size()) {
            if let Kind::Hashes(level) = tile.kind() {
                let first = usize::try_from(tile.index()).unwrap() * 256;
                let hashes = &self.levels[usize::from(level)][first..first + usize::from(tile.width())];
                let bytes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
                self.files.insert(tile.to_string(), bytes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn names_go_both_ways(level in 0_u8..64, index in 0_u64..(1 << 54), width in 1_u16..=256, entries: bool) {
        let kind = if entries { Kind::Entries } else { Kind::Hashes(level) };
        let tile = Tile::new(kind, index, width).unwrap();
        prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
    }

    #[test]
    fn what_growth_writes_is_enough_for_every_proof(steps in proptest::collection::vec(1_u64..400, 1..8), pick: u64) {
        let mut kept = Kept::default();
        let mut known = vec![(0, kept.frontier.root())];
        for step in steps {
            kept.grow(step);
            known.push((kept.frontier.size(), kept.frontier.root()));
        }
        let size = kept.frontier.size();
        let source = TileHashes::new(size, |tile| kept.files.get(&tile.to_string()).cloned());
        prop_assert_eq!(root(&source, size), Ok(kept.frontier.root()));
        let index = pick % size;
        let proof = inclusion_proof(&source, index, size).unwrap();
        let leaf = leaf_hash(&index.to_be_bytes());
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &kept.frontier.root()), Ok(()));
        for (old, old_root) in &known {
            let proof = consistency_proof(&source, *old, size).unwrap();
            let new = kept.frontier.root();
            prop_assert_eq!(crate::audit::merkle::verify_consistency((*old, old_root), (size, &new), &proof), Ok(()));
        }
        // Every tile of the final tree was written at some growth, in its final width.
        for tile in all(size).filter(|tile| tile.kind() != Kind::Entries) {
            prop_assert!(kept.files.contains_key(&tile.to_string()), "{}", tile);
        }
    }

    #[test]
    fn bundles_go_both_ways(list in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..=256)) {
        let bytes = bundle(list.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(entries(&bytes).unwrap(), list);
    }
}
