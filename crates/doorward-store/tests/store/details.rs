//! What records tell beyond their columns, and files of the version before there was any of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::access::ClientName;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::record::Record;
use doorward_store::{Client, Details, Filter, Keys, Reader, RecordView, Store};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::sample::{Scratch, record};

/// A file as version 1 of the schema wrote it.
const VERSION_1: &str = "
    CREATE TABLE record (seq INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL, at INTEGER NOT NULL,
        exchange BLOB NOT NULL, phase TEXT NOT NULL, disposition TEXT NOT NULL, principal TEXT NOT NULL,
        proof TEXT NOT NULL, revision TEXT, face TEXT NOT NULL, direction TEXT NOT NULL, server TEXT,
        action TEXT NOT NULL, resource TEXT, arguments_digest BLOB, code INTEGER, rules TEXT NOT NULL,
        reasons TEXT NOT NULL, request_bytes INTEGER NOT NULL, answer_bytes INTEGER NOT NULL,
        elapsed_micros INTEGER NOT NULL, upstream_micros INTEGER NOT NULL) STRICT;
    CREATE INDEX record_exchange ON record (exchange);
    CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
    INSERT INTO record VALUES (1, 1, 1785231000000000, x'019fa80f41c000000000000000000000', 'outcome', 'answer',
        'ada', 'local-token', '2025-11-25', 'http', 'to-server', 'git', 'tools/call', 'git_status', NULL, NULL,
        '[\"observe\"]', '[]', 1, 2, 3, 4);
    PRAGMA application_id = 1146573380; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;";

fn told() -> Record {
    let claims = Claims {
        tenant: Some("acme".into()),
        issuer: Some("corp".into()),
        agent: Some("helper".into()),
        actors: vec!["helper".into(), "planner".into()],
        groups: BTreeSet::from(["corp/dev".into()]),
        scopes: BTreeSet::from(["read".into()]),
        ..Claims::of(Subject::User("corp/ann".into()), Proof::AccessToken)
    };
    Record {
        principal: Principal::claimed(claims).unwrap(),
        origin: Some("https://app.example".into()),
        client: Some(Arc::new(ClientName::new("editor", "1.2"))),
        ..record(1)
    }
}

#[tokio::test]
async fn who_acted_is_kept_and_found_again() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let agent = Principal::claimed(Claims::of(Subject::Agent("builder".into()), Proof::ApiKey)).unwrap();
    let by_agent = Record { principal: agent, ..record(2) };
    for record in [told(), told(), record(0), by_agent.clone()] {
        store.append(record).unwrap().committed().await.unwrap();
    }
    let all = store.tail(0, 9).await.unwrap();
    assert_eq!(all[0], RecordView::of(1, &told()));
    assert_eq!(all[1].details, all[0].details);
    assert_eq!(all[2].details, Details::default());
    assert_eq!(all[3], RecordView::of(4, &by_agent));
    let client = Client { name: "editor".to_owned(), version: "1.2".to_owned() };
    assert_eq!(all[0].details.client, Some(client));
    let found = async |filter: Filter| {
        let records = store.query(&filter).await.unwrap();
        records.iter().map(|record| record.seq).collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(Filter { agent: text("helper"), ..Filter::default() }).await, [1, 2]);
    assert_eq!(found(Filter { agent: text("builder"), ..Filter::default() }).await, [4]);
    assert_eq!(found(Filter { tenant: text("acme"), ..Filter::default() }).await, [1, 2]);
    assert_eq!(found(Filter { tenant: text("acm_"), ..Filter::default() }).await, [0_i64; 0]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_version_2_is_read_as_it_is_and_written_on() {
    let scratch = Scratch::new();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file()).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    connection.execute(sqlx::raw_sql(VERSION_1)).await.unwrap();
    let second = "ALTER TABLE record ADD COLUMN details TEXT;
        CREATE TABLE api_key (id TEXT PRIMARY KEY, digest BLOB NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
            grants TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER, last_used INTEGER) STRICT;
        UPDATE record SET details = '{\"tenant\":\"acme\"}'; PRAGMA user_version = 2;";
    connection.execute(sqlx::raw_sql(second)).await.unwrap();
    connection.close().await.unwrap();
    let reader = Reader::open(&scratch.file()).await.unwrap();
    let old = reader.tail(0, 9).await.unwrap();
    assert_eq!((old[0].details.tenant.as_deref(), old[0].findings.len()), (Some("acme"), 0));
    reader.close().await;
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(told()).unwrap().committed().await.unwrap();
    let all = store.tail(0, 9).await.unwrap();
    assert_eq!((&all[0], &all[1]), (&old[0], &RecordView::of(2, &told())));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_version_1_is_read_as_it_is_and_written_on() {
    let scratch = Scratch::new();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file()).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    connection.execute(sqlx::raw_sql(VERSION_1)).await.unwrap();
    connection.close().await.unwrap();
    let reader = Reader::open(&scratch.file()).await.unwrap();
    let old = reader.tail(0, 9).await.unwrap();
    assert_eq!((old.len(), old[0].version, &old[0].details), (1, 1, &Details::default()));
    let wanted = Filter { agent: Some("helper".to_owned()), ..Filter::default() };
    assert_eq!(reader.count(&wanted).await.unwrap(), 0);
    reader.close().await;
    let store = Store::open(scratch.strict()).await.unwrap();
    store.append(told()).unwrap().committed().await.unwrap();
    let all = store.tail(0, 9).await.unwrap();
    assert_eq!((&all[0], &all[1]), (&old[0], &RecordView::of(2, &told())));
    assert_eq!(store.query(&wanted).await.unwrap().len(), 1);
    assert_eq!(Keys::open(&scratch.strict()).await.unwrap().list().await.unwrap(), []);
    store.close().await.unwrap();
}
