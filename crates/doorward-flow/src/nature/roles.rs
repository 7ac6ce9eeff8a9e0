//! What an argument decides, from its name, its description and what its schema says of it.
//!
//! What cannot be told is a target: an argument that decides something needs an endorsed origin, and one that is taken for
//! content needs none.

use doorward_core::flow::Role;

use super::Act;
use super::because::Witness;
use super::schema::Shape;
use super::words::{Name, Prose, Sight, listed, lists, stems};

/// Of which tool an argument is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of<'a> {
    /// What it does.
    pub(super) act: Act,
    /// The first word of its name.
    pub(super) leading: &'a str,
}

/// What the schema says of an argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described<'a> {
    /// What values it takes.
    pub(super) shape: Shape,
    /// The keyword `format`.
    pub(super) format: Option<&'a str>,
    /// Its description.
    pub(super) description: &'a Prose,
    /// How many words to choose from the description spells out.
    pub(super) alternatives: usize,
}

/// What was found, and what spoke for it.
pub(super) type Found = (Role, Witness);

/// What the argument of this name decides.
pub(super) fn role(of: Of<'_>, argument: &str, described: Described<'_>) -> Found {
    match described.shape {
        Shape::Flag => return (Role::Control, Witness::Schema("boolean")),
        Shape::Choice => return (Role::Choice, Witness::Schema("enum")),
        Shape::Number | Shape::Text => {}
    }
    if let Some(found) = described.format.and_then(by_format) {
        return found;
    }
    let name = Name::of(argument);
    if name.sight == Sight::Partial {
        return (Role::Target, Witness::Nothing);
    }
    match described.shape {
        Shape::Number => number(&name, described.description),
        Shape::Flag | Shape::Choice | Shape::Text => {
            chosen(text(of, argument, &name, described.description), described)
        }
    }
}

/// A description that lists what to choose from makes a choice of what its name leaves open, and of nothing else: an
/// example is not a list, and a list of some recipients is not a list of all.
fn chosen((role, witness): Found, described: Described<'_>) -> Found {
    match (role, &witness) {
        (Role::Control | Role::Content | Role::Selector, _) | (Role::Target, Witness::Nothing)
            if described.alternatives >= 2 =>
        {
            (Role::Choice, Witness::Schema("the alternatives in its description"))
        }
        _ => (role, witness),
    }
}

/// The formats that say what a text decides.
const FORMATS: &[(&str, Role)] = &[
    ("email", Role::Target),
    ("idn-email", Role::Target),
    ("uri", Role::Target),
    ("iri", Role::Target),
    ("url", Role::Target),
    ("uri-reference", Role::Target),
    ("iri-reference", Role::Target),
    ("hostname", Role::Target),
    ("idn-hostname", Role::Target),
    ("ipv4", Role::Target),
    ("ipv6", Role::Target),
    ("date", Role::Control),
    ("date-time", Role::Control),
    ("time", Role::Control),
    ("duration", Role::Control),
    ("password", Role::Credential),
    ("uuid", Role::Selector),
];

fn by_format(format: &str) -> Option<Found> {
    let (name, role) = FORMATS.iter().find(|(name, _)| *name == format)?;
    Some((*role, Witness::Schema(name)))
}

/// Words for what is followed.
const LINKS: [&str; 13] = [
    "callback", "domain", "endpoint", "feed", "host", "hostname", "href", "link", "uri", "url", "webhook", "webpage",
    "website",
];

/// Whether an argument of this name is one for URLs or hosts.
pub(super) fn names_links(argument: &str) -> bool {
    let whole = argument.to_ascii_lowercase();
    let is_link = |word: &str| stems(word).iter().any(|stem| LINKS.contains(&stem.as_str()));
    is_link(&whole) || Name::of(argument).words.iter().any(|word| is_link(word))
}

/// A number is an amount, unless its name says that it is the number of something.
fn number(name: &Name, description: &Prose) -> Found {
    let lists = lists();
    if let Some(word) = name.has(&lists.identifier) {
        return (Role::Selector, Witness::Word(word));
    }
    let last = name.last().unwrap_or_default();
    let counts = || description.says("balance") || description.says("amount");
    match lists.role(stems(last).iter().map(String::as_str)) {
        Some((Role::Target, word)) if !counts() => (Role::Target, Witness::Word(word)),
        Some(_) | None => (Role::Control, Witness::Schema("number")),
    }
}

fn text(of: Of<'_>, argument: &str, name: &Name, description: &Prose) -> Found {
    let lists = lists();
    let joined = name.words.concat();
    let last = name.last().unwrap_or_default();
    if let Some(word) = credential(name, &joined) {
        return (Role::Credential, Witness::Word(word));
    }
    if let Some(word) = command(of, name, last) {
        return (Role::Command, Witness::Word(word));
    }
    if let Some(word) = lists.identifier.get(last) {
        return (Role::Selector, Witness::Word(word));
    }
    let whole = argument.to_ascii_lowercase();
    let underscored = name.words.join("_");
    if let Some((role, word)) = lists.role([whole.as_str(), &underscored, &joined].into_iter()) {
        return (set_right(of, role, last, name), Witness::Word(word));
    }
    for each in name.words.iter().rev() {
        if let Some((role, word)) = lists.role(stems(each).iter().map(String::as_str)) {
            return (set_right(of, role, each, name), Witness::Word(word));
        }
    }
    let phrase = lists.phrases.iter().find(|(_, phrase)| description.says(phrase));
    phrase.map_or((Role::Target, Witness::Nothing), |(role, phrase)| (*role, Witness::Description(phrase)))
}

fn credential(name: &Name, joined: &str) -> Option<&'static str> {
    const COUNTED: [&str; 6] = ["id", "ids", "count", "limit", "max", "min"];
    const OF_PAGES: [&str; 4] = ["page", "next", "max", "cursor"];
    let lists = lists();
    if let Some(word) = lists.credential.get(joined) {
        return Some(word);
    }
    let has = |wanted: &str| name.words.iter().any(|word| word == wanted);
    let counted = name.last().is_some_and(|last| COUNTED.contains(&last));
    let of_pages = has("token") && OF_PAGES.into_iter().any(has);
    name.has(&lists.credential).filter(|_| !counted && !of_pages)
}

fn command(of: Of<'_>, name: &Name, last: &str) -> Option<&'static str> {
    const RUN: [&str; 5] = ["query", "input", "expression", "statement", "function"];
    let lists = lists();
    let listed = lists.command.get(name.words.join("_").as_str()).or_else(|| lists.command.get(last));
    let run = || RUN.into_iter().find(|word| of.act == Act::Exec && *word == last);
    listed.copied().or_else(run)
}

/// Words that say something else beside others.
fn set_right(of: Of<'_>, role: Role, word: &str, name: &Name) -> Role {
    const TIMES: [&str; 5] = ["date", "time", "day", "datetime", "deadline"];
    const MADE: [&str; 5] = ["create", "add", "make", "generate", "draft"];
    let lists = lists();
    // Where a journey goes is a wish of its own, not somebody who gets something.
    let travels = || name.words.iter().find_map(|word| listed(&lists.journey, word)).is_some();
    let journey = || name.has(&lists.station).is_some() || ((word == "from" || word == "to") && travels());
    let time = || name.words.iter().any(|word| TIMES.contains(&word.as_str()));
    if journey() || time() {
        return Role::Control;
    }
    // A name given to something new is content; the name of something that is there selects it.
    let named = name.words.len() == 1 && (word == "name" || word == "title");
    if named && of.act == Act::Write && MADE.contains(&of.leading) { Role::Content } else { role }
}
