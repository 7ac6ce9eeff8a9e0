//! The rounds of questions and answers that one request of a legacy client takes at a modern server.
//!
//! A modern server answers with questions instead of asking. This machine says which questions the client is put, which
//! are answered, when the request goes out again and with what, and when it is enough. It must never wait, and never
//! answer a question itself but for one: an error to an elicitation becomes `cancel`, which is what the specification
//! calls it when the person made no choice. Time is an argument, measured from any fixed moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::edit;
use super::{Declared, Question, Round, Row, Unbridged, questions};
use crate::compose::quote;
use crate::raw::{Raw, RawJson};
use crate::revision::Revision;

/// How much of it there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundLimits {
    /// How often the request may go out again.
    pub rounds: u32,
    /// How long all answers of one round may take.
    pub leg: Duration,
    /// How many questions one round may have.
    pub questions: usize,
}

/// What the client can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The revision it speaks.
    pub revision: Revision,
    /// What it declared.
    pub declared: &'a Declared,
}

/// The rounds of one request.
#[derive(Debug)]
pub struct Rounds {
    limits: RoundLimits,
    begun: u32,
    leg: Option<Leg>,
    /// The keys of what a task asked and the client answered: a task may show them for a while.
    settled: BTreeSet<String>,
}

/// A round whose answers are not all there.
#[derive(Debug)]
struct Leg {
    /// What each question that is still open is about.
    open: BTreeMap<String, Kind>,
    /// The order in which they were asked, which is the order of the answers.
    order: Vec<String>,
    answers: BTreeMap<String, String>,
    state: Option<String>,
    ends: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Elicitation,
    Other(Row),
}

/// What comes of a result that asks.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// These are put to the client, all at once.
    Put(Vec<(String, Question)>),
    /// It asks nothing: the request goes out again.
    Again(Brought),
}

/// What a client said to a question.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// It answered: a bare result.
    Result(Raw<'a>),
    /// It answered with an error of this code.
    Error(i64),
}

/// What the request brings when it goes out again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Key and bare result of each answer, as JSON.
    pub responses: Vec<(String, String)>,
    /// The state, as it was given.
    pub state: Option<String>,
}

/// Why it is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The server asked once too often.
    TooManyRounds,
    /// It asked too much at once.
    TooManyQuestions,
    /// The client did not answer in time.
    OutOfTime,
    /// What it asks cannot be read, or cannot be asked of this client.
    CannotBeAsked(Unbridged),
    /// The client answered with an error, which the modern era has no word for.
    AnsweredWithError {
        /// What was asked.
        row: Row,
        /// The error's code.
        code: i64,
    },
}

impl Rounds {
    /// None yet.
    #[must_use]
    pub const fn new(limits: RoundLimits) -> Self {
        Self { limits, begun: 0, leg: None, settled: BTreeSet::new() }
    }

    /// A result of type `input_required` came at `now`.
    ///
    /// # Errors
    /// It is enough, or the client cannot be asked this.
    pub fn asked(&mut self, result: Raw<'_>, audience: Audience<'_>, now: Duration) -> Result<Asked, Stopped> {
        let asked = questions::questions_of(result).map_err(Stopped::CannotBeAsked)?;
        let state = result.member("requestState").map(|state| state.text().to_owned());
        self.begin(asked, state, audience, now)
    }

    /// A task that waits for input was fetched at `now`. `None` when the client has answered everything it shows: the
    /// key of a question stands for that question as long as the task lives.
    ///
    /// # Errors
    /// As [`Rounds::asked`].
    pub fn asked_by_task(
        &mut self,
        task: Raw<'_>,
        audience: Audience<'_>,
        now: Duration,
    ) -> Result<Option<Vec<(String, Question)>>, Stopped> {
        let mut asked = questions::questions_of(task).map_err(Stopped::CannotBeAsked)?;
        asked.retain(|(key, _)| !self.settled.contains(key));
        if asked.is_empty() {
            return Ok(None);
        }
        let keys: Vec<String> = asked.iter().map(|(key, _)| key.clone()).collect();
        match self.begin(asked, None, audience, now)? {
            Asked::Put(asked) => {
                self.settled.extend(keys);
                Ok(Some(asked))
            }
            Asked::Again(_) => Ok(None),
        }
    }

    fn begin(
        &mut self,
        asked: Vec<(String, Question)>,
        state: Option<String>,
        audience: Audience<'_>,
        now: Duration,
    ) -> Result<Asked, Stopped> {
        self.leg = None;
        if self.begun >= self.limits.rounds {
            return Err(Stopped::TooManyRounds);
        }
        if asked.len() > self.limits.questions {
            return Err(Stopped::TooManyQuestions);
        }
        for (_, question) in &asked {
            may_be_asked(question, audience).map_err(Stopped::CannotBeAsked)?;
        }
        self.begun = self.begun.saturating_add(1);
        if asked.is_empty() {
            return Ok(Asked::Again(Brought { responses: Vec::new(), state }));
        }
        self.leg = Some(Leg {
            open: asked.iter().map(|(key, question)| (key.clone(), Kind::of(&question.method))).collect(),
            order: asked.iter().map(|(key, _)| key.clone()).collect(),
            answers: BTreeMap::new(),
            state,
            ends: now.saturating_add(self.limits.leg),
        });
        Ok(Asked::Put(asked))
    }

    /// The client answered the question of that key. Once all are answered: what the request goes out with. An answer to
    /// a question that is not open changes nothing.
    ///
    /// # Errors
    /// It is an error that cannot be said in the modern era.
    pub fn answered(&mut self, key: &str, answer: Answer<'_>) -> Result<Option<Brought>, Stopped> {
        let Some(leg) = self.leg.as_mut() else { return Ok(None) };
        let Some(kind) = leg.open.remove(key) else { return Ok(None) };
        let json = match (answer, kind) {
            (Answer::Result(result), _) => result.text().to_owned(),
            (Answer::Error(_), Kind::Elicitation) => edit::object_of(&[("action", quote("cancel"))]),
            (Answer::Error(code), Kind::Other(row)) => {
                self.leg = None;
                return Err(Stopped::AnsweredWithError { row, code });
            }
        };
        leg.answers.insert(key.to_owned(), json);
        if !leg.open.is_empty() {
            return Ok(None);
        }
        Ok(self.leg.take().map(Leg::brought))
    }

    /// How many rounds have begun.
    #[must_use]
    pub const fn begun(&self) -> u32 {
        self.begun
    }

    /// When the answers of this round are overdue; `None` while none are waited for.
    #[must_use]
    pub fn ends(&self) -> Option<Duration> {
        self.leg.as_ref().map(|leg| leg.ends)
    }

    /// Whether the client may still answer.
    ///
    /// # Errors
    /// [`Stopped::OutOfTime`] when it may not.
    pub fn check(&mut self, now: Duration) -> Result<(), Stopped> {
        match self.ends() {
            Some(ends) if now >= ends => {
                self.leg = None;
                Err(Stopped::OutOfTime)
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Leg {
    fn brought(mut self) -> Brought {
        let answers = &mut self.answers;
        let responses = self.order.into_iter().filter_map(|key| answers.remove(&key).map(|json| (key, json))).collect();
        Brought { responses, state: self.state }
    }
}

impl Kind {
    fn of(method: &str) -> Self {
        match method {
            "elicitation/create" => Self::Elicitation,
            _ => Self::Other(Row::of_method(method)),
        }
    }
}

impl Brought {
    /// The same, for wording a request.
    #[must_use]
    pub fn as_round(&self) -> Round<'_> {
        Round { responses: &self.responses, state: self.state.as_deref() }
    }
}

/// Whether the client's revision has the question, and the client declared that it takes it.
fn may_be_asked(question: &Question, audience: Audience<'_>) -> Result<(), Unbridged> {
    questions::may_be_asked(question, audience.revision)?;
    let params = question.params()?;
    audience.declared.covers(&question.method, params.as_ref().map(RawJson::as_raw)).map_err(|ability| {
        let missing = ability.required_json();
        Unbridged { row: Row::of_method(&question.method), detail: format!("the client did not declare {missing}") }
    })
}

#[cfg(test)]
mod tests;
