//! The arguments of one call, and the facts about them, in the places that plain rules look at.

use std::borrow::Cow;
use std::sync::Arc;

use doorward_core::access::Observed;
use doorward_mcp::raw::{Kind as JsonKind, Raw};

use crate::argument_type::{ArgumentType, Members, Presence};
use crate::facts::{Call, FactValue, Fields, Kind, Values};
use crate::limits::FACT_PARSED_MAX;
use crate::mentions::Mentions;

/// What rules look at; places are places in these lists.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) arguments: Vec<Argument>,
    pub(super) facts: Vec<Fact>,
}

/// An argument that is read, as the tool declares it.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: Arc<str>,
    pub(super) of: Scalar,
    presence: Presence,
}

/// The facts of one argument as one kind of thing.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) kind: Kind,
    /// The place of the argument.
    pub(super) argument: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Text,
    Truth,
    Whole,
}

/// Where a value stands.
#[derive(Debug)]
pub(super) enum Place {
    Argument(usize),
    Fact(usize, Box<str>),
}

/// The values of one call, each in its place; `None` for what was not sent.
#[derive(Debug)]
pub(super) struct Called<'a> {
    arguments: Vec<Option<Sent<'a>>>,
    facts: Vec<Option<Fields<'a>>>,
}

/// The value of an argument that was sent.
#[derive(Debug)]
enum Sent<'a> {
    Text(Cow<'a, str>),
    Truth(bool),
    Whole(i64),
}

/// One value, whether sent or a fact.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    Text(&'a str),
    Truth(bool),
    Whole(i64),
    Texts(&'a [String]),
    Wholes(&'a [i64]),
}

impl Looked {
    /// `None` when an argument that some rule looks at is not a single value, or one that has facts no text.
    pub(super) fn of(members: &Members, mentions: &Mentions) -> Option<Self> {
        let mut looked = Self { arguments: Vec::new(), facts: Vec::new() };
        for (name, member) in members {
            let kinds: Vec<Kind> =
                mentions.derived.iter().filter(|(_, seen)| seen.includes(name)).map(|(kind, _)| kind).collect();
            if kinds.is_empty() && !mentions.arguments.includes(name) {
                continue;
            }
            let of = scalar(&member.of).filter(|_| name.is_ascii())?;
            if of != Scalar::Text && !kinds.is_empty() {
                return None;
            }
            let argument = looked.arguments.len();
            looked.facts.extend(kinds.into_iter().map(|kind| Fact { kind, argument }));
            looked.arguments.push(Argument { name: Arc::clone(name), of, presence: member.presence });
        }
        Some(looked)
    }

    /// The values in their places; `None` unless every argument is what the tool declares and every fact can be told.
    pub(super) fn values<'a>(
        &self,
        sent: Option<Raw<'a>>,
        call: Option<&'a Call<'a>>,
        observed: &'a Observed,
    ) -> Option<Called<'a>> {
        let arguments = self.sent(sent)?;
        if self.parsed(&arguments) > FACT_PARSED_MAX {
            return None;
        }
        let mut facts = Vec::with_capacity(self.facts.len());
        for fact in &self.facts {
            let fields = match arguments.get(fact.argument)? {
                None => None,
                Some(Sent::Text(text)) => Some(Values { call: call?, observed, kind: fact.kind }.one(text).ok()?),
                Some(Sent::Truth(_) | Sent::Whole(_)) => return None,
            };
            facts.push(fields);
        }
        Some(Called { arguments, facts })
    }

    /// How much parsers whose time is not small would be given.
    fn parsed(&self, arguments: &[Option<Sent<'_>>]) -> usize {
        let length = |fact: &Fact| match arguments.get(fact.argument) {
            Some(Some(Sent::Text(text))) if fact.kind.is_parsed() => text.len(),
            Some(_) | None => 0,
        };
        self.facts.iter().map(length).fold(0, usize::saturating_add)
    }

    fn sent<'a>(&self, sent: Option<Raw<'a>>) -> Option<Vec<Option<Sent<'a>>>> {
        let mut values: Vec<Option<Sent<'a>>> = Vec::with_capacity(self.arguments.len());
        values.resize_with(self.arguments.len(), || None);
        let sent = sent.filter(|raw| raw.kind() != JsonKind::Null);
        if sent.is_some_and(|raw| raw.kind() != JsonKind::Object) {
            return None;
        }
        for (name, raw) in sent.into_iter().flat_map(|sent| sent.members()) {
            if !name.is_ascii() {
                return None;
            }
            for (argument, value) in self.arguments.iter().zip(&mut values) {
                if !argument.name.eq_ignore_ascii_case(&name) {
                    continue;
                }
                if *argument.name != *name {
                    return None;
                }
                *value = argument.read(raw)?;
            }
        }
        let missing = |(argument, value): (&Argument, &Option<Sent<'_>>)| match argument.presence {
            Presence::Required => value.is_none(),
            Presence::Optional => false,
        };
        if self.arguments.iter().zip(&values).any(missing) { None } else { Some(values) }
    }
}

impl Argument {
    /// The value, `Some(None)` for a null that stands for nothing; `None` when it is not what is declared.
    fn read<'a>(&self, raw: Raw<'a>) -> Option<Option<Sent<'a>>> {
        if self.presence == Presence::Optional && raw.kind() == JsonKind::Null {
            return Some(None);
        }
        let value = match self.of {
            Scalar::Text => Sent::Text(raw.as_str()?),
            Scalar::Truth => Sent::Truth(raw.as_bool()?),
            Scalar::Whole => Sent::Whole(raw.as_i64()?),
        };
        Some(Some(value))
    }
}

impl Called<'_> {
    /// Whether the argument was sent.
    pub(super) fn has(&self, argument: usize) -> Option<bool> {
        self.arguments.get(argument).map(Option::is_some)
    }

    /// The value in that place; `None` when it is not there, or of no type that is tried here.
    pub(super) fn find(&self, place: &Place) -> Option<Found<'_>> {
        match place {
            Place::Argument(argument) => Some(match self.arguments.get(*argument)?.as_ref()? {
                Sent::Text(text) => Found::Text(text),
                Sent::Truth(truth) => Found::Truth(*truth),
                Sent::Whole(number) => Found::Whole(*number),
            }),
            Place::Fact(fact, attribute) => {
                let fields = self.facts.get(*fact)?.as_ref()?;
                match &fields.iter().find(|(name, _)| **name == **attribute)?.1 {
                    FactValue::Text(text) => Some(Found::Text(text)),
                    FactValue::Texts(texts) => Some(Found::Texts(texts)),
                    FactValue::Whole(number) => Some(Found::Whole(*number)),
                    FactValue::Wholes(numbers) => Some(Found::Wholes(numbers)),
                    FactValue::Truth(truth) => Some(Found::Truth(*truth)),
                    FactValue::Decimal(_) | FactValue::Addresses(_) | FactValue::Unclear(_) => None,
                }
            }
        }
    }
}

const fn scalar(of: &ArgumentType) -> Option<Scalar> {
    match of {
        ArgumentType::Text => Some(Scalar::Text),
        ArgumentType::Truth => Some(Scalar::Truth),
        ArgumentType::Whole => Some(Scalar::Whole),
        ArgumentType::Decimal | ArgumentType::List(_) | ArgumentType::Record(_) => None,
    }
}
