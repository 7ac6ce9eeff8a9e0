//! Nothing passes the guards unseen: a marked hostile string in every slot of every message that the published schemas
//! define, in both directions and eras, is seen, and means the same wherever it stands.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod plant;
mod play;
mod samples;

use std::collections::BTreeSet;

use doorward_core::access::Direction;
use doorward_core::guard::{Action, GuardDuty, GuardName, GuardSettings};
use doorward_core::refusal::Code;
use doorward_guards::{Guards, Options, standard};

use plant::{holds, planted};
use play::{Play, Seen};
use samples::{Said, Sample, samples, schemas};

fn guards(settings: GuardSettings) -> Guards {
    Guards::new(Options { settings, ..Options::default() })
}

/// The guard that sees the mark does `action`; the others, which see more in some messages, are off.
fn alone(action: Action) -> GuardSettings {
    let mut settings = GuardSettings::default();
    let all = GuardDuty { guard: None, direction: None, severity: None, action: None };
    settings.apply(all);
    settings.apply(GuardDuty { guard: Some(GuardName::Unicode), action: Some(action), ..all });
    settings
}

#[test]
fn every_slot_is_seen_and_means_the_same() {
    let (block, observe, redact) = (guards(alone(Action::Block)), guards(alone(Action::Observe)), guards(standard()));
    let (mut slots, mut methods) = (0, BTreeSet::new());
    for sample in samples() {
        let plain = sample.play(&block, &sample.said);
        assert!(!matches!(plain, Play { refused: Some(_), .. }), "a plain sample is refused: {sample:?} {plain:?}");
        for (place, said) in planted(&sample.said) {
            let observed = sample.play(&observe, &said);
            // What is refused for another reason was never near anybody.
            if observed.refused.is_some() {
                assert!(is_refused_before(&observed), "{place} of {sample:?}: {observed:?}");
                continue;
            }
            slots += 1;
            methods.insert((sample.revision, sample.method().to_owned(), said.kind()));
            assert!(holds(&observed.reached), "{place} of {sample:?} is not passed on: {observed:?}");
            assert_eq!(observed.found, [Seen::of("unicode/tags", Action::Observe)].into(), "{place} of {sample:?}");
            let blocked = sample.play(&block, &said);
            assert!(!holds(&blocked.reached), "{place} of {sample:?} gets through: {blocked:?}");
            assert_eq!(blocked.found, [Seen::of("unicode/tags", Action::Block)].into(), "{place} of {sample:?}");
            assert!(
                blocked.refused.is_none_or(|code| matches!(code, Code::RequestBlocked | Code::AnswerBlocked)),
                "{blocked:?}"
            );
            let redacted = sample.play(&redact, &said);
            assert!(!holds(&redacted.reached), "{place} of {sample:?} gets through: {redacted:?}");
        }
    }
    let (least, known) = if schemas().is_some() { (4_000, 120) } else { (100, 10) };
    assert!(slots > least && methods.len() > known, "{slots} slots of {} kinds of messages", methods.len());
}

/// A value that its method cannot have, told before any guard looked.
fn is_refused_before(play: &Play) -> bool {
    let early = [
        Code::BadParams,
        Code::UnknownShape,
        Code::UnknownMethod,
        Code::AnswerWithheld,
        Code::BadAnswer,
        Code::QuestionRefused,
    ];
    play.found.is_empty() && play.reached.is_empty() && play.refused.is_some_and(|code| early.contains(&code))
}

impl Sample {
    fn play(&self, guards: &Guards, said: &Said) -> Play {
        play::play(guards, (self.revision, self.direction), said)
    }
}

#[test]
fn the_samples_come_from_both_sides_of_both_eras() {
    let sides: BTreeSet<(&str, &str)> =
        samples().iter().map(|sample| (sample.direction.name(), sample.said.kind())).collect();
    for direction in [Direction::ToServer, Direction::ToClient] {
        for kind in ["request", "notification", "result", "error"] {
            assert!(sides.contains(&(direction.name(), kind)), "{} {kind}", direction.name());
        }
    }
}
