//! Notifications, said in the other era.
//!
//! Responsible for which of them have an equal and for the subscription they name. It must never pass one on that
//! the other era does not define for that direction.

use super::edit::{Change, Edits, Member, Meta};
use super::results::SUBSCRIPTION_ID;
use super::{Row, tasks};
use crate::message::Notification;
use crate::revision::{Direction, MethodKind, Revision};

/// A legacy notification in modern words. `None`: it has no equal. A server's cancellation has none, since it gives
/// up a question, which is no request any more; the status of a task needs more than the notification says (see
/// [`super::status_to_modern`]).
#[must_use]
pub fn notification_to_modern(notification: &Notification, direction: Direction) -> Option<Notification> {
    let method = notification.method();
    Revision::LATEST.method(direction, MethodKind::Notification, method)?;
    if direction == Direction::ServerToClient && matches!(method, "notifications/cancelled" | "notifications/tasks") {
        return None;
    }
    // Only the gateway says to which subscription of the client something belongs.
    edited(notification, |_| Change::Keep, &[SUBSCRIPTION_ID], Vec::new())
}

/// A modern notification in the words of `to`, without the subscription it belongs to. `None`: it has no equal.
#[must_use]
pub fn notification_to_legacy(notification: &Notification, direction: Direction, to: Revision) -> Option<Notification> {
    let method = notification.method();
    if method == "notifications/tasks" && to == Revision::V2025_11_25 {
        return tasks::status_to_legacy(notification);
    }
    to.method(direction, MethodKind::Notification, method)?;
    // A modern server cancels only what listens, and a legacy client has no such request.
    if direction == Direction::ServerToClient && method == "notifications/cancelled" {
        return None;
    }
    let drops_message = method == "notifications/progress" && to < Revision::V2025_03_26;
    let change = |name: &str| if drops_message && name == "message" { Change::Drop } else { Change::Keep };
    edited(notification, change, &[SUBSCRIPTION_ID], Vec::new())
}

/// The notification as one of the subscription that `id` names: the id of the listen request, as JSON. `None` when
/// it cannot carry that.
#[must_use]
pub fn with_subscription_id(notification: &Notification, id: &str) -> Option<Notification> {
    edited(notification, |_| Change::Keep, &[], vec![(SUBSCRIPTION_ID, id.to_owned())])
}

fn edited(
    notification: &Notification,
    change: impl Fn(&str) -> Change,
    drop: &[&str],
    set: Vec<Member<'_>>,
) -> Option<Notification> {
    let row = Row::of_method(notification.method());
    let mut edits = Edits::of(notification.bytes());
    match notification.params() {
        Some(params) => edits.members_and_meta(params, change, &[], Meta { drop, set }),
        None if set.is_empty() => return Some(notification.clone()),
        None => {
            let meta = super::edit::object_of(&set);
            let params = super::edit::object_of(&[("_meta", meta)]);
            edits.members(super::edit::root(notification.bytes()), |_| Change::Keep, &[("params", params)]);
        }
    }
    super::notification(row, edits.finish(row).ok()?).ok()
}
