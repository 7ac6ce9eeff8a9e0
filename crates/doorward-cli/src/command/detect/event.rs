//! A stored record as detectors see it.

use std::collections::BTreeSet;

use doorward_core::flow::ContextId;
use doorward_core::record::Disposition;
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_detect::event::{Event, PrincipalKey, Traits, Trust};
use doorward_store::RecordView;

use crate::command::audit::time;

/// The event that `record` tells of; `None` where this build cannot read it.
pub(super) fn of(record: &RecordView) -> Option<Event> {
    let flow = record.flow.as_ref();
    let details = &record.details;
    let who: [Option<&str>; 4] =
        [Some(&record.principal), details.tenant.as_deref(), details.issuer.as_deref(), details.agent.as_deref()];
    Some(Event {
        at: at(&record.at)?,
        exchange: record.exchange_id()?,
        principal: PrincipalKey::named(&who.map(Option::unwrap_or_default)),
        who: record.principal.as_str().into(),
        server: record.server.as_deref().unwrap_or_default().into(),
        action: record.action.as_str().into(),
        item: record.resource.as_deref().unwrap_or(&record.action).into(),
        disposition: Disposition::parse(&record.disposition)?,
        code: record.code.as_deref().and_then(Code::parse),
        arguments_digest: record.arguments_digest.as_deref().and_then(digest),
        request_bytes: record.request_bytes,
        answer_bytes: record.answer_bytes,
        upstream_micros: record.upstream_micros,
        context: flow.and_then(|flow| ContextId::parse(&flow.context)),
        trust: flow.map_or(Trust::Unknown, |flow| Trust::of(flow.label.integrity)),
        origins: flow
            .map_or_else(BTreeSet::new, |flow| flow.label.origins.iter().map(|id| id.clone().into()).collect()),
        missing: flow.map_or(0, |flow| flow.missing.len()),
        rules: record.rules.iter().map(|rule| rule.as_str().into()).collect(),
        findings: record.findings.iter().map(|found| format!("{}/{}", found.guard, found.rule).into()).collect(),
        traits: Traits::default(),
    })
}

/// A time as records tell it, to the microsecond.
fn at(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, ""));
    let whole = time::parse(whole, Timestamp::from_micros(0))?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(Timestamp::from_micros(whole.as_micros().checked_add(micros)?))
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_to_the_microsecond() {
        for micros in [0, 1_795_453_053_523_013, 1_795_453_053_000_000, 1_795_453_053_500_000] {
            let at_micros = Timestamp::from_micros(micros);
            assert_eq!(at(&doorward_store::rfc3339(at_micros)), Some(at_micros));
        }
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn digests_come_back() {
        assert_eq!(digest(&"ab".repeat(32)), Some([0xab; 32]));
        assert_eq!(digest("ab"), None);
        assert_eq!(digest(&"xy".repeat(32)), None);
    }
}
