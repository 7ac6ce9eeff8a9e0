//! The labelled texts, as the features that the classifier sees.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use doorward_core::guard::{Content, GuardSettings, Severity, Surface};
use doorward_core::ids::ServerId;
use doorward_guards::training;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use sha2::{Digest, Sha256};

use crate::eval::corpus::{self, Item};
use crate::eval::sight::{message, part};

/// All that is learned from.
#[derive(Debug)]
pub(super) struct Examples {
    pub(super) all: Vec<Example>,
    /// Makers of texts; sources of one maker are held out together.
    pub(super) groups: Vec<String>,
    /// The hash of every feature, by its number.
    pub(super) features: Vec<u64>,
    /// SHA-256 of the files, names and bytes, in their order.
    pub(super) digest: String,
}

/// One labelled text.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) source: String,
    pub(super) surface: &'static str,
    pub(super) category: String,
    /// The number of its maker.
    pub(super) group: usize,
    /// Whether it instructs the model.
    pub(super) is_hostile: bool,
    /// Which meaning of a sum holds for it.
    pub(super) place: usize,
    /// How much it counts in learning.
    pub(super) weight: f32,
    /// Whether it is of the file that is about instructions, by which figures are told.
    pub(super) is_counted: bool,
    /// What the guards find without rules and classifier.
    pub(super) beside: Option<Severity>,
    pub(super) texts: Vec<Text>,
}

/// One of the texts in an example.
#[derive(Debug)]
pub(super) struct Text {
    /// What the rules say of it.
    pub(super) rules: Option<Severity>,
    /// The features of each sentence, by number.
    pub(super) sentences: Vec<Vec<u32>>,
}

/// The file whose labels say what instructs the model; texts of the others are harmless in that respect.
const ABOUT: &str = "injection";

/// Prefix of the sources whose texts are those of another source, disguised.
const DISGUISED: &str = "obf:";

impl Example {
    /// Every sentence of its texts.
    pub(super) fn sentences(&self) -> impl Iterator<Item = &Vec<u32>> {
        self.texts.iter().flat_map(|text| &text.sentences)
    }
}

impl Examples {
    /// Reads the corpus in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let mut reader = Reader::new()?;
        for file in corpus::read(folder, &[])? {
            let is_counted = file.name == ABOUT;
            // Hostile arguments are no instructions, but not harmless either.
            let items = file.items.iter().filter(|item| is_counted || file.name != "arguments" || !item.is_positive);
            for item in items {
                reader.item(item, is_counted)?;
            }
        }
        let Reader { all, groups, features, .. } = reader;
        Ok(Self { all, groups, features, digest: digest(folder)? })
    }
}

#[derive(Debug)]
struct Reader {
    guards: training::Reader,
    server: ServerId,
    all: Vec<Example>,
    groups: Vec<String>,
    numbers: HashMap<u64, u32>,
    features: Vec<u64>,
}

impl Reader {
    fn new() -> Result<Self, String> {
        Ok(Self {
            guards: training::Reader::new()?,
            server: ServerId::parse("corpus").map_err(|error| error.to_string())?,
            all: Vec::new(),
            groups: Vec::new(),
            numbers: HashMap::new(),
            features: Vec::new(),
        })
    }

    fn item(&mut self, item: &Item, is_counted: bool) -> Result<(), String> {
        let (surface, method, path, message) = message(item);
        let message = RawJson::parse(message.to_string(), &Limits::for_results())
            .map_err(|_| format!("{} is no text that JSON can hold", item.id))?;
        let part = part(message.as_raw(), path).ok_or("the message lacks its part")?;
        let settings = GuardSettings::default();
        let content =
            Content { parts: vec![part], ..Content::outside(surface, method, &self.server, &settings, &message) };
        let sight = self.guards.read(&content).map_err(|why| format!("{}: {why}", item.id))?;
        let mut texts = Vec::new();
        for text in sight.texts {
            let sentences = text.sentences.into_iter().map(|sentence| self.numbered(sentence)).collect();
            texts.push(Text { rules: text.rules, sentences });
        }
        let is_hostile = is_counted && item.is_positive;
        let group = self.group(&item.source);
        self.all.push(Example {
            source: item.source.clone(),
            surface: item.place.name(),
            category: item.category.clone(),
            group,
            is_hostile,
            place: training::place(if surface == Surface::Definition { surface } else { Surface::Result }),
            weight: weight(item),
            is_counted,
            beside: sight.beside,
            texts,
        });
        Ok(())
    }

    fn numbered(&mut self, sentence: Vec<u64>) -> Vec<u32> {
        let number = |feature| {
            *self.numbers.entry(feature).or_insert_with(|| {
                self.features.push(feature);
                self.features.len() as u32 - 1
            })
        };
        sentence.into_iter().map(number).collect()
    }

    fn group(&mut self, source: &str) -> usize {
        let name = maker(source);
        self.groups.iter().position(|known| known == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        })
    }
}

/// Who made the texts of a source. Texts that carry over from one source to another are of one maker.
fn maker(source: &str) -> &str {
    let source = source.strip_prefix(DISGUISED).unwrap_or(source);
    match source {
        _ if source.starts_with("injecagent") => "injecagent",
        _ if source.starts_with("cisco") => "cisco",
        // Its poisoned definitions are those of this server with an instruction added.
        "ours-poison-dev" => "github-mcp-server",
        _ => source,
    }
}

/// Disguised texts say what their originals say. What a tool is able to do is no instruction, whatever it is.
fn weight(item: &Item) -> f32 {
    match item.category.as_str() {
        "malicious_capability" => 0.0,
        _ if item.source.starts_with(DISGUISED) => 0.5,
        _ => 1.0,
    }
}

fn digest(folder: &Path) -> Result<String, String> {
    let unreadable = |error| format!("cannot read {}: {error}", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.contains(".jsonl") {
            files.insert(name, fs::read(&path).map_err(unreadable)?);
        }
    }
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(bytes);
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// Bytes as digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
