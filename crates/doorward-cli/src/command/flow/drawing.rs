//! One unit of work, as its records tell it: what was called in which order, what each answer added to the label, and what
//! was refused because of what.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::flow::{Confidentiality, Integrity, Label, Source, Why};
use doorward_store::{MissingView, RecordView};
use serde_json::{Value, json};

/// A unit of work.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) context: String,
    pub(super) principals: BTreeSet<String>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) label: Label,
    /// What was asked of tools, resources and prompts, and what changed the label or was refused.
    pub(super) steps: Vec<Step>,
    /// What the steps were about, in the order in which it was met.
    pub(super) things: Vec<Thing>,
    /// Messages beside the steps.
    pub(super) others: usize,
    /// Whether there are more records than were read.
    pub(super) cut: Cut,
}

/// Whether something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Whole,
    More,
}

/// One exchange.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: String,
    pub(super) exchange: String,
    pub(super) name: Name,
    pub(super) action: String,
    pub(super) end: End,
    pub(super) code: Option<String>,
    pub(super) rules: Vec<String>,
    /// What its answer added to the label.
    pub(super) added: Vec<String>,
    pub(super) missing: Vec<MissingView>,
    pub(super) sources: Vec<Source>,
}

/// A tool, resource or prompt of a server, or the server itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) server: String,
    pub(super) item: Option<String>,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer.
    Answered,
    /// Before it was forwarded.
    Refused,
    /// Afterwards, without an answer that was shown.
    Failed,
    /// Nobody knows.
    Open,
}

/// Something that steps were about.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) name: Name,
    /// How many answers came from it.
    pub(super) answers: usize,
    /// How many calls were sent to it after something had been read.
    pub(super) sent: usize,
    /// What its answers added to the label.
    pub(super) added: Vec<String>,
    /// As what it is the reason of refusals, or that text of it was sent.
    pub(super) why: BTreeSet<Why>,
    /// The refusals of calls to it: how many for which code, and the places without an endorsed origin.
    pub(super) refused: BTreeMap<String, usize>,
    pub(super) missing: BTreeSet<String>,
    /// The things that are the reason of refusals, or of which text was sent.
    pub(super) because: BTreeSet<Name>,
}

impl End {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Open => "no answer",
        }
    }

    fn of(record: &RecordView) -> Self {
        match (record.phase.as_str(), record.disposition.as_str()) {
            ("intent", _) => Self::Open,
            (_, "refuse") => Self::Refused,
            (_, "fail") => Self::Failed,
            (_, _) => Self::Answered,
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.item {
            Some(item) => write!(f, "{}/{item}", self.server),
            None => f.write_str(&self.server),
        }
    }
}

impl Name {
    fn of(record: &RecordView) -> Self {
        let server = record.server.clone().unwrap_or_else(|| "(no server)".to_owned());
        Self { server, item: record.resource.clone() }
    }

    fn of_source(source: &Source) -> Self {
        Self { server: source.server.to_string(), item: source.item.as_deref().map(str::to_owned) }
    }
}

impl Drawing {
    /// Of these records of one context, in the order of writing.
    pub(super) fn of(context: String, records: &[RecordView], cut: Cut) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut label = Label::default();
        for record in records {
            let at = *places.entry(record.exchange.as_str()).or_insert_with(|| {
                steps.push(Step::begun(record));
                steps.len() - 1
            });
            let Some(step) = steps.get_mut(at) else { continue };
            if record.phase != "intent" {
                let after = record.flow.as_ref().map_or_else(|| label.clone(), |flow| label.join(&flow.label));
                step.ended(record, added(&label, &after));
                label = after;
            }
        }
        let all = steps.len();
        steps.retain(Step::is_told);
        let mut drawing = Self {
            context,
            principals: records.iter().map(|record| record.principal.clone()).collect(),
            first: records.first().map(|record| record.at.clone()).unwrap_or_default(),
            last: records.last().map(|record| record.at.clone()).unwrap_or_default(),
            label,
            others: all - steps.len(),
            steps,
            things: Vec::new(),
            cut,
        };
        drawing.things = things(&drawing.steps);
        drawing
    }

    /// The number, from 1, of the step that is this exchange.
    pub(super) fn number_of(&self, exchange: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.exchange == exchange).map(|at| at + 1)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "version": 1, "context": self.context, "principals": self.principals, "first": self.first,
            "last": self.last, "label": self.label, "steps": self.steps.iter().map(Step::to_json).collect::<Vec<_>>(),
            "others": self.others, "cut": self.cut == Cut::More,
        })
    }
}

impl Step {
    fn begun(record: &RecordView) -> Self {
        Self {
            at: record.at.clone(),
            exchange: record.exchange.clone(),
            name: Name::of(record),
            action: record.action.clone(),
            end: End::of(record),
            code: record.code.clone(),
            rules: record.rules.clone(),
            added: Vec::new(),
            missing: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn ended(&mut self, record: &RecordView, added: Vec<String>) {
        (self.end, self.code, self.rules, self.added) =
            (End::of(record), record.code.clone(), record.rules.clone(), added);
        if let Some(flow) = &record.flow {
            (self.missing, self.sources) = (flow.missing.clone(), flow.sources.clone());
        }
    }

    fn is_told(&self) -> bool {
        self.name.item.is_some() || !self.added.is_empty() || self.end != End::Answered
    }

    fn to_json(&self) -> Value {
        json!({
            "at": self.at, "exchange": self.exchange, "server": self.name.server, "item": self.name.item,
            "action": self.action, "end": self.end.as_str(), "code": self.code, "rules": self.rules,
            "added": self.added, "missing": self.missing, "sources": self.sources,
        })
    }
}

fn things(steps: &[Step]) -> Vec<Thing> {
    let mut things: Vec<Thing> = Vec::new();
    let mut was_read = false;
    for step in steps {
        let thing = thing_of(&mut things, &step.name);
        match step.end {
            End::Answered => thing.answers += 1,
            End::Refused => {
                *thing.refused.entry(step.code.clone().unwrap_or_default()).or_default() += 1;
                thing.missing.extend(step.missing.iter().map(place));
            }
            End::Failed | End::Open => {}
        }
        thing.because.extend(step.sources.iter().map(Name::of_source));
        if step.end != End::Refused && was_read {
            thing.sent += 1;
        }
        thing.added.extend(step.added.iter().cloned());
        was_read |= !step.added.is_empty();
        for source in &step.sources {
            thing_of(&mut things, &Name::of_source(source)).why.insert(source.why);
        }
    }
    things
}

fn thing_of<'t>(things: &'t mut Vec<Thing>, name: &Name) -> &'t mut Thing {
    let known = things.iter().position(|thing| thing.name == *name);
    let at = known.unwrap_or_else(|| {
        things.push(Thing {
            name: name.clone(),
            answers: 0,
            sent: 0,
            added: Vec::new(),
            why: BTreeSet::new(),
            refused: BTreeMap::new(),
            missing: BTreeSet::new(),
            because: BTreeSet::new(),
        });
        things.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "it was found or pushed there")]
    &mut things[at]
}

/// An argument without an endorsed origin, in words.
pub(super) fn place(missing: &MissingView) -> String {
    let path = if missing.path.is_empty() { "/" } else { &missing.path };
    format!("{path} ({})", missing.role)
}

/// Why a source matters, in words.
pub(super) const fn why_words(why: Why) -> &'static str {
    match why {
        Why::Untrusted => "anybody can have written it",
        Why::Confidential => "it is confidential",
        Why::Text => "text of it stands in the call",
    }
}

/// What the second label has beyond the first, in words.
fn added(before: &Label, after: &Label) -> Vec<String> {
    let mut added = Vec::new();
    if after.confidentiality > before.confidentiality {
        added.push(after.confidentiality.to_string());
    }
    if after.integrity > before.integrity {
        added.push(after.integrity.to_string());
    }
    added.extend(after.categories.difference(&before.categories).map(|category| category.as_str().to_owned()));
    added.extend(after.origins.difference(&before.origins).map(|server| format!("from {server}")));
    added
}

/// A label in words.
pub(super) fn label_words(label: &Label) -> String {
    let Label { confidentiality, integrity, categories, origins, .. } = label;
    if (*confidentiality, *integrity) == (Confidentiality::default(), Integrity::default()) && origins.is_empty() {
        return "nothing was read".to_owned();
    }
    let mut words = vec![confidentiality.to_string(), integrity.to_string()];
    words.extend(categories.iter().map(|category| category.as_str().to_owned()));
    let origins: Vec<&str> = origins.iter().map(|server| server.as_str()).collect();
    if !origins.is_empty() {
        words.push(format!("from {}", origins.join(" and ")));
    }
    words.join(", ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record of exchange `number` about `server/item`.
    pub(in crate::command::flow) fn record(number: u8, server: &str, item: &str, more: &Value) -> RecordView {
        let mut record = json!({
            "seq": number, "version": 4, "at": format!("2026-11-23T10:00:{number:02}.000000Z"),
            "exchange": format!("{number:032x}"), "phase": "outcome", "disposition": "answer", "principal": "ann",
            "proof": "local-token", "face": "http", "direction": "to-server", "server": server,
            "action": "tools/call", "resource": item, "rules": [], "reasons": [], "request_bytes": 1,
            "answer_bytes": 1, "elapsed_micros": 1, "upstream_micros": 1,
        });
        if let (Some(record), Some(more)) = (record.as_object_mut(), more.as_object()) {
            record.extend(more.clone());
        }
        serde_json::from_value(record).unwrap()
    }

    pub(in crate::command::flow) fn label(confidentiality: &str, integrity: &str, origins: &[&str]) -> Value {
        json!({ "confidentiality": confidentiality, "integrity": integrity, "origins": origins, "audience": "any" })
    }

    /// A page was read, then customers, and then an address to which nothing led was refused. Names are as given.
    pub(in crate::command::flow) fn staged(page: &str, customers: &str, mail: &str) -> Drawing {
        let context = "0123456789abcdef0123456789abcdef";
        let flow = |label: Value, more: Value| {
            let mut flow = json!({ "context": context, "label": label });
            if let (Some(flow), Some(more)) = (flow.as_object_mut(), more.as_object()) {
                flow.extend(more.clone());
            }
            json!({ "flow": flow })
        };
        let source = |number: u8, server: &str, item: &str, why: &str| json!({ "exchange": format!("{number:032x}"), "server": server, "item": item, "why": why });
        let mut refused = flow(
            label("confidential", "adversary-writable", &["crm", "web"]),
            json!({
                "missing": [{ "path": "/to/0", "role": "target" }],
                "sources": [source(2, "web", page, "untrusted"), source(3, "crm", customers, "confidential")],
            }),
        );
        if let Some(members) = refused.as_object_mut() {
            members.insert("disposition".to_owned(), json!("refuse"));
            members.insert("code".to_owned(), json!("DW1211"));
            members.insert("rules".to_owned(), json!(["trifecta:egress"]));
        }
        let mut list = record(1, "web", "x", &flow(label("public", "authoritative", &[]), json!({})));
        (list.resource, list.action) = (None, "tools/list".to_owned());
        let records = [
            list,
            record(2, "web", page, &flow(label("internal", "adversary-writable", &["web"]), json!({}))),
            record(3, "crm", customers, &flow(label("confidential", "adversary-writable", &["crm", "web"]), json!({}))),
            record(4, "mail", mail, &refused),
        ];
        Drawing::of(context.to_owned(), &records, Cut::Whole)
    }

    /// Names that would be something else where they are not written out.
    pub(in crate::command::flow) const HOSTILE: [&str; 6] = [
        "a\"]:::x\nsubgraph evil",
        "</text><script>alert(1)</script>",
        "x\u{1b}[2J\r\nrefused",
        "--> c(end) |x| `md` #quot; ; %% c",
        "a&b<b>'\u{202e}\u{200b}",
        "]]>\u{0}\u{7}",
    ];

    #[test]
    fn steps_tell_what_was_read_and_what_was_refused_because_of_it() {
        let drawing = staged("fetch", "list", "send");
        assert_eq!((drawing.steps.len(), drawing.others), (3, 1));
        assert_eq!(drawing.steps[0].added, ["internal", "adversary-writable", "from web"]);
        assert_eq!(drawing.steps[1].added, ["confidential", "from crm"]);
        assert_eq!((drawing.steps[2].end, drawing.steps[2].code.as_deref()), (End::Refused, Some("DW1211")));
        assert_eq!(drawing.number_of(&format!("{:032x}", 3)), Some(2));
        let send = drawing.things.iter().find(|thing| thing.name.server == "mail").unwrap();
        assert_eq!((send.answers, send.sent, send.because.len()), (0, 0, 2));
        let list = drawing.things.iter().find(|thing| thing.name.server == "crm").unwrap();
        assert!(list.why.contains(&Why::Confidential) && list.sent == 1);
        assert_eq!(label_words(&drawing.label), "confidential, adversary-writable, from crm and web");
    }

    #[test]
    fn what_ended_without_a_record_is_told_so() {
        let intent = record(1, "web", "fetch", &json!({ "phase": "intent", "disposition": "allow" }));
        let drawing = Drawing::of("0".repeat(32), &[intent], Cut::Whole);
        assert_eq!(drawing.steps[0].end, End::Open);
    }
}
