use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::record::Disposition;
use doorward_core::refusal::Code;

use super::*;
use crate::engine::tests::event;
use crate::event::{Harm, Reach, Traits, Trust};
use crate::limits::EVENTS_MIN;

const DAY: i64 = 86_400;

/// What is seen in `events`, one after another, by a principal with a history.
fn seen(settings: &Settings, events: &[Event]) -> Vec<DetectorId> {
    let mut principal = PrincipalBaseline::default();
    (principal.wide.events, principal.wide.since) = (EVENTS_MIN, Some(0));
    for server in ["mail", "files"].into_iter().flat_map(|server| [server; 60]) {
        remember(&event(100 * DAY, server, "in_use"), &mut principal.wide.known);
    }
    let mut all = Vec::new();
    for event in events {
        let event =
            &Event { at: Timestamp::from_micros(event.at.as_micros() + 100 * DAY * 1_000_000), ..event.clone() };
        all.extend(
            look(event, &mut principal, &Wide::default(), settings).into_iter().map(|sighting| sighting.detector),
        );
        remember(event, &mut principal.wide.known);
    }
    all
}

fn refused(at: i64, code: Code, arguments: u8) -> Event {
    Event {
        disposition: Disposition::Refuse,
        code: Some(code),
        arguments_digest: Some([arguments; 32]),
        ..event(at, "files", "read")
    }
}

fn out(at: i64, origins: &[&str], trust: Trust) -> Event {
    let traits = Traits { reach: Reach::Out, harm: Harm::Mild };
    let origins: BTreeSet<Arc<str>> = origins.iter().map(|origin| Arc::from(*origin)).collect();
    Event { traits, trust, origins, ..event(at, "chat", "post") }
}

#[test]
fn a_changed_definition_is_seen_and_one_that_waits_for_its_first_approval_is_not() {
    let settings = Settings::default();
    assert_eq!(seen(&settings, &[refused(0, Code::Drifted, 1)]), [DetectorId::DefinitionDrift]);
    let listed = Event { action: "tools/list".into(), findings: vec!["pins/drifted".into()], ..event(0, "files", "x") };
    assert_eq!(seen(&settings, &[listed]), [DetectorId::DefinitionDrift]);
    assert_eq!(seen(&settings, &[refused(0, Code::Quarantined, 1)]), []);
}

#[test]
fn a_result_that_does_not_fit_is_seen_and_one_with_an_error_is_not() {
    let settings = Settings::default();
    let broken = |code| Event { disposition: Disposition::Fail, code, ..event(0, "files", "read") };
    assert_eq!(seen(&settings, &[broken(Some(Code::ResultMismatch))]), [DetectorId::ResultMismatch]);
    assert_eq!(seen(&settings, &[broken(Some(Code::TimedOut))]), []);
}

#[test]
fn arguments_that_do_not_fit_are_seen_in_a_row_and_a_corrected_mistake_is_not() {
    let settings = Settings::default();
    let wrong = |at| refused(at, Code::SchemaMismatch, 1);
    assert_eq!(seen(&settings, &[wrong(0), wrong(1), wrong(2), wrong(3)]), [DetectorId::ArgumentMismatch]);
    let corrected = [wrong(0), wrong(1), wrong(2), event(3, "files", "read"), wrong(4), wrong(5), wrong(6)];
    assert_eq!(seen(&settings, &corrected), []);
    assert_eq!(seen(&settings, &[wrong(0), wrong(700), wrong(1400), wrong(2100)]), [], "once in a while");
}

#[test]
fn what_is_hidden_is_seen_even_when_it_is_refused_and_its_neighbour_is_not() {
    let hidden = [("files".to_owned(), vec!["vault-*".to_owned(), "old_admin".to_owned()])].into();
    let settings = Settings { hidden, ..Settings::default() };
    assert_eq!(seen(&settings, &[event(0, "files", "vault-7")]), [DetectorId::HiddenTouched]);
    let refused = Event { item: "old_admin".into(), ..refused(0, Code::Forbidden, 1) };
    assert_eq!(seen(&settings, &[refused]), [DetectorId::HiddenTouched]);
    assert_eq!(seen(&settings, &[event(0, "files", "old_admins"), event(0, "mail", "vault-7")]), []);
}

#[test]
fn a_destructive_tool_is_seen_the_first_time_and_after_a_month_and_not_when_it_is_in_use() {
    let settings = Settings::default();
    let traits = Traits { reach: Reach::Within, harm: Harm::Destructive };
    let delete = |day: i64| event(day * DAY, "files", "delete").with_traits(traits);
    assert_eq!(seen(&settings, &[delete(0), delete(1), delete(31)]), [DetectorId::UnusedHarm]);
    assert_eq!(seen(&settings, &[delete(0), delete(40)]), [DetectorId::UnusedHarm; 2]);
    assert_eq!(seen(&settings, &[event(0, "files", "read")]), []);
    let mut fresh = PrincipalBaseline::default();
    assert!(
        look(&delete(0), &mut fresh, &Wide::default(), &settings).is_empty(),
        "without a history everything would be new"
    );
}

#[test]
fn a_new_way_out_is_seen_and_a_known_or_trusted_one_is_not() {
    let settings = Settings::default();
    let (mail, files) = (&["mail"][..], &["mail", "files"][..]);
    assert_eq!(seen(&settings, &[out(0, mail, Trust::Untrusted)]), [DetectorId::NewWayOut]);
    let grows = [out(0, mail, Trust::Trusted), out(DAY, mail, Trust::Untrusted), out(DAY, files, Trust::Untrusted)];
    assert_eq!(seen(&settings, &grows), [DetectorId::NewWayOut], "of the new pair alone");
    assert_eq!(seen(&settings, &[out(0, mail, Trust::Trusted)]), []);
    assert_eq!(seen(&settings, &[out(0, &["chat"], Trust::Untrusted)]), [], "back to where it came from");
    assert_eq!(seen(&settings, &[out(0, &["novelty"], Trust::Untrusted)]), [], "a server that is new itself");
    let within = out(0, mail, Trust::Untrusted).with_traits(Traits { reach: Reach::Within, harm: Harm::Mild });
    assert_eq!(seen(&settings, &[within]), []);
}

#[test]
fn varied_refusals_are_seen_and_repeated_or_slow_ones_are_not() {
    let settings = Settings::default();
    let tries = |step: i64, vary: bool| -> Vec<Event> {
        (0..6).map(|at| refused(i64::from(at) * step, Code::Forbidden, if vary { at } else { 1 })).collect()
    };
    assert_eq!(seen(&settings, &tries(5, true)), [DetectorId::Probing]);
    assert_eq!(seen(&settings, &tries(5, false)), [], "the same call again is a client that retries");
    assert_eq!(seen(&settings, &tries(400, true)), []);
    let busy: Vec<Event> = (0..6).map(|at| refused(i64::from(at), Code::LimitReached, at)).collect();
    assert_eq!(seen(&settings, &busy), [], "a limit says nothing about what is allowed");
}

#[test]
fn use_after_a_stop_is_seen_and_a_last_call_or_two_are_not() {
    let settings = Settings::default();
    let stopped = |at| refused(at, Code::Stopped, 1);
    assert_eq!(seen(&settings, &[stopped(0), stopped(1), stopped(2), stopped(3)]), [DetectorId::UseAfterStop]);
    assert_eq!(seen(&settings, &[stopped(0), stopped(1), event(2, "files", "read"), stopped(3)]), []);
}

#[test]
fn a_detector_that_is_off_stays_silent() {
    let settings = Settings { off: [DetectorId::DefinitionDrift].into(), ..Settings::default() };
    assert_eq!(seen(&settings, &[refused(0, Code::Drifted, 1)]), []);
}
