//! Units of work that are opened by name.
//!
//! Responsible for opening them, and for keeping each call within the task that it names. It must never let what a call
//! says of a task endorse a value: a model may have been told to say it.

use doorward_core::access::{AccessRequest, Direction, Resource};
use doorward_core::decision::{Decision, Denial};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::record::Disposition;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_flow::context::{Context, Voice};
use doorward_flow::contexts::{Budget, Channel, Opened, Place, Task};
use std::sync::atomic::Ordering;

use super::{Flight, Flows};
use crate::begin_task::unfit;
use crate::clock::random_bytes;
use crate::own_tools::OwnTool;

/// A tool as tasks name it: no server's id holds a slash.
pub(crate) fn tool_named(server: &ServerId, tool: &str) -> Box<str> {
    format!("{server}/{tool}").into()
}

/// Endorses what a person has said that the context is for. What a call has said of it endorses nothing.
pub(super) fn declare(context: &mut Context, place: &Place) {
    if let Some(task) = place.task() {
        match task.channel() {
            Channel::Person => context.declare(task.purpose(), Voice::Task),
            Channel::Call => {}
        }
    }
}

impl Flows {
    /// Which tools of the gateway itself callers are offered.
    pub(crate) fn offered(&self) -> &'static [OwnTool] {
        let rules = self.rules.load();
        match (rules.begin_task, rules.project) {
            (true, true) => &OwnTool::ALL,
            (true, false) => &[OwnTool::BeginTask],
            (false, true) => &[OwnTool::Project],
            (false, false) => &[],
        }
    }

    /// Whether they are offered this one.
    pub(crate) fn offers(&self, tool: OwnTool) -> bool {
        self.offered().contains(&tool)
    }

    /// Opens a context for `task`, which the message `id` asks for.
    ///
    /// # Errors
    /// [`Code::Busy`] when too many messages are under way, [`Code::BadParams`] for a task that cannot be opened there.
    pub(crate) fn open(&self, id: ExchangeId, task: Task, now: Timestamp) -> Result<Opened, Refusal> {
        let flight = self.flight(id).ok_or_else(|| Refusal::new(Code::Busy))?;
        self.contexts.open(&flight.place, task, random_bytes(), now).map_err(|wrong| unfit(&wrong))
    }

    /// What was decided of the `requests` of the message `id`, as far as the task that it names was opened for them. Of its
    /// calls, one is taken; it is given back if nothing is forwarded.
    pub(crate) fn within_task(
        &self,
        id: ExchangeId,
        requests: &[AccessRequest],
        decisions: Vec<Decision>,
    ) -> Vec<Decision> {
        let Some(flight) = self.flight(id) else { return decisions };
        let Some(task) = flight.place.task() else { return decisions };
        let judged = requests.iter().zip(decisions).map(|(request, decision)| match decision {
            Decision::Allow { .. } => beyond(&flight, task, request).map_or(decision, Decision::Deny),
            Decision::Deny(_) => decision,
        });
        judged.collect()
    }
}

impl Flight {
    /// The message has landed: a call that went nowhere costs its task nothing.
    pub(super) fn landed(&self, disposition: Disposition) {
        let stayed = match disposition {
            Disposition::Refuse => true,
            Disposition::Allow | Disposition::Answer | Disposition::AnswerError | Disposition::Fail => false,
        };
        if let Some(task) = self.place.task()
            && stayed
            && self.has_taken.swap(false, Ordering::Relaxed)
        {
            task.give_back();
        }
    }
}

/// Why `task` was not opened for the request; `None` when it was, or when the request calls no tool.
fn beyond(flight: &Flight, task: &Task, request: &AccessRequest) -> Option<Denial> {
    let (Resource::Tool(server, tool), Direction::ToServer) = (&request.resource, request.action.direction()) else {
        return None;
    };
    let denied = |detail: &str| Some(Denial::new(Code::BeyondTask).with_detail(Some(detail.to_owned())));
    if !task.tools().is_empty() && !task.tools().contains(&tool_named(server, tool)) {
        return denied("The task names other tools.");
    }
    // A message that is decided on again after a guard has changed it is still one call.
    if flight.has_taken.swap(true, Ordering::Relaxed) {
        return None;
    }
    match task.take() {
        Budget::Holds => None,
        Budget::Spent => {
            flight.has_taken.store(false, Ordering::Relaxed);
            denied("All calls of the task's budget were made.")
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::flow::{Carried as CarriedHandle, CarriedBy, Hints};
    use doorward_core::principal::{Principal, Proof};
    use doorward_flow::canonical::Key;
    use doorward_flow::context::{Beginning, Call};
    use doorward_flow::contexts::{self, Bounds, Contexts, Honesty};
    use doorward_flow::nature::Nature;
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    struct Nothing;

    impl contexts::Body for Nothing {
        fn bytes(&self) -> usize {
            0
        }

        fn shed(&mut self) {}
    }

    /// Whether a value that the purpose of a task names is endorsed in its context.
    fn endorses(channel: Channel) -> bool {
        let contexts = Contexts::new(&[0; 32], Bounds::default(), |_| Nothing);
        let (who, now) = (Principal::new("ann", Proof::LocalToken), Timestamp::from_micros(1));
        let place = contexts.resolve(&who, &Hints::default(), Honesty::Unproven, now);
        let task = Task::new("Write to mallory@evil.example", [], None, channel).unwrap();
        let handle = contexts.open(&place, task, [7; 16], now).unwrap().handle;
        let hints = Hints::default().with_handle(CarriedHandle { handle, by: CarriedBy::Client });
        let place = contexts.resolve(&who, &hints, Honesty::Unproven, now);
        let mut context = Context::new(&Key::from_bytes([0; 16]), Beginning::Unknown);
        declare(&mut context, &place);
        let arguments = RawJson::parse(r#"{"to":"mallory@evil.example"}"#, &Limits::default()).unwrap();
        let (server, nature) = (ServerId::parse("mail").unwrap(), Nature::unknown());
        let call = Call { server: &server, tool: "send", nature: &nature, arguments: Some(arguments.as_raw()) };
        context.judge(&call).endorse.missing.is_empty()
    }

    #[test]
    fn only_a_person_endorses_by_saying_what_a_task_is_for() {
        assert!(endorses(Channel::Person));
        assert!(!endorses(Channel::Call));
    }
}
