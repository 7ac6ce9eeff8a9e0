//! What was found in a message, by the texts it stands in.

use std::collections::BTreeMap;

use doorward_core::guard::{GuardName, Severity};
use memchr::memmem;

use super::known::Known;
use super::plain::Plain;
use super::scan::{self, Candidate, Scanner};
use super::shape::{is_made, position};
use crate::guard::Report;
use crate::limits::ECHOES_MAX;
use crate::scene::Scene;
use crate::text::Text;
use crate::words::Form;

/// What is shorter is not looked for again in other forms.
const ECHO_LEAST: usize = 10;

/// Candidates by the place of their text.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<usize, Vec<Candidate>>);

impl Findings {
    /// A secret in one text.
    pub(super) fn add(&mut self, place: usize, candidate: Candidate) {
        self.0.entry(place).or_default().push(candidate);
    }

    /// A secret in the joined texts: each of its pieces.
    fn add_joined(&mut self, scene: &Scene<'_>, candidate: &Candidate) {
        for (place, range) in scene.joined().pieces(&candidate.range) {
            self.add(place, Candidate { range, ..candidate.clone() });
        }
    }

    /// Everything found, what overlaps made one.
    pub(super) fn all(self) -> impl Iterator<Item = (usize, Candidate)> {
        self.0.into_iter().flat_map(|(place, found)| scan::joined(found).into_iter().map(move |one| (place, one)))
    }

    /// The secrets themselves, with the rules that found them, where they stand in one piece.
    fn secrets<'a>(&self, texts: &'a [Text<'_>]) -> Vec<(Candidate, &'a [u8])> {
        let one = |place: &usize, found: &Candidate| {
            let secret = texts.get(*place)?.text.as_bytes().get(found.range.clone())?;
            Some((found.clone(), secret))
        };
        self.0.iter().flat_map(|(place, found)| found.iter().filter_map(move |found| one(place, found))).collect()
    }

    /// Looks for values in every text, and in all of them read as one without blanks. `named` says what each is.
    pub(super) fn look_for(&mut self, known: &Known, scene: &Scene<'_>, named: impl Fn(usize) -> Option<Candidate>) {
        if known.is_empty() {
            return;
        }
        let sightings = |text: &str| {
            let found = known.find(text.as_bytes());
            found
                .into_iter()
                .filter_map(|found| {
                    let candidate = named(found.value)?;
                    // A part of what is only likely may be an ordinary word.
                    let length = known.value(found.value).map_or(0, <[u8]>::len);
                    let is_sure = candidate.severity == Severity::High || found.range.len() >= length;
                    is_sure.then_some(Candidate { range: found.range, ..candidate })
                })
                .collect()
        };
        for (place, text) in scene.texts.iter().enumerate() {
            let found: Vec<Candidate> = sightings(&text.text);
            found.into_iter().for_each(|found| self.add(place, found));
            // What says the same as another text when decoded is not decoded again.
            if let Some(plain) = text.text.contains('%').then(|| Plain::unescaped(&text.text)).flatten() {
                for found in sightings(&plain.text) {
                    self.add(place, Candidate { range: plain.original(&found.range), ..found });
                }
            }
        }
        let joined = &scene.joined().text;
        if joined.is_empty() {
            for (place, text) in scene.texts.iter().enumerate().filter(|(_, text)| text.origin.is_none()) {
                let Some(plain) = Plain::squeezed(&text.text) else { continue };
                for found in sightings(&plain.text) {
                    self.add(place, Candidate { range: plain.original(&found.range), ..found });
                }
            }
            return;
        }
        let plain = Plain::squeezed(joined);
        for found in sightings(plain.as_ref().map_or(joined, |plain| &plain.text)) {
            let range = plain.as_ref().map_or_else(|| found.range.clone(), |plain| plain.original(&found.range));
            self.add_joined(scene, &Candidate { range, ..found });
        }
    }

    /// Looks for the secrets that were found in their other forms: what is written out once is not left encoded beside.
    pub(super) fn look_for_echoes(&mut self, scene: &Scene<'_>) {
        let grave = |(found, secret): &(Candidate, &[u8])| found.severity > Severity::Low && secret.len() >= ECHO_LEAST;
        let echoed: Vec<_> = self.secrets(scene.texts).into_iter().filter(grave).take(ECHOES_MAX).collect();
        let known = Known::new(echoed.iter().map(|(_, secret)| ("", *secret)));
        // Of the parts of a value, each takes the rule of the whole.
        let rules: Vec<Candidate> = (0..known.len())
            .filter_map(|place| {
                let part = known.value(place)?;
                let whole = echoed.iter().find(|(_, secret)| position(secret, part).is_some());
                whole.map(|(found, _)| Candidate { range: 0..0, ..found.clone() })
            })
            .collect();
        self.look_for(&known, scene, |value| rules.get(value).cloned());
    }

    /// The tokens that begin at the end of a text and go on in the next.
    pub(super) fn look_for_split(&mut self, scanner: &Scanner, scene: &Scene<'_>, report: &mut Report) {
        for hit in scene.hits(GuardName::Secrets).iter().filter(|hit| hit.form == Form::Written) {
            let Some(text) = scene.texts.get(hit.text).filter(|text| text.origin.is_none()) else { continue };
            if !scanner.runs_to_end(text.text.as_bytes(), hit.word, &hit.range) {
                continue;
            }
            let (joined, tail) = (&scene.joined().text, text.text.get(hit.range.start..).unwrap_or_default());
            if !report.spend(joined.len()) {
                return;
            }
            for start in memmem::find_iter(joined.as_bytes(), tail.as_bytes()).take(4) {
                let range = start..start + hit.range.len();
                let Some(found) = scanner.at(joined.as_bytes(), hit.word, &range, report) else { continue };
                // What a word and its neighbour make by accident is no token.
                let is_token = joined.as_bytes().get(found.range.clone()).is_some_and(is_made);
                if is_token && scene.joined().pieces(&found.range).len() > 1 {
                    self.add_joined(scene, &found);
                }
            }
        }
    }
}
