//! Each condition selects what it says, alone and together with others.

use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_store::{Filter, Page, Store, StoreConfig, StoreUrl};

use crate::sample::{exchange, outcome, record};

/// Numbers 1 to 6, in this order.
fn log() -> Vec<Record> {
    let refused = Record { disposition: Disposition::Refuse, code: Some(Code::NotAllowed), ..outcome(2) };
    vec![
        record(1),
        outcome(1),
        Record { principal: Principal::new("bob", Proof::None), ..refused.clone() },
        Record { server: Some("time".into()), action: "tools/list".into(), resource: None, ..record(3) },
        Record { resource: Some("git_push".into()), code: Some(Code::Forbidden), ..refused },
        Record { disposition: Disposition::AnswerError, ..outcome(5) },
    ]
}

#[tokio::test]
async fn each_condition_selects_its_records() {
    let store = Store::open(StoreConfig {
        durability: doorward_store::Durability::Strict,
        ..StoreConfig::new(StoreUrl::Memory)
    })
    .await
    .unwrap();
    for record in log() {
        store.append(record).unwrap().committed().await.unwrap();
    }
    let text = |text: &str| Some(text.to_owned());
    let at = |number: u64| Some(record(number).at);
    let all = Filter::default;
    let cases: &[(&str, Filter, &[i64])] = &[
        ("everything", all(), &[1, 2, 3, 4, 5, 6]),
        ("since", Filter { since: at(3), ..all() }, &[4, 6]),
        ("until", Filter { until: at(2), ..all() }, &[1, 2]),
        ("between", Filter { since: at(2), until: at(3), ..all() }, &[3, 5]),
        ("principal", Filter { principal: text("bob"), ..all() }, &[3]),
        ("server", Filter { server: text("time"), ..all() }, &[4]),
        ("action", Filter { action: text("tools/list"), ..all() }, &[4]),
        ("resource", Filter { resource: text("git_push"), ..all() }, &[5]),
        ("resource, look-alike", Filter { resource: text("git_pus%"), ..all() }, &[]),
        ("resource, hostile", Filter { resource: text("' OR 1=1 --"), ..all() }, &[]),
        ("disposition", Filter { disposition: Some(Disposition::Refuse), ..all() }, &[3, 5]),
        ("code", Filter { code: Some(Code::Forbidden), ..all() }, &[5]),
        ("exchange", Filter { exchange: Some(exchange(1)), ..all() }, &[1, 2]),
        ("two conditions", Filter { principal: text("ada"), disposition: Some(Disposition::Refuse), ..all() }, &[5]),
        ("newest two", Filter { limit: 2, ..all() }, &[5, 6]),
        ("before", Filter { page: Page::Before(4), limit: 2, ..all() }, &[2, 3]),
        ("after", Filter { page: Page::After(2), limit: 2, ..all() }, &[3, 4]),
        ("none", Filter { limit: 0, ..all() }, &[]),
        ("never", Filter { since: Some(Timestamp::from_micros(i64::MAX)), ..all() }, &[]),
    ];
    for (name, filter, expected) in cases {
        let found: Vec<i64> = store.query(filter).await.unwrap().iter().map(|record| record.seq).collect();
        assert_eq!(&found, expected, "{name}");
    }
    let refused = Filter { disposition: Some(Disposition::Refuse), limit: 1, ..all() };
    assert_eq!(store.reader().count(&refused).await.unwrap(), 2);
    assert_eq!(store.show(exchange(1)).await.unwrap().len(), 2);
    assert_eq!(store.tail(4, 100).await.unwrap().len(), 2);
    store.close().await.unwrap();
}
