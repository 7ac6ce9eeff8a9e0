//! Units of work that have a name: those that calls open, and those that credentials tell of.
//!
//! Responsible for opening them, and for keeping each call within what its credentials and the task that it names were given.
//! It must never let what a call says of a task endorse a value: a model may have been told to say it.

use doorward_core::access::{AccessRequest, Direction, Resource};
use doorward_core::decision::{Decision, Denial};
use doorward_core::flow::{Hints, SignedUnit, TaskToken};
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

/// A tool as tasks name it.
pub(crate) fn tool_named(server: &ServerId, tool: &str) -> Box<str> {
    TaskToken::name_of(server, tool)
}

/// Endorses what a person, or an issuer of credentials, has said that the context is for. What a call has said of it endorses
/// nothing.
pub(super) fn declare(context: &mut Context, place: &Place) {
    for task in place.tasks().filter(|task| !task.purpose().is_empty()) {
        match task.channel() {
            Channel::Person | Channel::Signed => context.declare(task.purpose(), Voice::Task),
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

    /// What was decided of the `requests` of the message `id`, as far as its credentials and the task that it names were given
    /// them. Of the calls of each, one is taken; it is given back if nothing is forwarded.
    pub(crate) fn within_task(
        &self,
        id: ExchangeId,
        requests: &[AccessRequest],
        decisions: Vec<Decision>,
    ) -> Vec<Decision> {
        let flight = self.flight(id);
        let judged = requests.iter().zip(decisions).map(|(request, decision)| match decision {
            Decision::Allow { .. } => {
                let denied = flight.as_ref().map_or_else(|| uncounted(request), |flight| beyond(flight, request));
                denied.map_or(decision, Decision::Deny)
            }
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
        if stayed && self.has_taken.swap(false, Ordering::Relaxed) {
            self.place.tasks().for_each(|task| task.give_back());
        }
    }

    /// Takes a call from the budget of each of its tasks, or from none.
    fn take(&self) -> Budget {
        // A message that is decided on again after a guard has changed it is still one call.
        if self.has_taken.swap(true, Ordering::Relaxed) {
            return Budget::Holds;
        }
        for (at, task) in self.place.tasks().enumerate() {
            if task.take() == Budget::Spent {
                self.place.tasks().take(at).for_each(|taken| taken.give_back());
                self.has_taken.store(false, Ordering::Relaxed);
                return Budget::Spent;
            }
        }
        Budget::Holds
    }
}

/// Why the request is beyond what the message was given; `None` when it is not, or when the request calls no tool.
fn beyond(flight: &Flight, request: &AccessRequest) -> Option<Denial> {
    let (Resource::Tool(server, tool), Direction::ToServer) = (&request.resource, request.action.direction()) else {
        return None;
    };
    let at = unit(request).and_then(SignedUnit::at);
    if flight.place.tasks().any(|task| !task.token().holds(server, tool, at)) {
        return denied("The task names other tools.");
    }
    match flight.take() {
        Budget::Holds => None,
        Budget::Spent => denied("All calls of the task's budget were made."),
    }
}

/// Nobody knows what is left of the budget of a message that did not board.
fn uncounted(request: &AccessRequest) -> Option<Denial> {
    let is_narrow = unit(request).is_some_and(|unit| unit.token().narrows());
    is_narrow.then(|| denied("Too many messages are under way to keep to the task.")).flatten()
}

fn unit(request: &AccessRequest) -> Option<&SignedUnit> {
    request.approach.hints.as_deref().and_then(Hints::unit).map(AsRef::as_ref)
}

fn denied(detail: &str) -> Option<Denial> {
    Some(Denial::new(Code::BeyondTask).with_detail(Some(detail.to_owned())))
}

#[cfg(test)]
mod tests {
    use doorward_core::flow::{Carried as CarriedHandle, CarriedBy};
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
        assert!(endorses(Channel::Person) && endorses(Channel::Signed));
        assert!(!endorses(Channel::Call));
    }
}
