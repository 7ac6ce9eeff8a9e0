//! Instructions to the model, by what a text asks for and of whom.
//!
//! Responsible for what can be said of one text by itself, in any surface. It must never depend on a phrase seen once: a rule
//! is a combination of meanings that stand close together.

use std::collections::BTreeSet;
use std::ops::Range;

use doorward_core::guard::{Severity, Surface};

use super::quotes::quotation;
use super::readings::How;
use super::scan::{Seen, breaks, seen};
use super::words::Meaning;

/// What the rules say of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// How grave it is; `None` when nothing speaks against it.
    pub(crate) severity: Option<Severity>,
    /// The weightiest rule that was met.
    pub(crate) rule: Option<&'static str>,
    /// Where it was met.
    pub(crate) range: Range<usize>,
    /// Every feature that was seen, as bits; the classifier reads them beside the words.
    pub(crate) features: u64,
}

/// How many features there are in [`Judgement::features`].
pub(crate) const FEATURES: usize = 64;

/// Judges these parts of a text that is written in small letters.
pub(super) fn judge(text: &str, windows: &[Range<usize>], surface: Surface) -> Judgement {
    let seen = seen(text, windows);
    let mut judgement = Judgement::default();
    // A definition that breaks two rules is no slip of whoever wrote it.
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    for (place, rule, range) in met(text, windows, &seen, surface) {
        judgement.features |= 1 << (place % FEATURES);
        let mut severity = if is_spoken_about(text, &seen, &range) { Severity::Low } else { rule.severity };
        if severity == Severity::Medium && surface == Surface::Definition {
            broken.insert(rule.name);
            severity = if broken.len() >= 2 { Severity::High } else { severity };
        }
        if judgement.severity.is_none_or(|known| known < severity) {
            judgement.severity = Some(severity);
            judgement.rule = Some(rule.name);
            judgement.range = range;
        }
    }
    judgement
}

/// Judges what is read again from a text: that it was hidden speaks against it as well.
pub(super) fn judge_again(text: &str, windows: &[Range<usize>], surface: Surface, how: How) -> Judgement {
    let plain = judge(text, windows, surface);
    let means = match text.len() {
        0..=AGAIN_BYTES => seen(text, windows).iter().fold(0, |all, one| all | one.means),
        _ => 0,
    };
    let weight = 2 * (means & STRONG).count_ones() + (means & WEAK).count_ones();
    let has = |bits: u64| means & bits != 0;
    let worse = plain.severity.is_some_and(|severity| severity >= Severity::Medium);
    let severity = match how {
        How::Invisible => Some(Severity::High),
        How::Hidden | How::Disguised if worse => Some(Severity::High),
        How::Hidden if weight >= 2 => Some(Severity::Medium),
        How::Disguised if weight >= 4 || (weight >= 3 && has(STRONG)) => Some(Severity::Medium),
        How::Aside if worse || (weight >= 3 && has(STRANGE)) || (weight >= 4 && has(M::Your.bit())) => {
            Some(Severity::Medium)
        }
        How::Hidden | How::Disguised | How::Aside => plain.severity,
    };
    let rule = match how {
        How::Invisible => "invisible-text",
        How::Hidden => "hidden-text",
        How::Disguised => "disguised-text",
        How::Aside => "text-aside",
    };
    Judgement { severity, rule: severity.map(|_| rule), range: 0..text.len(), features: plain.features }
}

/// Meanings that a remark of one person to another lacks.
const STRANGE: u64 = any(&[M::Prompt, M::Unbound, M::Conceal, M::NewTask, M::Salute, M::Model, M::Markup]);

/// Meanings that hardly any harmless text has which is also hidden.
const STRONG: u64 =
    any(&[M::Instructions, M::Prompt, M::Unbound, M::Conceal, M::NewTask, M::Salute, M::Model, M::Pretend, M::Markup]);
const WEAK: u64 = any(&[
    M::Override,
    M::You,
    M::Reveal,
    M::Must,
    M::Please,
    M::Secret,
    M::Silent,
    M::Authority,
    M::Obey,
    M::Harm,
    M::Orders,
    M::Call,
    M::Send,
]);

/// Whether the words at `range`, or their first or last, are quoted by a text that speaks of attacks.
fn is_spoken_about(text: &str, seen: &[Seen], range: &Range<usize>) -> bool {
    let ends = [range.clone(), range.start..range.start, range.end..range.end];
    ends.iter().filter_map(|place| quotation(text, place)).any(|quotation| {
        let near = quotation.start.saturating_sub(160)..quotation.end + 160;
        seen.iter().any(|one| {
            one.means & Meaning::Discuss.bit() != 0
                && near.contains(&one.start)
                && (one.end <= quotation.start || quotation.end <= one.start)
        })
    })
}

/// Every rule that is met, once, with its place among the rules.
pub(super) fn met(
    text: &str,
    windows: &[Range<usize>],
    seen: &[Seen],
    surface: Surface,
) -> Vec<(usize, &'static Rule, Range<usize>)> {
    if seen.is_empty() {
        return Vec::new();
    }
    let breaks = breaks(text, windows);
    let applies = |rule: &Rule| match rule.of {
        Of::Any => true,
        Of::Definition => surface == Surface::Definition,
        Of::Content => surface != Surface::Definition,
    };
    let rules = RULES.iter().enumerate().filter(|(_, rule)| applies(rule));
    rules
        .filter_map(|(place, rule)| Some((place, rule, rule.met(seen, &breaks)?)))
        .filter(|(_, rule, range)| !rule.name.starts_with("attack") || range.end <= PURPOSE_BYTES)
        .collect()
}

/// Meanings that together are a sign.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    severity: Severity,
    of: Of,
    /// One word for each, every one another.
    words: &'static [u64],
    /// Bytes from the start of the first word to the end of the last.
    within: usize,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Any,
    Definition,
    Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// In one sentence, in any order.
    Sentence,
    /// In one sentence, in this order.
    Row,
    /// Anywhere near.
    Near,
}

impl Rule {
    /// Where it is met first.
    fn met(&self, seen: &[Seen], breaks: &[usize]) -> Option<Range<usize>> {
        let (first, others) = self.words.split_first()?;
        let anchors = seen.iter().enumerate().filter(|(_, one)| one.means & first != 0);
        for (place, anchor) in anchors {
            let window = self.window(seen, breaks, place, anchor);
            let mut range = anchor.start..anchor.end;
            let mut taken = vec![(anchor.start, anchor.end)];
            for wanted in others {
                let after = match self.order {
                    Order::Row => taken.last().map_or(0, |last| last.1),
                    Order::Sentence | Order::Near => 0,
                };
                let found = window.iter().find(|one| {
                    one.means & wanted != 0
                        && one.start >= after
                        && !taken.iter().any(|(start, end)| one.start < *end && *start < one.end)
                });
                let Some(found) = found else { break };
                taken.push((found.start, found.end));
                range = range.start.min(found.start)..range.end.max(found.end);
            }
            if taken.len() == self.words.len() && range.len() <= self.within * 3 / 2 {
                return Some(range);
            }
        }
        None
    }

    /// The words near enough to the one at `place`.
    fn window<'s>(&self, seen: &'s [Seen], breaks: &[usize], place: usize, anchor: &Seen) -> &'s [Seen] {
        let (mut from, mut to) = (anchor.start.saturating_sub(self.within), anchor.end + self.within);
        if self.order == Order::Row {
            from = anchor.start;
        }
        if self.order != Order::Near {
            let next = breaks.partition_point(|at| *at < anchor.end);
            from = next.checked_sub(1).and_then(|before| breaks.get(before)).map_or(from, |at| from.max(*at));
            to = breaks.get(next).map_or(to, |at| to.min(*at + 1));
        }
        let start = place
            - seen.get(..place).map_or(0, |before| before.iter().rev().take_while(|one| one.start >= from).count());
        let end = place
            + seen
                .get(place..)
                .map_or(0, |after| after.iter().take_while(|one| one.end <= to || one.start <= anchor.end).count());
        seen.get(start..end).unwrap_or_default()
    }
}

const fn any(meanings: &[Meaning]) -> u64 {
    let mut bits = 0;
    let mut at = 0;
    while at < meanings.len() {
        #[expect(clippy::indexing_slicing, reason = "`at` is below the length")]
        let meaning = meanings[at];
        bits |= meaning.bit();
        at += 1;
    }
    bits
}

use crate::limits::{AGAIN_BYTES, PURPOSE_BYTES};
use Meaning as M;

macro_rules! rules {
    ($($name:literal $severity:ident $of:ident $order:ident $within:literal: $([$($meaning:ident)|+])+;)*) => {
        &[$(Rule { name: $name, severity: Severity::$severity, of: Of::$of, words: &[$(any(&[$(M::$meaning),+])),+], within: $within, order: Order::$order }),*]
    };
}

const RULES: &[Rule] = rules! {
    "override-prior-instructions" High Any Row 40: [Override] [Prior] [Instructions];
    "override-prior-anyhow" Medium Any Sentence 80: [Override] [Prior] [Instructions];
    "override-your-instructions" High Any Sentence 60: [Override] [Your] [Instructions];
    "override-prior-prompt" High Any Sentence 60: [Override] [Prior|Your] [Prompt];
    "override-model-instructions" Medium Any Sentence 80: [Override] [Model] [Instructions];
    "override-new-task" Medium Any Sentence 120: [Override] [NewTask];
    "override-everything" Medium Any Row 50: [Override] [Everything] [Prior|Your];
    "override-your-orders" Medium Any Sentence 50: [Override] [Your] [Orders];
    "override-rules-obey" Medium Any Sentence 120: [Override] [Instructions] [Obey|Reveal|Answer|Call];
    "override-instructions" Low Any Sentence 50: [Override] [Instructions];
    "override-prior-orders" Low Any Sentence 50: [Override] [Prior] [Orders];
    "override-secret" Medium Any Sentence 120: [Override|Anyway] [Call|Reveal|Fetch] [Secret|Vault];
    "anyway-tool" Medium Any Sentence 120: [Override|Authority] [Anyway] [Call|Tool];
    "lack-limits" Medium Any Sentence 60: [You|Model|Pretend] [Lacking] [Instructions];
    "reveal-prompt" Medium Any Row 80: [Reveal] [Prompt];
    "prompt-revealed" Medium Any Sentence 80: [Prompt] [Reveal] [Please|You|Your|Must|Override];
    "prompt-you" Low Any Sentence 80: [Prompt] [You];
    "reveal-your-instructions" Medium Any Sentence 60: [Reveal] [Your] [Instructions];
    "pretend-unbound" Medium Any Sentence 100: [Pretend] [Unbound];
    "you-unbound" Medium Any Sentence 60: [You] [Unbound];
    "model-unbound" Medium Any Sentence 60: [Model] [Unbound];
    "pretend-model" Low Any Sentence 80: [Pretend] [Model];
    "pretend-instructions" Low Any Sentence 80: [Pretend] [Instructions];
    "pretend-harm" Low Any Near 200: [Pretend] [Harm];
    "markup" Low Any Near 10: [Markup];
    "markup-order" Medium Any Near 300: [Markup] [Please|Override|NewTask|Reveal|Conceal|Silent|Send|Call|Answer|Consent];
    "markup-definition" Medium Definition Near 10: [Markup];
    "salute" Low Any Near 10: [Salute];
    "salute-order" Medium Any Near 200: [Salute] [Must|Override|Send|Conceal|Silent|Call|Please];
    "conceal-user" Medium Any Sentence 80: [Conceal] [User];
    "conceal" Low Any Near 10: [Conceal];
    "conceal-act" Medium Any Sentence 240: [Conceal] [Send|Call|First] [Secret|Vault|Conversation|Address];
    "silent-act" Low Any Sentence 100: [Silent] [Send|Call];
    "silent-send" Medium Any Sentence 140: [Silent] [Send] [Secret|Vault|Conversation|Address|Private];
    "send-secret" Medium Any Sentence 160: [Send] [Secret|Vault|Conversation] [Address];
    "carry-secret" Low Any Sentence 120: [Carry] [Secret|Vault|Conversation];
    "carry-vault" Medium Definition Sentence 160: [Carry|Send] [Call|Fetch|Reveal] [Vault];
    "send-request" Low Any Sentence 200: [Please] [Send] [Address];
    "send-body" Medium Any Sentence 220: [Send] [Address] [Body];
    "send-body-apart" Low Any Near 220: [Send] [Address] [Body];
    "fetch-send" Medium Any Sentence 260: [Please|Must] [Fetch] [Send] [Address];
    "private-send" Medium Content Sentence 260: [Private] [Send] [Address] [Please|Body];
    "must-send-address" Low Any Sentence 160: [Must] [Send] [Address];
    "new-task" Low Any Near 10: [NewTask];
    "new-task-order" Medium Any Sentence 150: [NewTask] [Obey|Only|Must|Answer|Please|Override];
    "consent" Medium Any Sentence 150: [Consent] [Call|Send|Must|Silent];
    "authority-override" Medium Any Sentence 150: [Authority] [Override|Reveal|Obey] [Instructions|Prompt|Unbound];
    "decode-obey" Medium Any Row 60: [Decode] [Obey];
    "decode-call" Low Any Row 60: [Decode] [Call];
    "urgent-order" Low Any Near 150: [Urgent] [Must|First] [Call|Send];
    "first-read-vault" Medium Any Sentence 160: [First|Must] [Call|Reveal|Send|Fetch] [Vault];
    "first-read-secret" Low Any Sentence 160: [First|Must|Please] [Call|Reveal|Send] [Secret|Conversation];
    "first-read-carry" Medium Definition Near 260: [First|Must] [Call|Fetch] [Vault] [Carry];
    "cross-tool" Low Definition Sentence 120: [First] [Call] [Tool];
    "best-tool" Low Definition Sentence 100: [Best] [Tool];
    "best-must" Medium Definition Near 150: [Best] [Must] [Only|Everything|Prior|Urgent];
    "attack-prey" Medium Definition Near 70: [Attack] [Prey];
    "attack-attack" Medium Definition Near 90: [Attack] [Attack];
    "attack" Low Definition Near 10: [Attack];
    "harm" Low Any Sentence 80: [Please|Reveal] [Harm];
    "obey-only" Low Any Sentence 80: [Obey] [NewTask|Only];
    "please-private-send" Low Any Sentence 200: [Please] [Private] [Send];
    "image-beacon" Medium Any Sentence 300: [Beacon];
};
