use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::{Disposition, Phase};

use super::*;

const FLUSH: Duration = Duration::from_millis(50);

fn relaxed() -> Queue {
    Queue::new(10_000, Durability::Relaxed { flush: FLUSH })
}

fn append(queue: &Queue, phase: Phase) -> Appended {
    queue.append(record(phase)).unwrap()
}

fn record(phase: Phase) -> Record {
    Record {
        at: Timestamp::default(),
        exchange: ExchangeId::from_bytes([0; 16]),
        phase,
        disposition: Disposition::Allow,
        principal: Principal::new("ada", Proof::None),
        revision: None,
        face: "stdio",
        origin: None,
        client: None,
        direction: "to-server",
        server: None,
        action: "ping".into(),
        resource: None,
        arguments_digest: None,
        code: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        findings: Vec::new(),
        flow: None,
        request_bytes: 0,
        answer_bytes: 0,
        elapsed_micros: 0,
        upstream_micros: 0,
    }
}

/// What came, and how long it took on the manual clock.
async fn next(queue: &Queue, until: Option<Instant>) -> (Turn, usize, Duration) {
    let (begun, mut batch) = (Instant::now(), Vec::new());
    let turn = queue.next(&mut batch, until).await;
    (turn, batch.len(), begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_relaxed_flush_begins_when_its_interval_is_over() {
    let queue = relaxed();
    let writing = next(&queue, None);
    let calling = async {
        for _ in 0..4 {
            let _ = append(&queue, Phase::Intent);
            tokio::time::sleep(FLUSH / 5).await;
        }
    };
    let ((turn, records, took), ()) = tokio::join!(writing, calling);
    assert_eq!((turn, records), (Turn::Write, 4));
    assert!(took >= FLUSH && took <= FLUSH + Duration::from_millis(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn enough_records_end_the_interval_at_once() {
    let queue = relaxed();
    let calling = async {
        for _ in 0..FLUSH_AT {
            tokio::task::yield_now().await;
            let _ = append(&queue, Phase::Intent);
        }
    };
    let (came, ()) = tokio::join!(next(&queue, None), calling);
    assert_eq!(came, (Turn::Write, FLUSH_AT, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_strict_record_is_taken_at_once() {
    let queue = Queue::new(10, Durability::Strict);
    let _ = append(&queue, Phase::Intent);
    assert_eq!(next(&queue, None).await, (Turn::Write, 1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn an_idle_writer_is_told_when_the_time_it_named_has_come() {
    let queue = relaxed();
    let (turn, records, took) = next(&queue, Some(Instant::now() + FLUSH)).await;
    assert_eq!((turn, records), (Turn::Idle, 0));
    assert!(took >= FLUSH);
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_its_limit_and_closing_empties_the_queue() {
    let queue = relaxed();
    for _ in 0..=BATCH_MAX {
        let _ = append(&queue, Phase::Intent);
    }
    queue.close();
    assert_eq!(next(&queue, None).await, (Turn::Write, BATCH_MAX, Duration::ZERO));
    assert_eq!(next(&queue, None).await, (Turn::Write, 1, Duration::ZERO));
    assert_eq!(next(&queue, None).await.0, Turn::End);
}

#[tokio::test]
async fn what_is_being_written_still_counts_against_the_capacity() {
    let queue = Queue::new(2, Durability::Strict);
    let _first = append(&queue, Phase::Intent);
    let mut batch = Vec::new();
    assert_eq!(queue.next(&mut batch, None).await, Turn::Write);
    let _second = append(&queue, Phase::Intent);
    assert_eq!(queue.append(record(Phase::Intent)).unwrap_err(), AppendError::Full);
    queue.settle();
    assert!(queue.append(record(Phase::Intent)).is_ok());
}

#[tokio::test]
async fn a_dying_strict_queue_tells_everybody_and_keeps_outcomes() {
    let queue = Queue::new(9, Durability::Strict);
    let taken = [append(&queue, Phase::Intent), append(&queue, Phase::Outcome)];
    let mut batch = Vec::new();
    assert_eq!(queue.next(&mut batch, None).await, Turn::Write);
    let waiting = [append(&queue, Phase::Intent), append(&queue, Phase::Outcome)];
    queue.die(&Arc::from("no room"), &mut batch);
    for appended in taken.into_iter().chain(waiting) {
        assert_eq!(appended.committed().await, Err(AppendError::Unavailable { reason: Arc::from("no room") }));
    }
    assert_eq!((batch.len(), queue.depth()), (1, 2));
    assert!(queue.append(record(Phase::Intent)).is_err());
    queue.revive();
    assert!(queue.append(record(Phase::Intent)).is_ok());
}

#[tokio::test]
async fn a_dying_relaxed_queue_keeps_every_promised_record() {
    let queue = Queue::new(9, Durability::Relaxed { flush: Duration::ZERO });
    let _ = append(&queue, Phase::Intent);
    let mut batch = Vec::new();
    assert_eq!(queue.next(&mut batch, None).await, Turn::Write);
    let _ = append(&queue, Phase::Intent);
    queue.die(&Arc::from("no room"), &mut batch);
    assert_eq!((batch.len(), queue.depth()), (1, 2));
}

#[tokio::test]
async fn an_ended_writer_tells_whoever_waits() {
    let queue = Queue::new(9, Durability::Strict);
    let appended = append(&queue, Phase::Outcome);
    queue.end();
    assert!(appended.committed().await.is_err());
    assert!(matches!(queue.health(), Health::Dead { .. }));
}
