//! A unit of work that somebody opened by name.
//!
//! Responsible for what was said when it was opened, within bounds. Whether that text endorses anything, and what a call
//! beyond its tools or its budget comes to, is for others to decide.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use super::limits::{PURPOSE_BYTES_MAX, TASK_TOOL_BYTES_MAX, TASK_TOOLS_MAX};

/// By which way a task was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By a person who proved who they are, where no model can speak in their place.
    Person,
    /// By a call, which a model may have made because of what it read.
    Call,
}

/// What is wrong with a task that somebody wants to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitTask {
    /// The purpose is empty or too long.
    #[error("a task's purpose has 1 to {PURPOSE_BYTES_MAX} bytes")]
    Purpose,
    /// Too many tools, or a name that cannot be a tool's.
    #[error("a task names at most {TASK_TOOLS_MAX} tools of 1 to {TASK_TOOL_BYTES_MAX} bytes")]
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
    purpose: Box<str>,
    tools: BTreeSet<Box<str>>,
    calls: Option<u32>,
    channel: Channel,
    made: AtomicU32,
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
        if purpose.trim().is_empty() || purpose.len() > PURPOSE_BYTES_MAX {
            return Err(UnfitTask::Purpose);
        }
        let tools: BTreeSet<Box<str>> = tools.into_iter().take(TASK_TOOLS_MAX + 1).map(Box::from).collect();
        if tools.len() > TASK_TOOLS_MAX || tools.iter().any(|name| !(1..=TASK_TOOL_BYTES_MAX).contains(&name.len())) {
            return Err(UnfitTask::Tools);
        }
        Ok(Self { purpose: purpose.into(), tools, calls, channel, made: AtomicU32::new(0) })
    }

    /// What it is for, in the words of whoever opened it.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// The tools it was opened for; empty when it names none.
    #[must_use]
    pub const fn tools(&self) -> &BTreeSet<Box<str>> {
        &self.tools
    }

    /// How it was opened.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Takes one call from its budget.
    pub fn take(&self) -> Budget {
        let Some(most) = self.calls else { return Budget::Holds };
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
        size_of::<Self>() + self.purpose.len() + self.tools.iter().map(|name| name.len() + 32).sum::<usize>()
    }
}
