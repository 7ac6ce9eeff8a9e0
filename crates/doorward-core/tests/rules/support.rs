//! Plays one exchange from its first message to its reply.

use doorward_core::access::{AccessRequest, Approach, Direction, Face};
use doorward_core::decision::{Decision, Denial, Reason};
use doorward_core::duties::{AnswerDuties, Recalled};
use doorward_core::exchange::{Answer, Arrival, Consent, Outcome, Step, Visibility, begin};
use doorward_core::guard::{Content, Inspection};
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::{Principal, Proof};
use doorward_core::rate::Meters;
use doorward_core::record::Record;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

pub(crate) const LEGACY: Revision = Revision::V2025_11_25;
pub(crate) const MODERN: Revision = Revision::V2026_07_28;

/// What was seen of one exchange.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) records: Vec<Record>,
    /// Every access request, in the order asked.
    pub(crate) asked: Vec<AccessRequest>,
    pub(crate) forwarded: bool,
    /// The message as its permit has it.
    pub(crate) sent: String,
    pub(crate) outcome: Outcome,
}

impl Played {
    /// The answer as text.
    pub(crate) fn answer(&self) -> String {
        match &self.outcome {
            Outcome::Answer(segments) => text(segments.clone()),
            Outcome::Refuse(refusal) => panic!("refused: {refusal:?}"),
            Outcome::Done => panic!("done"),
        }
    }

    pub(crate) fn refusal(&self) -> &Refusal {
        match &self.outcome {
            Outcome::Refuse(refusal) => refusal,
            Outcome::Answer(_) | Outcome::Done => panic!("not refused: {:?}", self.outcome),
        }
    }

    /// The code of the refusal, which the last record must name too.
    pub(crate) fn code(&self) -> Code {
        let code = self.refusal().code;
        assert_eq!(self.last().code, Some(code));
        code
    }

    pub(crate) fn last(&self) -> &Record {
        self.records.last().unwrap()
    }
}

pub(crate) fn server() -> ServerId {
    ServerId::parse("files").unwrap()
}

pub(crate) fn arrival(message: &str, direction: Direction, revision: Revision) -> Arrival {
    Arrival {
        id: ExchangeId::from_parts(1, 1),
        principal: Principal::new("ada", Proof::LocalToken),
        server: server(),
        direction,
        approach: Approach::new(Face::Http),
        revision,
        message: parse(message),
        at: Timestamp::from_micros(1_000),
    }
}

pub(crate) fn allow(_: &AccessRequest) -> Decision {
    Decision::Allow { obligations: Vec::new(), reasons: vec![Reason { rule: "yes".into(), text: None, remedy: None }] }
}

pub(crate) fn deny(_: &AccessRequest) -> Decision {
    Decision::Deny(Denial::new(Code::NotAllowed))
}

/// Everything is allowed and shown; `answer` is what comes back.
pub(crate) fn play(arrival: Arrival, answer: Answer) -> Played {
    play_with(arrival, answer, allow, |_| Visibility::Show)
}

/// A request of a client in `revision`, and the result that comes back.
pub(crate) fn ask(revision: Revision, method: &str, params: &str, result: &str) -> Played {
    let request = format!(r#"{{"jsonrpc":"2.0","id":"mine","method":"{method}","params":{params}}}"#);
    play(arrival(&request, Direction::ToServer, revision), result_of(result))
}

pub(crate) fn result_of(result: &str) -> Answer {
    Answer::Response(response(&format!(r#"{{"jsonrpc":"2.0","id":7,"result":{result}}}"#)))
}

pub(crate) fn play_with(
    arrival: Arrival,
    answer: Answer,
    decide: impl Fn(&AccessRequest) -> Decision,
    show: impl Fn(&AccessRequest) -> Visibility,
) -> Played {
    let guard = |_: &Content<'_>| Inspection::default();
    let consent = Consent::Give { by: "eve".to_owned() };
    play_as(arrival, answer, &Shell { decide: &decide, show: &show, guard: &guard, consent })
}

/// How the shell behaves.
pub(crate) struct Shell<'a> {
    pub(crate) decide: &'a dyn Fn(&AccessRequest) -> Decision,
    pub(crate) show: &'a dyn Fn(&AccessRequest) -> Visibility,
    pub(crate) guard: &'a dyn Fn(&Content<'_>) -> Inspection,
    pub(crate) consent: Consent,
}

pub(crate) fn play_as(arrival: Arrival, answer: Answer, shell: &Shell<'_>) -> Played {
    let mut played = Played {
        records: Vec::new(),
        asked: Vec::new(),
        forwarded: false,
        sent: String::new(),
        outcome: Outcome::Done,
    };
    let mut answer = Some(answer);
    let mut now = arrival.at.as_micros();
    let mut meters = Meters::default();
    let mut step = begin(arrival);
    loop {
        now += 10;
        let at = Timestamp::from_micros(now);
        step = match step {
            Step::Decide(waiting) => {
                played.asked.extend(waiting.requests().iter().cloned());
                let decisions = waiting.requests().iter().map(shell.decide).collect();
                waiting.decided(decisions, at)
            }
            Step::Guard(waiting) => {
                let inspection = (shell.guard)(&waiting.content());
                waiting.guarded(inspection, at)
            }
            Step::Meter(waiting) => {
                let taken = meters.take(waiting.takes(), at);
                waiting.metered(taken, at)
            }
            Step::Recall(waiting) => {
                let recalled = Recalled::Duties(AnswerDuties::default());
                waiting.recalled(recalled, at)
            }
            Step::Keep(waiting) => waiting.kept(at),
            Step::Consult(waiting) => waiting.answered(shell.consent.clone(), at),
            Step::Record(waiting) => {
                let (record, recorded) = waiting.split();
                played.records.push(record);
                recorded.recorded(Ok(()), at)
            }
            Step::Forward(permit, waiting) => {
                played.forwarded = true;
                played.sent = String::from_utf8(permit.message().bytes().to_vec()).unwrap();
                now += 500;
                waiting.answered(answer.take().unwrap(), Timestamp::from_micros(now))
            }
            Step::Sift(waiting) => {
                let verdicts: Vec<Visibility> = waiting.candidates().iter().map(shell.show).collect();
                waiting.sifted(&verdicts)
            }
            Step::Reply(outcome) => {
                played.outcome = outcome;
                return played;
            }
        };
    }
}

pub(crate) fn parse(message: &str) -> Message {
    Message::parse(message.to_owned(), &Limits::for_results()).unwrap()
}

pub(crate) fn request(message: &str) -> Request {
    match parse(message) {
        Message::Request(request) => request,
        Message::Notification(_) | Message::Response(_) => panic!("no request: {message}"),
    }
}

pub(crate) fn notification(message: &str) -> Notification {
    match parse(message) {
        Message::Notification(notification) => notification,
        Message::Request(_) | Message::Response(_) => panic!("no notification: {message}"),
    }
}

pub(crate) fn response(message: &str) -> Response {
    match parse(message) {
        Message::Response(response) => response,
        Message::Notification(_) | Message::Request(_) => panic!("no response: {message}"),
    }
}

pub(crate) fn text(segments: Segments) -> String {
    String::from_utf8(segments.into_bytes().to_vec()).unwrap()
}

/// What follows once the guards have passed it.
pub(crate) fn past_guards(step: Step, at: Timestamp) -> Step {
    if let Step::Guard(waiting) = step { waiting.guarded(Inspection::default(), at) } else { step }
}
