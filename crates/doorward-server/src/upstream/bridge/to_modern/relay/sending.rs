//! What goes to the server for one request of the client: every message of it a rewording under the request's permit.

use std::pin::Pin;
use std::sync::Arc;

use doorward_core::permit::Permit;
use doorward_core::refusal::Refusal;
use doorward_mcp::bridge::{Brought, Rewording, Row, Unbridged, request_to_modern, task_answers, task_errand};
use doorward_mcp::id::Id;
use doorward_mcp::message::Message;
use doorward_mcp::revision::Era;
use tokio::time::timeout;

use super::super::client::TasksTaken;
use super::super::conversation::{Conversation, unbridged};
use crate::limits::{LIST_PAGES_MAX, TASK_CANCEL_WAIT};
use crate::upstream::{Call, Event, Housekeeping, ParamHeaders};

/// A message being handed over.
pub(super) type Sending = Pin<Box<dyn Future<Output = Result<Call, Refusal>> + Send>>;

/// What is done after the client has cancelled.
pub(super) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The server's tools being listed.
pub(super) type LookingAgain = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The request itself, with what it brings.
pub(super) fn request(
    conversation: &Arc<Conversation>,
    permit: &Permit,
    tasks: TasksTaken,
    brought: Option<&Brought>,
) -> Result<Sending, Refusal> {
    let stamp = conversation.stamp(tasks);
    let id = Id::from(conversation.number());
    let round = brought.map(Brought::as_round);
    hand_over(conversation, permit, |message| match message {
        Message::Request(request) => request_to_modern(request, &stamp, round.as_ref())?.under(&id),
        Message::Notification(_) | Message::Response(_) => {
            Err(Unbridged { row: Row::Errors, detail: "only a request is answered".to_owned() })
        }
    })
}

/// A look at a task, or the answers to what it asks.
pub(super) fn about_task(
    conversation: &Arc<Conversation>,
    permit: &Permit,
    task: &str,
    brought: Option<&Brought>,
) -> Result<Sending, Refusal> {
    let stamp = conversation.stamp(TasksTaken::Yes);
    let id = Id::from(conversation.number());
    hand_over(conversation, permit, |_| match brought {
        Some(brought) => task_answers(&id, task, &brought.responses, &stamp),
        None => task_errand(&id, "tasks/get", task, &stamp),
    })
}

/// Cancels a task that was made of a plain call. The client waits no longer than for a while: it has given up already.
pub(super) fn cancel_task(conversation: &Arc<Conversation>, permit: &Permit, task: &str) -> Ending {
    let stamp = conversation.stamp(TasksTaken::Yes);
    let id = Id::from(conversation.number());
    let Ok(sending) = hand_over(conversation, permit, |_| task_errand(&id, "tasks/cancel", task, &stamp)) else {
        return Box::pin(std::future::ready(()));
    };
    Box::pin(async move {
        let cancelled = timeout(TASK_CANCEL_WAIT, async {
            let mut call = sending.await.ok()?;
            while matches!(Box::pin(call.next()).await, Event::Notification(_) | Event::Question(_)) {}
            Some(())
        });
        if cancelled.await.is_err() {
            tracing::debug!("a task was not cancelled in time");
        }
    })
}

fn hand_over(
    conversation: &Arc<Conversation>,
    permit: &Permit,
    reword: impl FnOnce(&Message) -> Result<Rewording, Unbridged>,
) -> Result<Sending, Refusal> {
    let permit = permit.reword(reword).map_err(|error| unbridged(&error))?;
    let link = conversation.link.clone();
    Ok(Box::pin(async move { link.call(permit, &ParamHeaders::new()).await }))
}

/// Lists the server's tools, so that the next request has the headers that their schemas want now.
pub(super) fn look_again(conversation: Arc<Conversation>) -> LookingAgain {
    Box::pin(async move {
        let mut cursor = None;
        for _ in 0..LIST_PAGES_MAX {
            let listed = Housekeeping::ListTools { cursor, era: Era::Modern };
            let Ok(page) = conversation.link.keep_house(listed).await else { return };
            conversation.reach.definitions().learn(&page);
            let next = page.result_member("nextCursor").and_then(|cursor| cursor.as_str());
            cursor = next.map(std::borrow::Cow::into_owned);
            if cursor.is_none() {
                return;
            }
        }
    })
}
