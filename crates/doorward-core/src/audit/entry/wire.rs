//! The JSON of an entry. The order of the members here is their order there.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ENTRY_VERSION, Entry, EntryError, Field};
use crate::audit::merkle::Hash;
use crate::flow::ContextId;
use crate::ids::ExchangeId;
use crate::limits::{ENTRY_NUMBER_MAX, ENTRY_RULE_MAX, RECORD_FIELD_MAX, RECORD_RULES_MAX};
use crate::record::{Disposition, Phase, Record};
use crate::time::Timestamp;

/// A member that has no value is an empty text: entries have texts, whole numbers, and the array of rules.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire<'a> {
    version: u16,
    at: u64,
    #[serde(borrow)]
    exchange: Cow<'a, str>,
    #[serde(borrow)]
    phase: Cow<'a, str>,
    #[serde(borrow)]
    disposition: Cow<'a, str>,
    #[serde(borrow)]
    revision: Cow<'a, str>,
    #[serde(borrow)]
    face: Cow<'a, str>,
    #[serde(borrow)]
    direction: Cow<'a, str>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow)]
    rules: Vec<Cow<'a, str>>,
    request_bytes: u64,
    answer_bytes: u64,
    elapsed_micros: u64,
    upstream_micros: u64,
    #[serde(borrow)]
    context: Cow<'a, str>,
    commitments: Commitments,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commitments {
    principal: Text,
    proof: Text,
    client: Text,
    origin: Text,
    server: Text,
    resource: Text,
    arguments: Text,
    reasons: Text,
    findings: Text,
    flow: Text,
}

/// A hash in base64.
struct Text(Hash);

impl<'a> Wire<'a> {
    pub(super) fn of(record: &'a Record, commitments: [Hash; Field::ALL.len()]) -> Self {
        let owned = |text: Option<String>| Cow::Owned(text.unwrap_or_default());
        let context = record.flow.as_ref().map(|flow| flow.context.to_string());
        Self {
            version: ENTRY_VERSION,
            at: bounded(u64::try_from(record.at.as_micros()).unwrap_or(0)),
            exchange: Cow::Owned(record.exchange.to_string()),
            phase: Cow::Borrowed(record.phase.as_str()),
            disposition: Cow::Borrowed(record.disposition.as_str()),
            revision: Cow::Borrowed(record.revision.unwrap_or_default()),
            face: Cow::Borrowed(record.face),
            direction: Cow::Borrowed(record.direction),
            action: cut(&record.action, RECORD_FIELD_MAX),
            code: owned(record.code.map(|code| code.to_string())),
            rules: record.rules.iter().take(RECORD_RULES_MAX).map(|rule| cut(rule, ENTRY_RULE_MAX)).collect(),
            request_bytes: bounded(record.request_bytes),
            answer_bytes: bounded(record.answer_bytes),
            elapsed_micros: bounded(record.elapsed_micros),
            upstream_micros: bounded(record.upstream_micros),
            context: owned(context),
            commitments: Commitments::of(commitments),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        // Texts and numbers into memory: there is nothing that could fail, and a part of an entry would not be read back.
        let written = serde_json::to_writer(&mut bytes, self);
        debug_assert!(written.is_ok(), "texts and numbers are always written");
        bytes
    }

    pub(super) fn read(self) -> Result<Entry, EntryError> {
        let member = EntryError::Value;
        let phase = match &*self.phase {
            "intent" => Phase::Intent,
            "outcome" => Phase::Outcome,
            _ => return Err(member("phase")),
        };
        let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let exchange = ExchangeId::parse(&self.exchange).filter(|_| hexadecimal(&self.exchange));
        let context_fits = self.context.is_empty() || ContextId::parse(&self.context).is_some();
        let numbers = [
            ("at", self.at),
            ("request_bytes", self.request_bytes),
            ("answer_bytes", self.answer_bytes),
            ("elapsed_micros", self.elapsed_micros),
            ("upstream_micros", self.upstream_micros),
        ];
        if let Some((name, _)) = numbers.into_iter().find(|(_, number)| *number > ENTRY_NUMBER_MAX) {
            return Err(member(name));
        }
        Ok(Entry {
            at: Timestamp::from_micros(i64::try_from(self.at).map_err(|_| member("at"))?),
            exchange: exchange.ok_or(member("exchange"))?,
            phase,
            disposition: Disposition::parse(&self.disposition).ok_or(member("disposition"))?,
            revision: some(self.revision),
            face: self.face.into_owned(),
            direction: self.direction.into_owned(),
            action: self.action.into_owned(),
            code: some(self.code),
            rules: self.rules.into_iter().map(Cow::into_owned).collect(),
            request_bytes: self.request_bytes,
            answer_bytes: self.answer_bytes,
            elapsed_micros: self.elapsed_micros,
            upstream_micros: self.upstream_micros,
            context: if context_fits { some(self.context) } else { return Err(member("context")) },
            commitments: self.commitments.hashes(),
        })
    }
}

impl Commitments {
    fn of(hashes: [Hash; Field::ALL.len()]) -> Self {
        let [principal, proof, client, origin, server, resource, arguments, reasons, findings, flow] = hashes.map(Text);
        Self { principal, proof, client, origin, server, resource, arguments, reasons, findings, flow }
    }

    fn hashes(self) -> [Hash; Field::ALL.len()] {
        let Self { principal, proof, client, origin, server, resource, arguments, reasons, findings, flow } = self;
        [principal, proof, client, origin, server, resource, arguments, reasons, findings, flow].map(|Text(hash)| hash)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'_, str>>::deserialize(deserializer)?;
        Hash::parse(&text).map(Self).ok_or_else(|| de::Error::custom("a commitment is 32 bytes in base64"))
    }
}

/// Larger numbers are not kept exactly by every reader of JSON (RFC 8259 §6).
fn bounded(number: u64) -> u64 {
    number.min(ENTRY_NUMBER_MAX)
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

fn some(text: Cow<'_, str>) -> Option<String> {
    (!text.is_empty()).then(|| text.into_owned())
}
