//! Where data flows through a running gateway: the contexts that live, and what is said of each message because of them.
//!
//! Responsible for asking doorward-flow at the right moments: a message boards when it arrives, is judged before it is
//! decided, is taken in before it is shown, and lands when its outcome is recorded. What follows is the policy's to say.
//! It must never keep a value of a message, and never show what was not taken in first.

mod arrival;
mod asking;
mod body;
mod hidden;
mod learning;
mod note;
mod recall;
mod task;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use aws_lc_rs::digest::{self, SHA256};
use doorward_core::access::{AccessRequest, Approach, Direction, Observed, Resource};
use doorward_core::flow::{Confidentiality, ContextSeen, FlowSeen, Hints, Label, Missing, Origin, Role, Source};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::{Principal, PrincipalId};
use doorward_core::time::Timestamp;
use doorward_flow::canonical::{Key, Keyed};
use doorward_flow::context::{Call, Context, Judgement};
use doorward_flow::contexts::{Bounds, Contexts, Place};
use doorward_flow::ledger::{Caps, Carried, PrincipalLedger, Sending, Walls};
use doorward_flow::nature::Nature;
use doorward_flow::prints::PrintKey;
use doorward_flow::structure::Shapes;
use doorward_mcp::raw::RawJson;
use doorward_store::Store;

use crate::clock::{now, random_bytes};
use crate::config::ContextRules;
use crate::gateway::Gateway;
use crate::hints;
use crate::limits::{FLIGHTS_MAX, FLOW_LOOK, LEDGERS_MAX};

pub(crate) use asking::Asks;
use body::Body;
use hidden::carriage::Carriage;
pub(crate) use hidden::carriage::foreign;
pub(crate) use hidden::{Shown, Sight, error_code};
use learning::Teaching;
pub(crate) use task::tool_named;

/// What an operator says of flow, beside the policies.
#[derive(Debug, Clone, Default)]
pub struct FlowRules {
    /// From which counts on the ledger speaks.
    pub caps: Caps,
    /// Which sides stay apart.
    pub walls: Walls,
    /// The clients that always say truly which unit of work a message belongs to.
    pub honest_clients: BTreeSet<Arc<str>>,
    /// Whether callers may open units of work by name.
    pub begin_task: bool,
    /// Whether callers may ask bounded questions about hidden results.
    pub project: bool,
    /// Whether good work teaches later work.
    pub learn: bool,
}

impl FlowRules {
    /// Those that go with what the configuration says of units of work.
    #[must_use]
    pub fn by(contexts: &ContextRules) -> Self {
        let ContextRules { honest_clients, walls, begin_task, project, learn, bounds } = contexts.clone();
        Self { caps: Caps::of_context(bounds), walls, honest_clients, begin_task, project, learn }
    }
}

/// The contexts of a running gateway, and the messages under way in them.
pub(crate) struct Flows {
    contexts: Contexts<Body>,
    keyed: Keyed,
    prints: PrintKey,
    shapes: Mutex<Shapes>,
    /// Where each principal read last what matters: contexts that are merged or opened have it from elsewhere.
    read: Mutex<BTreeMap<PrincipalId, Vec<Source>>>,
    ledgers: Mutex<BTreeMap<PrincipalId, Arc<Mutex<PrincipalLedger>>>>,
    flights: Mutex<HashMap<ExchangeId, Arc<Flight>>>,
    /// Bytes of hidden results over all contexts.
    hidden_bytes: Arc<AtomicUsize>,
    /// Servers that were sent calls whose results are hidden.
    hiding: Mutex<BTreeSet<ServerId>>,
    rules: Arc<ArcSwap<FlowRules>>,
    /// What good work has shown, before it lies in the store.
    teaching: Teaching,
}

/// One message under way.
struct Flight {
    place: Place,
    owner: PrincipalId,
    sight: Sight,
    /// What it carries that its sender has never seen.
    carriage: OnceLock<Carriage>,
    judged: Mutex<Judged>,
    /// Whether a call was taken from the budget of its task.
    has_taken: AtomicBool,
}

/// What is known of a message since it was judged.
#[derive(Default)]
struct Judged {
    /// What people and earlier work have vouched for.
    known: Known,
    /// Whether a value counts because it was learned.
    by_lesson: bool,
    /// The arguments without an endorsed origin, and the keyed hash of each value.
    values: Vec<(Missing, u64)>,
    /// Where text of what it would carry out was read.
    taken_from: Vec<Source>,
    /// The most that its answer may add.
    widest: Label,
    /// What was decided, for what its answer may change; `None` once a person has said yes to it.
    decided: Option<Box<(AccessRequest, Observed)>>,
}

/// What was vouched for outside of the context: values by role and hash.
#[derive(Debug, Clone, Default)]
struct Known {
    /// By people.
    endorsed: Vec<(Role, u64)>,
    /// By earlier work.
    learned: Vec<(Role, u64)>,
}

impl Flows {
    /// None yet, with what hashes and ids are made of: labels come back after a restart only under the same.
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        let key = value_key(secret);
        let rules: Arc<ArcSwap<FlowRules>> = Arc::default();
        let followed = rules.clone();
        let begin = move |place: &Place| Body::new(&key, place, &followed, now());
        Self {
            contexts: Contexts::new(secret, Bounds::default(), begin),
            keyed: Keyed::new(&key),
            prints: PrintKey::new(&key),
            shapes: Mutex::new(Shapes::new(&key)),
            read: Mutex::default(),
            ledgers: Mutex::default(),
            flights: Mutex::default(),
            hidden_bytes: Arc::default(),
            hiding: Mutex::default(),
            rules,
            teaching: Teaching::default(),
        }
    }

    /// With a secret of its own: nothing is brought back.
    pub(crate) fn fleeting() -> Self {
        Self::new(&random_bytes())
    }

    /// From now on goes by these rules.
    pub(crate) fn set(&self, rules: FlowRules) {
        self.rules.store(Arc::new(rules));
    }

    /// A message sets out: finds the context it belongs to, and says so in its approach.
    pub(crate) fn board(
        &self,
        id: ExchangeId,
        (who, sight): (&Principal, Sight),
        approach: Approach,
        now: Timestamp,
    ) -> Approach {
        let mut flights = self.flights();
        if flights.len() >= FLIGHTS_MAX {
            // Whoever asks for the flow of a message that did not board gets the worst answer.
            return approach;
        }
        let nothing = Hints::default();
        let said = approach.hints.as_deref().unwrap_or(&nothing);
        let honesty = hints::honesty(&self.rules.load().honest_clients, who);
        let place = self.contexts.resolve(who, said, honesty, now);
        let context = Some(place.id());
        let (owner, carriage, judged) = (who.id().clone(), OnceLock::new(), Mutex::default());
        let flight = Flight { place, owner, sight, carriage, judged, has_taken: AtomicBool::default() };
        flights.insert(id, Arc::new(flight));
        Approach { context, ..approach }
    }

    /// What the decision point is told of `request`, a part of the message `id`, where these values are known.
    fn judge(
        &self,
        gateway: &Gateway,
        id: ExchangeId,
        request: &AccessRequest,
        known: Known,
        now: Timestamp,
    ) -> FlowSeen {
        let Some(flight) = self.flight(id) else { return worst() };
        let ledger = self.ledger(&flight.owner, now);
        let nature = nature(gateway, &request.resource);
        let (rules, mut values, mut taken_from) = (self.rules.load(), Vec::new(), Vec::new());
        let seen = self.contexts.with(&flight.place, now, |entry| {
            entry.body.context.raise(entry.label);
            entry.body.count_in(&ledger);
            let label = flight.carriage.get().map_or(entry.label.clone(), |carried| entry.label.join(&carried.label));
            let context = ContextSeen { label, ground: flight.place.ground() };
            let mut seen = FlowSeen { context, ..FlowSeen::default() };
            if let Some(call) = call(request, nature.as_deref()) {
                let judgement = judgement(&entry.body.context, &call, &known);
                (seen.endorse, values) = (judgement.endorse, judgement.missing_values);
                if let Some(arguments) = call.arguments.filter(|_| seen.endorse.egress) {
                    taken_from = entry.body.taken_from(&self.prints, arguments.text());
                }
                let carried = Carried::read(&self.keyed, &call, &rules.walls);
                let sending = Sending { server: call.server, egress: seen.endorse.egress, carried: &carried };
                seen.ledger = locked(&ledger).weigh(&entry.body.ledger, &sending, &rules.caps, now);
            }
            seen
        });
        let mut judged = locked(&flight.judged);
        (judged.values, judged.taken_from) = (values, taken_from);
        judged.by_lesson = seen.endorse.weakest == Some(Origin::Learned);
        judged.known = known;
        if flight.sight == Sight::Open {
            judged.widest = judged.widest.join(&widest(gateway, &request.resource, nature.as_deref()));
        }
        seen
    }

    /// `request` is let through: what it names was named, and what it carries is sent.
    pub(crate) fn allowed(&self, gateway: &Gateway, id: ExchangeId, request: &AccessRequest, now: Timestamp) {
        let Some(flight) = self.flight(id) else { return };
        let nature = nature(gateway, &request.resource);
        let Some(call) = call(request, nature.as_deref()) else { return };
        let (ledger, rules) = (self.ledger(&flight.owner, now), self.rules.load());
        let known = std::mem::take(&mut locked(&flight.judged).known);
        let (unit, lessons, is_doubtful) = self.contexts.with(&flight.place, now, |entry| {
            entry.body.context.raise(entry.label);
            entry.body.count_in(&ledger);
            // What its sender has never seen, nobody has said.
            let masked = flight.carriage.get().map(|carried| carried.masked.as_raw().member("arguments"));
            let said = Call { arguments: masked.unwrap_or(call.arguments), ..call };
            let lessons = if rules.learn { lessons(&entry.body.context, &said, &known) } else { Vec::new() };
            entry.body.context.allowed(&said);
            let carried = Carried::read(&self.keyed, &call, &rules.walls);
            let sending = Sending { server: call.server, egress: call.nature.egress, carried: &carried };
            locked(&ledger).sent(&mut entry.body.ledger, &sending, now);
            (entry.body.unit(&self.keyed, &flight.place), lessons, entry.body.is_doubtful)
        });
        locked(&flight.judged).values.clear();
        if is_doubtful && rules.learn {
            self.settle(unit, request);
        }
        self.teach(&flight, unit, &call, lessons);
    }

    /// Forgets contexts that are over and hands on what good work has shown, for as long as it is driven.
    pub(crate) async fn sweep(&self, store: &Store) {
        tokio::select! {
            () = self.forget() => {}
            () = self.teaching.hand_over(store.lessons()) => {}
        }
    }

    async fn forget(&self) {
        let mut look = tokio::time::interval(FLOW_LOOK);
        loop {
            look.tick().await;
            self.contexts.sweep(now());
        }
    }

    fn flight(&self, id: ExchangeId) -> Option<Arc<Flight>> {
        self.flights().get(&id).cloned()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<ExchangeId, Arc<Flight>>> {
        locked(&self.flights)
    }

    /// What is counted for a principal, over all contexts.
    fn ledger(&self, owner: &PrincipalId, now: Timestamp) -> Arc<Mutex<PrincipalLedger>> {
        let mut ledgers = locked(&self.ledgers);
        if let Some(ledger) = ledgers.get(owner) {
            return ledger.clone();
        }
        if ledgers.len() >= LEDGERS_MAX {
            // The ledgers of contexts stay; what was counted over several is begun again.
            tracing::warn!("more principals than ledgers are kept for; counts over contexts begin again");
            ledgers.clear();
        }
        let ledger = Arc::new(Mutex::new(PrincipalLedger::new(now)));
        ledgers.insert(owner.clone(), ledger.clone());
        ledger
    }
}

impl std::fmt::Debug for Flows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flows").field("contexts", &self.contexts).finish_non_exhaustive()
    }
}

/// What values are hashed under: apart from what ids are made of.
fn value_key(secret: &[u8; 32]) -> Key {
    let mut digest = digest::Context::new(&SHA256);
    digest.update(b"doorward values");
    digest.update(secret);
    let mut key = [0; 16];
    key.iter_mut().zip(digest.finish().as_ref()).for_each(|(byte, hashed)| *byte = *hashed);
    Key::from_bytes(key)
}

/// What is said of a message of which nothing is known: everything was read, and nothing is vouched for.
fn worst() -> FlowSeen {
    let mut label = Label::unknown();
    label.confidentiality = Confidentiality::Secret;
    let missing = Missing { path: Arc::from(""), role: Role::Target };
    let mut seen = FlowSeen { context: ContextSeen { label, ..ContextSeen::default() }, ..FlowSeen::default() };
    (seen.endorse.consequential, seen.endorse.egress, seen.endorse.missing) = (true, true, vec![missing]);
    seen
}

/// What is assumed of the tool or prompt; `None` for what is neither.
fn nature(gateway: &Gateway, resource: &Resource) -> Option<Arc<Nature>> {
    match resource {
        Resource::Tool(server, name) => {
            let known = gateway.view().servers.get(server).and_then(|server| server.definitions().nature(name));
            Some(known.unwrap_or_else(|| Arc::new(Nature::unknown())))
        }
        // Nobody says what a server does with what a prompt is given: some fetch pages for it.
        Resource::Prompt(..) => Some(Arc::new(Nature::unknown())),
        Resource::Server(_) | Resource::Resource(..) => None,
    }
}

/// What may be said of `call` in that context, where these values are known.
fn judgement(context: &Context, call: &Call<'_>, known: &Known) -> Judgement {
    knowing(context, call, known).judge(call)
}

/// What `call` shows in that context, where these values are known.
fn lessons(context: &Context, call: &Call<'_>, known: &Known) -> Vec<learning::Shown> {
    knowing(context, call, known).lessons(call)
}

/// The context with what is known beside it.
fn knowing<'c>(context: &'c Context, call: &Call<'_>, known: &Known) -> Cow<'c, Context> {
    let mut context = Cow::Borrowed(context);
    for (role, value) in &known.endorsed {
        context.to_mut().approve(call.server, call.tool, *role, *value);
    }
    for (role, value) in &known.learned {
        context.to_mut().learn(call.server, call.tool, *role, *value);
    }
    context
}

fn call<'a>(request: &'a AccessRequest, nature: Option<&'a Nature>) -> Option<Call<'a>> {
    let (Resource::Tool(server, tool) | Resource::Prompt(server, tool), Direction::ToServer) =
        (&request.resource, request.action.direction())
    else {
        return None;
    };
    let arguments = request.arguments.as_ref().map(|arguments| arguments.as_raw());
    Some(Call { server, tool, nature: nature?, arguments })
}

/// The most that an answer about `resource` may add to a label.
fn widest(gateway: &Gateway, resource: &Resource, nature: Option<&Nature>) -> Label {
    let mut label = match (resource, nature) {
        (Resource::Tool(..), Some(nature)) => nature.widest(),
        (_, nature) => {
            let beside = said_beside_tools(gateway, resource.server());
            nature.map_or(beside.clone(), |nature| beside.join(&nature.widest()))
        }
    };
    label.origins.insert(resource.server().clone());
    label
}

/// What may stand in anything that is no answer of a tool: a server may say there whatever its tools could have said.
fn said_beside_tools(gateway: &Gateway, server: &ServerId) -> Label {
    gateway.view().servers.get(server).map_or_else(Label::unknown, |server| server.definitions().widest())
}

/// What a tool says of its results.
fn output_schema(gateway: &Gateway, resource: &Resource) -> Option<RawJson> {
    let Resource::Tool(server, tool) = resource else { return None };
    gateway.view().servers.get(server)?.definitions().output_schema(tool)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
