//! Approvals: a person's yes to one call, or to the values of one.
//!
//! Responsible for what a question to a person is bound to, for asking within the bounds, and for finding the answer when
//! the same call comes again. Nothing waits here: questions and answers lie in the store, where the command line and other
//! gateways see them. It must never let a yes count for anything but what was asked, and never let pass what could not be
//! asked.

mod answer;
mod question;
mod rules;
mod visit;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use doorward_core::access::{AccessRequest, Direction};
use doorward_core::exchange::{AwaitAnswer, Consent, Pending, Visit};
use doorward_core::flow::{ContextId, Missing, Role};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::bridge::{Ability, Declared};
use doorward_mcp::message::{Message, Request, Response};
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;
use doorward_store::{ApprovalBounds, ApprovalQuestion, Asked, Consulted, EndorsedThing, NotAsked, StoreError};

pub use answer::{Word, answer};
pub use rules::ApprovalRules;

use crate::clock::now;
use crate::gateway::Gateway;
use crate::limits::{APPROVALS_LOOK, APPROVALS_OPEN_MAX, APPROVALS_OPEN_PER_PRINCIPAL_MAX, APPROVALS_UNDERWAY_MAX};
use question::{Defined, Posed};
use visit::Visits;

const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// What people are asked and have said.
#[derive(Debug)]
pub struct Approvals {
    store: doorward_store::Approvals,
    rules: ArcSwap<ApprovalRules>,
    /// Where the pages of questions are, with a `/` at the end; `None` where there are none.
    pages: ArcSwapOption<String>,
    visits: Visits,
    /// Exchanges under way that used a yes: what their server asks in its answer belongs to what was approved.
    underway: Mutex<BTreeMap<ExchangeId, [u8; 32]>>,
}

/// What is known of the flow that a call is part of, for a question about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowAsked {
    /// The context of the call.
    pub context: Option<ContextId>,
    /// What its label says, in words. A call is asked about anew when they change.
    pub labels: Vec<String>,
    /// The arguments without an endorsed origin, and the keyed hash of each value. Where there are any, and a context, their
    /// values are what is asked about, not the call.
    pub missing: Vec<(Missing, u64)>,
    /// The parameters as they are written down, where the caller has never seen all of them.
    pub params: Option<RawJson>,
}

impl FlowAsked {
    /// What the label says of how bad it can be: a yes to values is good as long as that stays.
    fn levels(&self) -> Vec<&String> {
        self.labels.iter().filter(|label| is_level(label)).collect()
    }
}

/// Whether a word on a label tells a level, and not a kind.
pub(crate) fn is_level(label: &str) -> bool {
    !label.starts_with("category")
}

/// An approved call whose server asked something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoesOn {
    exchange: ExchangeId,
    /// What its client comes back with.
    state: [u8; 32],
}

impl Approvals {
    pub(crate) fn new(store: doorward_store::Approvals) -> Self {
        Self {
            store,
            rules: ArcSwap::from_pointee(ApprovalRules::default()),
            pages: ArcSwapOption::empty(),
            visits: Visits::new(),
            underway: Mutex::default(),
        }
    }

    /// Puts other rules in force.
    pub(crate) fn set(&self, rules: ApprovalRules) {
        self.rules.store(Arc::new(rules));
    }

    /// From now on sends people to the pages below this address, where their client can do that.
    pub(crate) fn show_at(&self, pages: Option<String>) {
        self.pages.store(pages.map(Arc::new));
    }

    /// What people say to a message that waits for them: uses their yes, or asks them.
    pub(crate) async fn consult(&self, gateway: &Gateway, waiting: &AwaitAnswer, flow: &FlowAsked) -> Consent {
        let asking = waiting.asking();
        // What a server asks of a client waits for nobody, and neither does what has no sender to try it again.
        let (Direction::ToServer, Message::Request(request)) = (asking.arrival.direction, &asking.arrival.message)
        else {
            return Consent::Absent;
        };
        if !self.can_ask() {
            return Consent::Absent;
        }
        let expires = after(asking.arrival.at.max(now()), self.rules.load().wait);
        let definition = question::definition(gateway, asking.resource);
        let Posed { call, essence } = match question::about(waiting, definition, flow, expires) {
            Ok(posed) => posed,
            Err(unaskable) => return unasked(unaskable.sentence()),
        };
        if brings_answers(request) {
            return self.go_on(&call, &essence, request).await;
        }
        let data = question::about_data(&call, flow);
        let (question, consulted) = match self.ask(call, data).await {
            Ok(asked) => asked,
            Err(error) => return unreadable(&error),
        };
        match consulted {
            Consulted::Granted { by } => self.given((question.exchange, essence), &by),
            Consulted::Denied => Consent::Withhold,
            Consulted::Open { ids, expires, asked } => {
                let visit = match asked {
                    Asked::Now if flow.params.is_none() => {
                        self.visit(request, &question, (&asking.arrival.principal, &ids), expires)
                    }
                    // Who was sent to the page once knows where it is; and what comes back from there is the call as its
                    // caller knows it.
                    Asked::Now | Asked::Before => None,
                };
                Consent::Await(Pending { ids, minutes: minutes_until(expires), visit })
            }
            Consulted::NotAsked(why) => unasked(match why {
                NotAsked::Budget => "As many questions as one caller may cause within an hour were asked.",
                NotAsked::Principal => "Too many questions of this caller are open.",
                NotAsked::Full => "Too many questions are open.",
            }),
        }
    }

    /// Whether there may be somebody who answers.
    pub(crate) fn can_ask(&self) -> bool {
        self.store.can_be_answered()
    }

    /// The values that people endorsed for what `request` names in that context, whose label says so much, and in which role.
    ///
    /// # Errors
    /// The store cannot be read; then nothing counts as endorsed.
    pub(crate) async fn endorsed(
        &self,
        gateway: &Gateway,
        context: ContextId,
        request: &AccessRequest,
        labels: &[String],
    ) -> Result<Vec<(Role, u64)>, StoreError> {
        let definition = question::definition(gateway, Some(&request.resource));
        let thing = EndorsedThing {
            context,
            server: request.resource.server().as_str(),
            action: request.action.name(),
            item: request.resource.name().unwrap_or_default(),
            definition: definition.map(|(Defined::Pinned(digest) | Defined::Schema(digest))| digest),
            labels,
        };
        self.store.endorsed(&thing, now()).await
    }

    /// Asks about the values first, where there are any. Values that are endorsed leave the call to be asked about: what
    /// else wants approval for it was not asked yet.
    async fn ask(
        &self,
        call: ApprovalQuestion,
        data: Option<ApprovalQuestion>,
    ) -> Result<(ApprovalQuestion, Consulted), StoreError> {
        let bounds = ApprovalBounds {
            per_hour: self.rules.load().per_hour,
            open_per_principal: APPROVALS_OPEN_PER_PRINCIPAL_MAX,
            open: APPROVALS_OPEN_MAX,
        };
        if let Some(data) = data {
            let data = self.with_news(data).await?;
            let consulted = self.store.consult(&data, &bounds, now()).await?;
            if !matches!(consulted, Consulted::Granted { .. }) {
                return Ok((data, consulted));
            }
        }
        let call = self.with_news(call).await?;
        let consulted = self.store.consult(&call, &bounds, now()).await?;
        Ok((call, consulted))
    }

    async fn with_news(&self, mut question: ApprovalQuestion) -> Result<ApprovalQuestion, StoreError> {
        if !self.store.has_used(&question.principal, &question.server, question.item.as_deref()).await? {
            question.about.news.push("Nothing of this was approved for this caller in the last week.".to_owned());
        }
        Ok(question)
    }

    /// Goes on with a call that was approved and whose server asked something.
    async fn go_on(&self, call: &ApprovalQuestion, essence: &[u8; 32], request: &Request) -> Consent {
        let foreign = "It brings answers that belong to no approved call. Make the call again without them.";
        let Some(state) = request.param("requestState") else { return unasked(foreign) };
        let state = question::digest(&[essence, state.bytes()]);
        let gave = match self.store.resume(&state, call.exchange, now()).await {
            Ok(gave) => gave,
            Err(error) => return unreadable(&error),
        };
        let said = |asked: &doorward_store::AskedOf| gave.iter().any(|(approver, _)| *approver == asked.approver);
        if !call.asked_of.iter().all(said) {
            return unasked(foreign);
        }
        let by: Vec<String> = gave.into_iter().map(|(_, by)| by).collect();
        self.given((call.exchange, *essence), &by)
    }

    fn given(&self, (exchange, essence): (ExchangeId, [u8; 32]), by: &[String]) -> Consent {
        let mut underway = self.underway();
        if underway.len() >= APPROVALS_UNDERWAY_MAX {
            underway.pop_first();
        }
        underway.insert(exchange, essence);
        let mut names: Vec<&str> = by.iter().map(String::as_str).collect();
        names.dedup();
        Consent::Give { by: names.join(" and ") }
    }

    /// Looks at what a server answers to an approved exchange: with a state in it, the client comes back with that.
    pub(crate) fn answered(&self, exchange: Option<ExchangeId>, response: &Response) -> Option<GoesOn> {
        let exchange = exchange?;
        let essence = self.underway().remove(&exchange)?;
        let state = response.result_member("requestState")?;
        Some(GoesOn { exchange, state: question::digest(&[&essence, state.bytes()]) })
    }

    /// Takes note that an approved call goes on, before its client is told so.
    pub(crate) async fn goes_on(&self, GoesOn { exchange, state }: GoesOn) {
        if let Err(error) = self.store.continues(exchange, &state).await {
            tracing::error!(%error, "an approved call cannot go on");
        }
    }

    /// Takes back the state that sent a person to a page: the request without it, as it was made first.
    ///
    /// # Errors
    /// The state is not good for this request, or the person did not want to go.
    pub(crate) fn returned(
        &self,
        owner: &PrincipalId,
        server: &ServerId,
        request: &Request,
        era: Era,
    ) -> Result<Option<Request>, Refusal> {
        match era {
            Era::Legacy => Ok(None),
            Era::Modern => self.visits.redeem((owner, server), request, now()),
        }
    }

    /// Where the client can send its user, if it can.
    fn visit(
        &self,
        request: &Request,
        question: &ApprovalQuestion,
        (principal, ids): (&doorward_core::principal::Principal, &[String]),
        expires: Timestamp,
    ) -> Option<Visit> {
        let pages = self.pages.load_full()?;
        let declared = Declared::from_capabilities(request.meta().and_then(|meta| meta.member(CLIENT_CAPABILITIES)));
        let is_modern =
            request.meta().is_some_and(|meta| meta.member("io.modelcontextprotocol/protocolVersion").is_some());
        let asks = matches!(request.method(), "tools/call" | "prompts/get" | "resources/read");
        if !(is_modern && asks && declared.has(Ability::ElicitationUrl)) {
            return None;
        }
        let server = ServerId::parse(&question.server).ok()?;
        let state = self.visits.state((principal.id(), &server), request, expires)?;
        Some(Visit { url: format!("{pages}{}", ids.first()?), state })
    }

    /// Takes arguments out of the store when their question is over, for as long as it is driven.
    pub(crate) async fn sweep(&self) {
        let mut look = tokio::time::interval(APPROVALS_LOOK);
        loop {
            look.tick().await;
            let swept = match self.store.is_due(now()).await {
                Ok(true) => self.store.sweep(now()).await,
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = swept {
                tracing::warn!(%error, "approvals that are over cannot be swept");
            }
        }
    }

    /// The question of that id, for its page.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<doorward_store::ApprovalRow>, StoreError> {
        self.store.find(id, now()).await
    }

    fn underway(&self) -> MutexGuard<'_, BTreeMap<ExchangeId, [u8; 32]>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.underway.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it carries answers to what a server asked.
fn brings_answers(request: &Request) -> bool {
    request.param("requestState").is_some() || request.param("inputResponses").is_some()
}

fn unreadable(error: &StoreError) -> Consent {
    tracing::error!(%error, "approvals cannot be read or written");
    Consent::Unasked(Refusal::new(Code::StoreUnavailable))
}

fn unasked(why: &str) -> Consent {
    Consent::Unasked(Refusal::new(Code::ApprovalNotAsked).with_detail(why))
}

fn after(at: Timestamp, wait: std::time::Duration) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

fn minutes_until(expires: Timestamp) -> u64 {
    expires.since(now()).as_secs().div_ceil(60).max(1)
}
