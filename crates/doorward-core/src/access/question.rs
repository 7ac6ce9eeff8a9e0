//! What a server asks of a client inside a result or a notification.
//!
//! Each question is decided as the request it stands for, so that one rule holds however it is put. A question that
//! cannot be read is never passed on.

use doorward_mcp::raw::{Kind as JsonKind, Raw};

use super::{Action, Direction, Kind, Resource};
use crate::ids::ServerId;
use crate::limits::INPUT_REQUESTS_MAX;
use crate::refusal::{Code, Refusal};

/// The actions and resources of `inputRequests` (2026-07-28): an object with one question under each name.
///
/// # Errors
/// [`Code::AnswerWithheld`] when a question cannot be read, is no known question, or there are too many.
pub(crate) fn questions(asked: Raw<'_>, server: &ServerId) -> Result<Vec<(Action, Resource)>, Refusal> {
    if asked.kind() != JsonKind::Object {
        return Err(unreadable());
    }
    let mut questions = Vec::new();
    for (_, question) in asked.members() {
        if questions.len() == INPUT_REQUESTS_MAX {
            return Err(Refusal::new(Code::AnswerWithheld).with_detail("It asks the client for too much at once."));
        }
        let method = question.member("method").and_then(|method| method.as_str()).ok_or_else(unreadable)?;
        questions.push(question_access(&method, server)?);
    }
    Ok(questions)
}

/// The action and resource of a question a server puts inside a result (2026-07-28, `inputRequests`).
///
/// # Errors
/// [`Code::AnswerWithheld`] for a method that is no question.
pub fn question_access(method: &str, server: &ServerId) -> Result<(Action, Resource), Refusal> {
    Action::of(Direction::ToClient, Kind::Request, method)
        .filter(|action| matches!(action.name(), "elicitation/create" | "sampling/createMessage" | "roots/list"))
        .map(|action| (action, Resource::Server(server.clone())))
        .ok_or_else(|| {
            Refusal::new(Code::AnswerWithheld)
                .with_detail("It asks the client for something that is no known question.")
        })
}

fn unreadable() -> Refusal {
    Refusal::new(Code::AnswerWithheld).with_detail("What it asks of the client cannot be read.")
}
