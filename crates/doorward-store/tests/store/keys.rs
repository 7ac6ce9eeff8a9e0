//! API keys as a gateway and the command line see them.

use std::collections::BTreeSet;

use doorward_core::time::Timestamp;
use doorward_store::{ApiKey, Grants, Holder, Keys, Revoked, Store, StoreConfig, StoreError, StoreUrl};
use sqlx::{Connection, Executor, SqliteConnection};

use crate::sample::{Scratch, record};

fn key(id: &str) -> ApiKey {
    ApiKey {
        id: id.to_owned(),
        digest: [9; 32],
        holder: Holder::Agent("builder".to_owned()),
        grants: Grants {
            groups: BTreeSet::from(["ci".to_owned()]),
            scopes: BTreeSet::from(["read".to_owned(), "write".to_owned()]),
            servers: BTreeSet::new(),
        },
        created: Timestamp::from_micros(5),
        expires: Some(Timestamp::from_micros(50)),
        revoked: None,
        last_used: None,
    }
}

#[tokio::test]
async fn a_key_is_made_seen_used_and_taken_back_beside_a_running_store() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    let keys = Keys::open(&scratch.strict()).await.unwrap();
    keys.create(&key("a")).await.unwrap();
    let user = ApiKey { holder: Holder::User("ann".to_owned()), created: Timestamp::from_micros(6), ..key("b") };
    keys.create(&user).await.unwrap();
    assert!(keys.create(&user).await.is_err(), "an id is taken once");
    assert_eq!(store.keys().list().await.unwrap(), [key("a"), user]);
    store.append(record(1)).unwrap().committed().await.unwrap();
    store.keys().used("a", Timestamp::from_micros(20)).await.unwrap();
    store.keys().used("a", Timestamp::from_micros(10)).await.unwrap();
    assert_eq!(keys.revoke("a", Timestamp::from_micros(30)).await.unwrap(), Revoked::Done);
    assert_eq!(keys.revoke("a", Timestamp::from_micros(40)).await.unwrap(), Revoked::Done);
    assert_eq!(keys.revoke("c", Timestamp::from_micros(40)).await.unwrap(), Revoked::Unknown);
    let seen = store.keys().find("a").await.unwrap().unwrap();
    let at = |micros| Some(Timestamp::from_micros(micros));
    assert_eq!((seen.revoked, seen.last_used), (at(30), at(20)));
    assert_eq!(store.keys().find("c").await.unwrap(), None);
    store.close().await.unwrap();
    keys.close().await;
}

#[tokio::test]
async fn keys_of_a_store_in_memory_are_there() {
    let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
    store.keys().create(&key("a")).await.unwrap();
    assert_eq!(store.keys().find("a").await.unwrap(), Some(key("a")));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_no_key() {
    for damage in
        ["UPDATE api_key SET grants = '?'", "UPDATE api_key SET kind = 'robot'", "UPDATE api_key SET digest = x'00'"]
    {
        let scratch = Scratch::new();
        let keys = Keys::open(&scratch.strict()).await.unwrap();
        keys.create(&key("a")).await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.file());
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        connection.execute(sqlx::raw_sql(damage)).await.unwrap();
        assert!(matches!(keys.find("a").await, Err(StoreError::Database { .. })), "{damage}");
    }
}
