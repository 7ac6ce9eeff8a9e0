//! What every connection shares: the servers, the policy, the store.
//!
//! Configuration and policy are swapped whole; whoever holds an older view finishes with it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use doorward_core::ids::ServerId;
use doorward_guards::personal::Tokens;
use doorward_guards::secrets::PlaceholderKey;
use doorward_guards::{Guards, Options};
use doorward_policy::{Catalogue, Engine, LoadErrors, PolicyInputs};
use doorward_store::{Store, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::approvals::{ApprovalRules, Approvals};
use crate::clock::random_bytes;
use crate::dialogue::Target;
use crate::flows::{FlowRules, Flows};
use crate::handles::Handles;
use crate::joined::{Joint, JointId, JointSetup, Shelves};
use crate::limits::REFIT_WAIT;
use crate::meters::{History, Meters, TaskDuties};
use crate::metrics::Metrics;
use crate::observe::{Observer, Resolver};
use crate::pins::{First, PinRules, Pins};
use crate::server::Server;
use crate::stops::Stops;
use crate::usual::Usual;

/// The shared state of a running gateway.
#[derive(Debug)]
pub struct Gateway {
    view: ArcSwap<View>,
    /// Held while a view is made from the one before it, so that no change is lost between two. Whoever loads a policy
    /// takes it along to a thread of its own: loading takes long enough to hold up everybody else.
    changing: Arc<Mutex<()>>,
    store: Store,
    metrics: Metrics,
    meters: Meters,
    task_duties: TaskDuties,
    history: History,
    usual: Usual,
    flows: Flows,
    observer: Observer,
    shelves: Shelves,
    handles: Handles,
    /// What stands for values; the same as long as the gateway runs.
    placeholders: Placeholders,
    pins: Pins,
    approvals: Approvals,
    stops: Stops,
    authority: Authority,
}

/// What stands for secrets and personal data.
#[derive(Debug)]
struct Placeholders {
    secrets: PlaceholderKey,
    tokens: Tokens,
}

/// Who says what may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The policy in force.
    Policy,
    /// The endpoint behind: this gateway only carries messages to it (`doorward connect`).
    Endpoint,
}

/// One consistent view of servers and policy.
#[derive(Debug, Clone)]
pub struct View {
    /// The servers by id.
    pub servers: BTreeMap<ServerId, Arc<Server>>,
    /// The endpoints that join several of them, by where they are served.
    pub joints: BTreeMap<String, Arc<Joint>>,
    /// What the policy is made of.
    pub inputs: Arc<PolicyInputs>,
    /// The policy, loaded for what the servers are known to offer.
    pub engine: Arc<Engine>,
    /// What inspects the content of messages.
    pub guards: Arc<Guards>,
    /// Grows with every change, for `/metrics`.
    pub generation: u64,
}

/// What a gateway serves.
#[derive(Debug)]
pub struct Served {
    /// The servers by id.
    pub servers: BTreeMap<ServerId, Arc<Server>>,
    /// The endpoints that join several of them.
    pub joints: Vec<JointSetup>,
    /// How content is inspected.
    pub guards: Options,
}

impl Default for Served {
    fn default() -> Self {
        Self { servers: BTreeMap::new(), joints: Vec::new(), guards: Options::standard() }
    }
}

impl Gateway {
    /// A gateway with these endpoints and policies.
    ///
    /// # Errors
    /// The policy does not load.
    pub fn new(served: Served, inputs: Arc<PolicyInputs>, store: Store) -> Result<Self, LoadErrors> {
        let gateway = Self::unprepared(served, inputs, store)?;
        gateway.guards().prepare();
        Ok(gateway)
    }

    /// The same before its guards are made, which takes long.
    fn unprepared(served: Served, inputs: Arc<PolicyInputs>, store: Store) -> Result<Self, LoadErrors> {
        let placeholders =
            Placeholders { secrets: PlaceholderKey::new(random_bytes()), tokens: Tokens::new(random_bytes()) };
        let view = View::load(served, inputs, (1, &placeholders), None)?;
        let history = History::default();
        history.declare(&view.inputs.counted);
        let (changing, shelves) = (Arc::default(), Shelves::default());
        let (metrics, authority) = (Metrics::new(), Authority::Policy);
        let pins = Pins::new(store.pins().clone());
        let approvals = Approvals::new(store.approvals().clone());
        let stops = Stops::new(store.stops().clone());
        Ok(Self {
            view: ArcSwap::from_pointee(view),
            changing,
            store,
            metrics,
            meters: Meters::default(),
            task_duties: TaskDuties::default(),
            history,
            usual: Usual::default(),
            flows: Flows::fleeting(),
            observer: Observer::default(),
            shelves,
            handles: Handles::default(),
            placeholders,
            pins,
            approvals,
            stops,
            authority,
        })
    }

    /// A gateway that lets everything pass, because all it does is carry messages to an endpoint which decides.
    ///
    /// # Errors
    /// Not even an empty policy loads.
    pub(crate) fn carrying(served: Served, store: Store) -> Result<Self, LoadErrors> {
        let gateway = Self { authority: Authority::Endpoint, ..Self::unprepared(served, Arc::default(), store)? };
        gateway.pin_by(PinRules { first: First::Off, ..PinRules::default() });
        Ok(gateway)
    }

    /// From now on asks `resolver` where hosts are.
    pub fn resolve_with(&self, resolver: Resolver) {
        self.observer.resolve_with(resolver);
    }

    /// Who looks at what requests name.
    pub(crate) const fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Who says what may pass.
    pub(crate) const fn authority(&self) -> Authority {
        self.authority
    }

    /// The server of that id.
    #[must_use]
    pub fn server(&self, id: &str) -> Option<Arc<Server>> {
        let id = ServerId::parse(id).ok()?;
        self.view.load().servers.get(&id).cloned()
    }

    /// What is served at `place`: `/s/<server>` is one server, nothing and `/v/<view>` are joint endpoints.
    #[must_use]
    pub fn target(&self, place: &str) -> Option<Target> {
        match place.strip_prefix("/s/") {
            Some(id) => self.server(id).map(Target::Server),
            None => self.view.load().joints.get(place).cloned().map(Target::Joint),
        }
    }

    /// The joint endpoint of that id, as it is in force now.
    #[must_use]
    pub fn joint(&self, id: &JointId) -> Option<Arc<Joint>> {
        self.view.load().joints.get(&id.place()).cloned()
    }

    /// The view in force.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// The policy in force.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.view.load().engine.clone()
    }

    /// The record store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The counters.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What inspects the content of messages.
    pub(crate) fn guards(&self) -> Arc<Guards> {
        self.view.load().guards.clone()
    }

    /// What is known of the definitions of all servers.
    pub(crate) const fn pins(&self) -> &Pins {
        &self.pins
    }

    /// From now on keeps pins by these rules.
    pub fn pin_by(&self, rules: PinRules) {
        self.pins.set(rules);
    }

    /// What people are asked and have said.
    #[must_use]
    pub const fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// What an operator has stopped.
    pub(crate) const fn stops(&self) -> &Stops {
        &self.stops
    }

    /// From now on asks people by these rules.
    pub fn ask_by(&self, rules: ApprovalRules) {
        self.approvals.set(rules);
    }

    /// From now on sends people to the pages of questions below this address, which ends in `/`.
    pub fn show_approvals_at(&self, pages: Option<String>) {
        self.approvals.show_at(pages);
    }

    /// What rules that limit have counted.
    pub(crate) const fn meters(&self) -> &Meters {
        &self.meters
    }

    /// How large answers usually are.
    pub(crate) const fn usual(&self) -> &Usual {
        &self.usual
    }

    /// Where data flows.
    pub(crate) const fn flows(&self) -> &Flows {
        &self.flows
    }

    /// Brings back what records tell of the flow of data, before anything is served.
    ///
    /// # Errors
    /// The store cannot be read: then nobody knows what was read before.
    pub(crate) async fn recall_flows(&mut self) -> Result<(), StoreError> {
        self.flows = Flows::recalled(&self.store).await?;
        Ok(())
    }

    /// From now on goes by these rules on the flow of data, beside the policies.
    pub fn follow_by(&self, rules: FlowRules) {
        self.flows.set(rules);
    }

    /// What happened lately.
    pub(crate) const fn history(&self) -> &History {
        &self.history
    }

    /// Which duties the tasks carry that were given.
    pub(crate) const fn task_duties(&self) -> &TaskDuties {
        &self.task_duties
    }

    /// Whose task ids are.
    #[must_use]
    pub const fn handles(&self) -> &Handles {
        &self.handles
    }

    /// What joint endpoints remember of the servers.
    #[must_use]
    pub const fn shelves(&self) -> &Shelves {
        &self.shelves
    }

    /// Puts other servers and policies in force, or nothing at all.
    ///
    /// # Errors
    /// The policy does not load, or nobody could load it; the view in force stays.
    pub async fn replace(self: &Arc<Self>, served: Served, inputs: Arc<PolicyInputs>) -> Result<u64, NotReplaced> {
        let turn = self.changing.clone().lock_owned().await;
        let gateway = self.clone();
        let load = move || {
            let _turn = turn;
            let before = gateway.view();
            let generation = before.generation.saturating_add(1);
            let present = Some(&before.guards);
            let view = Arc::new(View::load(served, inputs, (generation, &gateway.placeholders), present)?);
            if gateway.authority == Authority::Policy {
                view.guards.prepare();
            }
            gateway.history.declare(&view.inputs.counted);
            gateway.view.store(view);
            gateway.shelves.replaced();
            Ok(generation)
        };
        tokio::task::spawn_blocking(load).await.map_err(|_| NotReplaced::Interrupted)?
    }

    /// Loads the policy anew because a server was seen to offer something new, and waits until that is done, within
    /// [`REFIT_WAIT`]. A server that changes all the time waits for its pace. Meanwhile, and when the policy does not
    /// fit what it offers, the one in force stays, which does not know the new tools and so refuses them.
    pub async fn relearn(self: &Arc<Self>, server: &ServerId) {
        let Some(server) = self.view.load().servers.get(server).cloned() else { return };
        if self.authority == Authority::Endpoint {
            let definitions = server.definitions();
            definitions.settle(definitions.version());
            return;
        }
        if tokio::time::timeout(REFIT_WAIT, self.settle(&server)).await.is_err() {
            tracing::warn!(server = %server.id(), "what the server offers changes too fast, or takes too long to load");
        }
    }

    /// Safe to drop: a loading that has begun goes on, and the next one waits for it.
    async fn settle(self: &Arc<Self>, server: &Server) {
        let definitions = server.definitions();
        // What is learned while we wait is not ours to wait for.
        let wanted = definitions.version();
        loop {
            let turn = self.changing.clone().lock_owned().await;
            if definitions.is_settled_for(wanted) {
                // Somebody else did it while we waited.
                return;
            }
            match definitions.take_refit(Instant::now()) {
                Ok(()) => {
                    let (gateway, id) = (self.clone(), server.id().clone());
                    if tokio::task::spawn_blocking(move || gateway.refit(&id, turn)).await.is_err() {
                        tracing::error!(server = %server.id(), "the policy could not be loaded anew");
                    }
                    return;
                }
                Err(wait) => {
                    drop(turn);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// The loading itself, on a thread where it holds up nobody. `_turn` ends with it.
    fn refit(&self, server: &ServerId, _turn: OwnedMutexGuard<()>) {
        let began = Instant::now();
        let current = self.view.load_full();
        // Versions first: what is learned after this stays unsettled.
        let versions: Vec<_> =
            current.servers.values().map(|server| (server, server.definitions().version())).collect();
        let (catalogues, unknown) = offered(&current.servers);
        match current.engine.refit(&catalogues, &unknown) {
            Ok(engine) => {
                for warning in engine.warnings() {
                    tracing::warn!(server = %server, file = warning.file(), "{warning}");
                }
                self.view.store(Arc::new(View { engine: Arc::new(engine), ..current.as_ref().clone() }));
            }
            Err(errors) => {
                tracing::error!(server = %server, errors = %errors, "the policy does not fit what the server offers");
            }
        }
        for (server, version) in versions {
            server.definitions().settle(version);
        }
        if let Some(server) = current.servers.get(server) {
            server.definitions().refit_took(began.elapsed());
        }
    }
}

/// Why other servers and policies were not put in force.
#[derive(Debug, thiserror::Error)]
pub enum NotReplaced {
    /// The policy does not load.
    #[error("the policy does not load: {0}")]
    Policy(#[from] LoadErrors),
    /// The loading ended before its end.
    #[error("the policy could not be loaded")]
    Interrupted,
}

impl Gateway {
    /// Holds the policy against everything the servers were seen to offer, as strictly as at load. Takes long enough to
    /// hold up others: call it where that does not matter.
    ///
    /// # Errors
    /// A rule does not fit.
    pub fn check(&self) -> Result<(), LoadErrors> {
        let view = self.view();
        let (catalogues, unknown) = offered(&view.servers);
        Engine::load(&view.inputs, &catalogues, &unknown).map(drop)
    }
}

impl View {
    fn load(
        served: Served,
        inputs: Arc<PolicyInputs>,
        (generation, placeholders): (u64, &Placeholders),
        present: Option<&Arc<Guards>>,
    ) -> Result<Self, LoadErrors> {
        let Served { servers, joints, mut guards } = served;
        guards.secrets.key = placeholders.secrets;
        guards.personal.tokens = placeholders.tokens.clone();
        let (catalogues, unknown) = offered(&servers);
        let engine = Arc::new(Engine::load(&inputs, &catalogues, &unknown)?);
        let joints =
            joints.into_iter().map(|setup| (setup.id.place(), Arc::new(Joint::new(setup, &servers)))).collect();
        // Making them takes long, and they know what they have numbered.
        let same = present.filter(|present| *present.options() == guards).cloned();
        let guards = same.unwrap_or_else(|| Arc::new(Guards::new(guards)));
        Ok(Self { servers, joints, inputs, engine, guards, generation })
    }
}

/// What the servers were seen to offer, and which have shown nothing yet.
fn offered(servers: &BTreeMap<ServerId, Arc<Server>>) -> (Vec<Arc<Catalogue>>, Vec<ServerId>) {
    let (listed, unknown): (Vec<_>, Vec<_>) = servers.values().partition(|server| server.definitions().listed());
    let catalogues = listed.into_iter().map(|server| server.definitions().catalogue()).collect();
    (catalogues, unknown.into_iter().map(|server| server.id().clone()).collect())
}
