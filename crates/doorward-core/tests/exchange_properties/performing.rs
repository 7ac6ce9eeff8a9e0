//! The shell's part: each step is performed as a shell would, well or badly as chance wills.

use std::collections::BTreeSet;
use std::time::Duration;

use doorward_core::access::{AccessRequest, Action, Approach, Direction, Face, Kind, Resource};
use doorward_core::decision::{Decision, Denial, Obligation, Reason};
use doorward_core::duties::{AnswerDuties, AnswerDuty, Pointer, Recalled};
use doorward_core::exchange::{
    Answer, AwaitAnswer, AwaitDecision, AwaitGuard, AwaitMeter, AwaitRecall, AwaitRecord, AwaitSift, AwaitUpstream,
    Consent, Outcome, Pending, RecordFailure, Step, Visibility,
};
use doorward_core::guard::{Content, Edit, Inspection, Surface, Verdict};
use doorward_core::ids::ExchangeId;
use doorward_core::permit::Permit;
use doorward_core::principal::{Principal, Proof};
use doorward_core::rate::{Amount, Clause, Counted, Limit, Measure};
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_core::routing::OutgoingError;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::raw::{RawJson, Token};
use doorward_mcp::revision::Era;
use serde_json::Value;

use super::ledger::{Asker, Ending};
use super::messages::numbers;
use super::world::{Got, World};

/// How many calls one rule allows at once.
pub(crate) const FEW: u32 = 6;

fn secret() -> Obligation {
    Obligation::Answer(AnswerDuty::Redact([Pointer::parse("/secret").unwrap()].into()))
}

fn can_be_performed(request: &AccessRequest) -> bool {
    matches!(request.action.name(), "tools/call" | "resources/read" | "tasks/get" | "tasks/result")
}

fn limit(rule: &str, measure: Measure) -> Limit {
    let clause = Clause { text: rule.into(), measure, by: [].into() };
    Limit { rule: rule.into(), clauses: [clause].into() }
}

fn flow() -> Measure {
    let (most, burst) = (Amount::whole(20), Amount::whole(5));
    Measure::Flow { most, per: Duration::from_micros(700), burst, of: Counted::Calls }
}

/// Edits of every string that shows whose it is.
fn marked(content: &Content<'_>, with: impl Fn(&str) -> String) -> Vec<Edit> {
    let scalars = content.parts.iter().flat_map(|part| part.tokens()).filter_map(|token| match token {
        Token::Scalar(raw) => Some((raw.range(), raw.as_str()?)),
        Token::Open(_) | Token::Close | Token::Name(_) => None,
    });
    let ours = scalars.filter(|(_, text)| text.contains("mark-"));
    ours.map(|(range, text)| Edit { range, json: Value::from(with(&text)).to_string() }).collect()
}

impl World {
    /// Performs one step that waits to be performed.
    pub(crate) fn advance(&mut self, pick: usize, choice: u64) {
        if self.steps.is_empty() {
            return;
        }
        let (exchange, step) = self.steps.swap_remove(pick % self.steps.len());
        let next = match step {
            Step::Decide(waiting) => Some(self.decide(exchange, waiting, choice)),
            Step::Guard(waiting) => Some(self.guard(exchange, waiting, choice)),
            Step::Meter(waiting) => Some(self.meter(exchange, waiting)),
            Step::Recall(waiting) => Some(self.recall(exchange, waiting, choice)),
            Step::Keep(waiting) => {
                self.seen.insert("keep");
                Some(waiting.kept(self.now()))
            }
            Step::Consult(waiting) => Some(self.consult(exchange, waiting, choice)),
            Step::Record(waiting) => Some(self.record(exchange, waiting, choice)),
            Step::Sift(waiting) => Some(self.sift(exchange, waiting, choice)),
            Step::Forward(permit, waiting) => self.forward(exchange, permit, waiting),
            Step::Reply(outcome) => {
                self.reply(exchange, outcome);
                None
            }
        };
        self.steps.extend(next.map(|step| (exchange, step)));
    }

    fn decide(&mut self, exchange: ExchangeId, waiting: AwaitDecision, choice: u64) -> Step {
        self.seen.insert("decide");
        let now = self.now();
        let entry = self.ledger.get_mut(&exchange).unwrap();
        let questions = entry.permits > 0;
        if questions {
            self.seen.insert("questions decided");
        }
        entry.limits_due.clear();
        let mut decisions = Vec::new();
        for (place, request) in waiting.requests().iter().enumerate() {
            assert_eq!(request.principal.user(), format!("client-{}", entry.client));
            assert_eq!(request.resource.server(), &self.upstreams[entry.upstream].id);
            let reasons = vec![Reason { rule: "r".into(), text: Some("because".into()), remedy: None }];
            let chosen = (choice >> (place % 16 * 4)) % 16;
            let obligations = match chosen {
                0..4 => Vec::new(),
                4 | 5 => vec![secret()],
                6 => vec![Obligation::Limit(limit("few", Measure::AtOnce { most: FEW }))],
                7 => vec![Obligation::Limit(limit("many", flow())), Obligation::Approve("alice".to_owned())],
                8 => {
                    let few = limit("few", Measure::AtOnce { most: FEW });
                    vec![Obligation::Limit(limit("many", flow())), Obligation::Limit(few)]
                }
                9 => vec![Obligation::Approve("alice".to_owned())],
                10 => vec![Obligation::Approve("bob".to_owned()), Obligation::Approve("alice".to_owned())],
                11 => vec![Obligation::Approve("alice".to_owned()), Obligation::Unknown("dance".to_owned())],
                _ => {
                    let code = if chosen == 12 { Code::PolicyError } else { Code::NotAllowed };
                    entry.refused = true;
                    decisions.push(Decision::Deny(Denial::new(code).with_reasons(reasons)));
                    continue;
                }
            };
            for obligation in &obligations {
                match obligation {
                    Obligation::Approve(_) if questions => entry.refused = true,
                    Obligation::Approve(who) => drop(entry.approvers_due.insert(who.clone())),
                    Obligation::Answer(_) if can_be_performed(request) => entry.redacted = true,
                    Obligation::Answer(_) => entry.refused = true,
                    Obligation::Limit(limit) => entry.limits_due.push(limit.rule.to_string()),
                    Obligation::Guard(_) => {}
                    Obligation::Unknown(_) => entry.refused = true,
                }
            }
            decisions.push(Decision::Allow { obligations, reasons });
        }
        if choice.is_multiple_of(29) {
            decisions.pop();
            entry.refused = true;
        }
        waiting.decided(decisions, now)
    }

    fn meter(&mut self, exchange: ExchangeId, waiting: AwaitMeter) -> Step {
        self.seen.insert("meter");
        let now = self.now();
        let (held, may_be_held) = self.places_held();
        let taken = self.meters.take(waiting.takes(), now);
        let entry = self.ledger.get_mut(&exchange).unwrap();
        assert!(!entry.refused, "taken after a refusal: {entry:?}");
        let few = entry.limits_due.iter().filter(|rule| *rule == "few").count();
        match &taken {
            Ok(_) => {
                assert!(held + few <= FEW as usize, "more at once than allowed");
                entry.metered = Some(entry.metered.unwrap_or(0) + few);
            }
            Err(reached) => {
                self.seen.insert("limit reached");
                let full = may_be_held + few > FEW as usize;
                assert!(full || reached.rule.as_ref() == "many", "a place is lost: {reached:?}");
                entry.refused = true;
            }
        }
        waiting.metered(taken, now)
    }

    /// How many places are surely held, and how many may be: an exchange gives its places back before it is over.
    fn places_held(&self) -> (usize, usize) {
        let holding = |id: &ExchangeId| self.ledger[id].metered.unwrap_or(0);
        let open = self.ledger.iter().filter(|(_, entry)| entry.ending.is_none()).map(|(id, _)| holding(id)).sum();
        (self.waiting.keys().map(holding).sum(), open)
    }

    fn recall(&mut self, exchange: ExchangeId, waiting: AwaitRecall, choice: u64) -> Step {
        self.seen.insert("recall");
        let now = self.now();
        let entry = self.ledger.get_mut(&exchange).unwrap();
        assert_eq!(
            waiting.task().principal.to_owned(),
            Principal::new(&format!("client-{}", entry.client), Proof::LocalToken).id().clone()
        );
        let mut duties = AnswerDuties::default();
        match choice % 5 {
            0 => {
                entry.refused = true;
                return waiting.recalled(Recalled::Nothing, now);
            }
            1 => {
                duties.add(&AnswerDuty::Redact([Pointer::parse("/secret").unwrap()].into()));
                entry.redacted = true;
                // What is told unasked is not an answer.
                entry.refused |= entry.id.is_none();
            }
            _ => {}
        }
        waiting.recalled(Recalled::Duties(duties), now)
    }

    /// Everything is over: all places are free, and no more than there are.
    pub(crate) fn check_places(&mut self) {
        let request = AccessRequest {
            principal: Principal::new("last", Proof::None),
            action: Action::of(Direction::ToServer, Kind::Request, "ping").unwrap(),
            resource: Resource::Server(self.upstreams[0].id.clone()),
            arguments: None,
            approach: Approach::new(Face::Stdio),
            era: Era::Legacy,
            at: self.now(),
        };
        let takes = limit("few", Measure::AtOnce { most: FEW }).takes(&request).unwrap();
        let leases: Vec<_> = (0..=FEW).map(|_| self.meters.take(&takes, request.at).ok()).collect();
        assert!(leases[..FEW as usize].iter().all(Option::is_some), "a place leaked");
        assert!(leases[FEW as usize].is_none(), "a place too many");
    }

    fn consult(&mut self, exchange: ExchangeId, waiting: AwaitAnswer, choice: u64) -> Step {
        self.seen.insert("consult");
        let now = self.now();
        let entry = self.ledger.get_mut(&exchange).unwrap();
        let consent = match choice % 7 {
            0 => Consent::Withhold,
            1 => Consent::Absent,
            2 => Consent::Unasked(Refusal::new(Code::ApprovalNotAsked)),
            3 => Consent::Await(Pending { ids: vec!["A".to_owned()], minutes: 1, visit: None }),
            _ => Consent::Give { by: "somebody".to_owned() },
        };
        match consent {
            Consent::Give { .. } => {
                entry.approvers.extend(waiting.wanted().iter().map(|wanted| wanted.by.clone()));
            }
            Consent::Withhold | Consent::Absent | Consent::Unasked(_) | Consent::Await(_) => entry.refused = true,
        }
        waiting.answered(consent, now)
    }

    fn record(&mut self, exchange: ExchangeId, waiting: AwaitRecord, choice: u64) -> Step {
        let now = self.now();
        let (record, recorded) = waiting.split();
        assert_eq!(record.exchange, exchange, "a record under another exchange's id");
        let result = match choice % 12 {
            0 => Err(RecordFailure::Unavailable),
            1 => Err(RecordFailure::Full),
            _ => Ok(()),
        };
        if result.is_err() {
            self.seen.insert("record refused");
        }
        self.ledger.get_mut(&exchange).unwrap().record(&record, result.is_ok());
        recorded.recorded(result, now)
    }

    fn sift(&mut self, exchange: ExchangeId, waiting: AwaitSift, choice: u64) -> Step {
        self.seen.insert("sift");
        let entry = self.ledger.get_mut(&exchange).unwrap();
        let names = ["one", "two", "three"];
        let said = waiting.candidates().len() - usize::from(choice.is_multiple_of(7));
        let verdict = |place: usize| if choice >> place & 1 == 1 { Visibility::Show } else { Visibility::Hide };
        let verdicts: Vec<Visibility> = (0..said).map(verdict).collect();
        for (place, name) in names.into_iter().enumerate() {
            if verdicts.get(place) != Some(&Visibility::Show) {
                entry.hidden.insert(name);
                self.seen.insert("hidden item");
            }
        }
        waiting.sifted(&verdicts)
    }

    fn guard(&mut self, exchange: ExchangeId, waiting: AwaitGuard, choice: u64) -> Step {
        self.seen.insert("guard");
        let now = self.now();
        let entry = self.ledger.get_mut(&exchange).unwrap();
        let content = waiting.content();
        let block =
            || Verdict::Block { code: Code::RequestBlocked, detail: "secrets/test in '/arguments/a'.".to_owned() };
        let verdict = match ((choice >> 40) % 61, content.surface) {
            (0..6, Surface::Definition) => {
                self.seen.insert("withheld item");
                let name = content.parts[0].members().next().unwrap().1.as_str().unwrap().into_owned();
                entry.hidden.extend(["one", "two", "three"].into_iter().filter(|known| *known == name));
                block()
            }
            (0, _) => {
                entry.refused = true;
                block()
            }
            (1..10, Surface::Request) if entry.id.is_some() => {
                let edits = marked(&content, |words| format!("{words} guarded"));
                entry.rewritten(&edits);
                self.seen.insert("rewritten message");
                Verdict::Rewrite(edits)
            }
            (1..20, Surface::Result | Surface::Error) if !content.method.ends_with("/listen") => {
                entry.unmarked = true;
                Verdict::Rewrite(marked(&content, |_| "guarded".to_owned()))
            }
            _ => Verdict::Pass,
        };
        waiting.guarded(Inspection { findings: Vec::new(), verdict }, now)
    }

    fn forward(&mut self, exchange: ExchangeId, permit: Permit, waiting: AwaitUpstream) -> Option<Step> {
        self.seen.insert("forward");
        let entry = self.ledger.get_mut(&exchange).unwrap();
        entry.permit();
        assert_eq!(permit.exchange(), exchange);
        assert_eq!(permit.server(), &self.upstreams[entry.upstream].id);
        assert_eq!(permit.message().bytes(), entry.text.as_bytes(), "not the message that was decided on");
        assert_eq!(permit.direction() == Direction::ToServer, entry.asker == Asker::Client);
        let client = entry.client;
        if !self.clients[client].alive {
            self.seen.insert("nobody there");
            return Some(waiting.answered(Answer::Failed(Refusal::new(Code::Cancelled)), self.now()));
        }
        match (permit.message(), permit.direction()) {
            (Message::Request(request), Direction::ToServer) => match self.send(exchange, request) {
                Err(OutgoingError::IdInUse) => {
                    self.seen.insert("id in use");
                    Some(waiting.answered(Answer::Failed(Refusal::new(Code::IdInUse)), self.now()))
                }
                Err(OutgoingError::Busy) => {
                    Some(waiting.answered(Answer::Failed(Refusal::new(Code::UpstreamBusy)), self.now()))
                }
                Ok(()) => {
                    self.waiting.insert(exchange, waiting);
                    None
                }
            },
            (Message::Notification(notification), Direction::ToServer) => {
                self.pass_to_server(exchange, notification);
                Some(waiting.answered(Answer::Delivered, self.now()))
            }
            (Message::Request(request), Direction::ToClient) => {
                let (number, segments) = self.clients[client].questions.ask(exchange, request).unwrap();
                let text = String::from_utf8(segments.into_bytes().to_vec()).unwrap();
                self.client_reads(client, &text);
                self.clients[client].asked.push((number, self.ledger[&exchange].text.clone()));
                self.seen.insert("question");
                self.waiting.insert(exchange, waiting);
                None
            }
            (Message::Notification(notification), Direction::ToClient) => {
                let method = notification.method().to_owned();
                let delivery = self.ledger.get_mut(&exchange).unwrap().delivery.take().unwrap();
                let text = String::from_utf8(delivery.into_bytes().to_vec()).unwrap();
                self.client_is_told(client, &method, &text);
                Some(waiting.answered(Answer::Delivered, self.now()))
            }
            (Message::Response(_), _) => unreachable!("a response begins nothing"),
        }
    }

    /// A client's request goes out under the connection's own id and token.
    fn send(&mut self, exchange: ExchangeId, request: &Request) -> Result<(), OutgoingError> {
        let entry = &self.ledger[&exchange];
        let (client, text) = (entry.client, entry.text.clone());
        let upstream = &mut self.upstreams[entry.upstream];
        let (number, segments) = upstream.routes.outgoing(client, exchange, request)?;
        let sent: Value = serde_json::from_slice(&segments.into_bytes()).unwrap();
        let mut expected: Value = serde_json::from_str(&text).unwrap();
        expected["id"] = number.into();
        if entry.token.is_some() {
            expected["params"]["_meta"]["progressToken"] = number.into();
        }
        assert_eq!(sent, expected, "what went out differs in more than its id and token");
        if let Some(uri) = request.param("uri").and_then(|uri| uri.as_str()) {
            let subscribed = &mut self.clients[client].subscribed[entry.upstream];
            match request.method() {
                "resources/subscribe" => drop(subscribed.insert(uri.into_owned())),
                "resources/unsubscribe" => drop(subscribed.remove(uri.as_ref())),
                _ => {}
            }
        }
        let words = sent["params"]["_meta"]["words"].as_str().unwrap().to_owned();
        let method = request.method().to_owned();
        upstream.inbox.push(Got { number, method, words, exchange, open: true });
        Ok(())
    }

    fn pass_to_server(&mut self, exchange: ExchangeId, notification: &Notification) {
        let entry = &self.ledger[&exchange];
        let (client, upstream) = (entry.client, &mut self.upstreams[entry.upstream]);
        if notification.method() != "notifications/cancelled" {
            return;
        }
        let named = Id::read(notification.param("requestId").unwrap(), &Limits::default()).unwrap();
        let Some(number) = upstream.routes.number_of(client, &named) else { return };
        upstream.routes.abandon(number);
        let got = upstream.inbox.iter_mut().find(|got| got.number == number).unwrap();
        assert!(got.open);
        got.open = false;
        let cancelled = got.exchange;
        assert_eq!(self.ledger[&cancelled].client, client, "a client cancelled somebody else's request");
        assert_eq!(self.ledger[&cancelled].id, Some(named.to_json()));
        self.seen.insert("cancelled by client");
        self.answered(cancelled, Answer::Failed(Refusal::new(Code::Cancelled)));
    }

    fn reply(&mut self, exchange: ExchangeId, outcome: Outcome) {
        let entry = self.ledger.get_mut(&exchange).unwrap();
        let ending = match outcome {
            Outcome::Answer(_) => Ending::Answer,
            Outcome::Refuse(_) => Ending::Refuse,
            Outcome::Done => Ending::Done,
        };
        entry.end(ending);
        let text = match (outcome, &entry.id) {
            (Outcome::Done, _) => {
                self.seen.insert("done");
                return;
            }
            (Outcome::Refuse(_), None) => return,
            (Outcome::Answer(_), None) => unreachable!("a notification has no answer"),
            (Outcome::Answer(segments), Some(_)) => segments.into_bytes(),
            (Outcome::Refuse(refusal), Some(id)) => {
                self.seen.insert("refuse");
                assert_eq!(refusal.reference, Some(exchange), "a refusal without its reference: {refusal:?}");
                let id = RawJson::parse(id.clone(), &Limits::default()).unwrap();
                let id = Id::read(id.as_raw(), &Limits::default()).unwrap();
                refusal.render(Some(&id), Shape::Error, None)
            }
        };
        let text = String::from_utf8(text.to_vec()).unwrap();
        let reply: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(reply["id"].to_string(), *entry.id.as_ref().unwrap(), "a reply under another id: {text}");
        match entry.asker {
            Asker::Client => {
                self.check_answer(exchange, &text, &reply);
                let client = self.ledger[&exchange].client;
                self.client_reads(client, &text);
            }
            Asker::Upstream { epoch } if epoch == self.upstreams[entry.upstream].epoch => {
                assert!(numbers(&text, "tag-").iter().all(|tag| *tag == entry.client as u64), "{text}");
                if ending == Ending::Answer {
                    self.seen.insert("answer to server");
                }
            }
            Asker::Upstream { .. } => {}
        }
    }

    fn check_answer(&mut self, exchange: ExchangeId, text: &str, reply: &Value) {
        let entry = &self.ledger[&exchange];
        let own = numbers(&entry.text, "mark-");
        assert!(numbers(text, "mark-").iter().all(|mark| own.contains(mark)), "somebody else's answer: {text}");
        if entry.ending == Some(Ending::Answer) {
            self.seen.insert("answer to client");
            if entry.redacted {
                self.seen.insert("redacted");
                assert!(!text.contains("hidden-part"), "what a rule hides is shown: {text}");
            }
            if entry.unmarked {
                self.seen.insert("rewritten answer");
                assert!(!text.contains("mark-"), "what a guard took out is shown: {text}");
            }
            for name in &entry.hidden {
                assert!(!text.contains(&format!("\"{name}\"")), "a hidden item is shown: {text}");
            }
            let modern = self.upstreams[entry.upstream].id.as_str() == "new";
            assert!(!(modern && text.contains("\"public\"") && entry.text.contains("/list\"")), "{text}");
        }
        if let Some(named) = reply["result"]["_meta"].get("io.modelcontextprotocol/subscriptionId") {
            assert_eq!(Some(named.to_string()), entry.id, "a subscription under another id: {text}");
        }
    }

    fn client_is_told(&mut self, client: usize, method: &str, text: &str) {
        let told: Value = serde_json::from_str(text).unwrap();
        let about = numbers(text, "mark-").first().map(|mark| ExchangeId::from_parts(0, u128::from(*mark)));
        let entry = about.map(|exchange| &self.ledger[&exchange]);
        let tag = told["params"]["_meta"].get("io.modelcontextprotocol/subscriptionId");
        if let Some(tag) = tag {
            assert_eq!(Some(tag.to_string()), entry.unwrap().id, "tagged for another stream: {text}");
            self.seen.insert("tagged");
        }
        match method {
            "notifications/progress" => {
                assert_eq!(Some(told["params"]["progressToken"].to_string()), entry.unwrap().token, "{text}");
                self.seen.insert("progress");
            }
            "notifications/cancelled" => {
                assert_eq!(Some(told["params"]["requestId"].to_string()), entry.unwrap().id, "{text}");
                self.seen.insert("cancelled by server");
            }
            "notifications/message" => drop(self.seen.insert("log")),
            "notifications/resources/updated" => drop(self.seen.insert("updated")),
            "notifications/tools/list_changed" => drop(self.seen.insert("list changed")),
            other => unreachable!("{other} is unknown and was forwarded"),
        }
        self.client_reads(client, text);
    }

    /// Every byte a client gets passes here: it must name nobody else.
    fn client_reads(&self, client: usize, text: &str) {
        let tags: BTreeSet<u64> = numbers(text, "tag-").into_iter().collect();
        assert!(tags.iter().all(|tag| *tag == client as u64), "client {client} reads of another: {text}");
        assert!(!text.contains("tag-none-end"), "client {client} reads what belongs to nobody: {text}");
    }
}
