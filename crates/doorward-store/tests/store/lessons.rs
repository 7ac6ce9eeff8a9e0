//! What good work has shown is learned from two units without a doubt, bounded, and forgotten in time.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use doorward_core::flow::{ContextId, Role};
use doorward_core::time::Timestamp;
use doorward_store::limits::{LESSONS_KEPT, LESSONS_MAX};
use doorward_store::{Forget, Lesson, Lessons, Store, Taught};

use crate::sample::Scratch;

const ANN: &[u8] = b"ann";

fn unit(number: u8) -> ContextId {
    ContextId::from_bytes([number; 16])
}

fn lesson(form: u64, number: u8) -> Lesson {
    let (server, tool) = ("mail".to_owned(), "send".to_owned());
    Lesson {
        principal: ANN.to_vec(),
        who: "ann".to_owned(),
        server,
        tool,
        role: Role::Target,
        form,
        unit: unit(number),
    }
}

fn shown(form: u64, number: u8) -> Taught {
    Taught::Shown(lesson(form, number))
}

fn at(days: u64) -> Timestamp {
    let micros = Duration::from_secs(86_400 * (days + 100)).as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap())
}

async fn learned(lessons: &Lessons, day: u64) -> Vec<u64> {
    let known = lessons.of(ANN, ("mail", "send"), at(day)).await.unwrap();
    assert!(known.iter().all(|(role, _)| *role == Role::Target));
    known.into_iter().map(|(_, form)| form).collect()
}

async fn fresh() -> (Scratch, Store) {
    let scratch = Scratch::new();
    let store = Store::open(scratch.strict()).await.unwrap();
    (scratch, store)
}

#[tokio::test]
async fn two_units_without_a_doubt_teach_and_one_does_not() {
    let (_scratch, store) = fresh().await;
    let lessons = store.lessons();
    let high = u64::MAX - 6;
    lessons.take_in(&[shown(7, 1), shown(7, 1), shown(high, 1)], at(0)).await.unwrap();
    assert_eq!(learned(lessons, 0).await, [0_u64; 0], "the same unit twice is one");
    lessons.take_in(&[shown(7, 2), shown(high, 2)], at(0)).await.unwrap();
    let mut known = learned(lessons, 0).await;
    known.sort_unstable();
    assert_eq!(known, [7, high]);
    for (principal, server, tool) in [(&b"bob"[..], "mail", "send"), (ANN, "post", "send"), (ANN, "mail", "delete")] {
        assert!(lessons.of(principal, (server, tool), at(0)).await.unwrap().is_empty());
    }
    // A doubt that comes later takes back what the unit has shown, until it is settled.
    lessons.take_in(&[Taught::Doubt(unit(2), 5), Taught::Doubt(unit(2), 6)], at(0)).await.unwrap();
    assert!(learned(lessons, 0).await.is_empty());
    lessons.take_in(&[Taught::Settled(unit(2), 5)], at(0)).await.unwrap();
    assert!(learned(lessons, 0).await.is_empty(), "one of two");
    lessons.take_in(&[Taught::Settled(unit(2), 6)], at(0)).await.unwrap();
    assert_eq!(learned(lessons, 0).await.len(), 2);
    let rows = lessons.list(at(0)).await.unwrap();
    let row = rows.iter().find(|row| row.form == 7).unwrap();
    assert_eq!((row.who.as_str(), row.role.as_str(), row.units, row.times), ("ann", "target", 2, 3));
    assert!(row.is_learned());
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_is_not_used_for_thirty_days_is_forgotten() {
    let (_scratch, store) = fresh().await;
    let lessons = store.lessons();
    for form in [7, 8] {
        lessons.take_in(&[shown(form, 1), shown(form, 2)], at(0)).await.unwrap();
    }
    assert_eq!(LESSONS_KEPT, Duration::from_secs(30 * 86_400));
    lessons.take_in(&[Taught::Used(lesson(7, 3))], at(29)).await.unwrap();
    assert_eq!(learned(lessons, 29).await, [7, 8]);
    assert_eq!(learned(lessons, 31).await, [7], "use keeps it");
    assert!(learned(lessons, 60).await.is_empty());
    lessons.take_in(&[Taught::Used(lesson(7, 4)), shown(7, 4)], at(60)).await.unwrap();
    assert!(learned(lessons, 60).await.is_empty(), "what is forgotten is shown anew by two");
    store.close().await.unwrap();
}

#[tokio::test]
async fn one_principal_teaches_a_bounded_number_of_things() {
    let (scratch, store) = fresh().await;
    let lessons = store.lessons();
    let most = u64::from(LESSONS_MAX);
    lessons.take_in(&[shown(0, 1), shown(0, 2)], at(0)).await.unwrap();
    let rest = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 4094) \
        INSERT INTO lesson SELECT principal, server, tool, role, n, unit, who, first_at, used_at, 1 FROM lesson, number \
        WHERE times = 1 AND unit = (SELECT min(unit) FROM lesson)";
    super::opening::execute(&scratch, rest).await;
    assert_eq!(lessons.list(at(0)).await.unwrap().iter().map(|row| row.times).sum::<u64>(), most);
    lessons.take_in(&[Taught::Used(lesson(0, 3))], at(1)).await.unwrap();
    lessons.take_in(&[shown(most, 1), shown(most, 2)], at(2)).await.unwrap();
    let known = learned(lessons, 2).await;
    assert!(known.contains(&0) && known.contains(&most), "what was used last stays");
    assert_eq!(lessons.list(at(2)).await.unwrap().iter().map(|row| row.times).sum::<u64>(), most);
    store.close().await.unwrap();
}

#[tokio::test]
async fn several_stores_over_one_file_share_it_and_an_operator_forgets() {
    let (scratch, store) = fresh().await;
    let other = Lessons::open(&scratch.strict()).await.unwrap();
    store.lessons().take_in(&[shown(7, 1)], at(0)).await.unwrap();
    other.take_in(&[shown(7, 2)], at(0)).await.unwrap();
    assert_eq!(learned(store.lessons(), 0).await, [7]);
    let forget = |who, server, tool| Forget { who, server, tool };
    for nobody in [forget(Some("bob"), None, None), forget(None, Some("post"), None), forget(None, None, Some("x"))] {
        assert_eq!(other.forget(nobody).await.unwrap(), 0);
    }
    assert_eq!(other.forget(forget(Some("ann"), Some("mail"), Some("send"))).await.unwrap(), 1);
    assert!(learned(store.lessons(), 0).await.is_empty());
    other.close().await;
    store.close().await.unwrap();
}
