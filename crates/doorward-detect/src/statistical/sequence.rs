//! `sequence`: tools follow one another as they do not in this principal's work.
//!
//! Prediction by partial matching of order two with Witten and Bell's estimate of what was never seen. Each call counts for
//! the bits by which it surprises more than calls usually do, in a sum that fades from call to call. Units of work are told
//! apart where they are known.

use serde::{Deserialize, Serialize};

use super::moments::Moments;
use crate::key;
use crate::limits::{SUCCESSIONS_MAX, THREADS_MAX};
use crate::measure::Reading;
use crate::snapshot::successions;

/// What stays of the sum with each further call.
const KEPT: f64 = 0.8;

/// Bits above the mean that each call may have for nothing, in deviations.
const ALLOWED: f64 = 1.0;

/// No call counts for more bits.
const CALL_MOST: f64 = 12.0;

/// When one succession was counted so often, all counts are halved.
const HALVED_AT: u16 = 1024;

/// So many of the last things are told apart in a run.
const RUN_SUBJECTS: usize = 8;

/// What stands before the first call.
const START: u16 = 0;

/// How often a tool followed on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Succession {
    pub(crate) before: u32,
    pub(crate) tool: u16,
    pub(crate) times: u16,
}

/// What follows what.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model {
    #[serde(with = "successions")]
    successions: Vec<Succession>,
    /// The bits of usual calls.
    usual: Moments,
}

/// The units of work that go on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Threads {
    threads: Vec<Thread>,
    peak: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Thread {
    context: u64,
    last: [u16; 2],
    sum: f64,
    /// What the last calls of the same tool were about, and how many different things that were in a row.
    subjects: [u32; RUN_SUBJECTS],
    run: u32,
}

/// One step of one unit of work, to be learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    before: [u16; 2],
    tool: u16,
    bits: f64,
    /// How many different things in a row the tool was used for, with this one.
    pub(crate) run: u32,
}

impl Threads {
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.threads.capacity() * size_of::<Thread>()
    }

    /// The next call of the unit of work `context`.
    pub(crate) fn take(&mut self, context: u64, [tool, subject]: [u64; 2], model: &Model) -> Step {
        let tool = symbol(tool);
        let at = self.threads.iter().position(|thread| thread.context == context);
        let mut thread = at
            .map_or(Thread { context, last: [START; 2], sum: 0.0, subjects: [0; RUN_SUBJECTS], run: 0 }, |at| {
                self.threads.remove(at)
            });
        if self.threads.len() >= THREADS_MAX {
            self.threads.remove(0);
        }
        let bits = model.bits(thread.last, tool);
        if thread.last[1] != tool {
            (thread.subjects, thread.run) = ([0; RUN_SUBJECTS], 0);
        }
        thread.go_on(key::short(subject));
        let step = Step { before: thread.last, tool, bits, run: thread.run };
        let over = (bits - model.usual.mean()).min(CALL_MOST) - ALLOWED * model.usual.deviation(0.5);
        thread.sum = (KEPT * thread.sum + over).max(0.0);
        thread.last = [thread.last[1], tool];
        if thread.sum > self.peak.score {
            self.peak = Reading { score: thread.sum, observed: bits, expected: model.usual.mean() };
        }
        self.threads.push(thread);
        step
    }

    pub(crate) fn read(&self) -> Reading {
        self.peak
    }
}

impl Thread {
    /// The next call of a run is about `subject`.
    fn go_on(&mut self, subject: u32) {
        if self.subjects.contains(&subject) {
            return;
        }
        self.subjects.rotate_left(1);
        if let Some(last) = self.subjects.last_mut() {
            *last = subject;
        }
        self.run += 1;
    }
}

impl Model {
    pub(crate) fn is_bounded(&self) -> bool {
        self.successions.len() <= SUCCESSIONS_MAX
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.successions.capacity() * size_of::<Succession>()
    }

    pub(crate) fn learn(&mut self, step: &Step) {
        self.usual.learn(step.bits.min(CALL_MOST));
        for before in contexts(step.before) {
            self.count(before, step.tool);
        }
    }

    /// The bits of surprise when `tool` follows on `before`.
    fn bits(&self, before: [u16; 2], tool: u16) -> f64 {
        // INVARIANT: contexts go from the shortest to the longest, each backing off to the one before it.
        let tools = self.successions.iter().filter(|one| one.before == NOTHING).count();
        #[expect(clippy::cast_precision_loss, reason = "bounded")]
        let mut share = 1.0 / (tools as f64 + 1.0);
        for before in contexts(before) {
            let (mut total, mut kinds, mut times) = (0.0, 0.0, 0.0);
            for one in self.successions.iter().filter(|one| one.before == before) {
                total += f64::from(one.times);
                kinds += 1.0;
                if one.tool == tool {
                    times = f64::from(one.times);
                }
            }
            if total > 0.0 {
                share = (times + kinds * share) / (total + kinds);
            }
        }
        -share.log2()
    }

    fn count(&mut self, before: u32, tool: u16) {
        if let Some(known) = self.successions.iter_mut().find(|one| one.before == before && one.tool == tool) {
            known.times += 1;
            if known.times >= HALVED_AT {
                self.successions.iter_mut().for_each(|one| one.times = (one.times / 2).max(1));
            }
            return;
        }
        let new = Succession { before, tool, times: 1 };
        if self.successions.len() < SUCCESSIONS_MAX {
            self.successions.push(new);
        } else if let Some(rarest) =
            self.successions.iter().enumerate().min_by_key(|(_, one)| one.times).map(|(at, _)| at)
        {
            // The oldest of the rarest goes; the new one stands at the end.
            self.successions.remove(rarest);
            self.successions.push(new);
        }
    }
}

/// The context of no tool.
const NOTHING: u32 = 0;

/// The contexts of order 0, 1 and 2.
fn contexts([first, second]: [u16; 2]) -> [u32; 3] {
    let two = u32::from(first) << 16 | u32::from(second);
    [NOTHING, key::short(key::of(&[&second.to_be_bytes()])), key::short(key::of(&[&two.to_be_bytes()]))]
}

/// A tool as a symbol, never [`START`].
#[expect(clippy::cast_possible_truncation, reason = "the low bits are meant")]
fn symbol(tool: u64) -> u16 {
    (key::short(tool) as u16).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(model: &mut Model, tools: &[u64], learns: bool) -> f64 {
        let mut threads = Threads::default();
        for tool in tools {
            let step = threads.take(1, [*tool, 0], model);
            if learns {
                model.learn(&step);
            }
        }
        threads.read().score
    }

    #[test]
    fn an_order_never_seen_stands_out_and_a_usual_one_does_not() {
        let mut model = Model::default();
        for at in 0..200 {
            play(&mut model, if at % 3 == 0 { &[1, 2, 3, 4, 3, 4] } else { &[1, 2, 3, 4] }, true);
        }
        let usual = play(&mut model, &[1, 2, 3, 4, 3, 4], false);
        let turned = play(&mut model, &[4, 2, 1, 3, 2, 4], false);
        let foreign = play(&mut model, &[77, 78, 79, 80], false);
        assert!(usual < 3.0 && turned > usual + 6.0 && foreign > usual + 6.0, "{usual} {turned} {foreign}");
    }

    #[test]
    fn units_of_work_that_alternate_are_told_apart_and_all_is_bounded() {
        let mut model = Model::default();
        for _ in 0..200 {
            play(&mut model, &[1, 2, 3, 4], true);
        }
        let mut threads = Threads::default();
        for tool in [1, 2, 3, 4] {
            threads.take(1, [tool, 0], &model);
            threads.take(2, [tool, 0], &model);
        }
        assert!(threads.read().score < 3.0, "{:?}", threads.read());
        for context in 0..50 {
            let step = threads.take(context, [context, 0], &model);
            model.learn(&step);
        }
        assert!(threads.threads.len() <= THREADS_MAX && model.successions.len() <= SUCCESSIONS_MAX);
    }
}
