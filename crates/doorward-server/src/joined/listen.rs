//! `subscriptions/listen` on a joint endpoint: one stream, and a part of it from each server.
//!
//! Responsible for one acknowledgement, and for going on when single servers come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::ids::ServerId;
use doorward_core::refusal::Code;
use doorward_mcp::compose;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;
use doorward_mcp::views::subscriptions::SubscriptionFilter;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::ongoing::Producing;
use super::overheard::Changed;
use super::shelf::Change;
use super::{Joined, Joint, Said};
use crate::caller::Caller;
use crate::limits::{CALL_EVENTS_MAX, RETRY_LOOK, RETRY_WAIT_MAX, RETRY_WAIT_MIN};
use crate::talk::Produced;

/// What comes of one server's part.
enum Part {
    /// It agreed, and to what.
    Agreed(Bytes),
    /// It said something.
    Said(Segments),
    /// It says no more for now, or for good.
    Ended,
}

/// Why a part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The server may agree later.
    Gone,
    /// It has nothing to say, or may not be asked.
    Refused,
}

/// The member of `_meta` that names the subscription.
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

impl Joined {
    /// Carries a subscription until its client ends it or other servers are in force.
    pub(super) async fn hear_out(
        self: Arc<Self>,
        caller: Caller,
        (joint, request): (Arc<Joint>, Request),
        parts: Vec<(ServerId, Request)>,
        producing: Producing,
    ) {
        let mut changes = self.gateway.shelves().changes();
        let (sayings, mut heard) = mpsc::channel(CALL_EVENTS_MAX);
        let mut missing: BTreeSet<ServerId> = parts.iter().map(|(id, _)| id.clone()).collect();
        let mut running = JoinSet::new();
        for (id, part) in parts {
            running.spawn(self.clone().hear_part(caller.clone(), joint.clone(), (id, part), sayings.clone()));
        }
        drop(sayings);
        let wish = wish(&request);
        let mut agreed: Vec<(ServerId, Bytes)> = own_part(&request, &wish);
        let mut early = Vec::new();
        let until = Instant::now() + joint.patience.wait;
        while !missing.is_empty() && early.len() < CALL_EVENTS_MAX {
            tokio::select! {
                said = heard.recv() => match said {
                    Some((id, Part::Agreed(bytes))) => {
                        missing.remove(&id);
                        agreed.push((id, bytes));
                    }
                    Some((id, Part::Ended)) => _ = missing.remove(&id),
                    Some((id, said @ Part::Said(_))) => early.push((id, said)),
                    None => break,
                },
                () = sleep_until(until) => break,
            }
        }
        producing.give(Produced::Interim(acknowledgement(&joint, &request, &agreed))).await;
        let mut stream =
            Stream { caller: &caller, joined: &self, joint: &joint, request: &request, wish, producing: &producing };
        let stops = self.gateway.stops();
        let stopped = tokio::select! {
            () = stream.carry(early, &mut heard, &mut changes) => None,
            refusal = stops.until(|| stops.caller(caller.principal.id())) => Some(refusal),
        };
        if let Some(refusal) = stopped {
            let refusal = self.turn_away(&caller, refusal, Some(request.method()), request.bytes().len()).await;
            return producing.refuse(&request, Revision::LATEST, &refusal).await;
        }
        let id = request.id().to_json();
        let result = format!(r#"{{"resultType":"complete","_meta":{{"{SUBSCRIPTION}":{id}}}}}"#);
        producing.answer(Segments::from(compose::result(request.id(), &result))).await;
    }

    /// One server's part, taken up again when the server comes back.
    async fn hear_part(
        self: Arc<Self>,
        caller: Caller,
        joint: Arc<Joint>,
        (id, part): (ServerId, Request),
        sayings: mpsc::Sender<(ServerId, Part)>,
    ) {
        let mut wait = RETRY_WAIT_MIN;
        loop {
            let began = Instant::now();
            let ending = self.hear_once(&caller, &joint, (&id, &part), &sayings).await;
            if sayings.send((id.clone(), Part::Ended)).await.is_err() || ending == Ending::Refused {
                return;
            }
            // One that ends its streams soon is asked less and less often.
            wait = if began.elapsed() > RETRY_WAIT_MAX { RETRY_WAIT_MIN } else { (wait * 2).min(RETRY_WAIT_MAX) };
            self.pause(&caller, &joint, &id, wait).await;
        }
    }

    /// Waits until a server may be asked again.
    async fn pause(&self, caller: &Caller, joint: &Joint, id: &ServerId, wait: Duration) {
        let Some(server) = joint.servers.get(id) else { return };
        let until = Instant::now() + wait;
        let is_stopped = || self.gateway.stops().between(caller.principal.id(), id).is_some();
        let may = || Instant::now() >= until && !is_stopped() && server.health().take_retry(std::time::Instant::now());
        while !may() {
            sleep(RETRY_LOOK).await;
        }
    }

    async fn hear_once(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Arc<Joint>,
        (id, part): (&ServerId, &Request),
        sayings: &mpsc::Sender<(ServerId, Part)>,
    ) -> Ending {
        let Ok(seat) = self.seat(caller, joint, id).await else { return Ending::Gone };
        let mut ongoing = seat.talk().request(caller, part.clone(), Revision::LATEST).await;
        loop {
            let said = match ongoing.next().await {
                Some(Produced::Interim(said)) => said.into_bytes(),
                Some(Produced::Final(last)) => {
                    let gone = [Code::Unreachable, Code::Died, Code::TimedOut, Code::Stopped];
                    let refused = last.refusal.is_some_and(|code| !gone.contains(&code)) || last.error.is_some();
                    return if refused { Ending::Refused } else { Ending::Gone };
                }
                None => return Ending::Gone,
            };
            let part = match Message::parse(said.clone(), &Limits::for_results()) {
                Ok(Message::Notification(notification))
                    if notification.method() == "notifications/subscriptions/acknowledged" =>
                {
                    Part::Agreed(said)
                }
                Ok(Message::Notification(_)) => Part::Said(Segments::from(said)),
                Ok(Message::Request(_) | Message::Response(_)) | Err(_) => continue,
            };
            if sayings.send((id.clone(), part)).await.is_err() {
                return Ending::Gone;
            }
        }
    }
}

/// A subscription that was acknowledged.
struct Stream<'s> {
    caller: &'s Caller,
    joined: &'s Arc<Joined>,
    joint: &'s Arc<Joint>,
    request: &'s Request,
    wish: BTreeMap<&'static str, &'static str>,
    producing: &'s Producing,
}

impl Stream<'_> {
    async fn carry(
        &mut self,
        early: Vec<(ServerId, Part)>,
        heard: &mut mpsc::Receiver<(ServerId, Part)>,
        changes: &mut broadcast::Receiver<Change>,
    ) {
        let mut changed = Changed::default();
        for (id, said) in early {
            self.heard(&id, said, &mut changed).await;
        }
        loop {
            while let Some(method) = changed.take() {
                self.announce(method).await;
            }
            let due = changed.due();
            tokio::select! {
                Some((id, said)) = heard.recv() => self.heard(&id, said, &mut changed).await,
                change = changes.recv() => {
                    if matches!(change, Ok(Change::View)) && !self.is_in_force() {
                        return;
                    }
                    self.joined.note_change(self.caller, self.joint, change, &mut changed);
                }
                () = sleep_until(due) => {}
            }
        }
    }

    async fn heard(&mut self, id: &ServerId, said: Part, changed: &mut Changed) {
        match said {
            // It was away: what it has now may differ from what the client knows.
            Part::Agreed(_) => changed.note_all(),
            Part::Said(said) => match self.joined.outward(self.joint, id, said) {
                Some(Said::Changed(method)) => changed.note(method),
                Some(Said::Notification(said)) => self.producing.give(Produced::Interim(said)).await,
                Some(Said::Question(_)) | None => {}
            },
            Part::Ended => {}
        }
    }

    /// Announces that a list has changed, to a client that wants to know.
    async fn announce(&self, method: &'static str) {
        if !self.wish.contains_key(method) {
            return;
        }
        let params = format!(r#"{{"_meta":{{"{SUBSCRIPTION}":{}}}}}"#, self.request.id().to_json());
        let announcement = compose::notification(method, Some(&params));
        self.producing.give(Produced::Interim(Segments::from(announcement))).await;
    }

    /// Whether the endpoint still has the servers that were asked.
    fn is_in_force(&self) -> bool {
        self.joined.current().is_some_and(|now| {
            let same = |(one, other): (_, _)| Arc::ptr_eq(one, other);
            now.plan == self.joint.plan
                && now.servers.len() == self.joint.servers.len()
                && now.servers.values().zip(self.joint.servers.values()).all(same)
        })
    }
}

/// The announcements a client wants, and the members of its wish that say so.
fn wish(request: &Request) -> BTreeMap<&'static str, &'static str> {
    let Ok(filter) = SubscriptionFilter::from_params(request.params()) else { return BTreeMap::new() };
    let wanted = [
        (filter.tools_list_changed, "notifications/tools/list_changed", "toolsListChanged"),
        (filter.prompts_list_changed, "notifications/prompts/list_changed", "promptsListChanged"),
        (filter.resources_list_changed, "notifications/resources/list_changed", "resourcesListChanged"),
    ];
    wanted.into_iter().filter(|(wanted, ..)| *wanted).map(|(_, method, member)| (method, member)).collect()
}

/// What this endpoint itself agrees to: it announces changes whether its servers do or not.
fn own_part(request: &Request, wish: &BTreeMap<&'static str, &'static str>) -> Vec<(ServerId, Bytes)> {
    let flags: Vec<String> = wish.values().map(|member| format!(r#""{member}":true"#)).collect();
    let id = request.id().to_json();
    let params = format!(r#"{{"notifications":{{{}}},"_meta":{{"{SUBSCRIPTION}":{id}}}}}"#, flags.join(","));
    let own = compose::notification("notifications/subscriptions/acknowledged", Some(&params));
    // The name is never shown: flags belong to no server.
    ServerId::parse("doorward").ok().map(|id| (id, own)).into_iter().collect()
}

fn acknowledgement(joint: &Joint, request: &Request, agreed: &[(ServerId, Bytes)]) -> Segments {
    let id = request.id().to_json();
    let agreed = joint.plan.acknowledged(agreed);
    let params = format!(r#"{{"notifications":{agreed},"_meta":{{"{SUBSCRIPTION}":{id}}}}}"#);
    Segments::from(compose::notification("notifications/subscriptions/acknowledged", Some(&params)))
}
