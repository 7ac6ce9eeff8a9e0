//! Why something is assumed of a tool, in words of ours: nothing here repeats what a server wrote but names of its arguments
//! and fields, cut to a bound.

use std::fmt;
use std::sync::Arc;

use doorward_core::flow::Role;

use super::Act;

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// What of the tool it is about.
    pub about: About,
    /// What spoke for it.
    pub witness: Witness,
}

/// What of a tool a reason is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// That it does this.
    Act(Act),
    /// Whether it can carry data out.
    Egress(bool),
    /// How its addresses are judged.
    Links,
    /// Whether it makes something with a name of the caller's.
    Makes(bool),
    /// What the argument at this pointer decides.
    Argument(Arc<str>, Role),
    /// The label of its results.
    Result,
    /// The label of the field at this pointer.
    Field(Arc<str>),
    /// That its results are kept from the model.
    Hide,
}

/// What spoke for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// This word in the tool's name.
    Name(&'static str),
    /// This word or phrase in the tool's description.
    Description(&'static str),
    /// This word in the argument's name.
    Word(&'static str),
    /// What the schema says of the argument: this keyword.
    Schema(&'static str),
    /// What the tool does.
    Act(Act),
    /// What the server claims in this annotation or member of `_meta`.
    Claim(&'static str),
    /// A pack of this name, with its reason if it gave one.
    Pack(Arc<str>, Option<Arc<str>>),
    /// The operator, with the reason if there is one.
    Operator(Option<Arc<str>>),
    /// The pack of this name, or the operator, whose statement is not followed: it makes the tool less dangerous than it shows
    /// itself and gives no reason, or trusts prose.
    Unfollowed(Option<Arc<str>>),
    /// Nothing: it is what is assumed of everything of which nothing is known.
    Nothing,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(word) => write!(f, "the word '{word}' in its name"),
            Self::Description(word) => write!(f, "'{word}' in its description"),
            Self::Word(word) => write!(f, "the word '{word}' in the argument's name"),
            Self::Schema(keyword) => write!(f, "its schema: {keyword}"),
            Self::Act(act) => write!(f, "that it does this: {act}"),
            Self::Claim(name) => write!(f, "the server's own {name}"),
            Self::Pack(pack, None) => write!(f, "the pack {pack}"),
            Self::Pack(pack, Some(reason)) => write!(f, "the pack {pack}: {reason}"),
            Self::Operator(None) => f.write_str("the configuration"),
            Self::Operator(Some(reason)) => write!(f, "the configuration: {reason}"),
            Self::Unfollowed(Some(pack)) => write!(f, "not followed, for want of a reason: the pack {pack}"),
            Self::Unfollowed(None) => f.write_str("not followed, for want of a reason: the configuration"),
            Self::Nothing => f.write_str("nothing that says otherwise"),
        }
    }
}
