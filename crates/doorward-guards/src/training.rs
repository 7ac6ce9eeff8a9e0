//! What the classifier of texts is trained with: the features it sees, what else the guard goes by, and the form of what it
//! learns.
//!
//! For `cargo xtask train injection` alone; a gateway has no use for it.

use std::borrow::Cow;
use std::ops::Range;

use doorward_core::guard::{Content, GuardName, Severity, Surface};

use crate::around::Around;
use crate::catalogue;
use crate::guard::{Guard, Report};
use crate::injection::model::{Place, each_sentence, is_language, lexicon, part_of, undisguised};
use crate::injection::{beside_texts, judgements};
use crate::scene::{Options, Scene};
use crate::text;
use crate::words::Words;

pub use crate::injection::model::weights::{Meaning, Weights};

/// The features of one sentence, as hashes, in their order.
pub type Sentence = Vec<u64>;

/// The words that weights depend on; what was learned with others is worth nothing.
pub const LEXICON: &str = lexicon::TEXT;

/// What the guards go by in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// What is found without rules and classifier: by the place of a string, and by the guards of Unicode and of apps.
    pub beside: Option<Severity>,
    /// Every part of a text in which there is something to judge.
    pub texts: Vec<Said>,
}

/// What there is to judge in a part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What the rules say of the text.
    pub rules: Option<Severity>,
    /// What the classifier sees: the sentences worth a look.
    pub sentences: Vec<Sentence>,
}

/// Reads messages as the guards do.
#[derive(Debug)]
pub struct Reader {
    guards: Vec<Box<dyn Guard>>,
    words: Words,
}

impl Reader {
    /// One with the guards of the catalogue as they are delivered.
    ///
    /// # Errors
    /// Says why there is none.
    pub fn new() -> Result<Self, &'static str> {
        let guards = catalogue::all(&Options::standard());
        let words = Words::new(&guards).map_err(|_| "The guards wait for too many words.")?;
        Ok(Self { guards, words })
    }

    /// What is seen in a message, what is encoded in it too.
    ///
    /// # Errors
    /// Says why the message cannot be read.
    pub fn read(&self, content: &Content<'_>) -> Result<Sight, &'static str> {
        let reading = text::read(&content.parts, &self.words)?;
        let around = Around::default();
        let scene = Scene::new(content, &reading, &around);
        let mut report = Report::for_message(content.message.len());
        for guard in self.guards.iter().filter(|guard| BESIDE.contains(&guard.name())) {
            report.at = Some(guard.name());
            guard.inspect(&scene, &mut report);
        }
        report.at = Some(GuardName::Injection);
        beside_texts(&scene, &mut report);
        let mut texts = Vec::new();
        judgements(&scene, &mut report, |_, text, judgement, asked| {
            let rules = judgement.severity;
            texts.extend(rules.map(|_| Said { rules, sentences: Vec::new() }));
            texts.extend(parts(text, asked, content.surface).map(|sentences| Said { rules, sentences }));
        });
        // What cannot be inspected to the end is blocked.
        let unfinished = report.unfinished.map(|_| Severity::High);
        let beside = report.found.iter().map(|(_, found)| found.severity).max().max(unfinished);
        Ok(Sight { beside, texts })
    }
}

/// The guards that find hostile texts beside that of injections.
const BESIDE: [GuardName; 2] = [GuardName::Unicode, GuardName::Apps];

/// The sentences of each part that the classifier is asked about, as far as there are any.
fn parts(text: &text::Text<'_>, asked: &[Range<usize>], surface: Surface) -> impl Iterator<Item = Vec<Sentence>> {
    let plain = if is_language(&text.text) { undisguised(text) } else { Cow::Borrowed("") };
    let of_part = move |range: &Range<usize>| {
        let (_, part) = part_of(text, &plain, range);
        let mut sentences = Vec::new();
        each_sentence(part, Place::of(surface), |_, features| sentences.push(features.to_vec()));
        sentences
    };
    asked.iter().map(of_part).filter(|sentences| !sentences.is_empty())
}

/// Which of the two places of [`Weights::places`] a surface belongs to.
#[must_use]
pub fn place(surface: Surface) -> usize {
    match Place::of(surface) {
        Place::Definition => 0,
        Place::Answer => 1,
    }
}
