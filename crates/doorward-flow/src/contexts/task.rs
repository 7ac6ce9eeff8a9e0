//! A unit of work that somebody opened by name.
//!
//! Responsible for what was said when it was opened, within bounds. Whether that text endorses anything, and what a call
//! beyond its tools or its budget comes to, is for others to decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use doorward_core::flow::{SignedUnit, TaskToken};
use doorward_core::limits::{FLOW_PURPOSE_MAX, FLOW_TOKEN_TOOL_MAX, FLOW_TOKEN_TOOLS_MAX};

/// By which way a task was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By a person who proved who they are, where no model can speak in their place.
    Person,
    /// By credentials that were verified.
    Signed,
    /// By a call, which a model may have made because of what it read.
    Call,
}

/// What is wrong with a task that somebody wants to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitTask {
    /// The purpose is empty or too long.
    #[error("a task's purpose has 1 to {FLOW_PURPOSE_MAX} bytes")]
    Purpose,
    /// Too many tools, or a name that cannot be a tool's.
    #[error("a task names at most {FLOW_TOKEN_TOOLS_MAX} tools of 1 to {FLOW_TOKEN_TOOL_MAX} bytes")]
    Tools,
    /// It would stand below too many others.
    #[error("tasks within tasks go {} deep", super::limits::DEPTH_MAX)]
    Depth,
    /// The random bytes of its handle were used before.
    #[error("the handle of a task would be another's")]
    Random,
}

/// What was said of a unit of work when it was opened.
#[derive(Debug)]
pub struct Task {
    /// Empty where nothing was said.
    purpose: Box<str>,
    token: TaskToken,
    channel: Channel,
    /// Shared with what it was before it was narrowed: calls under way give back to the same.
    made: Arc<AtomicU32>,
}

/// Whether a task's budget holds one more call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// It does, and the call is taken from it.
    Holds,
    /// All of its calls were made.
    Spent,
}

impl Task {
    /// A task for `purpose` with these tools (any, if it names none) and at most so many calls.
    ///
    /// # Errors
    /// [`UnfitTask`] for what is beyond its bounds.
    pub fn new<'a>(
        purpose: &str,
        tools: impl IntoIterator<Item = &'a str>,
        calls: Option<u32>,
        channel: Channel,
    ) -> Result<Self, UnfitTask> {
        if purpose.trim().is_empty() || purpose.len() > FLOW_PURPOSE_MAX {
            return Err(UnfitTask::Purpose);
        }
        let mut tools = tools.into_iter().peekable();
        let tools = tools.peek().is_some().then_some(tools);
        let token = TaskToken::new(tools, calls).map_err(|_| UnfitTask::Tools)?;
        Ok(Self { purpose: purpose.into(), token, channel, made: Arc::default() })
    }

    /// What credentials say of a unit of work.
    pub(super) fn signed(unit: &SignedUnit) -> Self {
        let purpose = unit.purpose().unwrap_or_default().into();
        Self { purpose, token: unit.token().clone(), channel: Channel::Signed, made: Arc::default() }
    }

    /// The same, held to what `token` was given as well; `None` when it is already. Its purpose stays, and so does what was
    /// taken from its budget.
    pub(super) fn narrowed(&self, token: &TaskToken) -> Option<Self> {
        let token = self.token.narrowed(token);
        let Self { purpose, channel, made, .. } = self;
        (token != self.token).then(|| Self {
            purpose: purpose.clone(),
            token,
            channel: *channel,
            made: Arc::clone(made),
        })
    }

    /// What it is for, in the words of whoever opened it.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// What it was given.
    #[must_use]
    pub const fn token(&self) -> &TaskToken {
        &self.token
    }

    /// How it was opened.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Takes one call from its budget.
    pub fn take(&self) -> Budget {
        let Some(most) = self.token.calls() else { return Budget::Holds };
        let taken = self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |made| {
            if made < most { made.checked_add(1) } else { None }
        });
        if taken.is_ok() { Budget::Holds } else { Budget::Spent }
    }

    /// Gives one call back to its budget: it was taken, and not made.
    pub fn give_back(&self) {
        // Nothing else goes below what was taken, so this fails only for a call that nobody took.
        let _ = self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |made| made.checked_sub(1));
    }

    pub(super) fn bytes(&self) -> usize {
        let tools = self.token.tools().into_iter().flatten();
        size_of::<Self>() + self.purpose.len() + tools.map(|name| name.len() + 32).sum::<usize>()
    }
}
