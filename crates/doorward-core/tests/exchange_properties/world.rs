//! Clients, upstreams and the shell between them, one happening at a time.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::access::{Approach, Direction, Face};
use doorward_core::exchange::{Answer, Arrival, AwaitUpstream, Step, begin};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::{Principal, Proof};
use doorward_core::rate::Meters;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::{Destination, Questions, Routes, Stray};
use doorward_core::time::Timestamp;
use doorward_mcp::message::Message;
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::Happening;
use super::ledger::{Asker, Entry};
use super::messages::{self, numbers, parse};

pub(crate) struct Client {
    pub(crate) alive: bool,
    pub(crate) questions: Questions<ExchangeId>,
    /// Questions as the client got them: the gateway's number and the text.
    pub(crate) asked: Vec<(u64, String)>,
    /// Per upstream, the URIs this client has subscribed to there.
    pub(crate) subscribed: [BTreeSet<String>; 2],
}

/// A request as an upstream got it.
pub(crate) struct Got {
    pub(crate) number: u64,
    pub(crate) method: String,
    pub(crate) words: String,
    pub(crate) exchange: ExchangeId,
    pub(crate) open: bool,
}

pub(crate) struct Upstream {
    pub(crate) id: ServerId,
    pub(crate) revision: Revision,
    pub(crate) routes: Routes<usize, ExchangeId>,
    pub(crate) inbox: Vec<Got>,
    pub(crate) epoch: u64,
    next_question: u64,
}

pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) clients: Vec<Client>,
    pub(crate) upstreams: Vec<Upstream>,
    pub(crate) meters: Meters,
    pub(crate) ledger: BTreeMap<ExchangeId, Entry>,
    pub(crate) steps: Vec<(ExchangeId, Step)>,
    pub(crate) waiting: BTreeMap<ExchangeId, AwaitUpstream>,
    pub(crate) seen: BTreeSet<&'static str>,
    next: u64,
}

impl World {
    pub(crate) fn new(clients: usize) -> Self {
        let upstream = |name: &str, revision| Upstream {
            id: ServerId::parse(name).unwrap(),
            revision,
            routes: Routes::default(),
            inbox: Vec::new(),
            epoch: 0,
            next_question: 1,
        };
        let mut world = Self {
            now: 1_000_000,
            clients: Vec::new(),
            upstreams: vec![upstream("old", Revision::V2025_11_25), upstream("new", Revision::V2026_07_28)],
            ledger: BTreeMap::new(),
            meters: Meters::default(),
            steps: Vec::new(),
            waiting: BTreeMap::new(),
            seen: BTreeSet::new(),
            next: 1,
        };
        for _ in 0..clients {
            world.join();
        }
        world
    }

    fn join(&mut self) {
        let session = self.clients.len();
        self.clients.push(Client {
            alive: true,
            questions: Questions::default(),
            asked: Vec::new(),
            subscribed: [BTreeSet::new(), BTreeSet::new()],
        });
        for upstream in &mut self.upstreams {
            upstream.routes.attach(session);
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now)
    }

    pub(crate) fn happen(&mut self, happening: Happening) {
        self.now += 7;
        match happening {
            Happening::ClientSends { client, upstream, method, id, token } => {
                self.client_sends(client, upstream, method, id, token);
            }
            Happening::ClientTells { client, upstream, what, id } => self.client_tells(client, upstream, what, id),
            Happening::ClientAnswers { client, pick, style } => self.client_answers(client, pick, style),
            Happening::ClientLeaves { client } => {
                let client = self.living(client);
                self.leave(client);
                self.join();
            }
            Happening::UpstreamAnswers { upstream, pick, style } => self.upstream_answers(upstream, pick, style),
            Happening::UpstreamAnswersNobody { upstream, number, style } => {
                let number = if style % 2 == 0 { format!("\"{number}\"") } else { (number + 1_000_000).to_string() };
                let text = messages::answer("tools/call", &number, "tag-none-end", style);
                assert_eq!(self.returned(upstream, &text), None, "{text}");
            }
            Happening::UpstreamTells { upstream, pick, style } => self.upstream_tells(upstream, pick, style),
            Happening::UpstreamAsks { upstream, pick, style } => self.upstream_asks(upstream, pick, style),
            Happening::UpstreamDies { upstream } => self.upstream_dies(upstream),
            Happening::Advance { pick, choice } => self.advance(pick, choice),
        }
    }

    /// What holds between any two happenings.
    pub(crate) fn check(&self) {
        for upstream in &self.upstreams {
            let open = upstream.inbox.iter().filter(|got| got.open).count();
            assert_eq!(upstream.routes.in_flight(), open, "the table and the wire disagree");
        }
    }

    /// Lets everything end, and checks that nothing is left. Returns what kinds of things were seen.
    pub(crate) fn finish(mut self) -> BTreeSet<&'static str> {
        self.run_down();
        for client in 0..self.clients.len() {
            if self.clients[client].alive {
                self.leave(client);
            }
        }
        self.run_down();
        assert!(self.waiting.is_empty(), "an exchange waits for nobody");
        for entry in self.ledger.values() {
            entry.settle();
        }
        self.check_places();
        for upstream in &mut self.upstreams {
            assert_eq!(upstream.routes.in_flight(), 0);
            for uri in ["file:///0", "file:///1", "file:///2"] {
                let text = format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{{"uri":"{uri}"}}}}"#
                );
                let Message::Notification(updated) = parse(&text) else { unreachable!() };
                assert_eq!(upstream.routes.notified(&updated).unwrap_err(), Stray::NoSession);
            }
        }
        for client in &mut self.clients {
            for number in 0..200 {
                assert!(client.questions.withdraw(number).is_none(), "a question is still open");
            }
        }
        self.seen
    }

    fn run_down(&mut self) {
        while !self.steps.is_empty() {
            self.now += 1;
            self.advance(0, 3);
        }
    }

    /// The `pick`th client that is still there.
    fn living(&self, pick: usize) -> usize {
        let living: Vec<usize> = (0..self.clients.len()).filter(|client| self.clients[*client].alive).collect();
        living[pick % living.len()]
    }

    pub(crate) fn new_exchange(&mut self) -> (ExchangeId, u64) {
        let number = self.next;
        self.next += 1;
        (ExchangeId::from_parts(0, u128::from(number)), number)
    }

    fn begin(&mut self, exchange: ExchangeId, entry: Entry, direction: Direction) {
        let upstream = &self.upstreams[entry.upstream];
        let arrival = Arrival {
            id: exchange,
            principal: Principal::new(&format!("client-{}", entry.client), Proof::LocalToken),
            server: upstream.id.clone(),
            direction,
            approach: Approach::new(Face::Stdio),
            revision: upstream.revision,
            message: parse(&entry.text),
            at: self.now(),
        };
        self.ledger.insert(exchange, entry);
        self.steps.push((exchange, begin(arrival)));
    }

    fn client_sends(&mut self, client: usize, upstream: usize, method: usize, id: usize, token: usize) {
        let client = self.living(client);
        let (exchange, number) = self.new_exchange();
        let id = messages::id(id, client);
        let asking = messages::client_request(method, &id, token, client, number);
        let mut entry = Entry::new(Asker::Client, client, upstream, Some(id), asking.text);
        entry.token = asking.token;
        entry.sound = asking.sound;
        self.begin(exchange, entry, Direction::ToServer);
    }

    fn client_tells(&mut self, client: usize, upstream: usize, what: usize, id: usize) {
        let client = self.living(client);
        let (exchange, number) = self.new_exchange();
        let (text, sound) = messages::client_notification(what, &messages::id(id, client), client, number);
        let mut entry = Entry::new(Asker::Client, client, upstream, None, text);
        entry.sound = sound;
        self.begin(exchange, entry, Direction::ToServer);
    }

    fn client_answers(&mut self, client: usize, pick: usize, style: usize) {
        let client = self.living(client);
        let asked = &self.clients[client].asked;
        let question = asked.get(pick % (asked.len() + 1)).cloned();
        let number = match &question {
            Some((number, _)) => number.to_string(),
            None => format!("\"{pick}\""),
        };
        let body = match style % 3 {
            0 | 1 => format!(r#""result":{{"action":"accept","content":{{"x":"tag-{client}-end"}}}}"#),
            _ => format!(r#""error":{{"code":-1,"message":"tag-{client}-end"}}"#),
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":{number},{body}}}"#);
        let Message::Response(response) = parse(&text) else { unreachable!() };
        match self.clients[client].questions.answered(&response) {
            Some(exchange) => {
                let answers = question.map(|(_, text)| text);
                assert_eq!(answers.as_ref(), Some(&self.ledger[&exchange].text), "an answer to another question");
                self.answered(exchange, Answer::Response(response));
            }
            None => drop(self.seen.insert("stray")),
        }
    }

    fn leave(&mut self, client: usize) {
        self.clients[client].alive = false;
        for index in 0..self.upstreams.len() {
            let upstream = &mut self.upstreams[index];
            let cancelled = upstream.routes.detach(client);
            self.clients[client].subscribed[index].clear();
            let mut gone = Vec::new();
            for got in upstream.inbox.iter_mut().filter(|got| cancelled.contains(&got.number)) {
                assert!(got.open, "a request was cancelled that was not in flight");
                got.open = false;
                gone.push(got.exchange);
            }
            assert_eq!(gone.len(), cancelled.len());
            for exchange in gone {
                assert_eq!(self.ledger[&exchange].client, client, "somebody else's request was cancelled");
                self.answered(exchange, Answer::Failed(Refusal::new(Code::Cancelled)));
            }
        }
        for (number, _) in std::mem::take(&mut self.clients[client].asked) {
            if let Some(exchange) = self.clients[client].questions.withdraw(number) {
                self.answered(exchange, Answer::Failed(Refusal::new(Code::Cancelled)));
            }
        }
    }

    fn upstream_answers(&mut self, upstream: usize, pick: usize, style: usize) {
        let inbox = &self.upstreams[upstream].inbox;
        // The youngest are the likeliest to be open; older ones are answered a second time.
        let Some(got) = inbox.len().checked_sub(1 + pick % 6).and_then(|at| inbox.get(at)) else { return };
        let (number, exchange, open) = (got.number, got.exchange, got.open);
        let text = messages::answer(&got.method, &number.to_string(), &got.words, style);
        let found = self.returned(upstream, &text);
        assert_eq!(found, open.then_some(exchange), "{text}");
    }

    /// An upstream sent a response; the exchange it went to.
    fn returned(&mut self, upstream: usize, text: &str) -> Option<ExchangeId> {
        let Message::Response(response) = parse(text) else { unreachable!() };
        let Ok(returned) = self.upstreams[upstream].routes.returned(response) else {
            self.seen.insert("stray");
            return None;
        };
        let exchange = returned.call;
        assert_eq!(self.ledger[&exchange].client, returned.session);
        for got in self.upstreams[upstream].inbox.iter_mut().filter(|got| got.exchange == exchange) {
            got.open = false;
        }
        self.answered(exchange, Answer::Response(returned.response));
        Some(exchange)
    }

    pub(crate) fn answered(&mut self, exchange: ExchangeId, answer: Answer) {
        let waiting = self.waiting.remove(&exchange).unwrap();
        let step = waiting.answered(answer, self.now());
        self.steps.push((exchange, step));
    }

    fn upstream_tells(&mut self, upstream: usize, pick: usize, style: usize) {
        let inbox = &self.upstreams[upstream].inbox;
        let open: Vec<&Got> = inbox.iter().filter(|got| got.open).collect();
        let (number, words) = match open.get(pick % (open.len() + 1)) {
            Some(got) => (got.number, got.words.clone()),
            None => (888_888 + u64::try_from(pick % 3).unwrap(), "tag-none-end".to_owned()),
        };
        let (method, text) = messages::upstream_notification(number, &words, style);
        let Message::Notification(notification) = parse(&text) else { unreachable!() };
        match self.upstreams[upstream].routes.notified(&notification) {
            Err(_) => drop(self.seen.insert("stray")),
            Ok(Destination::Call(session, exchange, segments)) => {
                assert_eq!(self.ledger[&exchange].client, session);
                self.tell(upstream, session, &text, segments, method != "notifications/evil");
            }
            Ok(Destination::Sessions(sessions)) => {
                if method == "notifications/resources/updated" {
                    let uri = format!("file:///{}", number % 3);
                    let all = 0..self.clients.len();
                    let wanted: Vec<usize> =
                        all.filter(|client| self.clients[*client].subscribed[upstream].contains(&uri)).collect();
                    assert_eq!(sessions, wanted, "an update went to other than its subscribers");
                }
                for session in sessions {
                    let segments = Segments::from(notification.bytes().clone());
                    self.tell(upstream, session, &text, segments, method != "notifications/evil");
                }
            }
        }
    }

    fn tell(&mut self, upstream: usize, client: usize, text: &str, delivery: Segments, sound: bool) {
        let (exchange, _) = self.new_exchange();
        let asker = Asker::Upstream { epoch: self.upstreams[upstream].epoch };
        let mut entry = Entry::new(asker, client, upstream, None, text.to_owned());
        entry.delivery = Some(delivery);
        entry.sound = sound;
        self.begin(exchange, entry, Direction::ToClient);
    }

    fn upstream_asks(&mut self, upstream: usize, pick: usize, style: usize) {
        let from = &mut self.upstreams[upstream];
        let open: Vec<&Got> = from.inbox.iter().filter(|got| got.open).collect();
        let Some(got) = open.get(pick % open.len().max(1)) else { return };
        let id = if style.is_multiple_of(2) {
            from.next_question.to_string()
        } else {
            format!("\"q{}\"", from.next_question)
        };
        from.next_question += 1;
        let method = ["elicitation/create", "sampling/createMessage", "roots/list", "evil/ask"][style % 4];
        let text =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"message":"{}"}}}}"#, got.words);
        let owner = numbers(&got.words, "tag-")[0];
        let Ok((client, _)) = from.routes.asked() else {
            self.seen.insert("stray");
            return;
        };
        assert_eq!(client as u64, owner, "a question went to somebody else");
        let sound = method != "evil/ask" && from.revision != Revision::V2026_07_28;
        let mut entry = Entry::new(Asker::Upstream { epoch: from.epoch }, client, upstream, Some(id), text);
        entry.sound = sound;
        let (exchange, _) = self.new_exchange();
        self.begin(exchange, entry, Direction::ToClient);
    }

    fn upstream_dies(&mut self, upstream: usize) {
        let dead = &mut self.upstreams[upstream];
        dead.epoch += 1;
        let open = dead.inbox.iter().filter(|got| got.open).count();
        dead.inbox.clear();
        let calls = dead.routes.drain();
        assert_eq!(calls.len(), open);
        for exchange in calls {
            self.answered(exchange, Answer::Failed(Refusal::new(Code::Died)));
        }
        for client in &mut self.clients {
            client.subscribed[upstream].clear();
        }
        let asks = |exchange: &ExchangeId| {
            let entry = &self.ledger[exchange];
            entry.upstream == upstream && matches!(entry.asker, Asker::Upstream { .. })
        };
        let orphans: Vec<ExchangeId> = self.waiting.keys().copied().filter(asks).collect();
        for exchange in orphans {
            let client = &mut self.clients[self.ledger[&exchange].client];
            let text = &self.ledger[&exchange].text;
            let place = client.asked.iter().position(|(_, asked)| asked == text).unwrap();
            let (number, _) = client.asked.remove(place);
            assert_eq!(client.questions.withdraw(number), Some(exchange));
            self.answered(exchange, Answer::Failed(Refusal::new(Code::Died)));
        }
    }
}
