//! What is opened, what is created, what is refused.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use doorward_store::{Appended, Filter, Page, Reader, Store, StoreConfig, StoreError, StoreUrl};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::sample::{Scratch, record};

#[cfg(unix)]
#[tokio::test]
async fn directory_and_files_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let file = scratch.path().join("state/doorward/records.db");
    let store = Store::open(StoreConfig::new(StoreUrl::File(file.clone()))).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    assert_eq!(mode(&scratch.path().join("state")), 0o700);
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&file.with_extension("db-wal")), 0o600);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_store_opens_again_and_goes_on_counting() {
    let scratch = Scratch::new();
    for number in 0..3 {
        let store = Store::open(scratch.strict()).await.unwrap();
        store.append(record(number)).unwrap().committed().await.unwrap();
        store.close().await.unwrap();
    }
    let read = Reader::open(&scratch.file()).await.unwrap().tail(0, 9).await.unwrap();
    assert_eq!(read.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    Store::open(scratch.strict()).await.unwrap().close().await.unwrap();
    execute(&scratch, "PRAGMA user_version = 99").await;
    let before = std::fs::read(scratch.file()).unwrap();
    for refused in [Store::open(scratch.strict()).await.unwrap_err(), Reader::open(&scratch.file()).await.unwrap_err()]
    {
        assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused}");
        assert!(refused.to_string().contains("newer Doorward"));
    }
    assert_eq!(std::fs::read(scratch.file()).unwrap(), before);
}

#[tokio::test]
async fn somebody_elses_database_is_refused() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file(), b"").unwrap();
    execute(&scratch, "CREATE TABLE theirs (a)").await;
    assert!(matches!(Store::open(scratch.strict()).await.unwrap_err(), StoreError::Foreign { .. }));
    assert!(matches!(Reader::open(&scratch.file()).await.unwrap_err(), StoreError::Foreign { .. }));
}

#[tokio::test]
async fn something_that_is_no_database_is_refused() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file(), vec![b'x'; 8192]).unwrap();
    assert!(matches!(Store::open(scratch.strict()).await.unwrap_err(), StoreError::Database { .. }));
    assert!(matches!(Reader::open(&scratch.file()).await.unwrap_err(), StoreError::Database { .. }));
}

#[tokio::test]
async fn nothing_to_read_is_an_error_and_creates_nothing() {
    let scratch = Scratch::new();
    assert!(matches!(Reader::open(&scratch.file()).await.unwrap_err(), StoreError::Missing { .. }));
    assert!(!scratch.file().exists());
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_an_error() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("taken"), b"").unwrap();
    let url = StoreUrl::File(scratch.path().join("taken/records.db"));
    assert!(matches!(Store::open(StoreConfig::new(url)).await.unwrap_err(), StoreError::Create { .. }));
}

#[tokio::test]
async fn records_of_a_later_form_are_shown_as_they_stand() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(record(1)).unwrap().committed().await.unwrap();
    execute(
        &scratch,
        "ALTER TABLE record ADD COLUMN novelty TEXT;
         UPDATE record SET version = 9, phase = 'rehearsal', disposition = 'ponder', proof = 'oidc', code = 4711,
         rules = 'not json', exchange = x'0102'",
    )
    .await;
    let read = store.query(&Filter { page: Page::After(0), ..Filter::default() }).await.unwrap();
    let shown = &read[0];
    assert_eq!((shown.version, shown.phase.as_str(), shown.disposition.as_str()), (9, "rehearsal", "ponder"));
    assert_eq!((shown.proof.as_str(), shown.code.as_deref()), ("oidc", Some("DW4711")));
    assert_eq!((shown.rules.as_slice(), shown.exchange.as_str()), (["not json".to_owned()].as_slice(), "0102"));
    assert_eq!(shown.exchange_id(), None);
    store.close().await.unwrap();
}

pub(crate) async fn execute(scratch: &Scratch, sql: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    connection.execute(sqlx::raw_sql(sql)).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_is_kept_nowhere_is_taken_and_gone() {
    let store = Store::open(StoreConfig::new(StoreUrl::Nowhere)).await.unwrap();
    for number in 0..3 {
        assert!(matches!(store.append(record(number)).unwrap(), Appended::Queued));
    }
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while store.depth() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert!(store.tail(0, 9).await.unwrap().is_empty());
    store.close().await.unwrap();
    for text in ["", "nowhere", "sqlite://", "sqlite::nowhere:"] {
        assert!(StoreUrl::parse(text).is_err(), "no configuration can mean it: {text}");
    }
}
