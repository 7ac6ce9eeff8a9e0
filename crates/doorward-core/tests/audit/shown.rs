//! Fields that are shown, checkpoints that were seen, and exports that are not whole.

use doorward_core::audit::checkpoint::Checkpoint;
use doorward_core::audit::entry::{Disclosure, Field};
use doorward_core::audit::export::{CHECKPOINT, CHECKPOINTS, openings_file, openings_name};
use doorward_core::audit::verify::{Fault, Which, Why, verify};

use crate::log::{Export, Keys, ORIGIN, entries, entry, export, hashes, root_at};
use crate::mutations::Numbers;

#[test]
fn shown_fields_are_counted_and_false_ones_named() {
    let keys = Keys::new(ORIGIN, 1);
    let mut files = export(&entries(5, 0), &[5], &keys);
    let shown = entry(3, 0).1;
    files.insert(
        openings_name(3),
        openings_file(&[shown.disclose(Field::Server), shown.disclose(Field::Principal)]).into(),
    );
    files.insert("README".to_owned(), Vec::new());
    let report = verify(&files, &keys.trusted(), &[]);
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.disclosures, report.strange.as_slice()), (2, &["README".to_owned()][..]));
    let wrong = Disclosure { value: "\"other\"".to_owned(), ..shown.disclose(Field::Server) };
    files.insert(openings_name(3), openings_file(&[wrong]).into());
    let faults = verify(&files, &keys.trusted(), &[]).faults;
    assert_eq!(faults, [Fault::Opening { index: 3, field: Some(Field::Server) }]);
}

#[test]
fn any_bit_of_what_is_shown_matters() {
    let keys = Keys::new(ORIGIN, 1);
    let mut files = export(&entries(5, 0), &[5], &keys);
    let shown = openings_file(&entry(3, 0).1.disclose_all()).into_bytes();
    let mut numbers = Numbers::new(3);
    for _ in 0..400 {
        let mut damaged = shown.clone();
        let at = numbers.place(damaged.len());
        damaged[at] ^= 1 << numbers.below(8);
        files.insert(openings_name(3), damaged);
        let faults = verify(&files, &keys.trusted(), &[]).faults;
        assert!(
            !faults.is_empty() && faults.iter().all(|fault| matches!(fault, Fault::Opening { index: 3, .. })),
            "{at}"
        );
    }
}

fn head(list: &[Vec<u8>], size: u64) -> Checkpoint {
    Checkpoint::new(ORIGIN, size, root_at(&hashes(list), size)).unwrap()
}

#[test]
fn an_older_export_is_whole_unless_a_newer_checkpoint_was_seen() {
    let keys = Keys::new(ORIGIN, 1);
    let list = entries(9, 0);
    let older = export(&list[..5], &[2, 5], &keys);
    assert!(verify(&older, &keys.trusted(), &[head(&list, 4)]).is_sound());
    let seen = head(&list, 9);
    let faults = verify(&older, &keys.trusted(), std::slice::from_ref(&seen)).faults;
    assert_eq!(faults, [Fault::RolledBack { seen: Box::new(seen) }]);
}

#[test]
fn a_seen_checkpoint_of_another_history_is_a_fork() {
    let keys = Keys::new(ORIGIN, 1);
    let list = entries(9, 0);
    let seen = head(&entries(9, 1), 4);
    let report = verify(&export(&list, &[2, 9], &keys), &keys.trusted(), std::slice::from_ref(&seen));
    assert!(!report.is_sound());
    assert!(
        matches!(&report.faults[..], [Fault::Forked { after: 2, other, .. }] if **other == seen),
        "{:?}",
        report.faults
    );
}

#[test]
fn nothing_is_sound_without_a_checkpoint_that_counts() {
    let keys = Keys::new(ORIGIN, 1);
    let files = export(&entries(5, 0), &[5], &keys);
    let nobody = doorward_core::audit::checkpoint::Trusted::default();
    let report = verify(&files, &nobody, &[]);
    let unsigned = |which| Fault::Checkpoint { which, why: Why::Unsigned };
    assert_eq!(report.faults, [Fault::Key, unsigned(Which::Latest), unsigned(Which::Kept(0))]);
    assert!(!report.is_sound());
    assert!(!verify(&Export::new(), &keys.trusted(), &[]).is_sound());
    let strict = doorward_core::audit::checkpoint::Trusted { quorum: 2, ..keys.trusted() };
    assert!(!verify(&files, &strict, &[]).is_sound());
}

#[test]
fn the_empty_log_is_sound() {
    let keys = Keys::new(ORIGIN, 1);
    let report = verify(&export(&[], &[0], &keys), &keys.trusted(), &[]);
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.entries, report.checkpoints), (0, 1));
}

#[test]
fn files_of_anything_do_no_harm() {
    let keys = Keys::new(ORIGIN, 1);
    let mut numbers = Numbers::new(11);
    for round in 0..200 {
        let mut files = export(&entries(5, 0), &[2, 5], &keys);
        let names = [
            CHECKPOINT,
            CHECKPOINTS,
            "tile/entries/000.p/5",
            "tile/0/000.p/5",
            "tile/7/x999/000",
            "tile/0/x123/x456/789",
            "openings/18446744073709551615",
        ];
        let name = names[numbers.place(names.len())];
        let length = numbers.place(300);
        let bytes = (0..length).map(|_| numbers.next().to_be_bytes()[round % 8]).collect();
        files.insert(name.to_owned(), bytes);
        assert!(!verify(&files, &keys.trusted(), &[]).is_sound(), "{name}");
    }
}
