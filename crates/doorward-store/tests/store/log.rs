//! The log over the records, as somebody sees it who trusts nothing but the key and the hashes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use doorward_core::audit::checkpoint::{Checkpoint, Trusted};
use doorward_core::audit::entry::{Entry, Openings};
use doorward_core::audit::merkle::{Frontier, leaf_hash};
use doorward_core::audit::note::VerifierKey;
use doorward_core::audit::tiles::{self, Kind};
use doorward_store::{Durability, LogHead, Reader, Store};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::sample::{Scratch, exchange, record};

/// Checks everything that is there: each entry under each checkpoint, each tile. Returns the sizes that are signed.
pub(crate) async fn verified(scratch: &Scratch) -> (LogHead, Vec<u64>) {
    let reader = Reader::open(&scratch.file()).await.unwrap();
    let head = reader.log_head().await.unwrap().unwrap();
    let trusted = Trusted { logs: vec![VerifierKey::parse(&head.key).unwrap()], ..Trusted::default() };
    let mut entries = Vec::new();
    while (entries.len() as u64) < head.size {
        let more = reader.log_entries(entries.len() as u64, 10_000).await.unwrap();
        assert!(!more.is_empty(), "{} of {} entries are there", entries.len(), head.size);
        entries.extend(more);
    }
    assert_eq!(entries.iter().map(|entry| entry.index).collect::<Vec<_>>(), (0..head.size).collect::<Vec<_>>());
    let (mut frontier, mut roots) = (Frontier::new(), vec![Frontier::new().root()]);
    let mut hashes: Vec<Vec<u8>> = vec![Vec::new(); 8];
    for entry in &entries {
        let whole = |height: u8, _, hash: doorward_core::audit::merkle::Hash| {
            if height.is_multiple_of(8) {
                hashes[usize::from(height / 8)].extend_from_slice(hash.as_bytes());
            }
        };
        frontier.push_telling(leaf_hash(&entry.entry), whole).unwrap();
        roots.push(frontier.root());
    }
    for tile in tiles::all(head.size) {
        let bytes = reader.log_tile(tile).await.unwrap().unwrap();
        let from = usize::try_from(tile.index()).unwrap() * 256;
        match tile.kind() {
            Kind::Entries => {
                let listed = tiles::entries(&bytes).unwrap();
                let wanted: Vec<&[u8]> = entries[from..from + listed.len()].iter().map(|one| &one.entry[..]).collect();
                assert_eq!(listed, wanted);
            }
            Kind::Hashes(level) => {
                let wanted = &hashes[usize::from(level)][32 * from..][..32 * usize::from(tile.width())];
                assert_eq!(bytes, wanted, "{tile}");
            }
        }
    }
    let mut sizes = Vec::new();
    for signed in reader.log_checkpoints(0, 10_000).await.unwrap() {
        let Checkpoint { origin, size, root, .. } =
            Checkpoint::open(signed.note.as_bytes(), &trusted).unwrap().checkpoint;
        assert_eq!((origin, size), (head.origin.clone(), signed.size));
        assert_eq!(root, roots[usize::try_from(size).unwrap()], "the tree of {size}");
        sizes.push(size);
    }
    (head, sizes)
}

#[tokio::test]
async fn every_record_is_a_leaf_under_a_signed_head() {
    let scratch = Scratch::new();
    let mut sizes = Vec::new();
    for part in 0..3 {
        let store = Store::open(scratch.relaxed()).await.unwrap();
        for number in 0..300 {
            let _ = store.append(record(part * 300 + number)).unwrap();
            if number % 77 == 0 {
                tokio::time::sleep(Duration::from_millis(60)).await;
            }
        }
        store.close().await.unwrap();
        let (head, signed) = verified(&scratch).await;
        assert_eq!(head.size, (part + 1) * 300);
        assert_eq!(signed.last(), Some(&head.size), "what a gateway leaves behind is signed");
        sizes = signed;
    }
    assert!(sizes.len() >= 3);
}

#[tokio::test]
async fn an_entry_is_of_its_record_and_is_opened_by_what_is_kept_beside_it() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    for number in 0..3 {
        store.append(record(number)).unwrap().committed().await.unwrap();
    }
    let rows = store.tail(0, 9).await.unwrap();
    let entries = store.reader().log_entries(0, 9).await.unwrap();
    for ((row, kept), number) in rows.iter().zip(&entries).zip(0..) {
        assert_eq!(store.reader().log_place(row.seq).await.unwrap(), Some(kept.index));
        let entry = Entry::parse(&kept.entry).unwrap();
        assert_eq!(entry.exchange, exchange(number));
        let openings = Openings::parse(kept.openings.as_deref().unwrap()).unwrap();
        for disclosure in openings.disclose_all() {
            disclosure.check(&kept.entry).unwrap();
        }
    }
    let salts: Vec<_> =
        entries.iter().map(|kept| Openings::parse(kept.openings.as_deref().unwrap()).unwrap()).collect();
    assert_ne!(salts[0].salt(), salts[1].salt(), "each record has a salt of its own");
    assert_eq!(store.reader().log_place(4).await.unwrap(), None);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_grow_one_tree() {
    let scratch = Scratch::new();
    let mut tasks = Vec::new();
    for writer in 0..4_u64 {
        let config = scratch.strict();
        tasks.push(tokio::spawn(async move {
            let store = Store::open(config).await.unwrap();
            for number in 0..80 {
                store.append(record(writer * 1000 + number)).unwrap().committed().await.unwrap();
            }
            store.close().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (head, signed) = verified(&scratch).await;
    assert_eq!((head.size, signed.last()), (320, Some(&320)));
}

#[tokio::test]
async fn what_is_committed_is_signed_within_a_second_also_when_nothing_follows() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    for number in 0..3 {
        store.append(record(number)).unwrap().committed().await.unwrap();
    }
    let signed = async || store.reader().log_checkpoint().await.unwrap().map_or(0, |signed| signed.size);
    let all = async {
        while signed().await < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), all).await.is_ok(), "{} of 3 are signed", signed().await);
    store.close().await.unwrap();
}

#[tokio::test]
async fn under_load_there_is_a_checkpoint_every_second() {
    let scratch = Scratch::new();
    let config = scratch.relaxed().with_durability(Durability::Relaxed { flush: Duration::from_millis(10) });
    let store = Store::open(config).await.unwrap();
    let begun = std::time::Instant::now();
    let mut number = 0;
    while begun.elapsed() < Duration::from_millis(3300) {
        let _ = store.append(record(number)).unwrap();
        number += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    store.close().await.unwrap();
    let (_, signed) = verified(&scratch).await;
    assert!((3..=6).contains(&signed.len()), "{signed:?}");
}

#[tokio::test]
async fn records_from_before_the_log_stay_outside_of_it() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    for number in 0..5 {
        store.append(record(number)).unwrap().committed().await.unwrap();
    }
    store.close().await.unwrap();
    // As a file of the fifth schema looks when it is brought to the sixth.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let before = "UPDATE record SET leaf = NULL, entry = NULL, openings = NULL; DELETE FROM log; DELETE FROM log_tile; DELETE FROM log_checkpoint;";
    connection.execute(sqlx::raw_sql(before)).await.unwrap();
    connection.close().await.unwrap();
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(record(5)).unwrap().committed().await.unwrap();
    store.close().await.unwrap();
    let (head, signed) = verified(&scratch).await;
    assert_eq!((head.size, signed.last()), (1, Some(&1)));
    let reader = Reader::open(&scratch.file()).await.unwrap();
    assert_eq!((reader.log_place(5).await.unwrap(), reader.log_place(6).await.unwrap()), (None, Some(0)));
    assert_eq!(reader.outside_the_log().await.unwrap(), 5);
}

#[tokio::test]
async fn a_gateway_that_knows_of_no_log_and_one_that_does_write_one_file() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    for number in 0..3 {
        store.append(record(number)).unwrap().committed().await.unwrap();
        // As a version from before the log writes: the next number, and nothing for the log.
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let old = "INSERT INTO record (version, at, exchange, phase, disposition, principal, proof, face, direction, action, \
            rules, reasons, request_bytes, answer_bytes, elapsed_micros, upstream_micros) \
            SELECT 4, at, randomblob(16), phase, disposition, principal, proof, face, direction, action, rules, reasons, \
            request_bytes, answer_bytes, elapsed_micros, upstream_micros FROM record LIMIT 1";
        connection.execute(old).await.unwrap();
        connection.close().await.unwrap();
    }
    store.close().await.unwrap();
    let (head, _) = verified(&scratch).await;
    assert_eq!(head.size, 3);
    let reader = Reader::open(&scratch.file()).await.unwrap();
    assert_eq!((reader.outside_the_log().await.unwrap(), reader.tail(0, 9).await.unwrap().len()), (3, 6));
}

#[tokio::test]
async fn what_a_crash_left_unsigned_is_signed_at_the_next_start() {
    for config in [Scratch::strict, Scratch::relaxed] {
        let scratch = Scratch::new();
        let store = Store::open(config(&scratch)).await.unwrap();
        store.append(record(0)).unwrap().committed().await.unwrap();
        store.close().await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute("DELETE FROM log_checkpoint").await.unwrap();
        connection.close().await.unwrap();
        let store = Store::open(config(&scratch)).await.unwrap();
        let signed = async {
            while store.reader().log_checkpoint().await.unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(20), signed).await.is_ok());
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_damaged_edge_stops_the_store_and_is_named() {
    for damage in ["UPDATE log SET edge = x'00'", "DELETE FROM log_tile", "UPDATE log SET size = 7"] {
        let scratch = Scratch::new();
        let store = Store::open(scratch.strict()).await.unwrap();
        store.append(record(0)).unwrap().committed().await.unwrap();
        store.close().await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(damage.to_owned()))).await.unwrap();
        connection.close().await.unwrap();
        let refused = Store::open(scratch.strict()).await;
        assert!(refused.is_err(), "{damage}");
    }
}
