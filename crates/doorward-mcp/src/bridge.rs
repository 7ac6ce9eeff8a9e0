//! Saying in one era what was said in the other: the matrix between the legacy revisions and 2026-07-28.
//!
//! Responsible for the wording of messages, and for naming what has no equal. It changes bytes by splicing, so that
//! what neither era knows passes as it came. It must never decide whether something may pass, never wait and never
//! remember: state, deadlines and streams belong to those who call it.

mod abilities;
mod edit;
mod in_session;
mod limits;
mod listening_legacy;
mod lists;
mod notifications;
mod opening;
mod own_requests;
mod parking;
mod questions;
mod requests;
mod results;
mod rounds;
mod shapes;
mod tasks;
mod trace;

use std::fmt;

use bytes::Bytes;

use crate::message::{Message, Notification, Request, Response};

pub use abilities::{Ability, Declared, capabilities_to_modern, declares_tasks};
pub use in_session::{
    call_as_task_in_session, cancelled_in_session, level_in_session, progress_from_session, request_in_session,
    subscribe_in_session, task_in_session, unsubscribe_in_session,
};
pub use listening_legacy::{Told, Watched, Wish};
pub use lists::{TaskSupport, offer_tasks, task_support, tools_with_required_tasks};
pub use notifications::{notification_to_legacy, notification_to_modern, with_subscription_id};
pub use opening::{TasksBridged, discover_result, initialize_params, initialize_result};
pub use own_requests::{ListNews, Wishes, log_level, task_answers, task_errand};
pub use parking::{Parking, ParkingRules, Reply, TooManyRounds};
pub use questions::{
    Question, answers_of, input_required, may_be_asked, question_to_legacy, question_to_modern, questions_of, state_of,
    url_questions,
};
pub use requests::{Round, Stamp, request_to_legacy, request_to_modern};
pub use results::{response_to_legacy, response_to_modern};
pub use rounds::{Answer, Asked, Audience, Brought, RoundLimits, Rounds, Stopped};
pub use shapes::downgrade;
pub use tasks::{
    OwnTask, TaskDetail, call_as_task, cancelled_to_modern, created_to_legacy, created_to_modern, fetched_to_legacy,
    fetched_to_modern, legacy_task_request, modern_task_request, outcome_to_legacy, status_to_legacy, status_to_modern,
    update_request, without_task,
};
pub use trace::{TraceContext, with_trace_context};

/// A message that says in one era what another message said in the other. Only this module makes one.
#[derive(Clone, Debug)]
pub struct Rewording(Message);

/// Something has no equal in the other era.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbridged {
    /// The row of `docs/guide/eras.md` that says so, and why.
    pub row: Row,
    /// What it was. Names of methods and members only, never a payload.
    pub detail: String,
}

/// A row of the matrix between the eras, and a section of `docs/guide/eras.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// How a conversation opens.
    Opening,
    /// What the client can do.
    Capabilities,
    /// Tools: listing and calling.
    Tools,
    /// Resources and their templates.
    Resources,
    /// Prompts.
    Prompts,
    /// Completion of arguments.
    Completion,
    /// Asking the person.
    Elicitation,
    /// Asking the client's model.
    Sampling,
    /// The client's folders.
    Roots,
    /// Log messages.
    Logging,
    /// Progress of a request.
    Progress,
    /// Giving a request up.
    Cancellation,
    /// News of lists and resources.
    Subscriptions,
    /// Calls that outlive their request.
    Tasks,
    /// Several messages in one.
    Batching,
    /// Trace context.
    TraceContext,
    /// Errors and their codes.
    Errors,
    /// Shapes of results that older revisions do not have.
    ResultShapes,
}

impl Rewording {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.0
    }

    /// The message, given up.
    #[must_use]
    pub fn into_message(self) -> Message {
        self.0
    }
}

impl Row {
    /// Every row, in the order of the matrix.
    pub const ALL: [Self; 18] = [
        Self::Opening,
        Self::Capabilities,
        Self::Tools,
        Self::Resources,
        Self::Prompts,
        Self::Completion,
        Self::Elicitation,
        Self::Sampling,
        Self::Roots,
        Self::Logging,
        Self::Progress,
        Self::Cancellation,
        Self::Subscriptions,
        Self::Tasks,
        Self::Batching,
        Self::TraceContext,
        Self::Errors,
        Self::ResultShapes,
    ];

    /// The heading of its section in `docs/guide/eras.md`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Opening => "Opening",
            Self::Capabilities => "Capabilities",
            Self::Tools => "Tools",
            Self::Resources => "Resources",
            Self::Prompts => "Prompts",
            Self::Completion => "Completion",
            Self::Elicitation => "Elicitation",
            Self::Sampling => "Sampling",
            Self::Roots => "Roots",
            Self::Logging => "Logging",
            Self::Progress => "Progress",
            Self::Cancellation => "Cancellation",
            Self::Subscriptions => "Subscriptions",
            Self::Tasks => "Tasks",
            Self::Batching => "Batching",
            Self::TraceContext => "Trace context",
            Self::Errors => "Errors",
            Self::ResultShapes => "Result shapes",
        }
    }

    /// The row that speaks of `method`, in either era.
    #[must_use]
    pub fn of_method(method: &str) -> Self {
        match method {
            "initialize" | "notifications/initialized" | "ping" | "server/discover" => Self::Opening,
            "completion/complete" => Self::Completion,
            "elicitation/create" | "notifications/elicitation/complete" => Self::Elicitation,
            "sampling/createMessage" => Self::Sampling,
            "roots/list" | "notifications/roots/list_changed" => Self::Roots,
            "logging/setLevel" | "notifications/message" => Self::Logging,
            "notifications/progress" => Self::Progress,
            "notifications/cancelled" => Self::Cancellation,
            "subscriptions/listen"
            | "resources/subscribe"
            | "resources/unsubscribe"
            | "notifications/subscriptions/acknowledged"
            | "notifications/resources/updated"
            | "notifications/resources/list_changed"
            | "notifications/tools/list_changed"
            | "notifications/prompts/list_changed" => Self::Subscriptions,
            _ => Self::of_family(method),
        }
    }

    fn of_family(method: &str) -> Self {
        let family = method.split('/').find(|part| *part != "notifications").unwrap_or_default();
        match family {
            "tasks" => Self::Tasks,
            "resources" => Self::Resources,
            "prompts" => Self::Prompts,
            "tools" => Self::Tools,
            _ => Self::Capabilities,
        }
    }
}

impl Unbridged {
    fn new(row: Row, detail: impl Into<String>) -> Self {
        Self { row, detail: detail.into() }
    }

    /// A method that the other era does not have.
    fn method(method: &str) -> Self {
        Self::new(Row::of_method(method), format!("the other era has no equal of {method}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl fmt::Display for Unbridged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row, self.detail)
    }
}

impl std::error::Error for Unbridged {}

/// The reworded bytes as a request.
fn request(row: Row, bytes: Bytes) -> Result<Request, Unbridged> {
    match reread(row, bytes)? {
        Message::Request(request) => Ok(request),
        Message::Notification(_) | Message::Response(_) => Err(Unbridged::new(row, "it is no request when reworded")),
    }
}

/// The reworded bytes as a notification.
fn notification(row: Row, bytes: Bytes) -> Result<Notification, Unbridged> {
    match reread(row, bytes)? {
        Message::Notification(notification) => Ok(notification),
        Message::Request(_) | Message::Response(_) => Err(Unbridged::new(row, "it is no notification when reworded")),
    }
}

/// The reworded bytes as a response.
fn response(row: Row, bytes: Bytes) -> Result<Response, Unbridged> {
    match reread(row, bytes)? {
        Message::Response(response) => Ok(response),
        Message::Request(_) | Message::Notification(_) => Err(Unbridged::new(row, "it is no response when reworded")),
    }
}

/// Everything reworded is read anew: what the strict pass would refuse does not leave this module.
fn reread(row: Row, bytes: Bytes) -> Result<Message, Unbridged> {
    Message::parse(bytes, &limits::REWORDED)
        .map_err(|rejection| Unbridged::new(row, format!("reworded, it is unsound: {}", rejection.kind().name())))
}
