//! Every field comes back as it was written.
#![expect(clippy::indexing_slicing, reason = "tests")]

use doorward_core::guard::{Action, Confidence, Finding, GuardName, Severity};
use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_store::{RecordView, Store, StoreConfig, StoreUrl};
use proptest::prelude::*;

use crate::sample::{Scratch, record};

fn found() -> Vec<(Finding, Action)> {
    let finding = Finding {
        guard: GuardName::Secrets,
        rule: "aws-access-key".into(),
        severity: Severity::High,
        confidence: Confidence::percent(98),
        pointer: "/arguments/note".into(),
        range: 4..24,
    };
    vec![(finding.clone(), Action::Redact), (Finding { pointer: "".into(), ..finding }, Action::Block)]
}

#[tokio::test]
async fn a_full_and_an_empty_record_come_back() {
    let scratch = Scratch::new();
    let full = Record {
        code: Some(Code::TimedOut),
        disposition: Disposition::Fail,
        answer_bytes: 9,
        upstream_micros: 8,
        findings: found(),
        flow: None,
        ..record(1)
    };
    let empty = Record {
        revision: None,
        server: None,
        resource: None,
        arguments_digest: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        principal: Principal::new("", Proof::None),
        ..record(2)
    };
    let store = Store::open(scratch.strict()).await.unwrap();
    for record in [&full, &empty] {
        store.append(record.clone()).unwrap().committed().await.unwrap();
    }
    assert_eq!(store.tail(0, 10).await.unwrap(), [RecordView::of(1, &full), RecordView::of(2, &empty)]);
    store.close().await.unwrap();
}

#[test]
fn the_json_form_is_stable() {
    let json =
        serde_json::to_string(&RecordView::of(3, &Record { code: Some(Code::NotAllowed), ..record(0) })).unwrap();
    let expected = concat!(
        r#"{"seq":3,"version":4,"at":"2026-07-28T09:30:00.000000Z","exchange":"019fa80f41c000000000000000000000","#,
        r#""phase":"intent","disposition":"allow","principal":"ada","proof":"local-token","revision":"2025-11-25","#,
        r#""face":"http","direction":"to-server","server":"git","action":"tools/call","resource":"git_status","#,
        r#""arguments_digest":"0707070707070707070707070707070707070707070707070707070707070707","code":"DW1201","#,
        r#""rules":["observe"],"reasons":["everything is allowed and recorded"],"request_bytes":312,"answer_bytes":0,"#,
        r#""elapsed_micros":41,"upstream_micros":0,"details":{}}"#
    );
    assert_eq!(json, expected);
    let json = serde_json::to_string(&RecordView::of(3, &Record { findings: found(), ..record(0) })).unwrap();
    let first = concat!(
        r#""details":{},"findings":[{"guard":"secrets","rule":"aws-access-key","severity":"high","confidence":98,"#,
        r#""action":"redact","pointer":"/arguments/note","start":4,"end":24},{"#
    );
    assert!(json.contains(first), "{json}");
}

fn any_record() -> impl Strategy<Value = Record> {
    let ids = (any::<i64>(), any::<u64>(), any::<u128>(), any::<bool>(), 0..Disposition::ALL.len());
    let who = (".{0,40}", 0..3_usize, prop::option::of(0..2_usize));
    let what =
        (prop::option::of(".{0,20}"), ".{0,60}", prop::option::of(".{0,60}"), prop::option::of(any::<[u8; 32]>()));
    let why = (
        prop::option::of(0..Code::ALL.len()),
        prop::collection::vec(".{0,9}", 0..4),
        prop::collection::vec(".{0,30}", 0..4),
    );
    // SQLite's integers are signed: half the range is what a record can hold.
    let numbers = prop::array::uniform4(0..=u64::MAX / 2);
    (ids, who, what, why, numbers).prop_map(|(ids, who, what, why, numbers)| Record {
        at: Timestamp::from_micros(ids.0),
        exchange: ExchangeId::from_parts(ids.1, ids.2),
        phase: if ids.3 { Phase::Intent } else { Phase::Outcome },
        disposition: Disposition::ALL[ids.4],
        principal: Principal::new(&who.0, [Proof::LocalProcess, Proof::LocalToken, Proof::None][who.1]),
        revision: who.2.map(|which| ["2024-11-05", "2026-07-28"][which]),
        face: "stdio",
        origin: None,
        client: None,
        direction: "to-client",
        server: what.0.map(Into::into),
        action: what.1.into(),
        resource: what.2.map(Into::into),
        arguments_digest: what.3,
        code: why.0.map(|which| Code::ALL[which]),
        rules: why.1.into_iter().map(Into::into).collect(),
        reasons: why.2.into_iter().map(Into::into).collect(),
        findings: Vec::new(),
        flow: None,
        request_bytes: numbers[0],
        answer_bytes: numbers[1],
        elapsed_micros: numbers[2],
        upstream_micros: numbers[3],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Long enough to cross every chunk size of the writer.
    #[test]
    fn any_records_come_back_in_order(records in prop::collection::vec(any_record(), 0..600)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let read = runtime.block_on(async {
            let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
            for record in &records {
                let _ = store.append(record.clone()).unwrap();
            }
            let reader = store.reader().clone();
            let mut read = Vec::new();
            // The last record is there once the flush is over.
            while read.len() < records.len() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                read = reader.tail(0, 1000).await.unwrap();
            }
            store.close().await.unwrap();
            read
        });
        let expected: Vec<_> = (1..).zip(&records).map(|(seq, record)| RecordView::of(seq, record)).collect();
        prop_assert_eq!(read, expected);
    }
}
