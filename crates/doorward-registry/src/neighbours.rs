//! One server's tools among those of the others: names that are taken or look alike, copies, and descriptions that speak of
//! what is not theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::guard::{Confidence, Severity};
use doorward_core::ids::ServerId;
use serde_json::Value;
use unicode_security::skeleton;

use crate::definition::{Definition, Kind};
use crate::digest::Digest;
use crate::limits::REMARKS_MAX;

/// The tools of all servers, ready to be compared with.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    exact: BTreeMap<String, Vec<Neighbour>>,
    folded: BTreeMap<String, Vec<Neighbour>>,
    copies: BTreeMap<Digest, Vec<Neighbour>>,
    own: BTreeMap<ServerId, BTreeSet<Arc<str>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Neighbour {
    server: ServerId,
    name: Arc<str>,
    body: Option<Digest>,
}

/// Something about a definition among its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The rule, unique within the guard `pins`.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where in the definition, as a JSON pointer.
    pub pointer: &'static str,
    /// Whose tool it is about, for the operator.
    pub other: String,
}

impl Neighbourhood {
    /// Takes in a tool that is known.
    pub fn add(&mut self, server: &ServerId, name: &Arc<str>, text: Option<&str>) {
        let neighbour = Neighbour { server: server.clone(), name: name.clone(), body: text.and_then(body) };
        for fold in folds(name) {
            self.folded.entry(fold).or_default().push(neighbour.clone());
        }
        if let Some(body) = neighbour.body {
            self.copies.entry(body).or_default().push(neighbour.clone());
        }
        self.exact.entry(name.to_string()).or_default().push(neighbour);
        self.own.entry(server.clone()).or_default().insert(name.clone());
    }

    /// What there is to say of a tool among the tools of other servers.
    #[must_use]
    pub fn remarks(&self, definition: &Definition) -> Vec<Remark> {
        if definition.key().kind != Kind::Tool {
            return Vec::new();
        }
        let (server, name) = (&definition.key().server, &definition.key().name);
        let own_body = body(definition.text());
        let mut remarks = Vec::new();
        self.taken_name(server, name, own_body, &mut remarks);
        self.look_alike(server, name, &mut remarks);
        if let Some(own_body) = own_body {
            self.copy(server, name, own_body, &mut remarks);
        }
        self.mentions(server, definition.text(), &mut remarks);
        remarks.truncate(REMARKS_MAX);
        remarks
    }

    /// Two servers of one make have the same tools; that is no shadowing.
    fn taken_name(&self, server: &ServerId, name: &str, own_body: Option<Digest>, remarks: &mut Vec<Remark>) {
        let others = self.exact.get(name).into_iter().flatten().filter(|other| other.server != *server);
        for other in others.filter(|other| other.body.is_none() || other.body != own_body) {
            remarks.push(Remark {
                rule: "taken-name",
                severity: Severity::Medium,
                confidence: Confidence::percent(50),
                pointer: "/name",
                other: format!("{}/{}", other.server, other.name),
            });
        }
    }

    fn look_alike(&self, server: &ServerId, name: &str, remarks: &mut Vec<Remark>) {
        let mut met = BTreeSet::new();
        for fold in folds(name) {
            for other in self.folded.get(&fold).into_iter().flatten() {
                let known = other.name.as_ref() == name || !met.insert((other.server.clone(), other.name.clone()));
                let same_words = worded(&other.name) == worded(name);
                // One server may have old and new spellings of its own tools.
                if known || (other.server == *server && same_words) {
                    continue;
                }
                let (severity, confidence) = match same_words {
                    true => (Severity::Medium, Confidence::percent(50)),
                    false => (Severity::High, Confidence::percent(95)),
                };
                let other = format!("{}/{}", other.server, other.name);
                remarks.push(Remark { rule: "look-alike-name", severity, confidence, pointer: "/name", other });
            }
        }
    }

    fn copy(&self, server: &ServerId, name: &str, own_body: Digest, remarks: &mut Vec<Remark>) {
        let others = self.copies.get(&own_body).into_iter().flatten();
        for other in others.filter(|other| other.name.as_ref() != name) {
            let severity = if other.server == *server { Severity::Low } else { Severity::Medium };
            remarks.push(Remark {
                rule: "renamed-copy",
                severity,
                confidence: Confidence::percent(70),
                pointer: "/name",
                other: format!("{}/{}", other.server, other.name),
            });
        }
    }

    /// Tools of others by their names, where a name is one that no ordinary sentence has.
    fn mentions(&self, server: &ServerId, text: &str, remarks: &mut Vec<Remark>) {
        let Ok(definition) = serde_json::from_str::<Value>(text) else { return };
        let Some(description) = definition.get("description").and_then(Value::as_str) else { return };
        let own = self.own.get(server);
        let mut met = BTreeSet::new();
        for word in description.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))) {
            let word = word.trim_matches(['-', '_']);
            let is_own = own.is_some_and(|own| own.contains(word)) || definition.get("name").is_some_and(|n| n == word);
            if !is_distinctive(word) || is_own || !met.insert(word) {
                continue;
            }
            let Some(other) = self.exact.get(word).into_iter().flatten().find(|other| other.server != *server) else {
                continue;
            };
            let steers = steers(description);
            let (severity, confidence) = match steers {
                true => (Severity::High, Confidence::percent(85)),
                false => (Severity::Medium, Confidence::percent(60)),
            };
            remarks.push(Remark {
                rule: "speaks-of-others",
                severity,
                confidence,
                pointer: "/description",
                other: format!("{}/{}", other.server, other.name),
            });
        }
    }
}

/// What a tool is but for its name and title; `None` when it says next to nothing.
fn body(text: &str) -> Option<Digest> {
    let definition: Value = serde_json::from_str(text).ok()?;
    let description = definition.get("description")?.as_str().filter(|said| said.len() >= 16)?;
    Some(Digest::of(&format!("{description}\n{}", definition.get("inputSchema")?)))
}

/// The name as a hasty reader sees it, in several ways.
fn folds(name: &str) -> BTreeSet<String> {
    let seen: String = skeleton(name).collect();
    let lower = name.to_lowercase();
    let seen_lower: String = skeleton(&lower).collect();
    [worded(name), bare(&seen), bare(&seen_lower)].into_iter().filter(|fold| !fold.is_empty()).collect()
}

/// The letters and digits, without case and separators.
fn worded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '.' | '/' | ':' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The letters and digits without case, those alike taken for one.
fn bare(name: &str) -> String {
    let alike = |character: char| match character {
        'i' | '1' | '|' => 'l',
        '0' => 'o',
        '5' => 's',
        other => other,
    };
    name.chars().filter(|c| c.is_alphanumeric() || *c == '|').flat_map(char::to_lowercase).map(alike).collect()
}

/// A name that is put together, as no word of a sentence is.
fn is_distinctive(word: &str) -> bool {
    let inner_capital = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    word.len() >= 5 && (word.contains('_') || inner_capital || word.matches('-').count() > 1)
}

/// Whether a text tells its reader what to do with tools, rather than what this one does.
fn steers(text: &str) -> bool {
    const STEERING: &[&str] = &[
        "instead of",
        "do not use",
        "don't use",
        "never use",
        "before using",
        "before calling",
        "before you",
        "after calling",
        "whenever",
        "always ",
        "must ",
        "must call",
        "should call",
        "also call",
        "first call",
        "call this",
        "replaces",
        "when you use",
        "when using",
        "every time",
        "do not call",
        "don't call",
        "never call",
        "rather than",
        "prior to",
        "is deprecated",
        "no longer",
    ];
    let text = text.to_lowercase();
    STEERING.iter().any(|words| text.contains(words))
}
