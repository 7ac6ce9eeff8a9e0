//! What one server says it offers, as seen in its lists.
//!
//! Lists are learned from wherever they pass: a client's own `tools/list` or the gateway's. What was seen is kept until
//! the gateway ends, because a server may show different clients different tools; a changed definition replaces the old.
//! Deciding what a definition means is the policy crate's work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::flow::Label;
use doorward_core::ids::ServerId;
use doorward_core::joint::{AppUse, Offer};
use doorward_core::limits::LIST_ITEMS_MAX;
use doorward_core::refusal::Refusal;
use doorward_flow::nature::Nature;
use doorward_guards::Tool;
use doorward_mcp::message::Response;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::{ToolDefinition, ToolList};
use doorward_policy::Catalogue;

use crate::labels::Labels;
use crate::limits::{DEFINITIONS_BYTES_MAX, DEFINITIONS_MAX, PINS_BELIEVED, RELEARN_AFTER};
use crate::pace::Pace;

/// The tools of one server.
#[derive(Debug)]
pub struct Definitions {
    server: ServerId,
    labels: Labels,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Every definition seen under a name in the newest list that had it; two when a list named it twice.
    tools: Tools,
    /// The bytes of all of them.
    bytes: usize,
    /// What policy knows, and of which version; made when a policy is loaded.
    catalogue: Option<(u64, Arc<Catalogue>)>,
    /// Tools that were asked for, as guards need them; each is gone when its definition changes.
    prepared: BTreeMap<String, Arc<Tool>>,
    /// What is assumed of tools that were called, likewise.
    natures: BTreeMap<String, Arc<Nature>>,
    /// The tools as joint endpoints need them, and of which version.
    offers: Option<(u64, Arc<[Offer]>)>,
    /// Whether any list was seen at all; a server without tools is known as well.
    listed: bool,
    /// Grows with every change of what is known.
    version: u64,
    /// The version that the policy was last loaded for.
    settled: u64,
    /// When the gateway last asked for the whole list itself.
    asked: Option<Instant>,
    /// Why nothing came of that.
    failure: Option<Refusal>,
    /// When the whole list was last asked for that the gateway has seen.
    looked: Option<Instant>,
    /// When the server last said that its list has changed.
    announced: Option<Instant>,
    /// How often the policy may be loaded anew because of this server.
    pace: Pace,
}

/// Definitions by name.
type Tools = BTreeMap<String, Vec<RawJson>>;

/// Whether a list told anything that the policy was not yet loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// It did, or an earlier one did; the policy must be loaded anew.
    Something,
    /// All of it was known.
    Nothing,
}

/// Whether what is known is still what the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belief {
    /// As far as the server says.
    Fresh,
    /// It was, some time ago.
    Old,
    /// The server says that it is not.
    Announced,
}

/// What is known of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// It was seen, and the policy was loaded since.
    Settled,
    /// It was seen; the policy may not know it yet.
    Seen,
    /// It was never seen.
    Unseen,
}

impl Definitions {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(server: ServerId) -> Self {
        Self {
            server,
            labels: Labels::default(),
            known: Mutex::new(Known {
                tools: Tools::new(),
                bytes: 0,
                catalogue: None,
                prepared: BTreeMap::new(),
                natures: BTreeMap::new(),
                offers: None,
                listed: false,
                version: 0,
                settled: 0,
                asked: None,
                failure: None,
                looked: None,
                announced: None,
                pace: Pace::new(Instant::now()),
            }),
        }
    }

    /// With what is said of the tools beside their definitions.
    #[must_use]
    pub fn labelled(self, labels: Labels) -> Self {
        Self { labels, ..self }
    }

    /// What policy knows of the server. Reads every definition if any has changed since, holding up nobody who learns.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        let (version, tools) = {
            let known = self.lock();
            match &known.catalogue {
                Some((version, catalogue)) if *version == known.version => return catalogue.clone(),
                Some(_) | None => (known.version, known.tools.clone()),
            }
        };
        let catalogue = Arc::new(self.build(&tools));
        let mut known = self.lock();
        if known.catalogue.as_ref().is_none_or(|(present, _)| *present < version) {
            known.catalogue = Some((version, catalogue.clone()));
        }
        catalogue
    }

    /// Whether the server has shown a list.
    #[must_use]
    pub fn listed(&self) -> bool {
        self.lock().listed
    }

    /// Whether a tool of that name was seen, and whether the policy was loaded since.
    #[must_use]
    pub fn knowledge_of(&self, tool: &str) -> Knowledge {
        let known = self.lock();
        match (known.tools.contains_key(tool), known.version == known.settled) {
            (true, true) => Knowledge::Settled,
            (true, false) => Knowledge::Seen,
            (false, _) => Knowledge::Unseen,
        }
    }

    /// The version of what is known; read it before the catalogue that a policy is loaded for.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// The policy was loaded for that version, or could not be.
    pub fn settle(&self, version: u64) {
        let mut known = self.lock();
        known.settled = known.settled.max(version);
    }

    /// Whether the policy was loaded for that version, or could not be.
    #[must_use]
    pub fn is_settled_for(&self, version: u64) -> bool {
        self.lock().settled >= version
    }

    /// Takes one loading of the policy from the server's share.
    ///
    /// # Errors
    /// How long to wait for the next, when there is none left.
    pub fn take_refit(&self, now: Instant) -> Result<(), Duration> {
        self.lock().pace.take(now)
    }

    /// How long the loading took.
    pub fn refit_took(&self, took: Duration) {
        self.lock().pace.busy(took);
    }

    /// The input schema of a tool, for the headers of revision 2026-07-28.
    #[must_use]
    pub fn input_schema(&self, tool: &str) -> Option<RawJson> {
        let known = self.lock();
        let definition = known.tools.get(tool)?.first()?;
        let schema = definition.as_raw().member("inputSchema")?;
        Some(definition.part(schema))
    }

    /// The output schema of a tool, if it declares one.
    #[must_use]
    pub fn output_schema(&self, tool: &str) -> Option<RawJson> {
        let known = self.lock();
        let definition = known.tools.get(tool)?.first()?;
        let schema = definition.as_raw().member("outputSchema")?;
        Some(definition.part(schema))
    }

    /// A tool as the guards need it; made when it is first asked for.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<Arc<Tool>> {
        let mut known = self.lock();
        if let Some(prepared) = known.prepared.get(name) {
            return Some(prepared.clone());
        }
        let prepared = Arc::new(Tool::new(known.tools.get(name)?.first()?.clone()));
        known.prepared.insert(name.to_owned(), prepared.clone());
        Some(prepared)
    }

    /// What is assumed of a tool where data flows; `None` for one of which there is no definition, or more than one.
    #[must_use]
    pub fn nature(&self, name: &str) -> Option<Arc<Nature>> {
        let mut known = self.lock();
        if let Some(nature) = known.natures.get(name) {
            return Some(nature.clone());
        }
        let [only] = known.tools.get(name)?.as_slice() else { return None };
        let nature = Arc::new(self.labels.nature(&ToolDefinition::from_raw(only.as_raw()).ok()?));
        known.natures.insert(name.to_owned(), nature.clone());
        Some(nature)
    }

    /// The most that anything the server says may be: the labels of all its tools joined. Not for what one of them answers.
    #[must_use]
    pub fn widest(&self) -> Label {
        let mut label = Label::unknown();
        let names: Vec<String> = self.lock().tools.keys().cloned().collect();
        for nature in names.iter().filter_map(|name| self.nature(name)) {
            let widest = nature.widest();
            if !widest.flows_to(&label) {
                label = label.join(&widest);
            }
        }
        label
    }

    /// The tools by their names, and what they have to do with MCP Apps: nothing, if none of the definitions seen says so.
    #[must_use]
    pub fn offers(&self) -> Arc<[Offer]> {
        let mut known = self.lock();
        if let Some((version, offers)) = &known.offers
            && *version == known.version
        {
            return offers.clone();
        }
        let offers: Arc<[Offer]> = known.tools.iter().map(|(name, tools)| offer(name, tools)).collect();
        known.offers = Some((known.version, offers.clone()));
        offers
    }

    /// Whether the gateway should ask for the whole list now; says so once per [`RELEARN_AFTER`].
    #[must_use]
    pub fn due(&self) -> bool {
        let mut known = self.lock();
        let due = known.asked.is_none_or(|asked| asked.elapsed() >= RELEARN_AFTER);
        if due {
            known.asked = Some(Instant::now());
            known.failure = None;
        }
        due
    }

    /// The gateway has asked for the whole list: whoever waited for that need not ask as well.
    pub fn has_asked(&self) {
        let mut known = self.lock();
        // A change announced meanwhile is worth asking for all the same.
        if known.asked.is_some() {
            known.asked = Some(Instant::now());
        }
    }

    /// The gateway asked for the list, and this is why it did not get it.
    pub fn failed(&self, refusal: Refusal) {
        self.lock().failure = Some(refusal);
    }

    /// Why the gateway did not get the list when it last asked for it; whoever comes before it asks again fares no better.
    #[must_use]
    pub fn failure(&self) -> Option<Refusal> {
        self.lock().failure.clone()
    }

    /// The server says its list has changed: the next unknown tool is worth asking for.
    pub fn forget_asking(&self) {
        let mut known = self.lock();
        (known.asked, known.failure) = (None, None);
        known.announced = Some(Instant::now());
    }

    /// The gateway has seen the whole list, which it asked for then.
    pub fn looked(&self, asked: Instant) {
        let mut known = self.lock();
        known.looked = known.looked.max(Some(asked));
    }

    /// A client was shown the whole list.
    pub fn shown(&self) {
        let mut known = self.lock();
        known.looked = known.looked.or_else(|| Some(Instant::now()));
    }

    /// Whether what is known is still what the server offers, as far as that can be told.
    #[must_use]
    pub fn belief(&self) -> Belief {
        let known = self.lock();
        match (known.looked, known.announced) {
            (looked, Some(announced)) if looked.is_none_or(|looked| looked <= announced) => Belief::Announced,
            (Some(looked), _) if looked.elapsed() >= PINS_BELIEVED => Belief::Old,
            (Some(_), _) => Belief::Fresh,
            // What was learned before anything was judged, as at the start, was not judged.
            (None, _) if known.listed => Belief::Old,
            // A server that nobody has looked at is looked at when a call names a tool of it.
            (None, _) => Belief::Fresh,
        }
    }

    /// Takes in one page of a `tools/list` answer. A page that cannot be read teaches nothing; the exchange withholds it.
    pub fn learn(&self, response: &Response) -> Learned {
        // A longer page is withheld as well, and reading it would take longer than anybody should wait.
        let items =
            response.result_member("tools").map_or(0, |tools| tools.elements().take(LIST_ITEMS_MAX + 1).count());
        if items > LIST_ITEMS_MAX {
            return Learned::Nothing;
        }
        let Some(list) = response.result().and_then(|result| ToolList::from_result(result).ok()) else {
            return Learned::Nothing;
        };
        let mut page = Tools::new();
        for definition in list.tools.into_iter().flatten() {
            let kept = response.keep(definition.raw);
            let seen = page.entry(definition.name.into_owned()).or_default();
            if seen.len() < 2 {
                seen.push(kept);
            }
        }
        self.merge(page)
    }

    /// Takes in definitions that were written down earlier, as one list.
    pub fn recall(&self, tools: &[RawJson]) -> Learned {
        let mut page = Tools::new();
        for tool in tools.iter().take(LIST_ITEMS_MAX) {
            let Ok(definition) = ToolDefinition::from_raw(tool.as_raw()) else { continue };
            let seen = page.entry(definition.name.into_owned()).or_default();
            if seen.len() < 2 {
                seen.push(tool.clone());
            }
        }
        self.merge(page)
    }

    /// Every definition as the server wrote it, by name.
    #[must_use]
    pub fn written(&self) -> Vec<RawJson> {
        self.lock().tools.values().flatten().cloned().collect()
    }

    fn merge(&self, page: Tools) -> Learned {
        let mut known = self.lock();
        let mut learned = if known.listed { Learned::Nothing } else { Learned::Something };
        known.listed = true;
        known.failure = None;
        for (name, tools) in page {
            let alike = known.tools.get(&name).is_some_and(|seen| read_alike(seen, &tools));
            if !alike && known.take_in(name, &tools) {
                learned = Learned::Something;
            }
        }
        if learned == Learned::Something {
            known.version = known.version.saturating_add(1);
        }
        // Whoever taught us may not have loaded the policy yet; the next one must not be judged without it.
        if known.version == known.settled { Learned::Nothing } else { Learned::Something }
    }

    fn build(&self, tools: &Tools) -> Catalogue {
        let definitions: Vec<ToolDefinition<'_>> =
            tools.values().flatten().filter_map(|tool| ToolDefinition::from_raw(tool.as_raw()).ok()).collect();
        Catalogue::from_definitions(self.server.clone(), &definitions)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // A panic while it was held cannot have left it half written: every change is one assignment.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of two definitions under one name, the one that concerns apps counts, and the narrower before the wider.
fn offer(name: &str, tools: &[RawJson]) -> Offer {
    let uses: Vec<AppUse> = tools.iter().map(|tool| AppUse::of(tool.as_raw())).collect();
    let strictest = [AppUse::Only, AppUse::Opens].into_iter().find(|wanted| uses.contains(wanted));
    Offer { name: Arc::from(name), apps: strictest.unwrap_or(AppUse::None) }
}

/// Whether policies, headers and guards read the same in both: lists seen by clients of two eras differ in the rest.
fn read_alike(one: &[RawJson], other: &[RawJson]) -> bool {
    let part = |tool: &RawJson, name: &str| tool.as_raw().member(name).map(|part| part.text().to_owned());
    let alike = |(one, other): (&RawJson, &RawJson)| {
        ["annotations", "inputSchema", "outputSchema"].iter().all(|name| part(one, name) == part(other, name))
    };
    one.len() == other.len() && one.iter().zip(other).all(alike)
}

impl Known {
    /// Replaces what is known of a tool, and says whether that changed anything. One there is no room for is forgotten, and
    /// so refused: what was known of it no longer holds.
    fn take_in(&mut self, name: String, tools: &[RawJson]) -> bool {
        let weight = |tools: &[RawJson]| tools.iter().map(|tool| tool.bytes().len()).sum::<usize>();
        let before = self.tools.remove(&name);
        self.prepared.remove(&name);
        self.natures.remove(&name);
        self.bytes = self.bytes.saturating_sub(before.as_deref().map_or(0, weight));
        let bytes = self.bytes.saturating_add(weight(tools));
        if self.tools.len() >= DEFINITIONS_MAX || bytes > DEFINITIONS_BYTES_MAX {
            return before.is_some();
        }
        self.bytes = bytes;
        // A definition kept inside its page would keep the whole page, which a server can make large.
        self.tools.insert(name, tools.iter().map(RawJson::detached).collect());
        true
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::message::Message;

    use super::*;

    fn page(tools: &str, padding: usize) -> Response {
        let padding = "x".repeat(padding);
        let text =
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{tools}],"_meta":{{"padding":"{padding}"}}}}}}"#);
        match Message::parse(text, &Limits::for_results()).unwrap() {
            Message::Response(response) => response,
            other @ (Message::Request(_) | Message::Notification(_)) => panic!("no response: {other:?}"),
        }
    }

    fn tool(name: &str, padding: usize) -> String {
        format!(r#"{{"name":"{name}","inputSchema":{{"description":"{}"}}}}"#, "x".repeat(padding))
    }

    #[test]
    fn lists_of_two_eras_teach_once() {
        let definitions = Definitions::new(ServerId::parse("s").unwrap());
        let seen = |members: &str| {
            let tool = format!(r#"{{"name":"a",{members}}}"#);
            let learned = definitions.learn(&page(&tool, 0));
            definitions.settle(definitions.version());
            learned
        };
        let read = r#""inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}"#;
        assert_eq!(seen(&format!(r#"{read},"execution":{{"taskSupport":"optional"}}"#)), Learned::Something);
        assert_eq!(seen(read), Learned::Nothing);
        assert_eq!(seen(&format!(r#"{read},"title":"A""#)), Learned::Nothing);
        assert_eq!(seen(r#""inputSchema":{"type":"object"},"annotations":{}"#), Learned::Something);
        assert_eq!(seen(r#""inputSchema":{},"annotations":{}"#), Learned::Something);
    }

    #[test]
    fn a_definition_does_not_keep_its_page() {
        let definitions = Definitions::new(ServerId::parse("s").unwrap());
        let page = page(&tool("a", 0), 1024);
        definitions.learn(&page);
        let within = page.bytes().as_ptr_range();
        let kept = definitions.input_schema("a").unwrap();
        assert!(!within.contains(&kept.bytes().as_ptr()));
    }

    #[test]
    fn what_is_remembered_is_bounded_in_bytes_and_what_has_no_room_is_unknown() {
        let definitions = Definitions::new(ServerId::parse("s").unwrap());
        let third = DEFINITIONS_BYTES_MAX / 3;
        for name in ["a", "b", "c", "d"] {
            definitions.learn(&page(&tool(name, third), 0));
        }
        let known = |name| definitions.knowledge_of(name) != Knowledge::Unseen;
        assert_eq!(["a", "b", "c", "d"].map(known), [true, true, false, false]);
        // One that grows beyond the limit is forgotten, and leaves its room to others.
        definitions.learn(&page(&tool("a", third * 2), 0));
        definitions.learn(&page(&tool("c", third), 0));
        assert_eq!(["a", "b", "c", "d"].map(known), [false, true, true, false]);
        assert!(definitions.lock().bytes <= DEFINITIONS_BYTES_MAX);
    }
}
