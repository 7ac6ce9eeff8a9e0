//! Tasks: experimental in revision 2025-11-25, an extension since 2026-07-28.

use std::borrow::Cow;

use super::ViewError;
use super::fields::{At, Fields, PARAMS, RESULT, read_each};
use super::input_required::{InputRequest, InputResponses};
use crate::raw::Raw;

/// The params of `tasks/get`, `tasks/cancel`, `tasks/result` and `tasks/update`.
#[derive(Debug, Clone)]
pub struct TaskRequest<'a> {
    /// Which task.
    pub task_id: Cow<'a, str>,
}

/// The params of `tasks/update`.
#[derive(Debug, Clone)]
pub struct TaskUpdate<'a> {
    /// Which task.
    pub task_id: Cow<'a, str>,
    /// Key and bare result of each answer, in order.
    pub responses: Vec<(Cow<'a, str>, Raw<'a>)>,
}

/// A task as its server describes it.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    /// Its id, which is a secret of whoever started it.
    pub task_id: Cow<'a, str>,
    /// How far it is.
    pub status: TaskStatus,
    /// More on that, for people.
    pub status_message: Option<Cow<'a, str>>,
    /// What it asks, when it waits for input.
    pub input_requests: Vec<InputRequest<'a>>,
    /// What it gave, when it is completed (revision 2026-07-28).
    pub result: Option<Raw<'a>>,
    /// The error it ended with, when it failed (revision 2026-07-28).
    pub error: Option<Raw<'a>>,
    /// The whole object.
    pub raw: Raw<'a>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// It runs.
    Working,
    /// It waits for input.
    InputRequired,
    /// It ended well.
    Completed,
    /// It ended in an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// The result of `tasks/list` (revision 2025-11-25).
#[derive(Debug, Clone)]
pub struct TaskList<'a> {
    /// One entry per element of the array, in order; a bad one spoils only itself.
    pub tasks: Vec<Result<Task<'a>, ViewError>>,
    /// The `tasks` array, for removing elements.
    pub array: Raw<'a>,
    /// Where the next page starts.
    pub next_cursor: Option<Cow<'a, str>>,
}

impl<'a> TaskRequest<'a> {
    /// Reads the params of a request about one task.
    ///
    /// # Errors
    /// No task id, or not a string.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        Ok(Self { task_id: Fields::params(params, &["taskId"])?.text("taskId")? })
    }
}

impl<'a> TaskUpdate<'a> {
    /// Reads the params of `tasks/update`.
    ///
    /// # Errors
    /// No task id or no answers, or one of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        let fields = Fields::params(params, &["taskId", "inputResponses"])?;
        let responses = InputResponses::read_map(fields.object("inputResponses")?, fields.at("inputResponses"))?;
        Ok(Self { task_id: fields.text("taskId")?, responses })
    }
}

impl<'a> Task<'a> {
    /// Reads a result that is a task: of `tasks/get` and `tasks/cancel`, or of type `task`.
    ///
    /// # Errors
    /// No id or status, or a member of the wrong type.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        Self::read(result, RESULT)
    }

    /// Reads the result of a call that became a task in revision 2025-11-25, where it is the member `task`.
    ///
    /// # Errors
    /// No task, or a malformed one.
    pub fn from_created(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["task"])?;
        Self::read(fields.object("task")?, fields.at("task"))
    }

    /// Reads the params of `notifications/tasks` and `notifications/tasks/status`.
    ///
    /// # Errors
    /// No id or status, or a member of the wrong type.
    pub fn from_params(params: Option<Raw<'a>>) -> Result<Self, ViewError> {
        Self::read(params.ok_or_else(|| PARAMS.error("an object"))?, PARAMS)
    }

    fn read(task: Raw<'a>, at: At<'_>) -> Result<Self, ViewError> {
        let fields = Fields::of(task, at, &["taskId", "status", "statusMessage", "inputRequests", "result", "error"])?;
        let status =
            TaskStatus::parse(&fields.text("status")?).ok_or_else(|| fields.at("status").error("a task status"))?;
        let input_requests = match fields.optional_object("inputRequests")? {
            Some(requests) => InputRequest::read_map(requests, fields.at("inputRequests"))?,
            None => Vec::new(),
        };
        Ok(Self {
            task_id: fields.text("taskId")?,
            status,
            status_message: fields.optional_text("statusMessage")?,
            input_requests,
            result: fields.optional_object("result")?,
            error: fields.optional_object("error")?,
            raw: task,
        })
    }
}

impl TaskStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Working, Self::InputRequired, Self::Completed, Self::Failed, Self::Cancelled];

    /// The status of exactly this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::InputRequired => "input_required",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl<'a> TaskList<'a> {
    /// Reads the result of `tasks/list`.
    ///
    /// # Errors
    /// The result has no `tasks` array, or its cursor is not a string.
    pub fn from_result(result: Raw<'a>) -> Result<Self, ViewError> {
        let fields = Fields::of(result, RESULT, &["tasks", "nextCursor"])?;
        let array = fields.array("tasks")?;
        Ok(Self {
            tasks: read_each(array, fields.at("tasks"), Task::read),
            array,
            next_cursor: fields.optional_text("nextCursor")?,
        })
    }
}
