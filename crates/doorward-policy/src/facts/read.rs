//! One pass over the text of a call for each kind that rules look at.

use std::borrow::Cow;
use std::sync::Arc;

use cedar_policy::RestrictedExpression;
use doorward_core::access::Observed;
use doorward_facts::{Unclear, path, url};

use super::texts::{self, Texts};
use super::values::{Reading, Values};
use super::{Call, Facts, Kind, Wants, cedar};
use crate::arguments::Unreadable;
use crate::limits::{FACT_PARSED_MAX, FACT_TEXTS_MAX};
use crate::place::Files;

/// What has to be looked at before the facts can be told.
pub(super) fn wants(call: &Call<'_>) -> Result<Wants, Unreadable> {
    let mut wants = Wants::default();
    for (kind, seen) in &call.seen.kinds {
        let wanted = match kind {
            Kind::Paths => call.files() == Files::Here,
            Kind::Urls => call.seen.asks_for_addresses(),
            Kind::Sql | Kind::Shell | Kind::Emails | Kind::Money | Kind::Sizes | Kind::Matches => false,
        };
        if wanted {
            for (_, texts) in texts::read(call.sent, call.members, seen)? {
                want(call, *kind, &texts, &mut wants);
            }
        }
    }
    Ok(wants)
}

fn want(call: &Call<'_>, kind: Kind, texts: &Texts<'_>, wants: &mut Wants) {
    match texts {
        Texts::One(text) => want_one(call, kind, text, wants),
        Texts::Many(texts) => texts.iter().take(FACT_TEXTS_MAX).for_each(|text| want_one(call, kind, text, wants)),
        Texts::Record(members) => members.iter().for_each(|(_, texts)| want(call, kind, texts, wants)),
    }
}

/// What cannot be read needs no look: it is unclear in any case.
fn want_one(call: &Call<'_>, kind: Kind, text: &str, wants: &mut Wants) {
    if kind == Kind::Paths {
        if let Ok(asked) = path::of(text, call.root()) {
            let (folded, unfolded) = asked.lookups();
            wants.paths.extend([Some(folded), unfolded].into_iter().flatten().map(Arc::from));
        }
    } else if let Ok(asked) = url::of(text) {
        wants.hosts.extend(asked.lookup().map(Arc::from));
    }
}

/// The facts of every kind that rules look at.
pub(super) fn facts(call: &Call<'_>, observed: &Observed) -> Result<Facts, Unreadable> {
    let mut facts = Facts::default();
    let mut parsed = 0;
    for (kind, seen) in &call.seen.kinds {
        let members = texts::read(call.sent, call.members, seen)?;
        let values = Values { call, observed, kind: *kind };
        let mut mirror = Mirror { values, facts: &mut facts, parsed: &mut parsed };
        let record = mirror.record(&members, kind.name());
        facts.records.push((kind.name().to_owned(), record));
    }
    Ok(facts)
}

struct Mirror<'a> {
    values: Values<'a>,
    facts: &'a mut Facts,
    /// How much was given to parsers whose time is not small.
    parsed: &'a mut usize,
}

impl<'a> Mirror<'a> {
    fn record(&mut self, members: &[(&str, Texts<'_>)], name: &str) -> RestrictedExpression {
        let mut fields: Vec<(String, RestrictedExpression)> = Vec::new();
        for (member, texts) in members {
            let below = format!("{name}.{member}");
            let value = match texts {
                Texts::One(text) => {
                    let reading = self.spend(text.len()).and_then(|()| self.values.one(text));
                    Some(self.value(reading, &below))
                }
                Texts::Many(_) if self.values.kind == Kind::Money => None,
                Texts::Many(texts) => {
                    let reading = self.many(texts);
                    Some(self.value(reading, &below))
                }
                Texts::Record(members) => Some(self.record(members, &below)),
            };
            fields.extend(value.map(|value| ((*member).to_owned(), value)));
        }
        // Cedar refuses only a name given twice, and those of a declaration are distinct.
        RestrictedExpression::new_record(fields).unwrap_or_else(|_| RestrictedExpression::new_unknown(name))
    }

    fn many(&mut self, texts: &[Cow<'_, str>]) -> Reading<'a> {
        if texts.len() > FACT_TEXTS_MAX {
            return Err(Unclear::TooMany);
        }
        self.spend(texts.iter().map(|text| text.len()).sum())?;
        self.values.many(texts)
    }

    /// Counts what is parsed; the thread that decides serves others as well.
    fn spend(&mut self, bytes: usize) -> Result<(), Unclear> {
        if self.values.kind.is_parsed() {
            *self.parsed = self.parsed.saturating_add(bytes);
            if *self.parsed > FACT_PARSED_MAX {
                return Err(Unclear::TooLong);
            }
        }
        Ok(())
    }

    fn value(&mut self, reading: Reading<'_>, name: &str) -> RestrictedExpression {
        match reading {
            Ok(fields) => cedar::record(fields, name, &mut self.facts.unclear),
            Err(unclear) => {
                self.facts.unclear.insert(name.to_owned(), unclear);
                RestrictedExpression::new_unknown(name)
            }
        }
    }
}
