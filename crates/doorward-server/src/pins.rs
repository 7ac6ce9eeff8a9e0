//! Pins: every definition is judged where it passes, before a client sees it.
//!
//! Responsible for what is known of the definitions of all servers: held here, kept in the store, and read again from there,
//! because other gateways and the command line write there too. What is not, or no longer, approved is never shown, and what
//! it defines is never used.

mod choice;
mod known;
mod rules;
mod subject;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use doorward_core::access::{Direction, Resource};
use doorward_core::decision::Denial;
use doorward_core::guard::{
    Action, Confidence, Content, Edit, Finding, GuardName, GuardSettings, Inspection, Severity, Surface, Verdict,
};
use doorward_core::ids::ServerId;
use doorward_core::refusal::Code;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::Response;
use doorward_mcp::raw::RawJson;
use doorward_registry::{Definition, Digest, Key, Kind, Pin, Remark, State};
use doorward_store::{News, Sight, Trust};

pub use choice::{Choice, DecideError, decide};
pub use known::pin_of;
pub use rules::{First, Meanwhile, PinRules};

use crate::clock::now;
use crate::definitions::Knowledge;
use crate::gateway::Gateway;
use crate::inspect::inspect;
use crate::limits::{PINS_FRESH, PINS_SIGHTS_MAX};
use crate::server::Server;
use known::{Known, Met, Room};
use subject::{Subject, subject};

/// What is known of the definitions of all servers.
#[derive(Debug)]
pub struct Pins {
    store: doorward_store::Pins,
    rules: ArcSwap<PinRules>,
    known: Mutex<Known>,
    /// What was seen and is not kept yet.
    sights: Mutex<Vec<Sight>>,
    /// Held while the store is read, so that it is read once for all who wait.
    reading: tokio::sync::Mutex<()>,
    /// Held while what was seen is being kept.
    keeping: tokio::sync::Mutex<()>,
}

impl Pins {
    pub(crate) fn new(store: doorward_store::Pins) -> Self {
        Self {
            store,
            rules: ArcSwap::from_pointee(PinRules::default()),
            known: Mutex::default(),
            sights: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            keeping: tokio::sync::Mutex::default(),
        }
    }

    /// Puts other rules in force.
    pub(crate) fn set(&self, rules: PinRules) {
        self.rules.store(Arc::new(rules));
    }

    /// Whether anything is pinned at all.
    pub(crate) fn is_on(&self) -> bool {
        self.rules.load().first != First::Off
    }

    /// Whether what that request is about may be used.
    ///
    /// # Errors
    /// The denial, when it may not.
    pub(crate) async fn allow(&self, resource: &Resource) -> Result<(), Denial> {
        let Some(key) = subject::of_resource(resource).filter(|_| self.is_on()) else { return Ok(()) };
        if self.refresh(Freshness::Recent).await.is_err() {
            return Err(Denial::new(Code::StoreUnavailable));
        }
        match self.standing(&key) {
            Ok(()) => Ok(()),
            // It may have been approved just now.
            Err(_) if self.refresh(Freshness::Now).await.is_ok() => self.standing(&key),
            Err(denial) => Err(denial),
        }
    }

    /// The digest of what was seen of it last; `None` when nothing is known of it.
    pub(crate) fn digest_of(&self, resource: &Resource) -> Option<Digest> {
        let key = subject::of_resource(resource).filter(|_| self.is_on())?;
        self.known().pin(&key).map(|pin| pin.seen)
    }

    fn standing(&self, key: &Key) -> Result<(), Denial> {
        let known = self.known();
        let Some(pin) = known.pin(key) else {
            if known.is_crowded(key) {
                return Err(Denial::new(Code::Quarantined)
                    .with_detail(Some("The server has more definitions than are kept.".to_owned())));
            }
            if known.is_forgotten(key) {
                return Err(Denial::new(Code::Quarantined)
                    .with_detail(Some("It was forgotten, and has not been listed since.".to_owned())));
            }
            return match (self.rules.load().first, key.kind) {
                (First::Approve, Kind::Tool | Kind::Prompt) => Err(Denial::new(Code::Quarantined)
                    .with_detail(Some("It was never listed, so nobody could approve it.".to_owned()))),
                (First::Approve | First::Trust | First::Off, _) => Ok(()),
            };
        };
        match withheld(pin) {
            None => Ok(()),
            Some((code, detail)) => Err(Denial::new(code).with_detail(Some(detail.to_owned()))),
        }
    }

    /// Reads what was decided meanwhile, before a list is judged by it.
    pub(crate) async fn read_again(&self) {
        if self.is_on() {
            // Where it cannot be read, judging says so.
            let _ = self.refresh(Freshness::Now).await;
        }
    }

    /// Whether something may be seen in `content` that is to be kept.
    pub(crate) fn looks_at(content: &Content<'_>) -> Sights {
        let told = matches!(content.method, "initialize" | "server/discover" | "resources/read");
        if told || content.surface == Surface::Definition { Sights::Some } else { Sights::None }
    }

    /// Holds what is inspected against what is pinned, where it is a definition: what is not approved is not shown.
    pub(crate) async fn review(&self, gateway: &Gateway, content: &Content<'_>, inspection: Inspection) -> Inspection {
        if !self.is_on() {
            return inspection;
        }
        match subject(content) {
            Subject::Nothing => inspection,
            Subject::Unreadable => {
                blocked(inspection, Code::AnswerWithheld, "It is a definition without a name.", None)
            }
            Subject::Definition(definition) => self.judge(gateway, content, &definition, inspection).await,
        }
    }

    async fn judge(
        &self,
        gateway: &Gateway,
        content: &Content<'_>,
        definition: &Subjected<'_>,
        inspection: Inspection,
    ) -> Inspection {
        let Subjected { key, raw, definition } = definition;
        // Before a list is judged, what is known was read.
        let is_item = content.surface == Surface::Definition;
        let as_known = is_item || self.known().is_as_known(definition);
        let freshness = if as_known { Freshness::Recent } else { Freshness::Now };
        if self.refresh(freshness).await.is_err() {
            return withhold(*raw, key.kind, inspection, Code::StoreUnavailable, "What is approved cannot be read.");
        }
        let Judged { met, remarks, pin, by_person } = match self.take_in(gateway, definition, &inspection) {
            Some(judged) => judged,
            None => {
                return withhold(*raw, key.kind, inspection, Code::Quarantined, "The server has too many definitions.");
            }
        };
        let mut inspection = with_remarks(inspection, remarks);
        if definition.may_be_approved() && pin.approves(definition) {
            // A person who approves it has looked at what the guards found.
            if by_person && matches!(inspection.verdict, Verdict::Hold { .. } | Verdict::Block { .. }) {
                inspection.verdict = Verdict::Pass;
                for (_, action) in &mut inspection.findings {
                    *action = (*action).min(Action::Observe);
                }
            }
            return inspection;
        }
        let (code, detail) = match (withheld(&pin), definition.may_be_approved()) {
            (Some((code, _)), false) => (code, "It is too long to be approved."),
            (Some(said), true) => said,
            (None, _) => (Code::Drifted, "It is not the version that was approved."),
        };
        if met == Met::Changed {
            tracing::warn!(server = %key.server, kind = key.kind.name(), code = %code, "a definition is not what was approved");
        }
        let approved = match (self.rules.load().meanwhile, key.kind) {
            (Meanwhile::Hide, _) | (_, Kind::Ui) => None,
            (Meanwhile::Approved, _) => pin.approved.and_then(|approved| inspected(gateway, content, &approved.text)),
        };
        match approved {
            Some(json) => replaced(*raw, inspection, pin_rule(code), json),
            None => withhold(*raw, key.kind, inspection, code, detail),
        }
    }

    /// Takes in what was seen, and says where it stands; `None` when there is no room for it.
    fn take_in(&self, gateway: &Gateway, definition: &Definition, inspection: &Inspection) -> Option<Judged> {
        let (guards, rules) = (gateway.guards(), self.rules.load());
        let mut known = self.known();
        let met = known.met(definition);
        let remarks = if met == Met::Same { Vec::new() } else { remarks(gateway, &mut known, definition) };
        let held = |severity| guards.action(GuardName::Pins, Direction::ToClient, severity) >= Some(Action::Hold);
        let blocks = matches!(inspection.verdict, Verdict::Hold { .. } | Verdict::Block { .. });
        let suspicious = blocks || !definition.may_be_approved() || remarks.iter().any(|remark| held(remark.severity));
        let trust = match (met, rules.first, suspicious) {
            (Met::First, First::Trust, false) => Trust::First,
            // What describes data changes with it.
            (Met::Changed, First::Trust, false) if definition.key().kind == Kind::Resource => Trust::Follow,
            (Met::Same, _, _) if blocks => Trust::Withdrawn,
            (Met::First | Met::Changed | Met::Same, _, _) => Trust::Unchanged,
        };
        let findings = inspection.findings.iter().map(|(finding, _)| finding.id());
        let findings: Vec<String> = findings.chain(remarks.iter().map(told)).collect();
        let sight = known.take_in(definition, trust, findings, now());
        if let Room::Kept(Some(sight)) = &sight {
            let mut sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
            if sights.len() < PINS_SIGHTS_MAX {
                sights.push(sight.clone());
            }
        }
        let remarks = remarks
            .into_iter()
            .map(|remark| {
                let action = guards.action(GuardName::Pins, Direction::ToClient, remark.severity);
                (remark, action)
            })
            .collect();
        match sight {
            Room::None => None,
            Room::Kept(_) => {
                let pin = known.pin(definition.key())?.clone();
                let by_person = pin.approved.as_ref().is_some_and(|approved| approved.by.is_some());
                Some(Judged { met, remarks, pin, by_person })
            }
        }
    }

    /// Judges a page of a list of tools that the gateway has asked for itself.
    pub(crate) async fn look_over(&self, gateway: &Gateway, server: &ServerId, page: &Response) {
        if !self.is_on() {
            return;
        }
        self.read_again().await;
        let settings = GuardSettings::default();
        let tools: Vec<RawJson> = page
            .result_member("tools")
            .into_iter()
            .flat_map(|tools| tools.elements())
            .take(doorward_core::limits::LIST_ITEMS_MAX)
            .map(|tool| page.keep(tool))
            .collect();
        for tool in tools {
            let Some(key) = Key::of_item(server, Kind::Tool, tool.as_raw()) else { continue };
            let resource = Resource::Tool(server.clone(), key.name.clone());
            let whole = Content::outside(Surface::Definition, "tools/list", server, &settings, &tool);
            let content = Content { resource: Some(&resource), ..whole };
            let inspection = inspect(gateway, &content);
            self.review(gateway, &content, inspection).await;
        }
        self.keep().await;
    }

    /// Keeps what was seen since the last time. What cannot be kept is tried again the next time, and meanwhile nothing is
    /// recorded either, so nothing passes.
    pub(crate) async fn keep(&self) {
        // Many lists at once are kept at once, and each waits until its own are.
        let _turn = self.keeping.lock().await;
        let sights = std::mem::take(&mut *self.sights.lock().unwrap_or_else(PoisonError::into_inner));
        if sights.is_empty() {
            return;
        }
        if let Err(error) = self.store.see(&sights, now()).await {
            tracing::error!(%error, "what servers offer cannot be kept");
            let mut again = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
            again.splice(0..0, sights);
            again.truncate(PINS_SIGHTS_MAX);
        }
    }

    /// Reads what others have written.
    async fn refresh(&self, freshness: Freshness) -> Result<(), ()> {
        let is_fresh = |known: &Known| match freshness {
            Freshness::Recent => known.checked().is_some_and(|checked| checked.elapsed() < PINS_FRESH),
            Freshness::Now => false,
        };
        if is_fresh(&self.known()) {
            return Ok(());
        }
        let asked = Instant::now();
        let _turn = self.reading.lock().await;
        if self.known().checked().is_some_and(|checked| checked >= asked) {
            return Ok(());
        }
        let (at, change) = (Instant::now(), self.known().change());
        match self.store.since(change).await {
            Ok((News::Changed(rows), newest)) => {
                self.known().read(rows, newest, at);
                Ok(())
            }
            Ok((News::All(_), _)) => self.start_over(at).await,
            Err(error) => {
                tracing::error!(%error, "what is approved cannot be read");
                // What was read once holds until it can be read again.
                if self.known().checked().is_some() { Ok(()) } else { Err(()) }
            }
        }
    }

    /// Reads everything, because something was forgotten. Meanwhile nothing that was seen is being kept.
    async fn start_over(&self, at: Instant) -> Result<(), ()> {
        let _turn = self.keeping.lock().await;
        let read = self.store.since(0).await;
        let mut known = self.known();
        match read {
            Ok((News::All(rows) | News::Changed(rows), newest)) => {
                let unkept = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
                known.read_all(rows, newest, at, &unkept);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "what is approved cannot be read");
                // What was read once holds until it can be read again.
                if known.checked().is_some() { Ok(()) } else { Err(()) }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic while it was held cannot have left it half written: every change is one insertion.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether definitions were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sights {
    /// None were.
    None,
    /// Some were.
    Some,
}

impl Sights {
    pub(crate) const fn after(self, later: Self) -> Self {
        match (self, later) {
            (Self::None, Self::None) => Self::None,
            (Self::Some, _) | (_, Self::Some) => Self::Some,
        }
    }
}

/// How new what is known must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Freshness {
    /// A moment old at most.
    Recent,
    /// Read after it was asked for.
    Now,
}

/// A definition that passes.
#[derive(Debug)]
struct Subjected<'a> {
    key: Key,
    raw: doorward_mcp::raw::Raw<'a>,
    definition: Definition,
}

/// What there is to say of a definition among the tools of other servers; the server's own are those it was seen to list.
fn remarks(gateway: &Gateway, known: &mut Known, definition: &Definition) -> Vec<Remark> {
    let server = gateway.server(definition.key().server.as_str());
    let own = server.as_deref().map(Server::definitions).filter(|own| own.listed());
    match own {
        Some(own) => known.remarks(definition, Some(&|name| own.knowledge_of(name) != Knowledge::Unseen)),
        None => known.remarks(definition, None),
    }
}

/// Where a definition stands.
struct Judged {
    met: Met,
    remarks: Vec<(Remark, Option<Action>)>,
    pin: Pin,
    by_person: bool,
}

/// Why what a pin is about must not be used; `None` when it may be.
fn withheld(pin: &Pin) -> Option<(Code, &'static str)> {
    match (pin.state(), &pin.approved) {
        (State::Approved, _) => None,
        (State::Quarantined, _) => Some((Code::Quarantined, "It waits for approval.")),
        (State::Drifted, _) => Some((Code::Drifted, "What the server says of it now has not been approved.")),
        (State::Rejected, Some(_)) => Some((Code::Drifted, "What the server says of it now was rejected.")),
        (State::Rejected, None) => Some((Code::Quarantined, "It was rejected.")),
    }
}

/// `rule (server/tool)`, for whoever looks at the pin.
fn told(remark: &Remark) -> String {
    format!("{}/{} ({})", GuardName::Pins.name(), remark.rule, remark.other)
}

fn with_remarks(mut inspection: Inspection, remarks: Vec<(Remark, Option<Action>)>) -> Inspection {
    for (remark, action) in remarks {
        let Some(action) = action else { continue };
        let finding = Finding {
            guard: GuardName::Pins,
            rule: remark.rule.into(),
            severity: remark.severity,
            confidence: remark.confidence,
            pointer: remark.pointer.into(),
            range: 0..0,
        };
        inspection.findings.push((finding, action));
    }
    inspection
}

fn pin_rule(code: Code) -> &'static str {
    if code == Code::Drifted { "drifted" } else { "quarantined" }
}

fn noted(mut inspection: Inspection, rule: &'static str, action: Action) -> Inspection {
    let finding = Finding {
        guard: GuardName::Pins,
        rule: rule.into(),
        severity: Severity::High,
        confidence: Confidence::CERTAIN,
        pointer: "".into(),
        range: 0..0,
    };
    inspection.findings.push((finding, action));
    inspection
}

/// Not shown at all: an item leaves its list, instructions are empty, an app is refused.
fn withhold(
    raw: doorward_mcp::raw::Raw<'_>,
    kind: Kind,
    inspection: Inspection,
    code: Code,
    detail: &str,
) -> Inspection {
    match kind {
        Kind::Instructions => replaced(raw, inspection, pin_rule(code), "\"\"".to_owned()),
        Kind::Tool | Kind::Prompt | Kind::Resource | Kind::Template | Kind::Ui => {
            blocked(inspection, code, detail, Some(pin_rule(code)))
        }
    }
}

fn blocked(inspection: Inspection, code: Code, detail: &str, rule: Option<&'static str>) -> Inspection {
    let inspection = match rule {
        Some(rule) => noted(inspection, rule, Action::Block),
        None => inspection,
    };
    Inspection { verdict: Verdict::Block { code, detail: detail.to_owned() }, ..inspection }
}

/// Something else stands in its place. Whatever the guards wanted changed in it, is gone with it; what they do not let
/// pass beside it, they still do not.
fn replaced(raw: doorward_mcp::raw::Raw<'_>, inspection: Inspection, rule: &'static str, json: String) -> Inspection {
    let mut inspection = noted(inspection, rule, Action::Redact);
    let range = raw.range();
    let whole = Edit { range: range.clone(), json };
    inspection.verdict = match inspection.verdict {
        Verdict::Pass => Verdict::Rewrite(vec![whole]),
        Verdict::Rewrite(mut edits) => {
            edits.retain(|edit| edit.range.end <= range.start || edit.range.start >= range.end);
            edits.push(whole);
            Verdict::Rewrite(edits)
        }
        refused @ (Verdict::Hold { .. } | Verdict::Block { .. }) => refused,
    };
    inspection
}

/// The approved version as the guards let it be seen; `None` when they do not.
fn inspected(gateway: &Gateway, content: &Content<'_>, text: &str) -> Option<String> {
    let approved = RawJson::parse(text.to_owned(), &Limits::for_results()).ok()?;
    let content = Content { message: approved.bytes(), parts: vec![approved.as_raw()], ..*content };
    match inspect(gateway, &content).verdict {
        Verdict::Pass => Some(text.to_owned()),
        Verdict::Rewrite(edits) => {
            let mut splice = doorward_mcp::splice::Splice::new(approved.bytes());
            for edit in edits {
                splice.replace(edit.range, edit.json).ok()?;
            }
            String::from_utf8(splice.finish().into_bytes().into()).ok()
        }
        Verdict::Hold { .. } | Verdict::Block { .. } => None,
    }
}
