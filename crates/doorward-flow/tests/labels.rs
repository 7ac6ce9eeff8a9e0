//! How often what is assumed of tools is right, over tools of servers that people use, labelled by hand from their sources
//! (`fixtures/labels/tools.json`; what the labels mean is told in `packs/README.md`).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::Path;

use doorward_flow::nature::{Act, Nature};
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
    attacker_writable: Score,
    egress: Score,
    consequential: Score,
}

#[test]
fn what_is_inferred_misses_nothing_that_outsiders_can_write() {
    let scores = scores(|nature, _| nature);
    scores.print("inference alone");
    assert!(scores.attacker_writable.missed.is_empty());
}

impl Scores {
    fn print(&self, of: &str) {
        println!("{of}");
        self.attacker_writable.print("attacker-writable");
        self.egress.print("egress");
        self.consequential.print("acts");
    }
}

/// Judges every tool of the fixture by what `tell` makes of what its definition shows.
fn scores(tell: impl Fn(Nature, &Labelled) -> Nature) -> Scores {
    let text = std::fs::read(root().join("fixtures/labels/tools.json")).unwrap();
    let labelled: Vec<Labelled> = serde_json::from_slice(&text).unwrap();
    let raw = RawJson::parse(text, &Limits::default()).unwrap();
    let mut scores = Scores::default();
    for (of, definition) in labelled.iter().zip(raw.as_raw().elements()) {
        let nature = tell(Nature::infer(&ToolDefinition::from_raw(definition).unwrap()), of);
        scores.attacker_writable.count(of, of.attacker_writable, nature.widest().is_untrusted());
        scores.egress.count(of, of.egress, nature.egress);
        let act = Act::parse(&of.act).unwrap();
        scores.consequential.count(of, act.is_consequential(), nature.act.is_consequential());
    }
    scores
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
