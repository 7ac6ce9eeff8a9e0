//! Reading a file of cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use core::net::IpAddr;
use doorward_core::access::{
    AccessRequest, Action, Approach, ClientName, Direction, Face, HostSeen, Kind, Observed, PathSeen, Resource, Target,
};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::Code;
use doorward_core::time::Timestamp;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::revision::Era;

use super::layer::{find, laid_over};
use super::node::{Member, Node, Span, Table, Written, document};
use super::{Case, CaseFile, End, Expected, moment, who};
use crate::finding::{Finding, Place, Severity};
use crate::limits::{CASES_MAX, FINDINGS_MAX};
use crate::source::Source;
use crate::suggest::nearest;
use crate::vocabulary::TOOLS;

const SECTIONS: [&str; 3] = ["defaults", "kinds", "case"];
const REQUEST: [&str; 13] = [
    "who",
    "tool",
    "action",
    "resource",
    "arguments",
    "at",
    "face",
    "era",
    "origin",
    "client",
    "counts",
    "paths",
    "hosts",
];
const EXPECTED: [&str; 4] = ["expect", "rule", "obligations", "shown"];

/// When a case happens that does not say: a Thursday noon.
const NOON: &str = "2026-01-01T12:00:00Z";

pub(super) fn read(source: &Source) -> Result<CaseFile, Vec<Finding>> {
    let place = Place { file: Arc::from(source.name.as_str()), text: Arc::from(source.text.as_str()), span: None };
    let mut reading = Reading { place: &place, kinds: BTreeMap::new(), findings: Vec::new() };
    let file = match document(&source.text) {
        Ok(document) => reading.document(&document),
        Err(flaws) => {
            for flaw in flaws {
                let place = Place { span: flaw.span, ..place.clone() };
                reading.findings.push(Finding::new(Severity::Error, &place, flaw.message));
            }
            None
        }
    };
    let mut findings = reading.findings;
    findings.truncate(FINDINGS_MAX);
    file.filter(|_| findings.is_empty()).ok_or(findings)
}

/// One file, as it is being read.
pub(super) struct Reading<'a> {
    place: &'a Place,
    kinds: BTreeMap<String, Principal>,
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn document(&mut self, document: &Table) -> Option<CaseFile> {
        self.only(document, &SECTIONS, "a file of cases");
        for kind in find(document, "kinds").and_then(|kinds| kinds.node.table()).into_iter().flatten() {
            if let Some(principal) = who::read(&kind.node, self) {
                self.kinds.insert(kind.name.clone(), principal);
            }
        }
        let defaults =
            find(document, "defaults").and_then(|defaults| defaults.node.table()).cloned().unwrap_or_default();
        self.only(&defaults, &[REQUEST.as_slice(), &EXPECTED].concat(), "[defaults]");
        let mut cases = Vec::new();
        match find(document, "case").map(|cases| &cases.node.value) {
            Some(Written::List(written)) => written.iter().for_each(|case| self.case(case, &defaults, &mut cases)),
            Some(_) => return self.refuse(&(0..0), "the cases are a list", "begin each with [[case]]"),
            None => {}
        }
        if cases.len() > CASES_MAX {
            return self.refuse(
                &(0..0),
                "there are more cases than the limit",
                &format!("at most {CASES_MAX} in one file"),
            );
        }
        Some(CaseFile { kinds: std::mem::take(&mut self.kinds).into_iter().collect(), cases })
    }

    fn case(&mut self, node: &Node, defaults: &Table, cases: &mut Vec<Case>) {
        let Some(table) = node.table() else { return };
        self.only(table, &[REQUEST.as_slice(), &EXPECTED, &["name", "each"]].concat(), "a case");
        let over = laid_over(defaults, table);
        let name = find(&over, "name").and_then(|name| self.text(name).map(str::to_owned));
        let name = name.unwrap_or_else(|| format!("case {}", cases.len() + 1));
        let Some(each) = find(&over, "each") else {
            cases.extend(self.one(&over, name, node.span.start));
            return;
        };
        let Written::List(variants) = &each.node.value else {
            let _: Option<()> =
                self.refuse(&each.node.span, "each is a list of tables", "each = [{ who = \"ann\" }, …]");
            return;
        };
        for (number, variant) in variants.iter().enumerate() {
            let Some(table) = variant.table() else {
                let _: Option<()> = self.refuse(&variant.span, "a variant is a table", "write { who = \"ann\" }");
                continue;
            };
            self.only(table, &[REQUEST.as_slice(), &EXPECTED, &["name"]].concat(), "a variant");
            let own = find(table, "name").and_then(|name| self.text(name).map(str::to_owned));
            let label = own.unwrap_or_else(|| (number + 1).to_string());
            cases.extend(self.one(&laid_over(&over, table), format!("{name} [{label}]"), variant.span.start));
        }
    }

    fn one(&mut self, table: &Table, name: String, start: usize) -> Option<Case> {
        let before = self.findings.len();
        let request = self.request(table, start);
        let observed = self.observed(table);
        let expected = self.expected(table, start);
        if self.findings.len() > before {
            return None;
        }
        let line = Place { span: Some(start..start), ..self.place.clone() }.line();
        Some(Case { name, file: Arc::clone(&self.place.file), line, request: request?, observed, expected: expected? })
    }

    fn request(&mut self, table: &Table, start: usize) -> Option<AccessRequest> {
        let principal = match find(table, "who") {
            Some(member) => who::read(&member.node, self)?,
            None => Principal::new("local", Proof::LocalToken),
        };
        let (action, resource) = self.subject(table, start)?;
        let at = match find(table, "at").map(|member| &member.node) {
            None => moment::read(NOON),
            Some(Node { value: Written::Text(text) | Written::Moment(text), span }) => match moment::read(text) {
                Some(at) => Some(at),
                None => self.refuse(span, "this is no moment", "write 2026-11-22T10:00:00Z"),
            },
            Some(node) => self.refuse(&node.span, "this is no moment", "write 2026-11-22T10:00:00Z"),
        };
        let at: Timestamp = at?;
        let arguments = self.arguments(table)?;
        let mut approach = Approach::new(self.word(table, "face", &[("http", Face::Http), ("stdio", Face::Stdio)])?);
        approach.origin = find(table, "origin").and_then(|origin| self.text(origin).map(Arc::from));
        approach.client = find(table, "client").and_then(|client| self.client(client));
        let era = self.word(table, "era", &[("modern", Era::Modern), ("legacy", Era::Legacy)])?;
        Some(AccessRequest { principal, action, resource, arguments, approach, era, at })
    }

    /// What is done, and on what.
    fn subject(&mut self, table: &Table, start: usize) -> Option<(Action, Resource)> {
        let tool = find(table, "tool");
        let action = find(table, "action");
        match (tool, action) {
            (Some(tool), None) => {
                let action = Action::of(Direction::ToServer, Kind::Request, TOOLS)?;
                let written = self.text(tool)?.to_owned();
                Some((action, self.thing(&tool.node.span, Target::Tool, &written)?))
            }
            (None, Some(action)) => {
                let word = self.text(action)?.to_owned();
                let Some(action_of) = action_of(&word) else {
                    let advice = "write a method such as \"resources/read\", or tool = \"server/tool\"";
                    return self.refuse(&action.node.span, &format!("there is no method \"{word}\""), advice);
                };
                let Some(resource) = find(table, "resource") else {
                    return self.refuse(
                        &action.node.span,
                        "the case does not say on what",
                        "add resource = \"server/…\"",
                    );
                };
                let written = self.text(resource)?.to_owned();
                Some((action_of, self.thing(&resource.node.span, action_of.target(), &written)?))
            }
            (Some(tool), Some(_)) => {
                self.refuse(&tool.name_span, "a case has a tool or an action, not both", "remove one of the two")
            }
            (None, None) => {
                self.refuse(&(start..start), "the case does not say what is asked for", "add tool = \"server/tool\"")
            }
        }
    }

    fn thing(&mut self, span: &Span, target: Target, written: &str) -> Option<Resource> {
        let (of, id) = match written.strip_suffix('"').and_then(|text| text.split_once("::\"")) {
            Some((of, id)) => (of, id),
            None => (of_target(target), written),
        };
        let (server, name) = id.split_once('/').unwrap_or((id, ""));
        let Ok(server) = ServerId::parse(server) else {
            return self.refuse(span, &format!("\"{server}\" is no server's id"), "write \"server/name\"");
        };
        let name = Arc::from(name);
        match of {
            "Server" => Some(Resource::Server(server)),
            "Tool" => Some(Resource::Tool(server, name)),
            "Resource" => Some(Resource::Resource(server, name)),
            "Prompt" => Some(Resource::Prompt(server, name)),
            other => self.refuse(
                span,
                &format!("there is no type \"{other}\""),
                "the types are Server, Tool, Resource and Prompt",
            ),
        }
    }

    /// `Some(None)` when there are none.
    fn arguments(&mut self, table: &Table) -> Option<Option<RawJson>> {
        let Some(member) = find(table, "arguments") else { return Some(None) };
        let text = match member.node.text() {
            Some(text) => Some(text.to_owned()),
            None => member.node.json().filter(|json| json.is_object()).map(|json| json.to_string()),
        };
        let Some(text) = text else {
            let advice = "write a table, or JSON text for what TOML cannot say";
            return self.refuse(&member.node.span, "these are no arguments", advice);
        };
        match RawJson::parse(text, &Limits::default()) {
            Ok(arguments) => Some(Some(arguments)),
            Err(rejection) => {
                let message = format!("no rule would be asked about these arguments: {rejection}");
                self.refuse(&member.node.span, &message, "the gateway refuses them before any rule")
            }
        }
    }

    fn client(&mut self, member: &Member) -> Option<Arc<ClientName>> {
        let (name, version) = match member.node.table() {
            None => (self.text(member)?, ""),
            Some(table) => {
                self.only(table, &["name", "version"], "client");
                let part = |key: &str| find(table, key).and_then(|part| part.node.text()).unwrap_or_default();
                (part("name"), part("version"))
            }
        };
        Some(Arc::new(ClientName { name: name.into(), version: version.into() }))
    }

    fn observed(&mut self, table: &Table) -> Observed {
        let mut observed = Observed::default();
        let below = |key: &str| find(table, key).and_then(|member| member.node.table()).into_iter().flatten();
        for path in below("paths") {
            let seen = match self.text(path) {
                Some("unknown") => PathSeen::Unknown,
                Some(real) => PathSeen::Real(Arc::from(real)),
                None => continue,
            };
            observed.paths.insert(Arc::from(path.name.as_str()), seen);
        }
        for host in below("hosts") {
            let addresses: Option<Vec<IpAddr>> = self.texts(host).iter().map(|text| text.parse().ok()).collect();
            let seen = match addresses {
                Some(addresses) if !addresses.is_empty() => HostSeen::Addresses(addresses),
                Some(_) => HostSeen::Unknown,
                None => {
                    let _: Option<()> =
                        self.refuse(&host.node.span, "not all of these are addresses", "write [\"192.0.2.1\"]");
                    continue;
                }
            };
            observed.hosts.insert(Arc::from(host.name.as_str()), seen);
        }
        for count in below("counts") {
            match count.node.json().and_then(|json| json.as_u64()) {
                Some(number) => {
                    observed.counts.insert(Arc::from(count.name.as_str()), number);
                }
                None => {
                    let _: Option<()> = self.refuse(&count.node.span, "a count is a whole number", "write 3");
                }
            }
        }
        observed
    }

    fn expected(&mut self, table: &Table, start: usize) -> Option<Expected> {
        let Some(expect) = find(table, "expect") else {
            return self.refuse(
                &(start..start),
                "the case does not say what it expects",
                "add expect = \"allow\" or \"deny\"",
            );
        };
        let word = self.text(expect)?.to_owned();
        let end = match word.as_str() {
            "allow" => End::Allow,
            "deny" => End::Deny,
            "limit" => End::Limit,
            code => match Code::parse(code).filter(|_| code.starts_with("DW")) {
                Some(code) => End::Refuse(code),
                None => {
                    let advice = "write allow, deny, limit, or a code such as DW1202";
                    return self.refuse(&expect.node.span, &format!("nothing ends as \"{word}\""), advice);
                }
            },
        };
        let rules = find(table, "rule").map(|rule| self.texts(rule));
        let obligations = find(table, "obligations").map(|duties| self.texts(duties));
        let shown = match find(table, "shown").map(|shown| &shown.node) {
            None => None,
            Some(Node { value: Written::Flag(shown), .. }) => Some(*shown),
            Some(node) => return self.refuse(&node.span, "shown is true or false", "write shown = true"),
        };
        Some(Expected { end, rules, obligations, shown })
    }

    /// One of a few words; the first where the case says none.
    fn word<T: Copy>(&mut self, table: &Table, key: &str, words: &[(&str, T)]) -> Option<T> {
        let Some(member) = find(table, key) else { return words.first().map(|(_, value)| *value) };
        let written = self.text(member)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == written) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.refuse(&member.node.span, &format!("\"{written}\" is no {key}"), &format!("write {}", known.join(" or ")))
    }

    /// The principal of a kind.
    pub(super) fn kind(&self, name: &str) -> Option<Principal> {
        self.kinds.get(name).cloned()
    }

    /// Refuses every member that is not one of `known`.
    pub(super) fn only(&mut self, table: &Table, known: &[&str], of: &str) {
        for member in table.iter().filter(|member| !known.contains(&member.name.as_str())) {
            let advice = nearest(&member.name, known.iter().copied())
                .map_or_else(|| format!("it has {}", known.join(", ")), |name| format!("did you mean {name}?"));
            let _: Option<()> = self.refuse(&member.name_span, &format!("{of} has no \"{}\"", member.name), &advice);
        }
    }

    /// A member that must be text.
    pub(super) fn text<'n>(&mut self, member: &'n Member) -> Option<&'n str> {
        let text = member.node.text();
        if text.is_none() {
            let message = format!("{} is a text", member.name);
            let _: Option<()> = self.refuse(&member.node.span, &message, "put it in quotation marks");
        }
        text
    }

    /// A member that must be a text or a list of texts.
    pub(super) fn texts(&mut self, member: &Member) -> Vec<String> {
        let texts = match &member.node.value {
            Written::Text(text) => Some(vec![text.clone()]),
            Written::List(items) => items.iter().map(|item| item.text().map(str::to_owned)).collect(),
            Written::Flag(_) | Written::Number(_) | Written::Moment(_) | Written::Table(_) | Written::NoNumber => None,
        };
        texts.unwrap_or_else(|| {
            let message = format!("{} is a text or a list of texts", member.name);
            let _: Option<()> = self.refuse(&member.node.span, &message, "write [\"one\", \"two\"]");
            Vec::new()
        })
    }

    /// Notes what is wrong; always `None`.
    pub(super) fn refuse<T>(&mut self, span: &Span, message: &str, advice: &str) -> Option<T> {
        let place = Place { span: Some(span.clone()), ..self.place.clone() };
        self.findings.push(Finding::new(Severity::Error, &place, message).with_advice(advice));
        None
    }
}

/// The method in whichever direction and kind there is one, requests to the server first.
fn action_of(method: &str) -> Option<Action> {
    [Direction::ToServer, Direction::ToClient]
        .into_iter()
        .flat_map(|direction| [Kind::Request, Kind::Notification].map(|kind| (direction, kind)))
        .find_map(|(direction, kind)| Action::of(direction, kind, method))
}

const fn of_target(target: Target) -> &'static str {
    match target {
        Target::Server | Target::Subscription => "Server",
        Target::Tool => "Tool",
        Target::Resource => "Resource",
        Target::Prompt | Target::Reference => "Prompt",
    }
}
