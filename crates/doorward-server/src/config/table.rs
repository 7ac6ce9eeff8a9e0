//! One table of a file that stands for one thing with a name: an issuer, a sink. Its keys, read one by one.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::Surroundings;
use super::node::{Member, Node, Reader};
use super::origin::Origin;
use super::problem::Problems;
use super::secret::{Secret, Writing, resolve};

/// The table and what was found wrong with it.
pub(super) struct Table<'n, 's, 'p> {
    pub(super) name: String,
    pub(super) members: &'n [Member],
    pub(super) folder: PathBuf,
    pub(super) surroundings: &'s Surroundings,
    pub(super) reader: Reader<'p>,
    pub(super) files: Vec<PathBuf>,
    /// `None` once something is wrong.
    pub(super) sound: Option<()>,
}

impl<'n, 's, 'p> Table<'n, 's, 'p> {
    /// The table that stands at `node`; `None` when there is none.
    pub(super) fn open(
        name: String,
        node: &'n Node,
        origin: &Origin,
        surroundings: &'s Surroundings,
        problems: &'p mut Problems,
    ) -> Option<Self> {
        let folder = origin.folder(surroundings);
        let mut reader = Reader { origin: origin.clone(), problems };
        let members = reader.table(&name, node)?;
        Some(Self { name, members, folder, surroundings, reader, files: Vec::new(), sound: Some(()) })
    }
}

impl<'n> Table<'n, '_, '_> {
    pub(super) fn find(&self, key: &str) -> Option<&'n Member> {
        self.members.iter().find(|member| member.name == key)
    }

    pub(super) fn only(&mut self, keys: &[&str]) {
        for member in self.members.iter().filter(|member| !keys.contains(&member.name.as_str())) {
            self.sound = None;
            self.reader.unknown(member, &self.name, keys);
        }
    }

    pub(super) fn error(&mut self, key: &str, message: impl Into<String>, advice: impl Into<String>) {
        self.sound = None;
        if let Some(member) = self.find(key) {
            self.reader.error(&member.node.span.clone(), message, advice);
        }
    }

    /// `None` when the key is absent or something is wrong with it.
    pub(super) fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Reader<'_>, &'n Member) -> Option<T>,
    ) -> Option<T> {
        let member = self.find(key)?;
        let value = read(&mut self.reader, member);
        if value.is_none() {
            self.sound = None;
        }
        value
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.read(key, |reader, member| reader.text(key, &member.node))
    }

    pub(super) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let texts = self.read(key, |reader, member| reader.texts(key, &member.node))?;
        Some(texts.into_iter().map(|(text, _)| text).collect())
    }

    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if chosen.is_none() {
            let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.error(key, format!("{key} cannot be '{text}'"), format!("write {}", quoted.join(" or ")));
        }
        chosen
    }

    pub(super) fn seconds(&mut self, key: &str, default: Duration, most: Duration) -> Duration {
        let number = self.read(key, |reader, member| reader.number(key, &member.node)).map(Duration::from_secs);
        match number {
            Some(number) if number > most => {
                let message = format!("{key} is at most {}", most.as_secs());
                self.error(key, message, "it is a number of seconds");
                default
            }
            Some(number) => number,
            None => default,
        }
    }

    /// A secret never stands in the file itself.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret> {
        let text = self.text(key)?;
        match resolve(&text, &self.folder, self.surroundings) {
            Ok(resolved) if resolved.writing == Writing::Reference => {
                self.files.extend(resolved.files);
                Some(resolved.value)
            }
            Ok(_) => {
                let advice = "write \"env:NAME\" or \"file:PATH\", and keep the secret there";
                self.error(key, format!("{key} stands in the configuration itself"), advice);
                None
            }
            Err(dangling) => {
                self.error(key, dangling.message, dangling.advice);
                None
            }
        }
    }

    /// A table within this one, without unknown keys.
    pub(super) fn within(&mut self, key: &'static str, keys: &[&str]) -> Option<Table<'n, '_, '_>> {
        let name = format!("{} {key}", self.name);
        let members = self.read(key, |reader, member| reader.table(&name, &member.node))?;
        let reader = Reader { origin: self.reader.origin.clone(), problems: self.reader.problems };
        let (folder, surroundings) = (self.folder.clone(), self.surroundings);
        let mut within = Table { name, members, folder, surroundings, reader, files: Vec::new(), sound: Some(()) };
        within.only(keys);
        Some(within)
    }
}

/// How a value is written.
pub(super) fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, word)| *word == value).map_or("", |(word, _)| word)
}
