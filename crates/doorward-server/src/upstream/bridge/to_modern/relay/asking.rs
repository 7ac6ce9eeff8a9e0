//! The questions of one round: put to the client all at once, then waited for.
//!
//! They leave as questions of the server, so policy decides each of them, and come back as their answers. It must never
//! hand out an answer to a question of another round.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{Answer, Question, Stopped, Unbridged, question_to_legacy};
use doorward_mcp::id::Id;
use doorward_mcp::message::{Outcome, Request, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::super::conversation::{Answered, Conversation, unbridged};
use crate::clock::{exchange_id, now};
use crate::limits::ANSWERS_WAIT;

/// Questions that are with the client, or about to be.
pub(super) struct Asking {
    conversation: Arc<Conversation>,
    to_put: VecDeque<Request>,
    /// The key of each question, by the number it is asked under.
    keys: BTreeMap<u64, String>,
    answers: mpsc::Receiver<Answered>,
}

/// What came of asking.
pub(super) enum Told {
    /// The next question to put.
    Put(Request),
    /// An answer, and the key of its question.
    Answered(String, Response),
    /// The client was not asked, or is gone.
    Refused(Refusal),
    /// The answers are overdue.
    Late,
}

impl Asking {
    /// Words the questions for the client.
    pub(super) fn new(conversation: Arc<Conversation>, questions: Vec<(String, Question)>) -> Result<Self, Unbridged> {
        let (sender, answers) = mpsc::channel(questions.len().max(1));
        let (to_put, keys) = (VecDeque::new(), BTreeMap::new());
        let mut asking = Self { conversation, to_put, keys, answers };
        for (key, question) in questions {
            let number = asking.conversation.ask(sender.clone());
            asking.keys.insert(number, key);
            // 2025-11-25 wants an id for an address. Nobody completes it: the server learns of it from the answer.
            let elicitation_id = exchange_id(now()).to_string();
            asking.to_put.push_back(question_to_legacy(&Id::from(number), &question, Some(&elicitation_id))?);
        }
        Ok(asking)
    }

    /// The next question or answer. Safe to drop and ask again.
    pub(super) async fn next(&mut self, ends: Option<Instant>) -> Told {
        if let Some(question) = self.to_put.pop_front() {
            return Told::Put(question);
        }
        let overdue = sleep_until(ends.unwrap_or_else(Instant::now));
        let answered = tokio::select! {
            biased;
            answered = self.answers.recv() => answered,
            () = overdue => return Told::Late,
        };
        let known = answered.and_then(|Answered { number, response }| Some((self.keys.remove(&number)?, response)));
        match known {
            None => Told::Refused(Refusal::new(Code::Cancelled)),
            Some((key, response)) => match ours(&response) {
                Some(code) => Told::Refused(Refusal::new(code)),
                None => Told::Answered(key, response),
            },
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        for number in self.keys.keys() {
            self.conversation.withdraw(*number);
        }
    }
}

/// What the client said, in the words of the rounds.
pub(super) fn answer(response: &Response) -> Answer<'_> {
    match response.outcome() {
        Outcome::Result(result) => Answer::Result(result),
        Outcome::Error { code, .. } => Answer::Error(code),
    }
}

/// The refusal that ends a call whose rounds have stopped.
pub(super) fn stopped(stopped: Stopped) -> Refusal {
    match stopped {
        Stopped::TooManyRounds => Refusal::new(Code::TooManyRounds),
        Stopped::TooManyQuestions => {
            Refusal::new(Code::AnswerWithheld).with_detail("It asks the client for too much at once.")
        }
        Stopped::OutOfTime => Refusal::new(Code::TimedOut).with_detail(format!(
            "It waits for an answer of the client, which gave none within {} seconds.",
            ANSWERS_WAIT.as_secs()
        )),
        Stopped::CannotBeAsked(error) => unbridged(&error),
        Stopped::AnsweredWithError { row, code } => Refusal::new(Code::NoEquivalent).with_detail(format!(
            "{row}: the client answered the server's question with error {code}, which the server's era has no word for."
        )),
    }
}

/// The refusal in an answer that is the gateway's own: nobody asked the client, or it is gone.
fn ours(response: &Response) -> Option<Code> {
    let Outcome::Error { code, .. } = response.outcome() else { return None };
    let said = |ours: &Code| ours.entry().json_rpc == code;
    [Code::QuestionRefused, Code::Cancelled, Code::Busy].into_iter().find(|ours| said(ours))
}
