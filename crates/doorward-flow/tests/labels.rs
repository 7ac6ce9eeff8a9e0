//! How often what is assumed of tools is right, over tools of servers that people use, labelled by hand from their sources
//! (`fixtures/labels/tools.json`; what the labels mean is told in `packs/README.md`).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use doorward_flow::nature::{Act, Nature};
use doorward_flow::pack;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::ToolDefinition;
use serde::Deserialize;

/// A tool, and what its source says of it.
#[derive(Deserialize)]
struct Labelled {
    server: String,
    name: String,
    attacker_writable: bool,
    egress: bool,
    act: String,
    /// Pointers of what stands in its result where that has a strict form; nothing is said of the rest.
    #[serde(default)]
    leaves: Vec<String>,
}

/// How often one claim is made, and made rightly.
#[derive(Default)]
struct Score {
    right: u32,
    missed: Vec<String>,
    extra: Vec<String>,
}

impl Score {
    fn count(&mut self, of: &Labelled, is: bool, said: bool) {
        let name = || format!("{}.{}", of.server, of.name);
        match (is, said) {
            (true, true) => self.right += 1,
            (true, false) => self.missed.push(name()),
            (false, true) => self.extra.push(name()),
            (false, false) => {}
        }
    }

    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + u32::try_from(self.missed.len()).unwrap())
    }

    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.right + u32::try_from(self.extra.len()).unwrap())
    }

    fn print(&self, what: &str) {
        println!("{what:24} recall {:5.1} %  precision {:5.1} %", 100.0 * self.recall(), 100.0 * self.precision());
        println!("{:24} missed: {}", "", self.missed.join(" "));
        println!("{:24} extra: {}", "", self.extra.join(" "));
    }
}

/// The scores of one way to tell what a tool is.
#[derive(Default)]
struct Scores {
    /// Of what all tools answer.
    attacker_writable: Score,
    /// Of what tools answer that are there to answer. One that acts and tells so in a sentence is believed no more than
    /// any prose: no pack can say otherwise.
    attacker_writable_of_readers: Score,
    egress: Score,
    consequential: Score,
}

#[test]
fn what_is_inferred_misses_nothing_that_outsiders_can_write() {
    let scores = scores(|nature, _| nature);
    scores.print("inference alone");
    assert!(scores.attacker_writable.missed.is_empty());
}

#[test]
fn packs_know_what_outsiders_can_write_and_what_carries_data_out() {
    let scores = scores(|nature, of| {
        let pack = pack::named(&of.server).unwrap_or_else(|| panic!("no pack is called {}", of.server));
        let labels = pack.tools.get(of.name.as_str()).unwrap_or_else(|| panic!("{} has no {}", of.server, of.name));
        let nature = nature.with(labels);
        assert_eq!(
            (Some(nature.act), Some(nature.egress)),
            (labels.act.or(Some(nature.act)), labels.egress.or(Some(nature.egress))),
            "{}.{}: what the pack lowers needs a reason",
            of.server,
            of.name
        );
        nature
    });
    scores.print("with packs");
    assert!(scores.attacker_writable.recall() >= 0.98);
    assert!(scores.attacker_writable_of_readers.precision() >= 0.90);
    assert!(scores.egress.recall() >= 0.98);
    assert!(scores.egress.precision() >= 0.90);
    assert!(scores.consequential.recall() >= 0.98);
    assert!(scores.consequential.precision() >= 0.90);
}

#[test]
fn enough_tools_are_labelled_and_each_once() {
    let labelled = labelled();
    let names: BTreeSet<(&str, &str)> = labelled.iter().map(|of| (&*of.server, &*of.name)).collect();
    assert_eq!(names.len(), labelled.len());
    assert!(labelled.len() >= 200);
}

impl Scores {
    fn print(&self, of: &str) {
        println!("{of}");
        self.attacker_writable.print("attacker-writable");
        self.attacker_writable_of_readers.print("attacker-writable, read");
        self.egress.print("egress");
        self.consequential.print("acts");
    }
}

/// Judges every tool of the fixture by what `tell` makes of what its definition shows.
fn scores(tell: impl Fn(Nature, &Labelled) -> Nature) -> Scores {
    let raw = RawJson::parse(fixture(), &Limits::default()).unwrap();
    let mut scores = Scores::default();
    for (of, definition) in labelled().iter().zip(raw.as_raw().elements()) {
        let nature = tell(Nature::infer(&ToolDefinition::from_raw(definition).unwrap()), of);
        let act = Act::parse(&of.act).unwrap();
        let untrusted = is_untrusted(&nature, of);
        scores.attacker_writable.count(of, of.attacker_writable, untrusted);
        if act == Act::Read {
            scores.attacker_writable_of_readers.count(of, of.attacker_writable, untrusted);
        }
        scores.egress.count(of, of.egress, nature.egress);
        scores.consequential.count(of, act.is_consequential(), nature.act.is_consequential());
    }
    scores
}

/// Whether anything that the tool answers is taken for the text of outsiders.
fn is_untrusted(nature: &Nature, of: &Labelled) -> bool {
    match of.leaves.as_slice() {
        [] => nature.widest().is_untrusted(),
        leaves => leaves.iter().any(|leaf| nature.field(leaf).is_untrusted()),
    }
}

fn labelled() -> Vec<Labelled> {
    serde_json::from_slice(&fixture()).unwrap()
}

fn fixture() -> Vec<u8> {
    std::fs::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/labels/tools.json"))).unwrap()
}
