//! What a tool does, from the words of its name and description.
//!
//! The rules are settled on data (the tools of the flow suites and a hundred of servers that people use): the verb that the
//! name begins with counts, unless it is as often a noun; then any verb of the name; then the description. What a
//! description alone makes harmless stays what the name says, but for words that are no verbs there.

use doorward_core::flow::Role;

use super::Act;
use super::because::Witness;
use super::schema::{Argument, Shape};
use super::words::{List, Lists, Name, Prose, Sight, listed, lists};

/// Of the words of a description's first sentence, its verb is among the first so many.
const VERB_AMONG: usize = 4;

/// Of the words of a name, a reading verb after the first stands among so many.
const READER_AMONG: usize = 2;

/// What the arguments of a tool are, as far as it says what the tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    /// It has none, or any.
    Any,
    /// Nothing but numbers, switches and fixed words.
    Fixed,
    /// Nothing but numbers that are not somebody's.
    Numbers,
}

/// What was found, and what spoke for it.
pub(super) type Found = (Act, Witness);

/// What a tool of this name and description does.
pub(super) fn act(name: &Name, description: &Prose, arguments: Arguments) -> Found {
    let lists = lists();
    let described = description.opening().take(VERB_AMONG).find_map(|word| lists.verb(word));
    let found = by_words(lists, name, description, described);
    let computes = computes(lists, description, described, arguments, found.0);
    let found = computes.unwrap_or(found);
    let seen = name.sight == Sight::Whole && description.sight == Sight::Whole;
    if found.0 == Act::Read && !seen { (Act::Unknown, Witness::Nothing) } else { found }
}

fn by_words(lists: &Lists, name: &Name, description: &Prose, described: Option<(Act, &'static str)>) -> Found {
    let first = name.word(0).unwrap_or_default();
    let leading = lists.verb(first);
    let ambiguous = lists.ambiguous.contains(first);
    let reader = name.words.iter().skip(1).take(READER_AMONG).find_map(|word| lists.reader.get(word.as_str()));
    let says_reading = described.is_none_or(|(act, _)| act == Act::Read);
    match (leading, reader) {
        (Some((Act::Read, word)), _) => match also(description, described) {
            Some(phrase) => (Act::Send, Witness::Description(phrase)),
            None => (Act::Read, Witness::Name(word)),
        },
        (Some(_), Some(reader)) if ambiguous && says_reading => (Act::Read, Witness::Name(reader)),
        (Some((act, word)), _) => match described {
            Some((Act::Read, reading)) if ambiguous => (Act::Read, Witness::Description(reading)),
            Some(_) | None => (act, Witness::Name(word)),
        },
        (None, Some(reader)) if says_reading => (Act::Read, Witness::Name(reader)),
        (None, _) => within(lists, name, described),
    }
}

/// What the verbs of a name say that begins with something else, as `ticket_login` does.
fn within(lists: &Lists, name: &Name, described: Option<(Act, &'static str)>) -> Found {
    let verbs = || name.words.iter().filter_map(|word| Some((word.as_str(), lists.verb(word)?)));
    let acting = || verbs().filter(|(_, (act, _))| *act != Act::Read);
    let plain = acting().any(|(word, _)| !lists.ambiguous.contains(word));
    let by_description = described.map(|(act, word)| (act, Witness::Description(word)));
    match acting().map(|(_, found)| found).max_by_key(|(act, _)| *act) {
        Some(_) if !plain && described.is_some_and(|(act, _)| act == Act::Read) => {
            by_description.unwrap_or((Act::Unknown, Witness::Nothing))
        }
        Some((act, word)) => (act, Witness::Name(word)),
        None => match (verbs().next(), described) {
            (Some((_, (_, word))), None | Some((Act::Read, _))) => (Act::Read, Witness::Name(word)),
            (_, _) => by_description.unwrap_or((Act::Unknown, Witness::Nothing)),
        },
    }
}

/// A reading tool whose description does not begin with reading, and says elsewhere what it does besides.
fn also(description: &Prose, described: Option<(Act, &'static str)>) -> Option<&'static str> {
    described.filter(|(act, _)| *act != Act::Read)?;
    besides(description)
}

/// Whether the tool is a function of numbers: then what its name says is the name of an operation.
fn computes(
    lists: &Lists,
    description: &Prose,
    described: Option<(Act, &'static str)>,
    arguments: Arguments,
    found: Act,
) -> Option<Found> {
    match found {
        Act::Write | Act::Unknown | Act::Exec => {}
        Act::Read | Act::Admin | Act::Send | Act::Financial | Act::Destroy => return None,
    }
    let reading = described.filter(|(act, _)| *act == Act::Read).map(|(_, word)| word);
    let counting = || description.words.iter().find_map(|word| lists.counting.get(word.as_str()).copied());
    let word = match arguments {
        Arguments::Any => None,
        Arguments::Fixed => reading,
        Arguments::Numbers => reading.or_else(counting),
    };
    word.map(|word| (Act::Read, Witness::Description(word)))
}

/// What a description says that a tool does besides, in words that speak of sending or removing.
pub(super) fn besides(description: &Prose) -> Option<&'static str> {
    const ALSO: &[&str] = &["send", "email", "mail", "notif", "delete", "create", "update"];
    const WILL: &[&str] = &["send", "email", "mail", "notify", "delete", "overwrite"];
    const SENT: &[&str] = &["email", "message", "notification", "invit"];
    let begins = |word: Option<&String>, among: &'static [&'static str]| {
        word.and_then(|word| among.iter().find(|wanted| word.starts_with(**wanted)).copied())
    };
    let words = &description.words;
    words.iter().enumerate().find_map(|(at, word)| {
        let next = |ahead: usize| words.get(at + ahead);
        match word.as_str() {
            "also" => begins(next(1), ALSO),
            "will" => begins(next(1), WILL),
            "send" | "sends" if next(1).is_some_and(|word| word == "a" || word == "an") => begins(next(2), SENT),
            _ => None,
        }
    })
}

/// Whether a tool of this act and name makes something new of which the caller chooses the name, and which decides nothing
/// for others.
pub(super) fn makes(act: Act, name: &Name) -> Option<&'static str> {
    let lists = lists();
    let governs = || name.has(&lists.governing).is_some();
    let making = name.word(0).and_then(|word| lists.making.get(word).copied());
    making.filter(|_| act == Act::Write && name.sight == Sight::Whole && !governs())
}

/// The word of some argument's name that says that something goes where it names.
pub(super) fn reaching_argument(arguments: &[Argument]) -> Option<&'static str> {
    arguments.iter().find_map(|argument| reaching(&argument.name).or_else(|| reaching_argument(&argument.members)))
}

fn reaching(argument: &str) -> Option<&'static str> {
    let list: &List = &lists().reaching;
    let whole = argument.to_ascii_lowercase();
    let name = Name::of(argument);
    listed(list, &whole).or_else(|| listed(list, name.last()?))
}

/// What the arguments are, taken together.
pub(super) fn kinds(arguments: &[Argument]) -> Arguments {
    let all = |wanted: &[Shape]| {
        !arguments.is_empty()
            && arguments.iter().all(|one| {
                one.members.is_empty()
                    && one.role != Role::Selector
                    && one.role != Role::Target
                    && wanted.contains(&one.shape)
            })
    };
    if all(&[Shape::Number]) {
        Arguments::Numbers
    } else if all(&[Shape::Number, Shape::Flag, Shape::Choice]) {
        Arguments::Fixed
    } else {
        Arguments::Any
    }
}
