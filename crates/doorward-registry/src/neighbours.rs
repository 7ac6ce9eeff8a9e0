//! One server's tools among those of the others: names that are taken or look alike, copies, and descriptions that speak of
//! what is not theirs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::guard::{Confidence, Severity};
use doorward_core::ids::ServerId;
use serde_json::Value;
use unicode_security::skeleton;

use crate::definition::{Definition, Key, Kind};
use crate::digest::Digest;
use crate::limits::REMARKS_MAX;

/// The tools of all servers, ready to be compared with.
#[derive(Debug, Default)]
pub struct Neighbourhood {
    exact: BTreeMap<String, Vec<Neighbour>>,
    folded: BTreeMap<String, Vec<Neighbour>>,
    copies: BTreeMap<Digest, Vec<Neighbour>>,
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
    }

    /// What there is to say of a definition among the tools of other servers, the gravest first. `own` says whether the
    /// server has a tool of that name; `None` when its tools have not been seen.
    #[must_use]
    pub fn remarks(&self, definition: &Definition, own: Option<&dyn Fn(&str) -> bool>) -> Vec<Remark> {
        let Key { server, kind, name } = definition.key();
        let mut remarks = Vec::new();
        match kind {
            Kind::Tool => {
                let own_body = body(definition.text());
                self.taken_name(server, name, own_body, &mut remarks);
                self.look_alike(server, name, &mut remarks);
                if let Some(own_body) = own_body {
                    self.copy(server, name, own_body, &mut remarks);
                }
            }
            Kind::Prompt | Kind::Resource | Kind::Template | Kind::Instructions => {}
            // The contents of an app are for a host to show.
            Kind::Ui => return remarks,
        }
        self.mentions(definition, own, &mut remarks);
        remarks.sort_by_key(|remark| std::cmp::Reverse(remark.severity));
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

    /// Tools of others by their names, in whatever a definition says.
    fn mentions(&self, definition: &Definition, own: Option<&dyn Fn(&str) -> bool>, remarks: &mut Vec<Remark>) {
        let Ok(said) = serde_json::from_str::<Value>(definition.text()) else { return };
        let twins = self.twins(definition);
        let mut met: BTreeMap<(&ServerId, &str), (Severity, &'static str)> = BTreeMap::new();
        for (pointer, sentence) in sentences(&said) {
            let text = without_invisibles(sentence);
            let mut meant: Vec<_> = words(&text).filter_map(|word| self.meant(definition.key(), word, own)).collect();
            meant.retain(|(_, other)| !twins.contains(&other.server));
            let steers = !meant.is_empty() && steers(&text);
            for (whose, other) in meant {
                let severity = if steers && whose == Whose::Others { Severity::High } else { Severity::Medium };
                let known = met.entry((&other.server, &other.name)).or_insert((severity, pointer));
                if severity > known.0 {
                    *known = (severity, pointer);
                }
            }
        }
        remarks.extend(met.into_iter().map(|((server, name), (severity, pointer))| {
            let confidence = Confidence::percent(if severity == Severity::High { 85 } else { 60 });
            Remark { rule: "speaks-of-others", severity, confidence, pointer, other: format!("{server}/{name}") }
        }));
    }

    /// The servers that have the very same tool: they are of one make, and mean their own tools by the same names.
    fn twins(&self, definition: &Definition) -> BTreeSet<&ServerId> {
        let (key, own_body) = (definition.key(), body(definition.text()));
        let alike = self.exact.get(key.name.as_ref()).into_iter().flatten();
        let alike = alike.filter(|other| key.kind == Kind::Tool && own_body.is_some() && other.body == own_body);
        alike.map(|other| &other.server).filter(|server| **server != key.server).collect()
    }

    /// The tool of another server that a word names: as clients of the joint endpoint know it, or by a name that no ordinary
    /// sentence has.
    fn meant(&self, key: &Key, word: &str, own: Option<&dyn Fn(&str) -> bool>) -> Option<(Whose, &Neighbour)> {
        if let Some((server, name)) = word.split_once("__") {
            let mut named = self.exact.get(name).into_iter().flatten();
            let is_it = |other: &&Neighbour| other.server.as_str() == server && other.server != key.server;
            if let Some(other) = named.find(is_it) {
                return Some((Whose::Others, other));
            }
        }
        if !is_distinctive(word) || word == key.name.as_ref() {
            return None;
        }
        let fold = if word.is_ascii() { worded(word) } else { bare(&skeleton(word).collect::<String>()) };
        let alike = self.folded.get(&fold)?;
        let other = alike.iter().find(|other| other.server != key.server && is_distinctive(&other.name))?;
        let has_one = alike.iter().any(|other| other.server == key.server);
        // Before its tools were seen, nobody knows whether a server means its own.
        let whose = if has_one || own.is_none_or(|own| own(word)) { Whose::Unsure } else { Whose::Others };
        Some((whose, other))
    }
}

/// Whose tool a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Another server's.
    Others,
    /// Another server's, or one of its own with the same name.
    Unsure,
}

/// Every text of a definition that is more than a word, with the member it stands in.
fn sentences(said: &Value) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    match said {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = match name.as_str() {
                    "description" => "/description",
                    "title" => "/title",
                    "inputSchema" => "/inputSchema",
                    "outputSchema" => "/outputSchema",
                    "annotations" => "/annotations",
                    "arguments" => "/arguments",
                    "_meta" => "/_meta",
                    _ => "",
                };
                gather(pointer, member, &mut found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            gather("", said, &mut found);
        }
    }
    found
}

fn gather<'v>(pointer: &'static str, said: &'v Value, found: &mut Vec<(&'static str, &'v str)>) {
    let mut note = |text: &'v str| {
        if text.contains(char::is_whitespace) {
            found.push((pointer, text));
        }
    };
    match said {
        Value::String(text) => note(text),
        Value::Array(elements) => elements.iter().for_each(|element| gather(pointer, element, found)),
        Value::Object(members) => {
            members.keys().for_each(|name| note(name));
            members.values().for_each(|member| gather(pointer, member, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).map(|word| word.trim_matches(['-', '_']))
}

/// What a model reads as one word, though characters that nobody sees stand within it.
fn without_invisibles(text: &str) -> Cow<'_, str> {
    let is_invisible = |c: char| {
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    if text.contains(is_invisible) { text.replace(is_invisible, "").into() } else { text.into() }
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
