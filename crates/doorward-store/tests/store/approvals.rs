//! A yes is used once, for its call only, in time, whoever interleaves what.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::flow::{ContextId, Role};
use doorward_core::ids::ExchangeId;
use doorward_core::time::Timestamp;
use doorward_store::limits::{APPROVAL_CONTINUES, APPROVALS_BUDGET_SPAN, APPROVALS_KEPT};
use doorward_store::{
    AboutApproval, Answered, ApprovalAnswer, ApprovalBounds, ApprovalQuestion, ApprovalState, ApprovalSubject,
    Approvals, AskedOf, Consulted, Datum, EndorsedThing, NotAsked, Store, StoreConfig, StoreUrl,
};

use crate::sample::Scratch;

const MANY: ApprovalBounds = ApprovalBounds { per_hour: 1_000_000, open_per_principal: 1_000_000, open: 1_000_000 };
const WAIT: i64 = 900_000_000;

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A question about the call of that number, asked `now`, to these people.
fn question(call: u8, ids: u64, approvers: &[&str], now: i64) -> ApprovalQuestion {
    let asked_of =
        |(place, approver): (usize, &&str)| AskedOf { id: format!("Q{ids}-{place}"), approver: (*approver).to_owned() };
    ApprovalQuestion {
        subject: ApprovalSubject::Call,
        binding: [call; 32],
        asked_of: approvers.iter().enumerate().map(asked_of).collect(),
        exchange: ExchangeId::from_parts(ids, u128::from(ids)),
        principal: b"ada".to_vec(),
        context: None,
        server: "shop".to_owned(),
        action: "tools/call".to_owned(),
        item: Some("pay".to_owned()),
        definition: Some([9; 32]),
        arguments_digest: [call; 32],
        arguments: format!("{{\"call\":\"ORCHID-{call}\"}}"),
        about: AboutApproval { rules: vec![("pay".to_owned(), None)], ..AboutApproval::default() },
        data: Vec::new(),
        expires: at(now + WAIT),
    }
}

fn ids(consulted: &Consulted) -> Vec<String> {
    let Consulted::Open { ids, .. } = consulted else { panic!("{consulted:?}") };
    ids.clone()
}

const fn yes(now: i64) -> ApprovalAnswer {
    ApprovalAnswer::Endorse { until: at(now + 8 * 3_600_000_000) }
}

async fn answer(approvals: &Approvals, id: &str, answer: ApprovalAnswer, now: i64) -> Answered {
    approvals.answer(id, answer, ("ann", None), at(now)).await.unwrap()
}

async fn memory() -> Store {
    Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap()
}

#[tokio::test]
async fn a_yes_is_used_once_and_for_its_call_only() {
    let store = memory().await;
    let approvals = store.approvals();
    let consult = async |call, number, now| {
        approvals.consult(&question(call, number, &["owner"], now), &MANY, at(now)).await.unwrap()
    };
    let asked = ids(&consult(1, 1, 10).await);
    assert_eq!(ids(&consult(1, 2, 20).await), asked, "the same call is the same question");
    let row = approvals.find(&asked[0], at(20)).await.unwrap().unwrap();
    assert_eq!((row.state, row.arguments.as_deref()), (ApprovalState::Open, Some("{\"call\":\"ORCHID-1\"}")));
    assert_eq!(answer(approvals, "Q77-0", yes(30), 30).await, Answered::Unknown);
    assert_eq!(answer(approvals, &asked[0], yes(30), 30).await, Answered::Done);
    let row = approvals.find(&asked[0], at(30)).await.unwrap().unwrap();
    assert_eq!((row.state, row.arguments, row.answered_by.as_deref()), (ApprovalState::Granted, None, Some("ann")));
    assert_ne!(ids(&consult(2, 3, 40).await), asked, "another call is another question");
    assert_eq!(consult(1, 4, 50).await, Consulted::Granted { by: vec!["ann".to_owned()] });
    let row = approvals.find(&asked[0], at(60)).await.unwrap().unwrap();
    assert_eq!((row.state, row.used_by), (ApprovalState::Used, Some(ExchangeId::from_parts(4, 4))));
    assert_ne!(ids(&consult(1, 5, 60).await), asked, "what is used is asked anew");
    for wrong in [yes(70), ApprovalAnswer::Deny] {
        assert_eq!(answer(approvals, &asked[0], wrong, 70).await, Answered::Not(ApprovalState::Used));
    }
}

#[tokio::test]
async fn a_no_holds_for_its_time_and_takes_back_a_yes() {
    let store = memory().await;
    let approvals = store.approvals();
    let consult =
        async |number, now| approvals.consult(&question(1, number, &["owner"], now), &MANY, at(now)).await.unwrap();
    let asked = ids(&consult(1, 0).await);
    assert_eq!(answer(approvals, &asked[0], yes(1), 1).await, Answered::Done);
    assert_eq!(answer(approvals, &asked[0], ApprovalAnswer::Deny, 2).await, Answered::Done);
    assert_eq!(consult(2, 3).await, Consulted::Denied);
    assert_eq!(consult(3, WAIT - 1).await, Consulted::Denied);
    assert_eq!(answer(approvals, &asked[0], yes(4), 4).await, Answered::Not(ApprovalState::Denied));
    assert!(matches!(consult(4, WAIT).await, Consulted::Open { .. }));
}

#[tokio::test]
async fn what_is_over_is_good_for_nothing_and_its_arguments_leave_the_file() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.relaxed()).await.unwrap();
    let approvals = store.approvals();
    let consult = async |call, number, now| {
        // Longer than a page of the file, which the others then do not write over.
        let arguments = format!("\"{}\"", "ORCHID".repeat(5_000));
        let question = ApprovalQuestion { arguments, ..question(call, number, &["owner"], now) };
        approvals.consult(&question, &MANY, at(now)).await.unwrap()
    };
    let (one, other) = (ids(&consult(1, 1, 0).await), ids(&consult(2, 2, 0).await));
    assert_eq!(answer(approvals, &one[0], yes(1), WAIT - 1).await, Answered::Done);
    assert_eq!(approvals.find(&one[0], at(WAIT)).await.unwrap().unwrap().state, ApprovalState::Expired);
    assert_eq!(answer(approvals, &other[0], yes(1), WAIT).await, Answered::Not(ApprovalState::Expired));
    assert_ne!(ids(&consult(1, 3, WAIT).await), one, "a yes ends with its question");
    approvals.sweep(at(2 * WAIT)).await.unwrap();
    assert!(approvals.list(at(0)).await.unwrap().iter().all(|row| row.arguments.is_none()));
    store.close().await.unwrap();
    let file = std::fs::read(scratch.file()).unwrap();
    assert!(!file.windows(6).any(|part| part == b"ORCHID"), "arguments of what is over lie in the file");
    let store = Store::open(scratch.relaxed()).await.unwrap();
    let kept = i64::try_from(APPROVALS_KEPT.as_micros()).unwrap();
    store.approvals().sweep(at(WAIT + kept)).await.unwrap();
    assert_eq!(store.approvals().list(at(0)).await.unwrap().len(), 0);
    store.close().await.unwrap();
}

#[tokio::test]
async fn everybody_must_say_yes() {
    let store = memory().await;
    let approvals = store.approvals();
    let consult =
        async |number| approvals.consult(&question(1, number, &["owner", "security"], 0), &MANY, at(0)).await.unwrap();
    let asked = ids(&consult(1).await);
    assert_eq!(asked.len(), 2);
    assert_eq!(answer(approvals, &asked[0], yes(1), 1).await, Answered::Done);
    assert_eq!(ids(&consult(2).await), asked[1..]);
    assert_eq!(answer(approvals, &asked[1], yes(1), 1).await, Answered::Done);
    assert!(matches!(consult(3).await, Consulted::Granted { by } if by.len() == 2));
    assert_eq!(ids(&consult(4).await).len(), 2, "both are used");
    let row = approvals.find(&asked[0], at(2)).await.unwrap().unwrap();
    assert_eq!(row.used_by, Some(ExchangeId::from_parts(3, 3)));
}

#[tokio::test]
async fn questions_are_few() {
    let store = memory().await;
    let approvals = store.approvals();
    let span = i64::try_from(APPROVALS_BUDGET_SPAN.as_micros()).unwrap();
    let ask = async |call: u8, who: &str, bounds: ApprovalBounds, now| {
        let question = question(call, u64::from(call), &["owner", "security"], now);
        let question = ApprovalQuestion { principal: who.as_bytes().to_vec(), ..question };
        approvals.consult(&question, &bounds, at(now)).await.unwrap()
    };
    let few = ApprovalBounds { per_hour: 3, ..MANY };
    for call in 1..=3 {
        assert!(matches!(ask(call, "ada", few, 0).await, Consulted::Open { .. }));
        assert!(matches!(ask(call, "ada", few, 0).await, Consulted::Open { .. }), "asking again is no new question");
    }
    assert_eq!(ask(4, "ada", few, 0).await, Consulted::NotAsked(NotAsked::Budget));
    assert_eq!(ask(4, "ada", few, span - 1).await, Consulted::NotAsked(NotAsked::Budget), "answers give none back");
    assert!(matches!(ask(5, "bob", few, span - 1).await, Consulted::Open { .. }), "each has their own");
    assert!(matches!(ask(4, "ada", few, span).await, Consulted::Open { .. }));
    let narrow = ApprovalBounds { open_per_principal: 1, ..MANY };
    assert_eq!(ask(6, "ada", narrow, span).await, Consulted::NotAsked(NotAsked::Principal));
    assert!(matches!(ask(7, "eve", narrow, span).await, Consulted::Open { .. }));
    assert_eq!(ask(8, "joe", ApprovalBounds { open: 3, ..MANY }, span).await, Consulted::NotAsked(NotAsked::Full));
    assert!(matches!(ask(9, "joe", ApprovalBounds { open: 4, ..MANY }, span).await, Consulted::Open { .. }));
}

#[tokio::test]
async fn values_stay_endorsed_for_their_tool_role_and_context() {
    let store = memory().await;
    let approvals = store.approvals();
    let (context, other) = (ContextId::from_bytes([1; 16]), ContextId::from_bytes([2; 16]));
    let data = vec![Datum { path: "/to".to_owned(), role: "target".to_owned(), hash: u64::MAX }];
    let question = ApprovalQuestion {
        subject: ApprovalSubject::Data,
        context: Some(context),
        data,
        ..question(1, 1, &["owner"], 0)
    };
    let consult = async |now| approvals.consult(&question, &MANY, at(now)).await.unwrap();
    let asked = ids(&consult(0).await);
    let thing = EndorsedThing {
        context,
        server: "shop",
        action: &question.action,
        item: "pay",
        definition: question.definition,
        labels: &[],
    };
    let endorsed = async |context, item: &str, now| {
        approvals.endorsed(&EndorsedThing { context, item, ..thing }, at(now)).await.unwrap()
    };
    assert_eq!(endorsed(context, "pay", 1).await, []);
    assert_eq!(answer(approvals, &asked[0], yes(1), 1).await, Answered::Done);
    assert_eq!(endorsed(context, "pay", 2 * WAIT).await, [(Role::Target, u64::MAX)]);
    assert_eq!(endorsed(other, "pay", 2).await, []);
    assert_eq!(endorsed(context, "refund", 2).await, []);
    let more = ["confidentiality: secret".to_owned()];
    for other in [
        EndorsedThing { action: "prompts/get", ..thing },
        EndorsedThing { definition: Some([1; 32]), ..thing },
        EndorsedThing { labels: &more, ..thing },
    ] {
        assert_eq!(approvals.endorsed(&other, at(2)).await.unwrap(), [], "{other:?}");
    }
    for _ in 0..2 {
        assert!(matches!(consult(2 * WAIT).await, Consulted::Granted { .. }), "it is not used up");
    }
    assert_eq!(endorsed(context, "pay", 8 * 3_600_000_001).await, []);
    assert_eq!(answer(approvals, &asked[0], ApprovalAnswer::Deny, 3 * WAIT).await, Answered::Done);
    assert_eq!(endorsed(context, "pay", 3 * WAIT).await, [], "a no takes it back");
}

#[tokio::test]
async fn values_are_endorsed_when_everybody_has_said_so() {
    let store = memory().await;
    let approvals = store.approvals();
    let context = ContextId::from_bytes([1; 16]);
    let data = vec![Datum { path: "/to".to_owned(), role: "target".to_owned(), hash: 7 }];
    let asked_of = question(1, 1, &["finance", "operator"], 0);
    let question = ApprovalQuestion { subject: ApprovalSubject::Data, context: Some(context), data, ..asked_of };
    let asked = ids(&approvals.consult(&question, &MANY, at(0)).await.unwrap());
    let (server, action, item) = (&*question.server, &*question.action, "pay");
    let thing = EndorsedThing { context, server, action, item, definition: question.definition, labels: &[] };
    assert_eq!(answer(approvals, &asked[0], yes(1), 1).await, Answered::Done);
    assert_eq!(approvals.endorsed(&thing, at(2)).await.unwrap(), [], "one of two");
    assert_eq!(answer(approvals, &asked[1], yes(1), 1).await, Answered::Done);
    assert_eq!(approvals.endorsed(&thing, at(2)).await.unwrap(), [(Role::Target, 7)]);
    assert_eq!(answer(approvals, &asked[1], ApprovalAnswer::Deny, 3).await, Answered::Done);
    assert_eq!(approvals.endorsed(&thing, at(4)).await.unwrap(), [], "one takes it back");
}

#[tokio::test]
async fn what_an_approved_call_is_asked_is_answered_once() {
    let store = memory().await;
    let approvals = store.approvals();
    let asked = ids(&approvals.consult(&question(1, 1, &["owner"], 0), &MANY, at(0)).await.unwrap());
    let state = [5; 32];
    let resume = async |state, number: u64, now| {
        let exchange = ExchangeId::from_parts(number, u128::from(number));
        !approvals.resume(&state, exchange, at(now)).await.unwrap().is_empty()
    };
    let (granting, again) = (ExchangeId::from_parts(2, 2), ExchangeId::from_parts(3, 3));
    approvals.continues(granting, &state).await.unwrap();
    assert!(!resume(state, 9, 1).await, "nothing was approved");
    assert_eq!(answer(approvals, &asked[0], yes(1), 1).await, Answered::Done);
    let used = approvals.consult(&question(1, 2, &["owner"], 0), &MANY, at(2)).await.unwrap();
    assert!(matches!(used, Consulted::Granted { .. }));
    approvals.continues(granting, &state).await.unwrap();
    assert!(!resume([6; 32], 9, 3).await, "a state nobody gave");
    let late = i64::try_from(APPROVAL_CONTINUES.as_micros()).unwrap() + 2;
    assert!(!resume(state, 9, late).await);
    assert!(resume(state, 3, 4).await);
    assert!(!resume(state, 9, 5).await, "once");
    approvals.continues(again, &[7; 32]).await.unwrap();
    assert!(resume([7; 32], 4, 6).await, "a further round goes on from there");
}

/// Many at once, through handles of their own as other processes have them: one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_come_at_once_one_uses_it() {
    let scratch = Scratch::new();
    let store = Store::open(scratch.relaxed()).await.unwrap();
    let mut handles = vec![store.approvals().clone()];
    for _ in 0..3 {
        handles.push(Approvals::open(&scratch.relaxed()).await.unwrap());
    }
    for round in 0..25_u8 {
        let first = question(round, u64::from(round) * 100, &["owner"], 0);
        let asked = ids(&handles[0].consult(&first, &MANY, at(0)).await.unwrap());
        let come = |number: u64| {
            let (handle, now) = (handles[usize::try_from(number % 4).unwrap()].clone(), 1);
            let question = question(round, u64::from(round) * 100 + number, &["owner"], now);
            tokio::spawn(async move { handle.consult(&question, &MANY, at(now)).await.unwrap() })
        };
        let granting = {
            let (handle, id) = (handles[3].clone(), asked[0].clone());
            tokio::spawn(async move { answer(&handle, &id, yes(1), 1).await })
        };
        let coming: Vec<_> = (1..=8).map(come).collect();
        assert_eq!(granting.await.unwrap(), Answered::Done);
        let mut granted = 0;
        for one in coming {
            granted += usize::from(matches!(one.await.unwrap(), Consulted::Granted { .. }));
        }
        // Whoever came before the yes was not granted; after it, one is.
        let last = handles[0].consult(&question(round, 99_000, &["owner"], 1), &MANY, at(1)).await;
        granted += usize::from(matches!(last, Ok(Consulted::Granted { .. })));
        assert_eq!(granted, 1, "round {round}");
    }
    for handle in &handles[1..] {
        handle.close().await;
    }
    store.close().await.unwrap();
}

/// What an outsider knows of one question.
#[derive(Debug)]
struct Seen {
    call: u8,
    approver: String,
    expires: i64,
    state: ApprovalState,
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Random interleavings of asking, answering, waiting and using, judged by what was answered and nothing else.
/// `DOORWARD_INTERLEAVINGS` says how many.
#[tokio::test]
async fn no_interleaving_uses_a_yes_twice_or_for_another_call() {
    let count = std::env::var("DOORWARD_INTERLEAVINGS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_u64);
    let store = memory().await;
    let (mut number, mut granted) = (0, 0_u64);
    for seed in 0..count {
        // Each run has a week of its own, so that what was before is forgotten.
        let start = i64::try_from(seed).unwrap() * 8 * 24 * 3_600_000_000;
        granted += interleave(store.approvals(), seed, start, &mut number).await;
    }
    assert!(granted * 5 > count, "too few are used to say anything: {granted}");
}

async fn interleave(approvals: &Approvals, seed: u64, start: i64, number: &mut u64) -> u64 {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut now = start;
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    let mut granted = 0;
    for _ in 0..12 {
        let call = u8::try_from(random.below(3)).unwrap();
        match random.below(10) {
            0..=4 => {
                *number += 1;
                granted += come(approvals, &mut seen, call, *number, now).await;
            }
            5..=7 if !seen.is_empty() => {
                let at_place = usize::try_from(random.below(seen.len() as u64)).unwrap();
                let (id, known) = seen.iter_mut().nth(at_place).unwrap();
                let open = now < known.expires;
                let (said, becomes, may) = match random.below(4) {
                    0 => (
                        ApprovalAnswer::Deny,
                        ApprovalState::Denied,
                        matches!(known.state, ApprovalState::Open | ApprovalState::Granted),
                    ),
                    _ => (yes(now), ApprovalState::Granted, known.state == ApprovalState::Open),
                };
                let answered = answer(approvals, id, said, now).await;
                assert_eq!(answered == Answered::Done, may && open, "{seed}: {id} {known:?} {said:?}");
                if answered == Answered::Done {
                    known.state = becomes;
                }
            }
            8 => {
                let forged = format!("Q{}-7", random.below(1_000_000));
                assert_eq!(answer(approvals, &forged, yes(now), now).await, Answered::Unknown);
            }
            _ => now += i64::try_from(random.below(4)).unwrap() * WAIT / 3,
        }
    }
    granted
}

/// One comes with the call; it must be let through if and only if everybody has said yes, in time, and nobody used it.
async fn come(approvals: &Approvals, seen: &mut BTreeMap<String, Seen>, call: u8, number: u64, now: i64) -> u64 {
    let approvers: &[&str] = if call == 2 { &["owner", "security"] } else { &["owner"] };
    let live = |known: &Seen| known.call == call && now < known.expires;
    let is = |state| move |known: &&Seen| known.state == state && live(known);
    let denied = seen.values().any(|known| is(ApprovalState::Denied)(&known));
    let said: BTreeSet<&str> =
        seen.values().filter(is(ApprovalState::Granted)).map(|known| known.approver.as_str()).collect();
    let may = !denied && said.len() == approvers.len();
    let question = question(call, number, approvers, now);
    match approvals.consult(&question, &MANY, at(now)).await.unwrap() {
        Consulted::Granted { .. } => {
            assert!(may, "{call} at {now}: {seen:?}");
            for known in seen.values_mut().filter(|known| live(known) && known.state == ApprovalState::Granted) {
                known.state = ApprovalState::Used;
            }
            1
        }
        Consulted::Denied => {
            assert!(denied, "{call} at {now}: {seen:?}");
            0
        }
        Consulted::Open { ids, .. } => {
            assert!(!may && !denied, "{call} at {now}: {seen:?}");
            for id in ids {
                let approver = approvers[if id.ends_with("-1") { 1 } else { 0 }].to_owned();
                let expires = now + WAIT;
                let known = seen.entry(id).or_insert(Seen { call, approver, expires, state: ApprovalState::Open });
                assert!(known.call == call && known.state == ApprovalState::Open, "{known:?}");
            }
            0
        }
        Consulted::NotAsked(why) => panic!("{why:?}"),
    }
}
