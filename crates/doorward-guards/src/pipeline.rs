//! From a message to a verdict.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use doorward_core::access::Direction;
use doorward_core::guard::{Action, Content, Edit, Finding, GuardName, Inspection, Severity, Verdict};
use doorward_core::refusal::Code;

use crate::around::Around;
use crate::catalogue;
use crate::guard::{Found, Guard, Parts, Report};
use crate::limits::FINDINGS_MAX;
use crate::pointer;
use crate::rewrite::{Irreplaceable, Replacements};
use crate::scene::{Options, Scene};
use crate::spotlight::{Spotlight, Spotlighting};
use crate::text::{Role, Text, read};
use crate::words::{TooManyWords, Words};

/// All guards, which look at messages.
#[derive(Debug)]
pub struct Guards {
    options: Options,
    ready: OnceLock<Ready>,
}

/// What is made once for each configuration, because that takes long.
#[derive(Debug)]
struct Ready {
    guards: Vec<Box<dyn Guard>>,
    words: Result<Words, TooManyWords>,
}

impl Ready {
    fn new(options: &Options) -> Self {
        let guards = catalogue::all(options);
        let words = Words::new(&guards);
        Self { guards, words }
    }
}

impl Guards {
    /// The guards of the catalogue, set as `options` say. They are made when the first message comes; whoever would not let
    /// that wait prepares them.
    #[must_use]
    pub const fn new(options: Options) -> Self {
        Self { options, ready: OnceLock::new() }
    }

    /// Makes them now, unless they are.
    pub fn prepare(&self) {
        self.ready();
    }

    fn ready(&self) -> &Ready {
        self.ready.get_or_init(|| Ready::new(&self.options))
    }

    /// How they are set.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// What is done about such a finding where no rule says otherwise; `None` when it is passed over.
    #[must_use]
    pub fn action(&self, guard: GuardName, direction: Direction, severity: Severity) -> Option<Action> {
        self.options.settings.action(guard, direction, severity)
    }

    /// Inspects a message. `mark` is a word nobody else can know, for what is marked as data; empty when there is none, and
    /// then what would have to be marked does not pass.
    #[must_use]
    pub fn inspect(&self, content: &Content<'_>, around: &Around, mark: &str) -> Inspection {
        let Ready { guards, words } = self.ready();
        let Ok(words) = words else { return unfinished("The guards wait for too many words.") };
        let reading = match read(&content.parts, words) {
            Ok(reading) => reading,
            Err(why) => return unfinished(why),
        };
        let scene = Scene::new(content, &reading, around);
        let settings = self.options.settings_for(content);
        let direction = content.surface.direction();
        let mut report = Report::for_message(content.message.len());
        for guard in guards.iter().filter(|guard| !settings.is_off(guard.name(), direction)) {
            report.at = Some(guard.name());
            guard.inspect(&scene, &mut report);
        }
        if let Some(why) = report.unfinished {
            return unfinished(why);
        }
        let mut parts = report.parts;
        let found = without_echoes(&scene, report.found.into_iter().enumerate().collect());
        let acted = found.into_iter().filter_map(|(place, (guard, found))| {
            let action = match found.is_swapped {
                true => Action::Redact,
                false => settings.action(guard, direction, found.severity)?,
            };
            Some(Acted { guard, found, parts: parts.remove(&place), action })
        });
        conclude(&scene, acted.collect(), self.options.spotlighting(content), mark)
    }
}

/// A finding, and what is done about it.
struct Acted {
    guard: GuardName,
    found: Found,
    parts: Option<Parts>,
    action: Action,
}

/// A finding, by its place in the report.
type Told = (usize, (GuardName, Found));

/// Leaves out what was found in a decoded text and, by the same rule, where that was decoded from. Of more findings than are
/// told nothing is left out: it would take long and nobody would see it.
fn without_echoes(scene: &Scene<'_>, mut found: Vec<Told>) -> Vec<Told> {
    if found.len() < 2 || found.len() > FINDINGS_MAX {
        return found;
    }
    let told: Vec<_> = found
        .iter()
        .filter_map(|(_, (guard, found))| {
            Some((*guard, found.rule.clone(), found.severity, found.text?, found.range.clone()))
        })
        .collect();
    found.retain(|(_, (guard, found))| {
        let mut at = found.text.map(|text| (text, found.range.clone()));
        while let Some((text, range)) = at {
            at = scene
                .texts
                .get(text)
                .and_then(|text| text.origin.as_ref())
                .map(|below| (below.text, below.source(&range)));
            let echo = at.as_ref().is_some_and(|(text, range)| {
                told.iter().any(|(by, rule, severity, other, place)| {
                    by == guard
                        && *rule == found.rule
                        && *severity >= found.severity
                        && other == text
                        && place.start < range.end
                        && range.start < place.end
                })
            });
            if echo {
                return false;
            }
        }
        true
    });
    found
}

fn unfinished(why: &str) -> Inspection {
    let verdict = Verdict::Block { code: Code::GuardUnfinished, detail: why.to_owned() };
    Inspection { findings: Vec::new(), verdict }
}

/// The strictest action decides; milder ones are done if the message goes on.
fn conclude(scene: &Scene<'_>, mut acted: Vec<Acted>, spotlighting: Spotlighting, mark: &str) -> Inspection {
    let mut replacements = Replacements::default();
    let mut spotlight = Spotlight::new(scene, mark);
    for one in &mut acted {
        let done = match (one.action, one.found.text, &one.found.placeholder) {
            (Action::Observe | Action::Hold | Action::Block, ..) => continue,
            (Action::Redact, Some(place), _) if one.parts.is_some() => {
                let mut parts = one.parts.iter().flatten();
                parts.all(|(range, with)| replacements.add(scene.texts, place, range.clone(), with).is_ok())
            }
            (Action::Redact, Some(place), Some(with)) => {
                replacements.add(scene.texts, place, one.found.range.clone(), with).is_ok()
            }
            (Action::Spotlight, Some(place), _) => spotlight.mark(place),
            (Action::Redact | Action::Spotlight, ..) => false,
        };
        // What cannot be made harmless does not pass.
        if !done {
            one.action = Action::Block;
        }
    }
    let places = Places::of(scene, &acted);
    let findings = told(&places, &acted);
    let strictest = acted.iter().max_by_key(|one| one.action).filter(|one| one.action >= Action::Hold);
    let verdict = match strictest {
        Some(one) if one.action == Action::Block => block(&places, one),
        Some(one) => Verdict::Hold { detail: places.sentence(one) },
        None => {
            let marked = match spotlighting {
                Spotlighting::Findings => true,
                Spotlighting::Always => spotlight.mark_all(),
            };
            if !marked {
                return unfinished("It cannot be marked as data: the system gives no random numbers.");
            }
            match edits(scene, replacements, spotlight) {
                Ok(edits) if edits.is_empty() => Verdict::Pass,
                Ok(edits) => Verdict::Rewrite(edits),
                Err(_) => return unfinished("What was found in it cannot be replaced."),
            }
        }
    };
    Inspection { findings, verdict }
}

/// As many as are told: what something is done about, then the gravest, in the order in which they were found.
fn told(places: &Places<'_>, acted: &[Acted]) -> Vec<(Finding, Action)> {
    let mut chosen: Vec<(usize, &Acted)> = acted.iter().enumerate().collect();
    chosen.sort_by_key(|(_, one)| Reverse((one.action, one.found.severity)));
    chosen.truncate(FINDINGS_MAX);
    chosen.sort_by_key(|(place, _)| *place);
    chosen.into_iter().map(|(_, one)| (places.finding(one), one.action)).collect()
}

/// All that is changed: what was found is replaced, then what is marked is marked.
fn edits(
    scene: &Scene<'_>,
    mut replacements: Replacements,
    spotlight: Spotlight<'_, '_>,
) -> Result<Vec<Edit>, Irreplaceable> {
    let beside = spotlight.apply(&mut replacements)?;
    let mut edits = replacements.edits(scene.texts)?;
    edits.extend(beside);
    Ok(edits)
}

fn block(places: &Places<'_>, one: &Acted) -> Verdict {
    let usual = match places.scene.content.surface.direction() {
        Direction::ToServer => Code::RequestBlocked,
        Direction::ToClient => Code::AnswerBlocked,
    };
    Verdict::Block { code: one.found.code.unwrap_or(usual), detail: places.sentence(one) }
}

/// Tells where something was found.
struct Places<'a> {
    scene: &'a Scene<'a>,
    /// Where the names start in which something was found.
    names: BTreeSet<usize>,
}

impl<'a> Places<'a> {
    fn of(scene: &'a Scene<'a>, acted: &[Acted]) -> Self {
        let texts = acted.iter().filter_map(|one| scene.texts.get(scene.root(one.found.text?)));
        let names = texts.filter(|text| text.role == Role::Name).map(start_of).collect();
        Self { scene, names }
    }

    /// What was found and where, without it.
    fn sentence(&self, one: &Acted) -> String {
        let finding = self.finding(one);
        let place = if finding.pointer.is_empty() { "it".to_owned() } else { format!("'{}'", finding.pointer) };
        let advice = one.found.advice.as_deref().map(|advice| format!(" {advice}")).unwrap_or_default();
        format!("{} in {place}.{advice}", finding.id())
    }

    /// In which part a value stands that is no string, and where it starts.
    fn value(&self, start: usize) -> Option<(usize, usize)> {
        let within = self.scene.content.parts.iter().position(|part| part.range().contains(&start));
        Some((within.unwrap_or_default(), start))
    }

    fn finding(&self, one: &Acted) -> Finding {
        let text = one.found.text.and_then(|place| self.scene.texts.get(place));
        let told = |name: usize| !self.names.contains(&name);
        let place = text.map(|text| (text.part, start_of(text))).or_else(|| self.value(one.found.value?));
        let parts = &self.scene.content.parts;
        let pointer = place.and_then(|(part, start)| Some(pointer::of(*parts.get(part)?, start, &told)));
        Finding {
            guard: one.guard,
            rule: one.found.rule.clone(),
            severity: one.found.severity,
            confidence: one.found.confidence,
            pointer: Arc::from(pointer.unwrap_or_default()),
            range: one.found.range.clone(),
        }
    }
}

fn start_of(text: &Text<'_>) -> usize {
    text.raw.range().start
}
