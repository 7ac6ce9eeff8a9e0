//! The word lists, and how names and descriptions are taken apart. Names and descriptions come from servers: what is looked
//! at of each is bounded, and what is found is given back as the listed word, never as the server wrote it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use doorward_core::flow::Role;

use super::Act;
use crate::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, NAME_WORDS_MAX};

/// Words that stand for something each; given back as they are listed.
pub(super) type List = BTreeSet<&'static str>;

/// All lists.
pub(super) struct Lists {
    verbs: BTreeMap<&'static str, Act>,
    roles: BTreeMap<&'static str, Role>,
    /// Names of what gives access.
    pub(super) credential: List,
    /// Names of what is run.
    pub(super) command: List,
    /// Verbs that are as often nouns.
    pub(super) ambiguous: List,
    /// Verbs that hardly ever do more than look.
    pub(super) reader: List,
    /// Names of arguments that say where something goes.
    pub(super) reaching: List,
    /// Names of arguments that pick one of several.
    pub(super) identifier: List,
    /// Verbs that make something new.
    pub(super) making: List,
    /// Things that decide what others may do.
    pub(super) governing: List,
    /// Words of descriptions that speak of arithmetic.
    pub(super) counting: List,
    /// Words that say that "from" and "to" are about a journey.
    pub(super) journey: List,
    /// Words for the ends of a journey.
    pub(super) station: List,
    /// What descriptions of arguments say, in the order in which it counts.
    pub(super) phrases: Vec<(Role, &'static str)>,
}

/// The roles that a plain word may say, in the order in which they count.
const PLAIN: [Role; 4] = [Role::Target, Role::Content, Role::Control, Role::Selector];

static LISTS: LazyLock<Lists> = LazyLock::new(Lists::read);

/// The lists.
pub(super) fn lists() -> &'static Lists {
    &LISTS
}

impl Lists {
    fn read() -> Self {
        let mut verbs = BTreeMap::new();
        // The acts stand in their order in the file, and of two the later counts.
        for (class, words) in sections(include_str!("../words/verbs.txt")) {
            if let Some(act) = Act::parse(class) {
                verbs.extend(words.map(|word| (word, act)));
            }
        }
        let named = |wanted: &str| list(include_str!("../words/roles.txt"), wanted);
        let mut roles = BTreeMap::new();
        for role in PLAIN.into_iter().rev() {
            roles.extend(named(role.as_str()).into_iter().map(|word| (word, role)));
        }
        let other = |wanted: &str| list(include_str!("../words/lists.txt"), wanted);
        Self {
            verbs,
            roles,
            credential: named("credential"),
            command: named("command"),
            ambiguous: other("ambiguous"),
            reader: other("reader"),
            reaching: other("reaching"),
            identifier: other("identifier"),
            making: other("making"),
            governing: other("governing"),
            counting: other("counting"),
            journey: other("journey"),
            station: other("station"),
            phrases: phrases(include_str!("../words/phrases.txt")),
        }
    }

    /// What a verb in any of its forms says, and the form that is listed.
    pub(super) fn verb(&self, word: &str) -> Option<(Act, &'static str)> {
        stems(word).iter().find_map(|stem| self.verbs.get_key_value(stem.as_str())).map(|(word, act)| (*act, *word))
    }

    /// What the first of these that fits says of an argument, in the order of the roles.
    pub(super) fn role<'w>(&self, words: impl Iterator<Item = &'w str>) -> Option<(Role, &'static str)> {
        let said = words.filter_map(|word| self.roles.get_key_value(word)).map(|(word, role)| (*role, *word));
        said.min_by_key(|(role, _)| PLAIN.iter().position(|plain| plain == role))
    }
}

/// The word of `list` that `word` is a form of.
pub(super) fn listed(list: &List, word: &str) -> Option<&'static str> {
    stems(word).iter().find_map(|stem| list.get(stem.as_str()).copied())
}

/// The words of the name of a field, in lower case.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    Name::of(name).words
}

/// Whether a field whose name has this word holds what somebody wrote.
pub(crate) fn names_content(word: &str) -> bool {
    lists().roles.get(word) == Some(&Role::Content)
}

/// The sections of a list file: `name: words`, where lines that begin with a space go on.
fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, words)) if !line.starts_with(' ') => found.push((name, words.split_whitespace().collect())),
            Some(_) | None => {
                if let Some((_, words)) = found.last_mut() {
                    words.extend(line.split_whitespace());
                }
            }
        }
    }
    found.into_iter().map(|(name, words)| (name, words.into_iter()))
}

fn list(file: &'static str, wanted: &str) -> List {
    sections(file).filter(|(name, _)| *name == wanted).flat_map(|(_, words)| words).collect()
}

fn phrases(file: &'static str) -> Vec<(Role, &'static str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).filter_map(|(role, text)| Some((Role::parse(role)?, text))).collect()
}

/// A name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// Its words in lower case.
    pub(super) words: Vec<String>,
    /// Whether all of it is there to be judged.
    pub(super) sight: Sight,
}

/// How much of a text was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// All of it, and all of it can be read.
    Whole,
    /// It is longer than anybody looks, or has letters that only look like others.
    Partial,
}

impl Name {
    /// The words of a name: at capitals, and at everything that is neither a letter nor a digit of ASCII.
    pub(super) fn of(name: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let (mut word, mut previous) = (String::new(), None);
        let mut letters =
            name.char_indices().take_while(|(at, _)| *at < NAME_BYTES_MAX).map(|(_, letter)| letter).peekable();
        while let Some(letter) = letters.next() {
            let starts = letter.is_ascii_uppercase()
                && previous.is_some_and(|before: char| {
                    before.is_ascii_lowercase()
                        || before.is_ascii_digit()
                        || (before.is_ascii_uppercase() && letters.peek().is_some_and(char::is_ascii_lowercase))
                });
            if starts || !letter.is_ascii_alphanumeric() {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
            }
            if letter.is_ascii_alphanumeric() {
                word.push(letter.to_ascii_lowercase());
            }
            previous = Some(letter);
        }
        words.extend(Some(word).filter(|word| !word.is_empty()));
        let whole = name.len() <= NAME_BYTES_MAX && name.is_ascii() && words.len() <= NAME_WORDS_MAX;
        words.truncate(NAME_WORDS_MAX);
        Self { words, sight: if whole { Sight::Whole } else { Sight::Partial } }
    }

    /// The word at this place.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(String::as_str)
    }

    /// The last word.
    pub(super) fn last(&self) -> Option<&str> {
        self.words.last().map(String::as_str)
    }

    /// The first of its words that is in `list` as it stands.
    pub(super) fn has(&self, list: &List) -> Option<&'static str> {
        self.words.iter().find_map(|word| list.get(word.as_str()).copied())
    }
}

/// The words of a description in lower case, and whether that is all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prose {
    /// Every word, in order.
    pub(super) words: Vec<String>,
    /// How many of them are of the first sentence.
    pub(super) opening: usize,
    /// Whether all of it was looked at.
    pub(super) sight: Sight,
}

/// What generators of definitions write before what the tool does.
const PREAMBLE: &str = "Tool description:";

impl Prose {
    /// The words of a description.
    pub(super) fn of(description: Option<&str>) -> Self {
        let whole = description.unwrap_or_default();
        let text = whole.get(..whole.floor_char_boundary(DESCRIPTION_BYTES_MAX)).unwrap_or_default();
        let text = text.split_once(PREAMBLE).map_or(text, |(_, text)| text).trim();
        let opening = words_of(first_sentence(text)).count();
        let sight = if whole.len() <= DESCRIPTION_BYTES_MAX { Sight::Whole } else { Sight::Partial };
        Self { words: words_of(text).collect(), opening, sight }
    }

    /// Whether this phrase of whole words stands in it.
    pub(super) fn says(&self, phrase: &str) -> bool {
        let wanted: Vec<&str> = phrase.split(' ').collect();
        self.words.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(|(word, wanted)| word == wanted))
    }

    /// The words of its first sentence.
    pub(super) fn opening(&self) -> impl Iterator<Item = &str> {
        self.words.iter().take(self.opening).map(String::as_str)
    }
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let words =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase)
}

fn first_sentence(text: &str) -> &str {
    let mut previous = ' ';
    for (at, letter) in text.char_indices() {
        if letter == '\n' || (letter.is_whitespace() && matches!(previous, '.' | '!' | '?')) {
            return text.get(..at).unwrap_or_default();
        }
        previous = letter;
    }
    text
}

/// A word and the forms it may come from: `notifies` from `notify`, `dropped` from `drop`.
pub(crate) fn stems(word: &str) -> Vec<String> {
    let cut = |ending: usize, tail: &str| {
        let stem = word.len().checked_sub(ending).and_then(|kept| word.get(..kept))?;
        (stem.len() >= 2).then(|| format!("{stem}{tail}"))
    };
    let doubled = |ending: usize| {
        let mut before = word.bytes().rev().skip(ending);
        before.next().is_some_and(|last| before.next() == Some(last))
    };
    let past = |ending: usize| if doubled(ending) { cut(ending + 1, "") } else { cut(ending, "") };
    let ends = |ending: &str| word.ends_with(ending);
    let stems = [
        Some(word.to_owned()),
        ends("ies").then(|| cut(3, "y")).flatten(),
        ends("es").then(|| cut(2, "")).flatten(),
        (ends("s") && !ends("ss")).then(|| cut(1, "")).flatten(),
        ends("ied").then(|| cut(3, "y")).flatten(),
        ends("ed").then(|| cut(2, "")).flatten(),
        ends("ed").then(|| cut(1, "")).flatten(),
        ends("ed").then(|| past(2)).flatten(),
        ends("ing").then(|| cut(3, "")).flatten(),
        ends("ing").then(|| cut(3, "e")).flatten(),
        ends("ing").then(|| past(3)).flatten(),
    ];
    stems.into_iter().flatten().collect()
}
