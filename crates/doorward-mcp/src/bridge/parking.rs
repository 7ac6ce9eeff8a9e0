//! What a legacy server asks during one call, until a modern client has answered.
//!
//! Responsible for which questions are open, when they are put together, how often, and for how long the client may take.
//! It must never answer for the client, and never put a question that the client did not declare it can be asked. Time
//! comes as an argument.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::abilities::Declared;
use super::questions::{Question, question_to_modern};
use crate::compose;
use crate::id::Id;
use crate::limits::Limits;
use crate::message::{Notification, Request};
use crate::raw::{Kind, RawJson};

/// Bounds of one call's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParkingRules {
    /// How long after its first question a server is waited for, so that several are put together.
    pub settle: Duration,
    /// How long the client may take for one round.
    pub patience: Duration,
    /// How often the client may be asked.
    pub rounds: u32,
    /// How many questions may be open at once.
    pub questions: usize,
    /// How many bytes they may have together.
    pub bytes: usize,
}

/// The questions of one call.
#[derive(Clone, Debug)]
pub struct Parking {
    rules: ParkingRules,
    declared: Declared,
    open: Vec<Open>,
    named: u32,
    rounds: u32,
    settles_at: Option<Instant>,
    expires_at: Option<Instant>,
}

/// One question without an answer.
#[derive(Clone, Debug)]
struct Open {
    key: String,
    id: Id,
    question: Question,
    bytes: usize,
}

/// The client was asked as often as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyRounds;

/// An answer on its way to the server.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The response, under the server's own id.
    pub message: Bytes,
    /// The client's folders, when the server asked for those.
    pub roots: Option<RawJson>,
}

/// JSON-RPC: the receiver does not have the method.
const NO_SUCH_METHOD: i64 = -32601;
/// JSON-RPC: the receiver cannot do it.
const INTERNAL_ERROR: i64 = -32603;

impl Parking {
    /// Nothing is asked yet. `declared` is what the client of the call can be asked.
    #[must_use]
    pub fn new(rules: ParkingRules, declared: Declared) -> Self {
        Self { rules, declared, open: Vec::new(), named: 0, rounds: 0, settles_at: None, expires_at: None }
    }

    /// What the client of the call can be asked.
    #[must_use]
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// Takes in a question.
    ///
    /// # Errors
    /// It cannot be put to this client, or too many are open: the response to give the server, which decides for itself
    /// what becomes of the call.
    pub fn asked(&mut self, request: &Request, now: Instant) -> Result<(), Bytes> {
        let refuse = |code, why: &str| Err(compose::error(Some(request.id()), code, why, None));
        if self.declared.covers(request.method(), request.params()).is_err() {
            return refuse(NO_SUCH_METHOD, "the client did not declare that it can be asked this");
        }
        let Ok(question) = question_to_modern(request) else {
            return refuse(NO_SUCH_METHOD, "the client cannot be asked this");
        };
        let is_open = self.open.iter().any(|open| open.id == *request.id());
        let bytes = request.bytes().len();
        let together = self.open.iter().fold(bytes, |sum, open| sum.saturating_add(open.bytes));
        if is_open || self.open.len() >= self.rules.questions || together > self.rules.bytes {
            return refuse(INTERNAL_ERROR, "too many questions are open, they are too long, or this one already is");
        }
        self.named = self.named.saturating_add(1);
        self.open.push(Open { key: format!("q{}", self.named), id: request.id().clone(), question, bytes });
        self.settles_at.get_or_insert(now + self.rules.settle);
        Ok(())
    }

    /// Forgets a question that the server takes back (`notifications/cancelled`), and says whether there was one.
    pub fn withdrawn(&mut self, notification: &Notification) -> bool {
        let named = notification.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
        let before = self.open.len();
        self.open.retain(|open| Some(&open.id) != named.as_ref());
        if self.open.is_empty() {
            self.settles_at = None;
        }
        self.open.len() < before
    }

    /// When the open questions are to be put; `None` while there is none to put.
    #[must_use]
    pub fn settles_at(&self) -> Option<Instant> {
        self.settles_at
    }

    /// When the client has taken too long; `None` while it is not its turn.
    #[must_use]
    pub fn expires_at(&self) -> Option<Instant> {
        self.expires_at
    }

    /// Begins a round: the open questions, each under its key.
    ///
    /// # Errors
    /// There were as many rounds as there may be.
    pub fn put(&mut self, now: Instant) -> Result<Vec<(String, Question)>, TooManyRounds> {
        if self.rounds >= self.rules.rounds {
            return Err(TooManyRounds);
        }
        self.rounds += 1;
        self.settles_at = None;
        self.expires_at = Some(now + self.rules.patience);
        Ok(self.questions())
    }

    /// The open questions, each under its key, without beginning a round: for whoever may look at them often.
    #[must_use]
    pub fn questions(&self) -> Vec<(String, Question)> {
        self.open.iter().map(|open| (open.key.clone(), open.question.clone())).collect()
    }

    /// The client is back. Each open question that has a sound answer is closed; what is left is put again once it has
    /// settled. Answers to nothing open are ignored.
    pub fn answered(&mut self, answers: &[(String, RawJson)], now: Instant) -> Vec<Reply> {
        self.expires_at = None;
        let mut replies = Vec::new();
        self.open.retain(|open| match answer_to(open, answers) {
            Some(answer) => {
                let message = compose::result(&open.id, answer.as_raw().text());
                let roots = (open.question.method == "roots/list").then(|| answer.detached());
                replies.push(Reply { message, roots });
                false
            }
            None => true,
        });
        self.settles_at = (!self.open.is_empty()).then(|| now + self.rules.settle);
        replies
    }

    /// Nobody will answer any more: the responses to give the server.
    pub fn give_up(&mut self) -> Vec<Bytes> {
        self.settles_at = None;
        let refuse =
            |open: Open| compose::error(Some(&open.id), INTERNAL_ERROR, "the client did not come back to answer", None);
        std::mem::take(&mut self.open).into_iter().map(refuse).collect()
    }
}

fn answer_to<'a>(open: &Open, answers: &'a [(String, RawJson)]) -> Option<&'a RawJson> {
    let (_, answer) = answers.iter().find(|(key, _)| *key == open.key)?;
    (answer.as_raw().kind() == Kind::Object).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Ability;
    use crate::message::Message;

    const RULES: ParkingRules = ParkingRules {
        settle: Duration::from_millis(25),
        patience: Duration::from_secs(600),
        rounds: 3,
        questions: 2,
        bytes: 1000,
    };

    fn parking(abilities: &[Ability]) -> Parking {
        Parking::new(RULES, abilities.iter().copied().collect())
    }

    fn forms() -> Parking {
        parking(&[Ability::ElicitationForm, Ability::Roots])
    }

    fn question(id: u64, method: &str, params: &str) -> Request {
        let bytes = compose::request(&Id::from(id), method, Some(params));
        match Message::parse(bytes, &Limits::default()).unwrap() {
            Message::Request(request) => request,
            other @ (Message::Notification(_) | Message::Response(_)) => panic!("{other:?}"),
        }
    }

    fn form(id: u64) -> Request {
        question(id, "elicitation/create", r#"{"message":"who?","requestedSchema":{"type":"object"}}"#)
    }

    fn answer(key: &str, json: &str) -> (String, RawJson) {
        (key.to_owned(), RawJson::parse(json.to_owned(), &Limits::default()).unwrap())
    }

    fn keys(questions: &[(String, Question)]) -> Vec<&str> {
        questions.iter().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn questions_that_come_together_are_put_together() {
        let (mut parking, start) = (forms(), Instant::now());
        assert_eq!(parking.settles_at(), None);
        parking.asked(&form(1), start).unwrap();
        parking.asked(&question(2, "roots/list", "{}"), start + RULES.settle / 2).unwrap();
        assert_eq!(parking.settles_at(), Some(start + RULES.settle));
        assert_eq!(keys(&parking.put(start).unwrap()), ["q1", "q2"]);
        assert_eq!((parking.settles_at(), parking.expires_at()), (None, Some(start + RULES.patience)));
    }

    #[test]
    fn what_is_not_answered_is_put_again_and_what_nobody_asked_is_ignored() {
        let (mut parking, now) = (forms(), Instant::now());
        parking.asked(&form(1), now).unwrap();
        parking.asked(&question(2, "roots/list", "{}"), now).unwrap();
        parking.put(now).unwrap();
        let replies = parking.answered(&[answer("q2", r#"{"roots":[]}"#), answer("q9", "{}")], now);
        assert_eq!(replies.len(), 1);
        assert_eq!(replies[0].message, r#"{"jsonrpc":"2.0","id":2,"result":{"roots":[]}}"#);
        assert_eq!(replies[0].roots.as_ref().unwrap().as_raw().text(), r#"{"roots":[]}"#);
        assert_eq!((parking.settles_at(), parking.expires_at()), (Some(now + RULES.settle), None));
        assert_eq!(keys(&parking.put(now).unwrap()), ["q1"]);
        // An answer that is no object is none.
        assert!(parking.answered(&[answer("q1", "true")], now).is_empty());
        assert_eq!(parking.answered(&[answer("q1", r#"{"action":"decline"}"#)], now).len(), 1);
        assert_eq!(parking.settles_at(), None);
        // Answered once is enough.
        assert!(parking.answered(&[answer("q1", r#"{"action":"accept"}"#)], now).is_empty());
    }

    #[test]
    fn keys_are_never_used_twice() {
        let (mut parking, now) = (forms(), Instant::now());
        parking.asked(&form(1), now).unwrap();
        parking.put(now).unwrap();
        parking.answered(&[answer("q1", "{}")], now);
        parking.asked(&form(1), now).unwrap();
        assert_eq!(keys(&parking.put(now).unwrap()), ["q2"]);
        assert!(parking.answered(&[answer("q1", "{}")], now).is_empty());
    }

    #[test]
    fn what_was_not_declared_is_refused_to_the_server() {
        let now = Instant::now();
        for (abilities, method) in [
            (&[][..], "elicitation/create"),
            (&[Ability::ElicitationForm][..], "sampling/createMessage"),
            (&[Ability::ElicitationForm][..], "roots/list"),
            (&[Ability::ElicitationForm][..], "tasks/get"),
        ] {
            let mut parking = parking(abilities);
            let refused = parking.asked(&question(7, method, "{}"), now).unwrap_err();
            assert!(refused.starts_with(br#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"#), "{refused:?}");
            assert_eq!(parking.settles_at(), None, "{method}");
        }
        let url = question(7, "elicitation/create", r#"{"mode":"url","url":"https://a/","message":"go"}"#);
        assert!(forms().asked(&url, now).is_err());
    }

    #[test]
    fn questions_and_rounds_are_bounded() {
        let (mut parking, now) = (forms(), Instant::now());
        parking.asked(&form(1), now).unwrap();
        parking.asked(&form(1), now).unwrap_err();
        parking.asked(&form(2), now).unwrap();
        parking.asked(&form(3), now).unwrap_err();
        for _ in 0..RULES.rounds {
            assert_eq!(parking.put(now).unwrap().len(), 2);
            parking.answered(&[], now);
        }
        assert_eq!(parking.put(now), Err(TooManyRounds));
        let refused = parking.give_up();
        assert_eq!(refused.len(), 2);
        assert!(refused[0].starts_with(br#"{"jsonrpc":"2.0","id":1,"error":"#));
        assert!(parking.give_up().is_empty());
    }

    #[test]
    fn the_bytes_of_open_questions_are_bounded_together() {
        let (mut parking, now) = (forms(), Instant::now());
        let of_length = |id: u64, bytes: usize| {
            let empty = question(id, "roots/list", r#"{"pad":""}"#).bytes().len();
            question(id, "roots/list", &format!(r#"{{"pad":"{}"}}"#, "x".repeat(bytes - empty)))
        };
        parking.asked(&of_length(1, 600), now).unwrap();
        let refused = parking.asked(&of_length(2, 401), now).unwrap_err();
        assert!(refused.starts_with(br#"{"jsonrpc":"2.0","id":2,"error":"#), "{refused:?}");
        parking.asked(&of_length(2, 400), now).unwrap();
        // What is answered makes room.
        parking.put(now).unwrap();
        parking.answered(&[answer("q1", "{}")], now);
        parking.asked(&of_length(3, 600), now).unwrap();
    }

    #[test]
    fn a_server_may_take_a_question_back() {
        let (mut parking, now) = (forms(), Instant::now());
        parking.asked(&form(1), now).unwrap();
        let taken_back = compose::notification("notifications/cancelled", Some(r#"{"requestId":1}"#));
        let Ok(Message::Notification(taken_back)) = Message::parse(taken_back, &Limits::default()) else {
            panic!("no notification")
        };
        assert!(parking.withdrawn(&taken_back));
        assert_eq!(parking.settles_at(), None);
        assert!(!parking.withdrawn(&taken_back));
        assert!(parking.answered(&[answer("q1", "{}")], now).is_empty());
    }

    /// What may happen to a parked call.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Ask(u64),
        TakeBack(u64),
        Put,
        Answer(u32),
    }

    fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
        use proptest::prelude::*;
        let step = prop_oneof![
            (0..4u64).prop_map(Step::Ask),
            (0..4u64).prop_map(Step::TakeBack),
            Just(Step::Put),
            (1..6u32).prop_map(Step::Answer),
        ];
        proptest::collection::vec(step, 0..40)
    }

    proptest::proptest! {
        #[test]
        fn each_question_is_answered_at_most_once_and_none_is_forgotten(steps in steps()) {
            let (mut parking, now) = (forms(), Instant::now());
            let mut open = std::collections::BTreeSet::new();
            let mut rounds = 0;
            for step in steps {
                match step {
                    Step::Ask(id) => {
                        let taken = parking.asked(&form(id), now).is_ok();
                        let fits = !open.contains(&id) && open.len() < RULES.questions;
                        proptest::prop_assert_eq!(taken, fits);
                        if taken {
                            open.insert(id);
                        }
                    }
                    Step::TakeBack(id) => {
                        let params = format!(r#"{{"requestId":{id}}}"#);
                        let bytes = compose::notification("notifications/cancelled", Some(&params));
                        let Ok(Message::Notification(told)) = Message::parse(bytes, &Limits::default()) else {
                            panic!("no notification")
                        };
                        proptest::prop_assert_eq!(parking.withdrawn(&told), open.remove(&id));
                    }
                    Step::Put => match parking.put(now) {
                        Ok(questions) => {
                            rounds += 1;
                            proptest::prop_assert_eq!(questions.len(), open.len());
                        }
                        Err(TooManyRounds) => proptest::prop_assert_eq!(rounds, RULES.rounds),
                    },
                    Step::Answer(key) => {
                        for reply in parking.answered(&[answer(&format!("q{key}"), "{}")], now) {
                            let Ok(Message::Response(reply)) = Message::parse(reply.message, &Limits::default()) else {
                                panic!("no response")
                            };
                            let id = reply.id().unwrap().to_json().parse().unwrap();
                            proptest::prop_assert!(open.remove(&id), "nobody asked, or it was answered before");
                        }
                    }
                }
                // What is open is due to be put, or was put.
                proptest::prop_assert!(parking.settles_at().is_none() || !open.is_empty());
                proptest::prop_assert_eq!(parking.questions().len(), open.len());
            }
            proptest::prop_assert_eq!(parking.give_up().len(), open.len());
        }
    }
}
