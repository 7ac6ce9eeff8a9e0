//! Repetitive benign work: several principals, each with its own hours, workflows, pace and slow change.
//!
//! Responsible for a stream of events in the order of their time, the same for the same seed. Nothing in it is an attack.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::flow::ContextId;
use doorward_core::ids::ExchangeId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::record::Disposition;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_detect::event::{Event, Harm, PrincipalKey, Reach, Traits, Trust};

use super::chance::Chance;

const SECOND: f64 = 1e6;
const DAY: f64 = 86_400.0 * SECOND;

/// Monday, 2026-01-05, in microseconds since 1970.
const BEGIN: f64 = 1_767_571_200.0 * SECOND;

/// A tool as the generator knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tool {
    pub(super) server: &'static str,
    pub(super) name: &'static str,
    pub(super) reach: Reach,
    pub(super) harm: Harm,
    /// Median bytes of a request and of an answer.
    pub(super) request: f64,
    pub(super) answer: f64,
}

macro_rules! tools {
    ($($server:literal $name:literal $reach:ident $harm:ident $request:literal $answer:literal;)+) => {
        /// All tools there are.
        pub(super) const TOOLS: &[Tool] = &[$(Tool {
            server: $server, name: $name, reach: Reach::$reach, harm: Harm::$harm, request: $request, answer: $answer,
        },)+];
    };
}

tools! {
    "files" "search" Within Mild 220.0 2500.0;
    "files" "read" Within Mild 180.0 9000.0;
    "files" "write" Within Mild 4000.0 150.0;
    "files" "delete" Within Destructive 180.0 120.0;
    "git" "log" Within Mild 160.0 4000.0;
    "git" "diff" Within Mild 200.0 12000.0;
    "git" "commit" Within Mild 900.0 300.0;
    "git" "push" Out Mild 200.0 400.0;
    "issues" "list" Within Mild 250.0 7000.0;
    "issues" "read" Within Mild 160.0 3500.0;
    "issues" "comment" Out Mild 800.0 250.0;
    "mail" "list" Within Mild 170.0 6000.0;
    "mail" "read" Within Mild 170.0 5000.0;
    "mail" "send" Out Mild 1500.0 200.0;
    "chat" "history" Within Mild 200.0 8000.0;
    "chat" "post" Out Mild 400.0 180.0;
    "crm" "find" Within Mild 240.0 1800.0;
    "crm" "record" Within Mild 170.0 2600.0;
    "crm" "update" Within Mild 700.0 200.0;
    "crm" "remove" Within Destructive 170.0 120.0;
    "db" "query" Within Mild 450.0 15000.0;
    "db" "schema" Within Mild 150.0 9000.0;
    "web" "search" Out Mild 180.0 6000.0;
    "web" "fetch" Out Mild 200.0 30000.0;
    "calendar" "events" Within Mild 200.0 3000.0;
    "calendar" "invite" Out Mild 600.0 250.0;
    "metrics" "read" Within Mild 230.0 5000.0;
    "metrics" "alerts" Within Mild 140.0 1500.0;
    "deploy" "status" Within Mild 150.0 1200.0;
    "deploy" "rollout" Within Mild 400.0 500.0;
    "admin" "users" Within Mild 150.0 9000.0;
    "admin" "grant" Within Destructive 300.0 150.0;
    "vault" "secret" Within Mild 170.0 300.0;
    "translate" "text" Within Mild 2500.0 2500.0;
    "charts" "draw" Within Mild 1800.0 20000.0;
}

pub(super) fn tool(server: &str, name: &str) -> Tool {
    let found = TOOLS.iter().find(|tool| tool.server == server && tool.name == name);
    *found.unwrap_or_else(|| unreachable(server, name))
}

#[expect(clippy::panic, reason = "the tables of this module name only tools of this module, and a test plays them all")]
fn unreachable(server: &str, name: &str) -> ! {
    panic!("{server} has no {name}")
}

/// When somebody works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Hours {
    /// Monday to Friday, about nine to six, with a slow noon.
    Office,
    /// Whenever, a little less at night.
    Always,
    /// Every so many minutes, by the clock.
    Clock(f64),
    /// Once a night.
    Nightly,
}

type Step = (&'static str, &'static str);

/// Who works, and how.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worker {
    pub(super) name: &'static str,
    pub(super) hours: Hours,
    /// Sessions in a day, where there is a choice.
    sessions: f64,
    /// Mean seconds between calls.
    pace: f64,
    /// The share of calls that are sent together with the one before.
    parallel: f64,
    /// Workflows, the most frequent first.
    pub(super) flows: &'static [&'static [Step]],
    /// A tool that comes into use on some day.
    novelty: Step,
}

const PEOPLE: &[&[Step]] = &[
    &[("mail", "list"), ("mail", "read"), ("mail", "read"), ("crm", "find"), ("crm", "record"), ("mail", "send")],
    &[("crm", "find"), ("crm", "record"), ("crm", "update"), ("chat", "post")],
    &[("calendar", "events"), ("mail", "list"), ("calendar", "invite")],
];
const CODE: &[&[Step]] = &[
    &[
        ("files", "search"),
        ("files", "read"),
        ("files", "read"),
        ("files", "write"),
        ("git", "diff"),
        ("git", "commit"),
    ],
    &[("issues", "list"), ("issues", "read"), ("files", "search"), ("files", "read"), ("issues", "comment")],
    &[("git", "log"), ("git", "diff"), ("git", "push"), ("chat", "post")],
    &[("files", "search"), ("files", "delete"), ("git", "commit")],
];
const RESEARCH: &[&[Step]] = &[
    &[("web", "search"), ("web", "fetch"), ("web", "fetch"), ("web", "fetch"), ("files", "write")],
    &[("db", "schema"), ("db", "query"), ("db", "query"), ("chat", "post")],
    &[("files", "search"), ("files", "read"), ("mail", "send")],
];
const WATCH: &[&[Step]] = &[&[("metrics", "alerts"), ("metrics", "read"), ("deploy", "status"), ("chat", "post")]];
const SYNC: &[&[Step]] = &[&[("db", "query"), ("crm", "find"), ("crm", "update")]];
const OPERATE: &[&[Step]] = &[
    &[("metrics", "read"), ("metrics", "read"), ("deploy", "status"), ("deploy", "rollout"), ("chat", "post")],
    &[("metrics", "alerts"), ("issues", "list"), ("issues", "comment")],
    &[("chat", "history"), ("chat", "post")],
];

const fn worker(
    name: &'static str,
    hours: Hours,
    [sessions, pace, parallel]: [f64; 3],
    flows: &'static [&'static [Step]],
    novelty: Step,
) -> Worker {
    Worker { name, hours, sessions, pace, parallel, flows, novelty }
}

/// Everybody.
pub(super) const WORKERS: &[Worker] = &[
    worker("anna", Hours::Office, [26.0, 9.0, 0.0], PEOPLE, ("translate", "text")),
    worker("bert", Hours::Office, [18.0, 14.0, 0.0], PEOPLE, ("calendar", "events")),
    worker("carla", Hours::Office, [30.0, 5.0, 0.25], CODE, ("web", "search")),
    worker("dmitri", Hours::Office, [40.0, 4.0, 0.4], CODE, ("charts", "draw")),
    worker("emine", Hours::Office, [35.0, 6.0, 0.1], CODE, ("db", "schema")),
    worker("farid", Hours::Office, [20.0, 8.0, 0.3], RESEARCH, ("charts", "draw")),
    worker("greta", Hours::Office, [16.0, 12.0, 0.15], RESEARCH, ("translate", "text")),
    worker("hugo", Hours::Always, [45.0, 7.0, 0.1], OPERATE, ("git", "log")),
    worker("support-bot", Hours::Always, [70.0, 3.0, 0.1], PEOPLE, ("translate", "text")),
    worker("code-bot", Hours::Always, [50.0, 2.5, 0.5], CODE, ("metrics", "read")),
    worker("watch-job", Hours::Clock(15.0), [0.0, 1.5, 0.0], WATCH, ("issues", "list")),
    worker("sync-job", Hours::Nightly, [0.0, 1.0, 0.0], SYNC, ("db", "schema")),
];

/// Benign work of one seed, over so many days, in the order of time.
pub(super) fn play(seed: u64, days: usize) -> Vec<Event> {
    let mut all = Vec::new();
    for (place, worker) in WORKERS.iter().enumerate() {
        let mut shift = Shift::new(worker, Chance::new(seed.wrapping_mul(1000) + place as u64), days);
        (0..days).for_each(|day| shift.day(day, &mut all));
    }
    all.sort_by_key(|event: &Event| event.at);
    all
}

/// One worker over the days.
struct Shift<'a> {
    worker: &'a Worker,
    chance: Chance,
    who: Arc<str>,
    key: PrincipalKey,
    /// The day on which the new tool comes into use.
    novelty_day: usize,
    /// How much sizes and sessions grow in a day.
    drift: f64,
    days: f64,
}

impl<'a> Shift<'a> {
    fn new(worker: &'a Worker, mut chance: Chance, days: usize) -> Self {
        let novelty_day = chance.within(days / 6, days.max(2));
        let drift = 0.002 * (chance.share() - 0.3);
        let key = key(worker.name);
        Self { worker, chance, who: worker.name.into(), key, novelty_day, drift, days: 0.0 }
    }

    fn day(&mut self, day: usize, all: &mut Vec<Event>) {
        self.days = day as f64;
        let start = BEGIN + self.days * DAY;
        let is_weekend = day % 7 >= 5;
        // One week in ten nobody is in the office.
        let is_away = is_weekend || (day / 7) % 10 == 7;
        match self.worker.hours {
            Hours::Office if is_away => {}
            Hours::Office | Hours::Always => {
                let grown = 1.0 + 2.0 * self.drift * self.days;
                let mean = self.worker.sessions * grown * if is_weekend { 0.5 } else { 1.0 };
                let mut left = self.chance.wait(mean * 0.2) + mean * 0.8;
                while left > 0.0 {
                    let at = start + self.hour() * 3600.0 * SECOND;
                    self.session(at, all);
                    left -= 1.0;
                }
            }
            Hours::Clock(minutes) => {
                let times = (24.0 * 60.0 / minutes) as usize;
                for time in 0..times {
                    let late = self.chance.share() * 2.0;
                    self.session(start + (time as f64 * minutes * 60.0 + late) * SECOND, all);
                }
            }
            Hours::Nightly => {
                let late = self.chance.share() * 600.0;
                self.session(start + (2.0 * 3600.0 + late) * SECOND, all);
            }
        }
    }

    /// An hour of the day at which work begins.
    fn hour(&mut self) -> f64 {
        loop {
            let hour = self.chance.share() * 24.0;
            let busy = match self.worker.hours {
                Hours::Office => match hour {
                    early if early < 8.5 => 0.0,
                    noon if (12.0..13.0).contains(&noon) => 0.25,
                    day if day < 17.5 => 1.0,
                    evening if evening < 20.0 => 0.1,
                    _ => 0.0,
                },
                Hours::Always | Hours::Clock(_) | Hours::Nightly => {
                    if hour < 6.0 {
                        0.3
                    } else {
                        1.0
                    }
                }
            };
            if self.chance.is(busy) {
                return hour;
            }
        }
    }

    /// One piece of work, from `at` on.
    fn session(&mut self, at: f64, all: &mut Vec<Event>) {
        let mut session = Session::new(at, &mut self.chance);
        let rounds = match self.worker.hours {
            Hours::Nightly => self.chance.within(30, 90),
            Hours::Clock(_) => 1,
            // Now and then somebody has a lot to do.
            Hours::Office | Hours::Always if self.chance.is(0.02) => self.chance.within(4, 9),
            Hours::Office | Hours::Always => self.chance.within(1, 4),
        };
        for _ in 0..rounds {
            let place =
                self.chance.within(0, self.worker.flows.len()).min(self.chance.within(0, self.worker.flows.len()));
            for step in self.worker.flows.get(place).copied().unwrap_or_default() {
                self.step(&mut session, *step, all);
            }
            if self.days as usize >= self.novelty_day && self.chance.is(0.15) {
                self.step(&mut session, self.worker.novelty, all);
            }
        }
    }

    /// A step of a workflow: mostly one call, sometimes none, sometimes a few.
    fn step(&mut self, session: &mut Session, (server, name): Step, all: &mut Vec<Event>) {
        let tool = tool(server, name);
        let times = match self.chance.share() {
            skipped if skipped < 0.12 => 0,
            once if once < 0.85 => 1,
            _ => self.chance.within(2, 5),
        };
        for _ in 0..times {
            let together = self.chance.is(self.worker.parallel);
            let pause = if together { self.chance.wait(0.15) } else { 0.6 + self.chance.wait(self.worker.pace) };
            session.now += pause * SECOND;
            let item = session.item(tool, &mut self.chance);
            let mut event = session.call(&self.who, self.key, tool, item, &mut self.chance);
            let grown = 1.0 + self.drift * self.days;
            event.request_bytes = (self.chance.size(tool.request * grown, 0.35)) as u64 + 60;
            event.answer_bytes = (self.chance.size(tool.answer * grown, 0.8)) as u64 + 40;
            match self.chance.share() {
                refused if refused < 0.006 => refuse(&mut event, Code::NotAllowed),
                unfit if unfit < 0.012 => refuse(&mut event, Code::SchemaMismatch),
                failed if failed < 0.02 => event.disposition = Disposition::AnswerError,
                _ => {}
            }
            let is_refused = event.disposition == Disposition::Refuse;
            all.push(event.clone());
            if is_refused && self.chance.is(0.5) {
                session.now += (0.5 + self.chance.wait(3.0)) * SECOND;
                let again = Event { at: session.at(), exchange: session.exchange(&mut self.chance), ..event };
                all.push(again);
            }
        }
    }
}

/// One unit of work.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) now: f64,
    context: ContextId,
    origins: BTreeSet<Arc<str>>,
    trust: Trust,
    items: Vec<usize>,
}

impl Session {
    pub(super) fn new(now: f64, chance: &mut Chance) -> Self {
        let context =
            ContextId::from_bytes((u128::from(chance.next()) << 64 | u128::from(chance.next())).to_be_bytes());
        Self { now, context, origins: BTreeSet::new(), trust: Trust::Trusted, items: Vec::new() }
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.now as i64)
    }

    fn exchange(&self, chance: &mut Chance) -> ExchangeId {
        ExchangeId::from_parts((self.now / 1000.0) as u64, chance.next().into())
    }

    /// What a call is about: mostly what the session is about already, of few favourites and many others.
    fn item(&mut self, tool: Tool, chance: &mut Chance) -> usize {
        let is_question = matches!(tool.name, "search" | "query" | "find");
        if !is_question
            && chance.is(0.5)
            && let Some(item) = chance.pick(&self.items)
        {
            return *item;
        }
        let item = if chance.is(0.5) { chance.within(0, 12) } else { chance.within(0, 2000) };
        self.items.push(item);
        item
    }

    /// A call now, of usual size.
    pub(super) fn call(
        &mut self,
        who: &Arc<str>,
        key: PrincipalKey,
        tool: Tool,
        item: usize,
        chance: &mut Chance,
    ) -> Event {
        let mut digest = [0; 32];
        digest.first_chunk_mut::<8>().into_iter().for_each(|first| *first = (item as u64).to_be_bytes());
        let event = Event {
            at: self.at(),
            exchange: self.exchange(chance),
            principal: key,
            who: who.clone(),
            server: tool.server.into(),
            action: "tools/call".into(),
            item: tool.name.into(),
            disposition: Disposition::Answer,
            code: None,
            arguments_digest: Some(digest),
            request_bytes: chance.size(tool.request, 0.35) as u64 + 60,
            answer_bytes: chance.size(tool.answer, 0.8) as u64 + 40,
            upstream_micros: chance.size(40_000.0, 0.6) as u64,
            context: Some(self.context),
            trust: self.trust,
            origins: self.origins.clone(),
            missing: 0,
            rules: Vec::new(),
            findings: Vec::new(),
            traits: Traits { reach: tool.reach, harm: tool.harm },
        };
        self.origins.insert(tool.server.into());
        if matches!(tool.server, "mail" | "web" | "issues") {
            self.trust = Trust::Untrusted;
        }
        event
    }
}

pub(super) fn refuse(event: &mut Event, code: Code) {
    event.disposition = Disposition::Refuse;
    event.code = Some(code);
    event.answer_bytes = 0;
}

pub(super) fn key(name: &str) -> PrincipalKey {
    PrincipalKey::of(&Principal::new(name, Proof::ApiKey))
}
