//! What detectors see of an exchange.
//!
//! Responsible for reading a record, so that history and what happens now are seen alike. It must never hold a payload: a
//! record has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::flow::{ContextId, Integrity};
use doorward_core::ids::ExchangeId;
use doorward_core::principal::Principal;
use doorward_core::record::{Disposition, Phase, Record};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;

use crate::key;

/// How one exchange ended, as detectors see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was recorded.
    pub at: Timestamp,
    /// Which exchange it is.
    pub exchange: ExchangeId,
    /// Who acted: the same for every token of one agent that acts for one subject.
    pub principal: PrincipalKey,
    /// Who acted, for people.
    pub who: Arc<str>,
    /// The configured server; empty when the exchange went to none.
    pub server: Arc<str>,
    /// The method.
    pub action: Arc<str>,
    /// The tool, resource or prompt; the method where there is none.
    pub item: Arc<str>,
    /// What became of it.
    pub disposition: Disposition,
    /// Why it was refused or failed.
    pub code: Option<Code>,
    /// SHA-256 of the arguments.
    pub arguments_digest: Option<[u8; 32]>,
    /// Bytes of the request.
    pub request_bytes: u64,
    /// Bytes of the answer.
    pub answer_bytes: u64,
    /// Microseconds the server took.
    pub upstream_micros: u64,
    /// The unit of work, where contexts are kept.
    pub context: Option<ContextId>,
    /// Whether the unit of work has read what others than the organisation's people can have written.
    pub trust: Trust,
    /// The servers that the unit of work has read from.
    pub origins: BTreeSet<Arc<str>>,
    /// Arguments without an endorsed origin, where that led to a refusal.
    pub missing: usize,
    /// The rules that decided.
    pub rules: Vec<Arc<str>>,
    /// What guards found, as `guard/rule`.
    pub findings: Vec<Box<str>>,
    /// What is known of the tool. Records do not tell it.
    pub traits: Traits,
}

/// A key that stands for one principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PrincipalKey(pub(crate) u64);

impl PrincipalKey {
    /// The key of `principal`, whatever it may do.
    #[must_use]
    pub fn of(principal: &Principal) -> Self {
        Self(key::of(&[&principal.id().to_bytes()]))
    }

    /// The key of whom records name in these words, where no more is known of them.
    #[must_use]
    pub fn named(words: &[&str]) -> Self {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        Self(key::of(&words))
    }
}

/// Whether what was read before can be somebody else's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Trust {
    /// No contexts are kept.
    #[default]
    Unknown,
    /// Only what the operator, the user or their people wrote was read.
    Trusted,
    /// Something that an outsider can have written was read.
    Untrusted,
}

impl Trust {
    /// What data of that integrity is to be taken for.
    #[must_use]
    pub const fn of(integrity: Integrity) -> Self {
        match integrity {
            Integrity::Authoritative | Integrity::Internal => Self::Trusted,
            Integrity::ThirdParty | Integrity::AdversaryWritable => Self::Untrusted,
        }
    }
}

/// What is known of a tool beside its records, from its definition, its label pack or the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Traits {
    /// Whether it can carry data out of its server's own world.
    pub reach: Reach,
    /// Whether it can destroy something.
    pub harm: Harm,
}

/// Whether a tool can carry data out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reach {
    /// Nobody has said.
    #[default]
    Unknown,
    /// What goes in stays in.
    Within,
    /// It sends, publishes or fetches from anywhere.
    Out,
}

/// Whether a tool can destroy something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Harm {
    /// Nobody has said.
    #[default]
    Unknown,
    /// It reads, or what it does can be undone.
    Mild,
    /// It deletes, overwrites, runs or pays.
    Destructive,
}

impl Event {
    /// What detectors see of `record`; `None` for an intent, whose outcome is still to come.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        match record.phase {
            Phase::Intent => return None,
            Phase::Outcome => {}
        }
        let flow = record.flow.as_deref();
        let empty = || Arc::from("");
        Some(Self {
            at: record.at,
            exchange: record.exchange,
            principal: PrincipalKey::of(&record.principal),
            who: record.principal.user().into(),
            server: record.server.clone().unwrap_or_else(empty),
            action: record.action.clone(),
            item: record.resource.clone().unwrap_or_else(|| record.action.clone()),
            disposition: record.disposition,
            code: record.code,
            arguments_digest: record.arguments_digest,
            request_bytes: record.request_bytes,
            answer_bytes: record.answer_bytes,
            upstream_micros: record.upstream_micros,
            context: flow.map(|flow| flow.context),
            trust: flow.map_or(Trust::Unknown, |flow| Trust::of(flow.label.integrity)),
            origins: flow
                .map(|flow| flow.label.origins.iter().map(|id| id.clone().into()).collect())
                .unwrap_or_default(),
            missing: flow.map_or(0, |flow| flow.missing.len()),
            rules: record.rules.clone(),
            findings: record.findings.iter().map(|(finding, _)| finding.id().into()).collect(),
            traits: Traits::default(),
        })
    }

    /// The same with what is known of its tool.
    #[must_use]
    pub fn with_traits(self, traits: Traits) -> Self {
        Self { traits, ..self }
    }

    /// Whether it uses something: a call, a read, a prompt. Lists, pings and the like are the machinery's own.
    #[must_use]
    pub fn is_use(&self) -> bool {
        matches!(&*self.action, "tools/call" | "resources/read" | "prompts/get")
    }

    /// Whether it was refused before it reached a server.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        match self.disposition {
            Disposition::Refuse => true,
            Disposition::Allow | Disposition::Answer | Disposition::AnswerError | Disposition::Fail => false,
        }
    }

    /// Whether a guard found this, as `guard/rule`.
    pub(crate) fn has_finding(&self, id: &str) -> bool {
        self.findings.iter().any(|found| &**found == id)
    }

    /// The key of its server and item.
    pub(crate) fn tool_key(&self) -> u64 {
        key::of(&[self.server.as_bytes(), self.action.as_bytes(), self.item.as_bytes()])
    }

    /// The key of its server.
    pub(crate) fn server_key(&self) -> u64 {
        key::of(&[self.server.as_bytes()])
    }

    /// The key of its unit of work.
    pub(crate) fn context_key(&self) -> u64 {
        self.context.map_or(0, |context| key::of(&[&context.to_bytes()]))
    }

    /// The key of what it was about: the arguments, or the item itself.
    pub(crate) fn subject_key(&self) -> u64 {
        let tool = self.tool_key().to_be_bytes();
        self.arguments_digest.map_or_else(|| key::of(&[&tool]), |digest| key::of(&[&tool, &digest]))
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::flow::{FlowNote, Label, Missing, Role};
    use doorward_core::ids::ServerId;
    use doorward_core::principal::Proof;

    use super::*;

    fn record(phase: Phase) -> Record {
        Record {
            at: Timestamp::from_micros(5),
            exchange: ExchangeId::from_parts(1, 2),
            phase,
            disposition: Disposition::Refuse,
            principal: Principal::new("anna", Proof::LocalToken),
            revision: None,
            face: "http",
            origin: None,
            client: None,
            direction: "to-server",
            server: Some("chat".into()),
            action: "tools/call".into(),
            resource: Some("post".into()),
            arguments_digest: Some([7; 32]),
            code: Some(Code::NotEndorsed),
            rules: vec!["r1".into()],
            reasons: Vec::new(),
            findings: Vec::new(),
            flow: Some(Box::new(FlowNote {
                context: ContextId::from_bytes([1; 16]),
                trail: "".into(),
                label: Label { origins: [ServerId::parse("mail").unwrap()].into(), ..Label::unknown() },
                missing: vec![Missing { path: "/to".into(), role: Role::Target }],
                sources: Vec::new(),
            })),
            request_bytes: 10,
            answer_bytes: 0,
            elapsed_micros: 1,
            upstream_micros: 0,
        }
    }

    #[test]
    fn an_outcome_is_an_event_and_an_intent_is_none() {
        assert_eq!(Event::of(&record(Phase::Intent)), None);
        let event = Event::of(&record(Phase::Outcome)).unwrap();
        assert_eq!((&*event.who, &*event.server, &*event.item), ("anna", "chat", "post"));
        assert_eq!((event.trust, event.missing), (Trust::Untrusted, 1));
        assert!(event.is_use() && event.is_refused() && event.origins.contains("mail"));
        let bare = Record { flow: None, server: None, resource: None, ..record(Phase::Outcome) };
        let bare = Event::of(&bare).unwrap();
        assert_eq!((bare.trust, &*bare.server, &*bare.item), (Trust::Unknown, "", "tools/call"));
    }

    #[test]
    fn a_principal_keeps_its_key_whatever_it_may_do() {
        let anna = Principal::new("anna", Proof::LocalToken);
        assert_eq!(PrincipalKey::of(&anna), PrincipalKey::of(&anna.with_scopes(["x".into()].into())));
        assert_ne!(PrincipalKey::of(&anna), PrincipalKey::of(&Principal::new("anna", Proof::ApiKey)));
    }
}
