//! What is promised of every exchange, and what has been seen of it.

use std::collections::BTreeSet;

use doorward_core::guard::Edit;
use doorward_core::record::{Disposition, Phase, Record};
use doorward_mcp::splice::Segments;

/// Whoever sent the message that began an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Client,
    Upstream { epoch: u64 },
}

/// How an exchange ended, as its asker saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Answer,
    Refuse,
    Done,
}

/// Everything seen of one exchange.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) asker: Asker,
    /// The client who sent it or is to receive it.
    pub(crate) client: usize,
    pub(crate) upstream: usize,
    /// The asker's id as JSON; `None` for a notification.
    pub(crate) id: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) text: String,
    /// For a notification to a client: the words that will be delivered.
    pub(crate) delivery: Option<Segments>,
    /// Whether it may be forwarded at all.
    pub(crate) sound: bool,
    /// A decision, a person or an unperformable duty said no.
    pub(crate) refused: bool,
    /// A part of its answer must not be shown.
    pub(crate) redacted: bool,
    /// A guard took out of its answer whose it is.
    pub(crate) unmarked: bool,
    /// The rules that limit it.
    pub(crate) limits_due: Vec<String>,
    /// How many places it was given, once everything was taken.
    pub(crate) metered: Option<usize>,
    pub(crate) approvers_due: BTreeSet<String>,
    pub(crate) approvers: BTreeSet<String>,
    pub(crate) hidden: BTreeSet<&'static str>,
    pub(crate) allow_confirmed: bool,
    pub(crate) allow_unrecorded: bool,
    pub(crate) permits: u32,
    pub(crate) outcomes: u32,
    pub(crate) outcomes_confirmed: u32,
    pub(crate) ending: Option<Ending>,
}

impl Entry {
    pub(crate) fn new(asker: Asker, client: usize, upstream: usize, id: Option<String>, text: String) -> Self {
        Self {
            asker,
            client,
            upstream,
            id,
            token: None,
            text,
            delivery: None,
            sound: true,
            refused: false,
            redacted: false,
            unmarked: false,
            limits_due: Vec::new(),
            metered: None,
            approvers_due: BTreeSet::new(),
            approvers: BTreeSet::new(),
            hidden: BTreeSet::new(),
            allow_confirmed: false,
            allow_unrecorded: false,
            permits: 0,
            outcomes: 0,
            outcomes_confirmed: 0,
            ending: None,
        }
    }

    /// A record was handed to the store, which took it or did not.
    pub(crate) fn record(&mut self, record: &Record, taken: bool) {
        assert!(self.ending.is_none(), "a record after the end: {self:?}");
        assert_eq!(record.principal.user(), format!("client-{}", self.client));
        let shown = format!("{record:?}");
        assert!(!shown.contains("tag-"), "a payload in a record: {shown}");
        assert_eq!(record.request_bytes, self.text.len() as u64);
        if record.phase == Phase::Outcome {
            self.outcomes += 1;
            self.outcomes_confirmed += u32::from(taken);
            assert_eq!(self.outcomes, 1, "one exchange, two outcomes: {self:?}");
        }
        if record.disposition == Disposition::Allow {
            assert_eq!(record.phase == Phase::Intent, self.id.is_some());
            assert!(record.code.is_none());
            self.allow_confirmed |= taken;
            self.allow_unrecorded |= !taken;
        } else {
            let refused = matches!(record.disposition, Disposition::Refuse | Disposition::Fail);
            assert_eq!(record.code.is_some(), refused, "{record:?}");
            assert_eq!(record.disposition == Disposition::Refuse, refused && self.permits == 0, "{record:?}");
        }
        assert!(record.upstream_micros <= record.elapsed_micros, "{record:?}");
    }

    /// A guard rewrote it: what was asked of the old message is asked anew of this one.
    pub(crate) fn rewritten(&mut self, edits: &[Edit]) {
        for edit in edits.iter().rev() {
            self.text.replace_range(edit.range.clone(), &edit.json);
        }
        self.approvers_due.clear();
        self.approvers.clear();
    }

    /// A permit was issued.
    pub(crate) fn permit(&mut self) {
        assert!(self.allow_confirmed, "forwarded without a recorded allow: {self:?}");
        assert!(!self.refused, "forwarded after a refusal: {self:?}");
        assert!(self.sound, "forwarded what nobody can judge: {self:?}");
        assert!(self.approvers_due.is_subset(&self.approvers), "forwarded without an approval: {self:?}");
        assert!(self.limits_due.is_empty() || self.metered.is_some(), "forwarded without a take: {self:?}");
        self.permits += 1;
        assert_eq!(self.permits, 1, "one exchange, two permits: {self:?}");
    }

    /// The exchange ended.
    pub(crate) fn end(&mut self, ending: Ending) {
        assert!(self.ending.is_none(), "ended twice: {self:?}");
        self.ending = Some(ending);
        match ending {
            Ending::Answer => {
                assert_eq!(self.outcomes_confirmed, 1, "an answer nobody recorded: {self:?}");
                assert!(!self.refused, "an answer that was refused: {self:?}");
                assert_eq!(self.permits, 1);
            }
            Ending::Refuse => {}
            Ending::Done => assert!(self.id.is_none() && self.permits == 1, "{self:?}"),
        }
    }

    /// All that must be true once everything is over.
    pub(crate) fn settle(&self) {
        assert!(self.ending.is_some(), "never ended: {self:?}");
        if self.allow_unrecorded {
            assert_eq!(self.ending, Some(Ending::Refuse), "{self:?}");
            assert_eq!((self.permits, self.outcomes_confirmed), (0, 0), "{self:?}");
        } else {
            assert_eq!(self.outcomes, 1, "no outcome was handed to the store: {self:?}");
        }
    }
}
