//! Attacks, as calls of a principal that does other work besides.

use std::sync::Arc;

use doorward_core::refusal::Code;
use doorward_detect::event::{Event, Reach};

use super::chance::Chance;
use super::work::{Session, TOOLS, Tool, Worker, key, refuse, tool};

/// Calls of one attack: it is to be seen within these.
pub(super) const CALLS: usize = 10;

/// Kinds of attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A usual tool in a loop, 2 to 10 calls a second; or large requests to a way out.
    Volume,
    /// All that there is, tool by tool.
    FanOut,
    /// Item after item through a usual tool.
    Harvest,
    /// A small call to a way out by the clock, every 20 seconds to 5 minutes.
    Beacon,
    /// Refused calls, varied.
    Probing,
    /// Somebody else at work with the same credentials.
    Takeover,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Volume, Self::FanOut, Self::Harvest, Self::Beacon, Self::Probing, Self::Takeover];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::FanOut => "fan_out",
            Self::Harvest => "harvest",
            Self::Beacon => "beacon",
            Self::Probing => "probing",
            Self::Takeover => "takeover",
        }
    }
}

/// The calls of an attack of `kind` with the credentials of `worker`, from `begin` on (microseconds since 1970).
pub(super) fn play(kind: Kind, worker: &Worker, begin: f64, chance: &mut Chance) -> Vec<Event> {
    let mut stage = Stage { who: worker.name.into(), worker, session: Session::new(begin, chance) };
    match kind {
        Kind::Volume if chance.is(0.5) => stage.flood(chance),
        Kind::Volume => stage.upload(chance),
        Kind::FanOut => stage.fan_out(chance),
        Kind::Harvest => stage.harvest(chance),
        Kind::Beacon => stage.beacon(chance),
        Kind::Probing => stage.probe(chance),
        Kind::Takeover => stage.take_over(chance),
    }
}

struct Stage<'a> {
    who: Arc<str>,
    worker: &'a Worker,
    session: Session,
}

impl Stage<'_> {
    fn call(&mut self, pause: f64, tool: Tool, item: usize, chance: &mut Chance) -> Event {
        self.session.now += pause * 1e6;
        self.session.call(&self.who, key(self.worker.name), tool, item, chance)
    }

    fn usual(&self) -> Vec<Tool> {
        self.worker.flows.iter().copied().flatten().map(|(server, name)| tool(server, name)).collect()
    }

    fn any(tools: &[Tool], chance: &mut Chance) -> Tool {
        chance.pick(tools).copied().unwrap_or_else(|| tool("web", "fetch"))
    }

    /// A way out that is usual, or that is there at least.
    fn way_out(&self, chance: &mut Chance) -> Tool {
        let usual: Vec<Tool> = self.usual().into_iter().filter(|tool| tool.reach == Reach::Out).collect();
        Self::any(&usual, chance)
    }

    fn flood(&mut self, chance: &mut Chance) -> Vec<Event> {
        let tool = Self::any(&self.usual(), chance);
        let pause = chance.between(0.1, 0.5);
        let item = chance.within(0, 12);
        (0..CALLS).map(|_| self.call(pause * chance.between(0.7, 1.4), tool, item, chance)).collect()
    }

    fn upload(&mut self, chance: &mut Chance) -> Vec<Event> {
        let tool = self.way_out(chance);
        let bytes = chance.between(50_000.0, 1_000_000.0);
        let mut calls: Vec<Event> =
            (0..CALLS).map(|_| self.call(chance.between(2.0, 20.0), tool, chance.within(0, 2000), chance)).collect();
        calls.iter_mut().for_each(|call| call.request_bytes = chance.size(bytes, 0.3) as u64);
        calls
    }

    fn fan_out(&mut self, chance: &mut Chance) -> Vec<Event> {
        let first = chance.within(0, TOOLS.len());
        let pace = chance.between(0.5, 5.0);
        let mut calls = Vec::new();
        for place in 0..CALLS {
            // Prime to the number of tools, so that neighbours are of different servers.
            let Some(tool) = TOOLS.get((first + place * 3) % TOOLS.len()) else { continue };
            calls.push(self.call(pace * chance.between(0.5, 2.0), *tool, chance.within(0, 2000), chance));
        }
        calls
    }

    fn harvest(&mut self, chance: &mut Chance) -> Vec<Event> {
        let reads: Vec<Tool> = self.usual().into_iter().filter(|tool| tool.answer > tool.request * 3.0).collect();
        let tool = Self::any(&reads, chance);
        let (pace, larger) = (chance.between(0.5, 3.0), chance.between(1.0, 5.0));
        let first = chance.within(3000, 9000);
        let mut calls: Vec<Event> =
            (0..CALLS).map(|place| self.call(pace * chance.between(0.7, 1.4), tool, first + place, chance)).collect();
        calls.iter_mut().for_each(|call| call.answer_bytes = (call.answer_bytes as f64 * larger) as u64);
        calls
    }

    fn beacon(&mut self, chance: &mut Chance) -> Vec<Event> {
        let tool = if chance.is(0.5) { self.way_out(chance) } else { tool("web", "fetch") };
        let (every, jitter) = (chance.between(20.0, 300.0), chance.share() * 0.05);
        let item = chance.within(0, 2000);
        let mut calls: Vec<Event> = (0..CALLS)
            .map(|_| self.call(every * (1.0 + jitter * (2.0 * chance.share() - 1.0)), tool, item, chance))
            .collect();
        calls.iter_mut().for_each(|call| call.request_bytes = 240);
        calls
    }

    fn probe(&mut self, chance: &mut Chance) -> Vec<Event> {
        let tools = [*chance.pick(TOOLS).unwrap_or(&tool("db", "query")), Self::any(&self.usual(), chance)];
        let used = if chance.is(0.5) { 1 } else { 2 };
        let pace = chance.between(1.0, 20.0);
        let code = *chance.pick(&[Code::NotAllowed, Code::Forbidden, Code::RequestBlocked]).unwrap_or(&Code::Forbidden);
        let mut calls = Vec::new();
        for place in 0..CALLS {
            let Some(tool) = tools.get(place % used) else { continue };
            let mut call = self.call(pace * chance.between(0.5, 2.0), *tool, 5000 + place, chance);
            refuse(&mut call, code);
            calls.push(call);
        }
        calls
    }

    fn take_over(&mut self, chance: &mut Chance) -> Vec<Event> {
        let usual = self.usual();
        let foreign: Vec<Tool> = TOOLS.iter().copied().filter(|tool| !usual.contains(tool)).collect();
        let share = 0.5 + 0.3 * chance.share();
        let pace = chance.between(1.0, 10.0);
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let tool = Self::any(if chance.is(share) { &foreign } else { &usual }, chance);
            calls.push(self.call(pace * chance.between(0.5, 2.0), tool, chance.within(0, 2000), chance));
        }
        calls
    }
}
