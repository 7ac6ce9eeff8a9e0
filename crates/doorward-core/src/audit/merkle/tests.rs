//! Known answers of RFC 6962, and a naive definition as the oracle.

use super::*;
use proptest::prelude::*;

fn hex(text: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap(), 16).unwrap();
    Hash::from_bytes((0..32).map(|n| byte(n * 2)).collect::<Vec<_>>().try_into().unwrap())
}

/// The eight leaves that the first implementations of RFC 6962 were tried with.
fn reference_leaves() -> Vec<Vec<u8>> {
    let long: Vec<u8> = (0x60..=0x6f).collect();
    vec![
        vec![],
        vec![0x00],
        vec![0x10],
        vec![0x20, 0x21],
        vec![0x30, 0x31],
        vec![0x40, 0x41, 0x42, 0x43],
        vec![0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        long,
    ]
}

const REFERENCE_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_reference_leaves_have_the_known_roots() {
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), hex(REFERENCE_ROOTS[0]));
    for (leaf, root) in reference_leaves().iter().zip(&REFERENCE_ROOTS[1..]) {
        frontier.push(leaf_hash(leaf));
        assert_eq!(frontier.root(), hex(root));
    }
}

/// RFC 6962 §2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..half]), &naive_root(&leaves[half..]))
        }
    }
}

/// RFC 6962 §2.1.1, word for word.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut path, sibling) = if m < half {
        (naive_path(m, left), naive_root(right))
    } else {
        (naive_path(m - half, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// RFC 6962 §2.1.2, word for word.
fn naive_proof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut proof, sibling) = if m <= half {
        (naive_proof(m, left, known), naive_root(right))
    } else {
        (naive_proof(m - half, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

struct Leaves(Vec<Hash>);

impl Hashes for Leaves {
    fn hash(&self, height: u8, index: u64) -> Option<Hash> {
        let (start, count) = (usize::try_from(index << height).unwrap(), 1_usize << height);
        self.0.get(start..start + count).map(naive_root)
    }
}

/// A tree whose every whole subtree of one height has the same hash, so that it can be as large as numbers go.
struct Monotone(Vec<Hash>);

impl Monotone {
    fn new() -> Self {
        let mut levels = vec![leaf_hash(b"same")];
        for height in 0..62 {
            let below = levels[height];
            levels.push(node_hash(&below, &below));
        }
        Self(levels)
    }
}

impl Hashes for Monotone {
    fn hash(&self, height: u8, _index: u64) -> Option<Hash> {
        self.0.get(usize::from(height)).copied()
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

#[test]
fn the_edge_has_the_roots_of_the_definition_at_every_size() {
    let all = leaves(600);
    let mut frontier = Frontier::new();
    for size in 0..=600 {
        assert_eq!(frontier.root(), naive_root(&all[..size]), "{size}");
        assert_eq!(root(&Leaves(all.clone()), size as u64), Ok(frontier.root()));
        let again = Frontier::from_bytes(&frontier.to_bytes()).unwrap();
        assert_eq!(again, frontier);
        if let Some(leaf) = all.get(size) {
            assert_eq!(frontier.push(*leaf), Some(size as u64));
        }
    }
}

#[test]
fn the_edge_tells_every_whole_subtree_once() {
    let all = leaves(300);
    let mut made = Vec::new();
    let mut frontier = Frontier::new();
    for leaf in &all {
        frontier.push_telling(*leaf, |height, index, hash| made.push((height, index, hash)));
    }
    for (height, index, hash) in &made {
        assert_eq!(Leaves(all.clone()).hash(*height, *index), Some(*hash));
    }
    let wanted: usize = (0..9).map(|height| 300 >> height).sum();
    assert_eq!(made.len(), wanted);
}

#[test]
fn proofs_are_those_of_the_definition_at_every_small_size() {
    for size in 1..=70_usize {
        let all = leaves(size);
        let (source, whole) = (Leaves(all.clone()), naive_root(&all));
        for part in 0..=size {
            if part < size {
                let proof = inclusion_proof(&source, part as u64, size as u64).unwrap();
                assert_eq!(proof, naive_path(part, &all));
                assert_eq!(verify_inclusion(&all[part], part as u64, size as u64, &proof, &whole), Ok(()));
            }
            let proof = consistency_proof(&source, part as u64, size as u64).unwrap();
            if part > 0 {
                assert_eq!(proof, naive_proof(part, &all, true));
            }
            let old = naive_root(&all[..part]);
            assert_eq!(verify_consistency((part as u64, &old), (size as u64, &whole), &proof), Ok(()), "{part} {size}");
        }
    }
}

#[test]
fn unfit_edges_are_refused() {
    assert_eq!(Frontier::from_bytes(&[0; 7]), Err(FrontierError::Short));
    assert_eq!(Frontier::from_bytes(&3_u64.to_be_bytes()), Err(FrontierError::Hashes { size: 3, wanted: 2, bytes: 0 }));
    let huge = crate::limits::TREE_SIZE_MAX + 1;
    assert_eq!(Frontier::from_bytes(&huge.to_be_bytes()), Err(FrontierError::Size(huge)));
    let mut long = 1_u64.to_be_bytes().to_vec();
    long.extend_from_slice(&[0; 33]);
    assert!(Frontier::from_bytes(&long).is_err());
}

#[test]
fn a_full_tree_takes_no_leaf() {
    let mut bytes = crate::limits::TREE_SIZE_MAX.to_be_bytes().to_vec();
    bytes.extend_from_slice(&[7; 32]);
    let mut full = Frontier::from_bytes(&bytes).unwrap();
    assert_eq!(full.push(leaf_hash(b"one more")), None);
    assert_eq!(full.size(), crate::limits::TREE_SIZE_MAX);
}

proptest! {
    #[test]
    fn proofs_of_larger_trees_hold_and_no_other(size in 71_usize..600, a in 0_usize..600, b in 0_usize..600, flip in 0_usize..64) {
        let all = leaves(size);
        let (source, whole) = (Leaves(all.clone()), naive_root(&all));
        let (index, old) = (a % size, 1 + b % size);
        let (i, n, m) = (index as u64, size as u64, old as u64);
        let proof = inclusion_proof(&source, i, n).unwrap();
        prop_assert_eq!(&proof, &naive_path(index, &all));
        prop_assert_eq!(verify_inclusion(&all[index], i, n, &proof, &whole), Ok(()));
        let other = (index + 1) % size;
        prop_assert!(verify_inclusion(&all[other], i, n, &proof, &whole).is_err());
        prop_assert!(verify_inclusion(&all[index], other as u64, n, &proof, &whole).is_err());
        let shorter = proof.split_last().map(|(_, rest)| rest).unwrap();
        prop_assert!(verify_inclusion(&all[index], i, n, shorter, &whole).is_err());
        let steps = consistency_proof(&source, m, n).unwrap();
        prop_assert_eq!(&steps, &naive_proof(old, &all, true));
        let old_root = naive_root(&all[..old]);
        prop_assert_eq!(verify_consistency((m, &old_root), (n, &whole), &steps), Ok(()));
        if !steps.is_empty() {
            let mut wrong = steps.clone();
            let at = flip % wrong.len();
            wrong[at] = leaf_hash(b"wrong");
            prop_assert!(verify_consistency((m, &old_root), (n, &whole), &wrong).is_err());
            wrong.clone_from(&steps);
            wrong.push(steps[0]);
            prop_assert!(verify_consistency((m, &old_root), (n, &whole), &wrong).is_err());
            prop_assert!(verify_consistency((m, &leaf_hash(b"other")), (n, &whole), &steps).is_err());
        }
    }

    #[test]
    fn the_largest_trees_do_not_overflow(size in 1_u64..=crate::limits::TREE_SIZE_MAX, part in 0_u64..=crate::limits::TREE_SIZE_MAX) {
        let source = Monotone::new();
        let (index, old) = (part % size, 1 + part % size);
        let whole = root(&source, size).unwrap();
        let proof = inclusion_proof(&source, index, size).unwrap();
        prop_assert!(proof.len() <= crate::limits::PROOF_HASHES_MAX);
        prop_assert_eq!(verify_inclusion(&source.0[0], index, size, &proof, &whole), Ok(()));
        let steps = consistency_proof(&source, old, size).unwrap();
        prop_assert!(steps.len() <= crate::limits::PROOF_HASHES_MAX);
        let old_root = root(&source, old).unwrap();
        prop_assert_eq!(verify_consistency((old, &old_root), (size, &whole), &steps), Ok(()));
    }

    #[test]
    fn no_proof_of_strangers_does_harm(index: u64, size: u64, hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..80)) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash::from_bytes).collect();
        let root = empty_root();
        prop_assert!(verify_inclusion(&root, index, size, &proof, &root).is_err());
        let _ = verify_consistency((index, &root), (size, &root), &proof);
    }
}
