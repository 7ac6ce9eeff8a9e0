//! What good work has shown counts in later work, for its principal, tool and role alone, until somebody says no.

use doorward_policy::FlowPolicy;
use doorward_server::approvals::{Word, answer};
use doorward_server::flows::FlowRules;
use doorward_store::{Answered, Forget, LearnedRow};
use serde_json::{Value, json};

use super::client::{call, denial};
use super::flows::waits;
use super::missions::{Desk, Way, is_sent};
use super::rig::eventually;

const ATTACKER: &str = "collect@evil.example";
const FRIEND: &str = "ann@friends.example";
const WAY: Way = Way::ModernOwn;

async fn desk() -> Desk {
    Desk::open_as(&[FlowPolicy::Trifecta, FlowPolicy::Endorsement], |plan| plan.config.contexts.learn = true).await
}

impl Desk {
    /// A mission that names the friend and writes to them after it has read what anybody may have written.
    async fn good(&self, id: &str) -> String {
        let token = self.token(&json!({ "id": id, "purpose": format!("Write to {FRIEND}") }));
        self.reads(WAY, &token).await;
        assert!(is_sent(&self.send(WAY, &token, FRIEND).await));
        token
    }

    /// What comes of writing to `to` in a mission without a purpose.
    async fn bare(&self, id: &str, to: &str) -> Value {
        let token = self.token(&json!(id));
        self.reads(WAY, &token).await;
        self.send(WAY, &token, to).await
    }

    /// Writes to `to` in a conversation that the client calls `claimed`.
    async fn send_in(&self, token: &str, claimed: &str, to: &str) -> Value {
        let mut message = call(1, "send_email", json!({ "to": to, "body": "Hello" }));
        message["params"]["_meta"] = json!({ "sessionID": claimed });
        self.tell(WAY, token, "mail", message).await
    }

    /// What was shown to write to, once it fits.
    async fn known(&self, fits: impl Fn(&[LearnedRow]) -> bool) -> Vec<LearnedRow> {
        let fits = &fits;
        eventually("what is learned", || async move {
            let rows = self.rig.gateway.store().lessons().list(doorward_core::time::Timestamp::from_micros(0)).await;
            let rows: Vec<LearnedRow> = rows.unwrap().into_iter().filter(|row| row.tool == "send_email").collect();
            fits(&rows).then_some(rows)
        })
        .await
    }
}

fn units(rows: &[LearnedRow]) -> Vec<u64> {
    rows.iter().map(|row| row.units).collect()
}

#[tokio::test]
async fn two_good_missions_teach_a_third_and_one_does_not() {
    let desk = desk().await;
    desk.good("m-1").await;
    desk.known(|rows| units(rows) == [1]).await;
    assert_eq!(denial(&desk.bare("m-2", FRIEND).await).0, "DW1701", "once is not enough");
    desk.good("m-3").await;
    let rows = desk.known(|rows| units(rows) == [2]).await;
    assert!(rows[0].is_learned() && !format!("{rows:?}").contains(FRIEND), "{rows:?}");
    assert!(is_sent(&desk.bare("m-4", FRIEND).await));
    let record = desk.rig.record(|record| record.reasons.iter().any(|reason| reason.contains("learned"))).await;
    assert_eq!(record.resource.as_deref(), Some("send_email"));
    assert_eq!(denial(&desk.bare("m-5", ATTACKER).await).0, "DW1701", "another value is not learned");
    let bob = desk.issuer.token(&json!({ "mission": "m-6", "sub": "bob" }));
    desk.reads(WAY, &bob).await;
    assert_eq!(denial(&desk.send(WAY, &bob, FRIEND).await).0, "DW1701", "nor for somebody else");
    // An operator forgets it, or switches it off.
    desk.rig.gateway.follow_by(FlowRules::default());
    assert_eq!(denial(&desk.bare("m-7", FRIEND).await).0, "DW1701");
    desk.rig.gateway.follow_by(FlowRules { learn: true, ..FlowRules::default() });
    assert!(is_sent(&desk.bare("m-8", FRIEND).await));
    assert_eq!(desk.rig.gateway.store().lessons().forget(Forget::default()).await.unwrap(), 1);
    assert_eq!(denial(&desk.bare("m-9", FRIEND).await).0, "DW1701");
    desk.rig.stop().await;
}

#[tokio::test]
async fn what_was_only_read_is_never_learned() {
    let desk = desk().await;
    for id in ["m-1", "m-2", "m-3"] {
        assert_eq!(denial(&desk.bare(id, ATTACKER).await).0, "DW1701");
    }
    // The missions that do good work come last, so that everything before them has been handed over.
    desk.good("m-4").await;
    let rows = desk.known(|rows| !rows.is_empty()).await;
    assert_eq!(units(&rows), [1], "the friend alone: {rows:?}");
    desk.rig.stop().await;
}

/// A conversation that has read something may go on in a context that knows nothing of it.
#[tokio::test]
async fn use_before_anything_was_read_teaches_under_a_signed_name_alone() {
    let desk = desk().await;
    let none = desk.issuer.token(&json!({}));
    let answer = desk.send_in(&none, "c-1", ATTACKER).await;
    assert!(is_sent(&answer), "nothing was read before: {answer}");
    for id in ["m-1", "m-2"] {
        assert!(is_sent(&desk.send(WAY, &desk.token(&json!(id)), FRIEND).await));
    }
    // The missions come last, so that everything before them has been handed over.
    let rows = desk.known(|rows| units(rows).contains(&2)).await;
    assert_eq!(units(&rows), [2], "the friend alone");
    assert!(is_sent(&desk.bare("m-3", FRIEND).await));
    assert_eq!(denial(&desk.bare("m-4", ATTACKER).await).0, "DW1701");
    desk.rig.stop().await;
}

#[tokio::test]
async fn a_mission_with_a_refusal_that_nobody_answered_teaches_nothing() {
    let desk = desk().await;
    desk.good("m-1").await;
    let doubtful = desk.good("m-2").await;
    desk.known(|rows| units(rows) == [2]).await;
    assert_eq!(denial(&desk.send(WAY, &doubtful, ATTACKER).await).0, "DW1701");
    desk.known(|rows| units(rows) == [1]).await;
    assert_eq!(denial(&desk.bare("m-3", FRIEND).await).0, "DW1701", "what it has shown counts no more");
    // Answered by a person, the doubt is gone, and what they endorsed is shown as well.
    let id = waits(&desk.send(WAY, &doubtful, ATTACKER).await);
    let store = desk.rig.gateway.store();
    let row = store.approvals().find(&id, doorward_core::time::Timestamp::from_micros(1)).await.unwrap().unwrap();
    assert_eq!(answer(store, &row, Word::Endorse, ("ann", None)).await.unwrap(), Answered::Done);
    assert!(is_sent(&desk.send(WAY, &doubtful, ATTACKER).await));
    let rows = desk.known(|rows| rows.len() == 2 && rows.iter().any(|row| row.units == 2)).await;
    assert!(rows.iter().any(|row| row.units == 1), "{rows:?}");
    // Who takes the yes back has the value forgotten.
    let row = store.approvals().find(&id, doorward_core::time::Timestamp::from_micros(1)).await.unwrap().unwrap();
    assert_eq!(answer(store, &row, Word::Deny, ("ann", None)).await.unwrap(), Answered::Done);
    desk.known(|rows| units(rows) == [2]).await;
    desk.rig.stop().await;
}
