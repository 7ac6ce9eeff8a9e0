//! A tree with three levels of tiles: what is damaged above and below is told apart.

use doorward_core::audit::export::openings_name;
use doorward_core::audit::verify::{Fault, verify};

use crate::log::{Export, Keys, ORIGIN, bundles, export};

const SIZE: u64 = 65_536 + 2 * 256 + 3;

fn small(number: u64) -> Vec<u8> {
    format!(r#"{{"version":1,"at":{number}}}"#).into_bytes()
}

fn path(path: &str) -> String {
    path.to_owned()
}

#[test]
fn damage_at_every_level_is_told() {
    let keys = Keys::new(ORIGIN, 1);
    let list: Vec<Vec<u8>> = (0..SIZE).map(small).collect();
    let files = export(&list, &[1000, 65_536, 66_000, SIZE], &keys);
    for name in ["tile/0/258.p/3", "tile/1/000", "tile/1/001.p/2", "tile/2/000.p/1"] {
        assert!(files.contains_key(name), "{name}");
    }
    let check = |change: &dyn Fn(&mut Export), faults: &[Fault]| {
        let mut changed = files.clone();
        change(&mut changed);
        let report = verify(&changed, &keys.trusted(), &[]);
        assert_eq!(report.faults, faults);
        assert_eq!(report.checkpoint.map(|head| head.size), Some(SIZE));
    };
    let flip = |file: &mut Vec<u8>, at: usize| file[at] ^= 0x10;
    check(&|_| (), &[]);
    for name in ["tile/0/003", "tile/0/258.p/3", "tile/1/000", "tile/1/001.p/2", "tile/2/000.p/1"] {
        check(&|files| flip(files.get_mut(name).unwrap(), 5), &[Fault::Tile { path: path(name) }]);
    }
    let higher = "tile/1/000";
    check(&|files| drop(files.remove(higher)), &[Fault::Missing { path: path(higher) }]);
    // Both a tile and the entries below it: the checkpoints and the hash above bound the place.
    let both = |files: &mut Export| {
        let mut list = list.clone();
        list[700] = small(1_000_000);
        files.extend(bundles(&list[..1024]));
        flip(files.get_mut("tile/0/002").unwrap(), 0);
    };
    check(&both, &[Fault::Rewritten { from: 512, to: 768 }]);
    let gone = |files: &mut Export| {
        files.remove("tile/0/002");
        files.remove("tile/entries/002");
    };
    check(
        &gone,
        &[
            Fault::Missing { path: path("tile/0/002") },
            Fault::Missing { path: path("tile/entries/002") },
            Fault::Rewritten { from: 512, to: 768 },
        ],
    );
    // One entry of the many is taken out, and everything after it moves up.
    let dropped = |files: &mut Export| {
        let mut list = list.clone();
        list.remove(300);
        files.retain(|name, _| !name.starts_with("tile/entries/"));
        files.extend(bundles(&list));
    };
    check(&dropped, &[Fault::Dropped { index: 300 }]);
    let stray = |files: &mut Export| drop(files.insert(openings_name(SIZE), b"x\n".to_vec()));
    check(&stray, &[Fault::Opening { index: SIZE, field: None }]);
}
