//! Plays one exchange under guards, everything else being allowed.

use std::collections::BTreeSet;

use doorward_core::access::{Approach, Direction, Face};
use doorward_core::decision::{Decision, Reason};
use doorward_core::duties::{AnswerDuties, Recalled};
use doorward_core::exchange::{Answer, Arrival, Consent, Outcome, Step, Visibility, begin};
use doorward_core::guard::Action;
use doorward_core::ids::{ExchangeId, ServerId};
use doorward_core::principal::{Principal, Proof};
use doorward_core::rate::Meters;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_guards::{Around, Guards};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Response};
use doorward_mcp::revision::Revision;

use super::samples::Said;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Play {
    /// What the other side read of the part in question: the message that was sent, or the answer that was shown.
    pub(crate) reached: String,
    pub(crate) refused: Option<Code>,
    pub(crate) found: BTreeSet<Seen>,
}

/// A finding without its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen(String, &'static str);

impl Seen {
    pub(crate) fn of(rule: &str, action: Action) -> Self {
        Self(rule.to_owned(), action.name())
    }
}

pub(crate) fn play(guards: &Guards, (revision, direction): (Revision, Direction), said: &Said) -> Play {
    let (message, answer) = match said {
        Said::Asked(message) => (message, None),
        Said::Answered { to, answer } => (to, Some(answer.to_string())),
    };
    let arrival = Arrival {
        id: ExchangeId::from_parts(1, 1),
        principal: Principal::new("ada", Proof::LocalToken),
        server: ServerId::parse("files").unwrap(),
        direction,
        approach: Approach::new(Face::Http),
        revision,
        message: parse(&message.to_string()),
        at: Timestamp::from_micros(1),
    };
    let mut play = Play { reached: String::new(), refused: None, found: BTreeSet::new() };
    let at = Timestamp::from_micros(2);
    let mut meters = Meters::default();
    let mut step = begin(arrival);
    loop {
        step = match step {
            Step::Decide(waiting) => {
                let reasons = vec![Reason { rule: "yes".into(), text: None, remedy: None }];
                let yes = Decision::Allow { obligations: Vec::new(), reasons };
                let decisions = waiting.requests().iter().map(|_| yes.clone()).collect();
                waiting.decided(decisions, at)
            }
            Step::Guard(waiting) => {
                let inspection = guards.inspect(&waiting.content(), &Around::default(), "mark");
                waiting.guarded(inspection, at)
            }
            Step::Meter(waiting) => {
                let taken = meters.take(waiting.takes(), at);
                waiting.metered(taken, at)
            }
            Step::Recall(waiting) => waiting.recalled(Recalled::Duties(AnswerDuties::default()), at),
            Step::Keep(waiting) => waiting.kept(at),
            Step::Consult(waiting) => waiting.answered(Consent::Absent, at),
            Step::Record(waiting) => {
                let (record, recorded) = waiting.split();
                let seen = record.findings.iter().map(|(finding, action)| Seen::of(&finding.id(), *action));
                play.found.extend(seen);
                recorded.recorded(Ok(()), at)
            }
            Step::Forward(permit, waiting) => match &answer {
                None => {
                    play.reached = String::from_utf8(permit.message().bytes().to_vec()).unwrap();
                    return play;
                }
                Some(answer) => waiting.answered(Answer::Response(response(answer)), at),
            },
            Step::Sift(waiting) => {
                let verdicts = vec![Visibility::Show; waiting.candidates().len()];
                waiting.sifted(&verdicts)
            }
            Step::Reply(outcome) => {
                match outcome {
                    Outcome::Answer(shown) => play.reached = String::from_utf8(shown.into_bytes().to_vec()).unwrap(),
                    Outcome::Refuse(refusal) => play.refused = Some(refusal.code),
                    Outcome::Done => {}
                }
                return play;
            }
        };
    }
}

fn parse(text: &str) -> Message {
    Message::parse(text.to_owned(), &Limits::for_results()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn response(text: &str) -> Response {
    match parse(text) {
        Message::Response(response) => response,
        Message::Request(_) | Message::Notification(_) => panic!("no response: {text}"),
    }
}
