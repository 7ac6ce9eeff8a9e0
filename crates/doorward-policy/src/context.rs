//! The Cedar context of a request: only what some rule looks at.
//!
//! A part that ought to be known and is not stands in the context as one of Cedar's unknowns. It has a value for `has`, and
//! whatever reads it cannot be evaluated, which refuses: a rule cannot be tricked by what nobody could find out.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::{Context, RestrictedExpression};
use doorward_core::access::{AccessRequest, ClientName, Observed};
use doorward_core::flow::FlowSeen;
use doorward_core::time::Timestamp;
use doorward_mcp::revision::Era;
use serde_json::Value;

use crate::engine::Engine;
use crate::flow;
use crate::mentions::{Fact, Mentions, Seen};

/// Those parts of the context that change from one call to the next, beside the arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fleeting<'a> {
    /// As they are now.
    Seen(&'a Observed),
    /// Left open, for what is prepared before the call.
    Open,
}

/// The context of `request`, with what the call itself says where rules look at it (`arguments`, facts); `None` only if Cedar refused distinct keys.
pub(crate) fn build(
    engine: &Engine,
    request: &AccessRequest,
    mentions: &Mentions,
    said: Vec<(String, RestrictedExpression)>,
    fleeting: Fleeting<'_>,
) -> Option<Context> {
    Context::from_pairs(pairs(engine, request, mentions, said, fleeting)?).ok()
}

/// The same in Cedar's JSON form, for people and other evaluators: what nobody can tell is an `unknown` in it.
pub(crate) fn shown(
    engine: &Engine,
    request: &AccessRequest,
    mentions: &Mentions,
    said: Vec<(String, RestrictedExpression)>,
    fleeting: Fleeting<'_>,
) -> serde_json::Map<String, Value> {
    let pairs = pairs(engine, request, mentions, said, fleeting).unwrap_or_default();
    let shown = pairs.into_iter().map(|(name, value)| {
        let context = Context::from_pairs([(name.clone(), value)]).ok();
        let written = context.and_then(|context| context.to_json_value().ok());
        let value = written.and_then(|mut written| written.get_mut(&name).map(Value::take));
        (name, value.unwrap_or_else(|| Value::from("unknown")))
    });
    shown.collect()
}

fn pairs(
    engine: &Engine,
    request: &AccessRequest,
    mentions: &Mentions,
    said: Vec<(String, RestrictedExpression)>,
    fleeting: Fleeting<'_>,
) -> Option<Vec<(String, RestrictedExpression)>> {
    let reader = Reader { engine, request, fleeting };
    let facts = mentions.facts.iter().filter_map(|fact| Some((fact.name().to_owned(), reader.value_of(*fact)?)));
    let counts = reader.counts(mentions)?.map(|counts| ("counts".to_owned(), counts));
    Some(facts.chain(said).chain(counts).collect())
}

/// A value that nobody can tell. What reads it refuses.
pub(crate) fn unclear(name: &str) -> RestrictedExpression {
    RestrictedExpression::new_unknown(name)
}

struct Reader<'a> {
    engine: &'a Engine,
    request: &'a AccessRequest,
    fleeting: Fleeting<'a>,
}

impl Reader<'_> {
    /// `None` for an optional attribute that this request does not have.
    fn value_of(&self, fact: Fact) -> Option<RestrictedExpression> {
        if fact.is_fleeting() && matches!(self.fleeting, Fleeting::Open) {
            return Some(unclear(fact.name()));
        }
        let (request, types) = (self.request, &self.engine.types);
        match fact {
            Fact::Face => Some(text(request.approach.face.as_str())),
            Fact::Era => Some(text(era_name(request.era))),
            Fact::At => Some(RestrictedExpression::new_datetime(written(request.at))),
            Fact::Time => Some(self.time()),
            Fact::Origin => request.approach.origin.as_deref().map(text),
            Fact::Client => request.approach.client.as_deref().map(client),
            Fact::Agent => {
                request.principal.agent().map(|agent| RestrictedExpression::new_entity_uid(types.agent(agent)))
            }
            Fact::Delegation => Some(self.delegation()),
            Fact::Ctx => Some(self.flow(fact, flow::context)),
            Fact::Endorse => Some(self.flow(fact, flow::endorsement)),
            Fact::Ledger => Some(self.flow(fact, flow::ledger)),
        }
    }

    /// What was read before is known where the shell keeps contexts; elsewhere nobody can tell.
    fn flow(&self, fact: Fact, part: fn(&FlowSeen) -> RestrictedExpression) -> RestrictedExpression {
        match self.fleeting {
            Fleeting::Seen(observed) => observed.flow.as_deref().map_or_else(|| unclear(fact.name()), part),
            Fleeting::Open => unclear(fact.name()),
        }
    }

    fn time(&self) -> RestrictedExpression {
        let Some(local) = self.engine.inputs.zone.local(self.request.at) else { return unclear("time") };
        record([
            ("hour", RestrictedExpression::new_long(local.hour)),
            ("minute", RestrictedExpression::new_long(local.minute)),
            ("weekday", RestrictedExpression::new_long(local.weekday)),
            ("date", text(&local.date)),
        ])
    }

    fn delegation(&self) -> RestrictedExpression {
        let actors = self.request.principal.actors();
        let depth = i64::try_from(actors.len()).unwrap_or(i64::MAX);
        let agent = |actor: &Arc<str>| RestrictedExpression::new_entity_uid(self.engine.types.agent(actor));
        record([
            ("depth", RestrictedExpression::new_long(depth)),
            ("actors", RestrictedExpression::new_set(actors.iter().map(agent))),
        ])
    }

    /// The counters that rules look at; `Some(None)` when they look at none.
    fn counts(&self, mentions: &Mentions) -> Option<Option<RestrictedExpression>> {
        if mentions.counts == Seen::None {
            return Some(None);
        }
        let named = self.engine.inputs.counters.iter().filter(|name| mentions.counts.includes(name));
        let counts: HashMap<String, RestrictedExpression> =
            named.map(|name| (name.to_string(), self.count(name))).collect();
        RestrictedExpression::new_record(counts).ok().map(Some)
    }

    fn count(&self, name: &str) -> RestrictedExpression {
        let known = match self.fleeting {
            Fleeting::Seen(observed) => observed.counts.get(name).and_then(|count| i64::try_from(*count).ok()),
            Fleeting::Open => None,
        };
        known.map_or_else(|| unclear(&format!("counts.{name}")), RestrictedExpression::new_long)
    }
}

fn client(client: &ClientName) -> RestrictedExpression {
    record([("name", text(&client.name)), ("version", text(&client.version))])
}

pub(crate) fn text(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

/// A record with distinct names.
pub(crate) fn record<const N: usize>(fields: [(&str, RestrictedExpression); N]) -> RestrictedExpression {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    // Cedar refuses only a name given twice.
    RestrictedExpression::new_record(fields).unwrap_or_else(|_| unclear("record"))
}

const fn era_name(era: Era) -> &'static str {
    match era {
        Era::Legacy => "legacy",
        Era::Modern => "modern",
    }
}

/// A time as Cedar's `datetime` reads it, in milliseconds and UTC.
pub(crate) fn written(at: Timestamp) -> String {
    let millis = at.as_micros().div_euclid(1000);
    let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", in_day % 1000)
}

/// The Gregorian date `days` after 1970-01-01. Counts in eras of 400 years that begin on the first of March, so that the
/// leap day is the last of its year.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_cedar_reads_them() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000_123_456, "2023-11-14T22:13:20.123Z"),
            (4_107_542_399_999_000, "2100-02-28T23:59:59.999Z"),
            (-1_000, "1969-12-31T23:59:59.999Z"),
        ];
        for (micros, expected) in cases {
            assert_eq!(written(Timestamp::from_micros(micros)), expected);
        }
    }
}
