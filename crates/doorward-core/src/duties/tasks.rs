//! Which duties the result of a task carries: those of the call that made it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::AnswerDuties;
use crate::ids::ServerId;
use crate::limits::{TASKS_REMEMBERED_EACH_MAX, TASKS_REMEMBERED_MAX};
use crate::principal::PrincipalId;

/// A task: whom it was given to, by which server, under which id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GivenTask {
    /// Who made the call.
    pub principal: PrincipalId,
    /// The server that gave it.
    pub server: ServerId,
    /// Its id.
    pub id: Arc<str>,
}

/// What is remembered of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recalled {
    /// The duties of the call that made it, which may be none.
    Duties(AnswerDuties),
    /// Nothing: it was made before our time, by somebody else, or too long ago.
    Nothing,
}

/// The tasks of a gateway with their duties; the oldest is forgotten first: of whoever has a full share their own.
#[derive(Debug, Default)]
pub struct TaskDuties {
    tasks: BTreeMap<GivenTask, AnswerDuties>,
    order: VecDeque<GivenTask>,
    /// How many tasks each principal has here.
    shares: BTreeMap<PrincipalId, usize>,
}

impl TaskDuties {
    /// Remembers a task. A server that gives one id twice has the duties of both calls on it.
    pub fn keep(&mut self, task: GivenTask, duties: &AnswerDuties) {
        if let Some(known) = self.tasks.get_mut(&task) {
            return known.join(duties);
        }
        self.make_room(&task.principal);
        *self.shares.entry(task.principal.clone()).or_default() += 1;
        self.order.push_back(task.clone());
        self.tasks.insert(task, duties.clone());
    }

    fn make_room(&mut self, principal: &PrincipalId) {
        let share = self.shares.get(principal).copied().unwrap_or_default();
        let leaving = if share >= TASKS_REMEMBERED_EACH_MAX {
            let own = self.order.iter().position(|task| task.principal == *principal);
            own.and_then(|own| self.order.remove(own))
        } else if self.tasks.len() >= TASKS_REMEMBERED_MAX {
            self.order.pop_front()
        } else {
            None
        };
        let Some(leaving) = leaving else { return };
        self.tasks.remove(&leaving);
        if let Some(share) = self.shares.get_mut(&leaving.principal) {
            *share = share.saturating_sub(1);
        }
        self.shares.retain(|_, share| *share > 0);
    }

    /// What is remembered of a task.
    #[must_use]
    pub fn recall(&self, task: &GivenTask) -> Recalled {
        self.tasks.get(task).map_or(Recalled::Nothing, |duties| Recalled::Duties(duties.clone()))
    }
}
